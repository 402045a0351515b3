"""Oracle: SageMaker's contract. What the image adds to Debian (container/tree), in a folder: its scripts train and answer /ping there, and find
the program, the library and the package in that folder alone."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Tree(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.top)
        self.image, self.root = self.top / "image", self.top / "root"
        subprocess.run([ROOT / "container/tree", self.image], check=True)
        local, self.port = self.image / "usr/local", free_port()
        # Instead of /, ldconfig and ENV of the Dockerfile.
        self.environment = {"PATH": f"{local}/bin:{os.environ['PATH']}", "PYTHONPATH": f"{local}/lib/python3", "LD_LIBRARY_PATH": f"{local}/lib",
                            "HOME": str(self.top), "DEEPATTRIBUTION_ROOT": str(self.root), "SAGEMAKER_BIND_TO_PORT": str(self.port)}

    def run_tool(self, *words):
        subprocess.run([str(word) for word in words], env=self.environment, check=True)

    def put(self, name, content):
        path = self.root / "opt/ml/input/config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")

    def test_the_package_and_the_library_are_the_trees(self):
        said = subprocess.run([sys.executable, "-c", "import deepattribution; from deepattribution.stages import read_settings; "
                               "print(deepattribution.__file__, read_settings()['journey_max_len'])"],
                              env=self.environment, check=True, capture_output=True, text=True, cwd=self.top).stdout
        self.assertTrue(said.startswith(str(self.image)), said)
        self.assertTrue(said.endswith(" 256\n"), said)

    def test_its_scripts_train_and_serve(self):
        bucket = self.top / "bucket"
        for words in (["simulate", "W1", bucket, "--users", "500"], ["journeys", bucket]):
            self.run_tool(self.image / "usr/local/bin/deepattribution", *words, "--quiet")
        self.put("hyperparameters.json", {"epochs": "1"})
        self.put("inputdataconfig.json", {"sets_parent_dir_path": {"TrainingInputMode": "File"}})
        self.put("resourceconfig.json", {"current_host": "algo-1", "hosts": ["algo-1"]})
        channel = self.root / "opt/ml/input/data/sets_parent_dir_path"
        channel.mkdir(parents=True)
        shutil.copy(bucket / "feature_store_preprocessed/journeys.pack", channel)
        self.run_tool(self.image / "usr/local/bin/train")
        self.assertTrue((self.root / "opt/ml/model/model.safetensors").exists())
        version = subprocess.run([self.image / "usr/local/bin/deepattribution", "--version"], env=self.environment, check=True, capture_output=True)
        if b"HTTP: none" in version.stdout:
            self.skipTest("the program was built without GNU libmicrohttpd, so it does not serve")
        server = subprocess.Popen([self.image / "usr/local/bin/serve"], env=self.environment)
        try:
            self.assertEqual(self.ping(server), 200)
            server.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait(60), 0)
        finally:
            if server.poll() is None:
                server.kill()
                server.wait()

    def ping(self, server):
        """The code, once the server listens."""
        end = time.monotonic() + 60
        while time.monotonic() < end and server.poll() is None:
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=5).status
            except urllib.error.URLError:
                time.sleep(0.1)
        return None


if __name__ == "__main__":
    unittest.main(verbosity=2)
