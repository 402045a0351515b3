"""Oracle: a cmake and a ctest of our own making that report chosen counts. Shows what scripts/test adds up and how it
exits."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# ctest's report, from the counts "tests failures skipped" in the file <preset>.counts; without the file it crashes.
CTEST = r"""#!/usr/bin/env bash
preset=$(basename "$PWD")
echo "$preset ${*: -2}" >>"$TOP/calls"
read -r tests failures skipped <"$TOP/$preset.counts" || exit 139
printf '<?xml version="1.0"?>\n<testsuite name="(empty)"\n\ttests="%d"\n\tfailures="%d"\n\tdisabled="0"\n\tskipped="%d"\n' \
  "$tests" "$failures" "$skipped" >ctest.xml
printf '>\n\t<testcase name="a" skipped="9" failures="9"/>\n</testsuite>\n' >>ctest.xml
[ "$failures" = 0 ]
"""


class Totals(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        (self.top / "scripts").mkdir()
        (self.top / "bin").mkdir()
        for preset in ("dev", "tsan", "release"):
            (self.top / "build" / preset).mkdir(parents=True)
        shutil.copy(ROOT / "scripts/test", self.top / "scripts")
        self.tool("scripts/bootstrap", "#!/bin/sh\n")
        self.tool("bin/cmake", '#!/bin/sh\n[ ! -e "$TOP/broken" ]\n')
        self.tool("bin/ctest", CTEST)

    def tool(self, name, text):
        (self.top / name).write_text(text, encoding="utf-8")
        (self.top / name).chmod(0o755)

    def run_test(self, *arguments, **counts):
        for preset, numbers in counts.items():
            (self.top / f"{preset}.counts").write_text(numbers + "\n")
        environment = {**os.environ, "PATH": f"{self.top}/bin:{os.environ['PATH']}", "TOP": str(self.top)}
        command = [str(self.top / "scripts/test"), *arguments]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return result.returncode, (result.stdout.splitlines() or [""])[-1]

    def test_adds_both_runs_up(self):
        self.assertEqual(self.run_test(dev="5 0 0", release="7 0 0"), (0, "12 passed, 0 failed"))
        calls = (self.top / "calls").read_text().splitlines()
        self.assertEqual(calls, ["dev -LE slow|full", "release -LE full|repo|scripts"])

    def test_skipped_tests_have_not_passed(self):
        self.assertEqual(self.run_test(dev="5 0 2", release="7 0 0"), (0, "10 passed, 0 failed, 2 skipped"))

    def test_one_failure_in_either_fails(self):
        self.assertEqual(self.run_test(dev="5 1 0", release="7 0 0"), (1, "11 passed, 1 failed"))
        self.assertEqual(self.run_test(dev="5 0 0", release="7 2 1"), (1, "9 passed, 2 failed, 1 skipped"))

    def test_no_test_at_all_fails(self):
        self.assertEqual(self.run_test(dev="0 0 0", release="0 0 0"), (1, "0 passed, 0 failed"))
        self.assertEqual(self.run_test(dev="3 0 3", release="0 0 0"), (1, "0 passed, 0 failed, 3 skipped"))

    def test_a_run_without_a_report_counts_as_failed(self):
        self.assertEqual(self.run_test(dev="5 0 0"), (1, "5 passed, 1 failed"))

    def test_an_old_report_is_not_read_again(self):
        (self.top / "build/release/ctest.xml").write_text('<testsuite tests="9" failures="0" skipped="0">')
        self.assertEqual(self.run_test(dev="5 0 0"), (1, "5 passed, 1 failed"))

    def test_a_build_that_fails_fails(self):
        (self.top / "broken").touch()
        self.assertNotEqual(self.run_test(dev="5 0 0", release="7 0 0")[0], 0)

    def test_full_adds_the_thread_checker(self):
        self.assertEqual(self.run_test("--full", dev="5 0 0", tsan="2 0 0", release="7 0 0"), (0, "14 passed, 0 failed"))

    def test_distributed_runs_what_needs_servers_alone(self):
        self.assertEqual(self.run_test("--distributed", release="7 0 1"), (0, "6 passed, 0 failed, 1 skipped"))
        self.assertEqual((self.top / "calls").read_text(), "release -L distributed|s3|warehouse\n")


if __name__ == "__main__":
    unittest.main()
