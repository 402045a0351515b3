"""Oracle: what the program itself prints and writes for the same bucket, and the header's promises."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import deepattribution
from deepattribution import library

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DEEPATTRIBUTION_PROGRAM", str(ROOT / "build" / "release" / "deepattribution"))


class Library(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bucket = tempfile.mkdtemp()
        subprocess.run([PROGRAM, "simulate", "W1", cls.bucket, "--users", "2000", "--quiet"], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.bucket)

    def test_a_run_tells_what_the_program_tells(self):
        seen = []
        result = deepattribution.run(self.bucket, {"training.epochs": 1, "threads": 1}, last="train",
                                     progress=lambda *what: seen.append(what), note=lambda *what: None)
        self.assertTrue(seen and all(len(what) == 4 for what in seen))
        printed = subprocess.run([PROGRAM, "journeys", self.bucket, "--json", "--quiet", "--force"], check=True, capture_output=True)
        for count in ("users", "journeys", "touches"):
            self.assertEqual(result["journeys"][count], json.loads(printed.stdout)["journeys"][count])

    def test_the_network_scores_alone_as_among_others(self):
        deepattribution.run(self.bucket, {"training.epochs": 1}, last="train")
        with deepattribution.Network(pathlib.Path(self.bucket, "model", "model.safetensors"), n_threads=1) as network:
            campaigns = network.campaigns(["video", "email", "nobody"])
            self.assertEqual(campaigns[2], deepattribution.UNKNOWN_CAMPAIGN)
            attention, probability = network.score([0, 2, 3], [campaigns[0], campaigns[1], campaigns[2]], [0, 5_000_000, 0])
            self.assertAlmostEqual(sum(attention[:2]), 1, places=6)
            self.assertEqual(attention[2], 1)
            alone = network.score([0, 2], campaigns[:2], [0, 5_000_000])
            self.assertEqual((alone[0], alone[1][0]), (attention[:2], probability[0]))
            self.assertEqual(network.score([0], [], [])[1].tolist(), [])
            shares = network.credit("attention", [0, 2, 3], campaigns, [0, 5_000_000, 0], [1, 0], attention)
            self.assertAlmostEqual(sum(shares[:2]), 1, places=12)
            self.assertEqual(shares[2], 0)
            for wrong in (([0, 2], [0], [0]), ([0, 1], b"abc", [0])):
                with self.assertRaisesRegex(deepattribution.Error, "expected"):
                    network.score(*wrong)

    def test_settings_are_read_by_the_one_reader(self):
        found = deepattribution.read_settings("journey_max_len: 7\n", {"split.fractions": [0.5, 0.25, 0.25], "credit.lift": []})
        self.assertEqual((found["journey_max_len"], found["split.fractions"], found["seed"]), (7, [0.5, 0.25, 0.25], 1))
        with self.assertRaisesRegex(deepattribution.Error, "journey_max_len") as raised:
            deepattribution.read_settings("journey_maxlen: 7\n")
        self.assertEqual(raised.exception.code, 2)

    def test_a_fault_is_an_exception_with_code_and_sentence(self):
        with self.assertRaisesRegex(deepattribution.Error, "/nowhere") as raised:
            deepattribution.run("/nowhere")
        self.assertEqual(raised.exception.code, 4)

    def test_ctrl_c_ends_a_run(self):
        def interrupt(*_what):
            raise KeyboardInterrupt
        with self.assertRaises(KeyboardInterrupt):
            deepattribution.run(self.bucket, {"training.epochs": 50, "training.patience": 50}, progress=interrupt, force=True)


class Finding(unittest.TestCase):
    def python(self, code, **environment):
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONPATH": str(ROOT / "python"), **environment})

    def test_a_missing_library_is_one_sentence(self):
        found = self.python("import deepattribution; deepattribution.library_path()", DEEPATTRIBUTION_LIBRARY="/nowhere/lib.so")
        self.assertIn("expected libdeepattribution.so but could not load /nowhere/lib.so", found.stderr)

    def test_another_version_is_refused(self):
        found = self.python("import deepattribution.library as library; library.VERSION = '9.9.9'; library.load()")
        self.assertIn("expected libdeepattribution.so of version 9.9.9 but found version", found.stderr)

    def test_the_versions_of_package_and_library_agree(self):
        self.assertEqual(library.load().da_version().decode(), deepattribution.__version__)


if __name__ == "__main__":
    unittest.main()
