"""Oracle: SageMaker's contract with a container, file by file, in a root folder of our own; and the program's own outputs.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import urllib.request

from deepattribution.sagemaker import hyperparameters

PROGRAM = os.environ["DEEPATTRIBUTION_PROGRAM"]
QUICK = {"epochs": "2", "n_hidden_units_embedding": "8", "n_hidden_units_lstm": '"16"', "dropout_lstm": "0.05",
         "recurrent_dropout_lstm": "0.05", "learning_rate": "0.01", "_tuning_objective_metric": "val_auc", "sagemaker_region": "eu-west-1"}


class Container(unittest.TestCase):
    """A root folder with /opt/ml as SageMaker prepares it."""

    @classmethod
    def setUpClass(cls):
        cls.bucket = pathlib.Path(tempfile.mkdtemp())
        for command in (["simulate", "W1", cls.bucket, "--users", "4000"], ["journeys", cls.bucket]):
            subprocess.run([PROGRAM, *command, "--quiet"], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.bucket)

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)

    def put(self, name, content):
        path = self.root / "opt" / "ml" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")

    def prepare_training(self, values, hosts=("algo-1",), current="algo-1"):
        self.put("input/config/hyperparameters.json", values)
        self.put("input/config/inputdataconfig.json", {"sets_parent_dir_path": {"TrainingInputMode": "File"}})
        self.put("input/config/resourceconfig.json", {"current_host": current, "hosts": list(hosts)})
        channel = self.root / "opt/ml/input/data/sets_parent_dir_path"
        channel.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.bucket / "feature_store_preprocessed" / "journeys.pack", channel)

    def start(self, *arguments, sync_seconds="5", **environment):
        script = (f"import sys; from deepattribution.sagemaker import container; container.SYNC_SECONDS = {sync_seconds}; "
                  "sys.exit(container.main(sys.argv[1:]))")
        return subprocess.Popen([sys.executable, "-c", script, *arguments], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={**os.environ, "DEEPATTRIBUTION_ROOT": str(self.root), **environment})

    def run_to_the_end(self, *arguments, **environment):
        process = self.start(*arguments, **environment)
        out, errors = process.communicate(timeout=200)
        return process.returncode, out, errors

    def failure(self):
        path = self.root / "opt/ml/output/failure"
        return path.read_text(encoding="utf-8") if path.exists() else None


class Training(Container):
    def test_a_model_and_the_metrics_of_the_tuner(self):
        self.prepare_training(QUICK)
        code, out, errors = self.run_to_the_end("train")
        self.assertEqual((code, self.failure()), (0, None), errors)
        model = self.root / "opt/ml/model"
        self.assertEqual(sorted(path.name for path in model.iterdir()), ["model.onnx", "model.safetensors", "score.json"])
        score = json.loads((model / "score.json").read_text(encoding="utf-8"))
        self.assertEqual(len(score["epochs"]), 2)
        for definition in hyperparameters.metric_definitions():
            set_name, metric = definition["Name"].split("_")
            found = re.findall(definition["Regex"], out)
            self.assertEqual(len(found), 1, definition)
            self.assertAlmostEqual(float(found[0]), score[set_name][metric], places=8)
        subprocess.run([PROGRAM, "train", self.bucket, "--quiet", "--set", "training.epochs=2", "--set", "model.embedding=8", "--set",
                        "model.lstm=16", "--set", "model.dropout=0.05", "--set", "model.recurrent_dropout=0.05", "--set",
                        "training.learning_rate=0.01"], check=True)
        self.assertEqual((model / "model.safetensors").read_bytes(), (self.bucket / "model" / "model.safetensors").read_bytes())

    def test_sigterm_leaves_a_checkpoint_and_the_job_goes_on_from_it(self):
        values = {**QUICK, "epochs": "100", "training.patience": "100"}
        self.prepare_training(values)
        process = self.start("train", sync_seconds="0.05")
        checkpoints = self.root / "opt/ml/checkpoints"
        end = time.monotonic() + 120
        while time.monotonic() < end and not (checkpoints.is_dir() and any(checkpoints.iterdir())):
            time.sleep(0.1)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        self.assertLess(time.monotonic() - started, 30)
        self.assertEqual((process.returncode, self.failure()), (0, None), errors)
        self.assertIn("interrupted", errors)
        self.assertFalse((self.root / "opt/ml/model/model.safetensors").exists())
        # A new instance: nothing of the old one but what SageMaker kept in S3.
        shutil.rmtree(self.root / "opt/ml/bucket")
        code, _, errors = self.run_to_the_end("train")
        self.assertEqual(code, 0, errors)
        resumed = (self.root / "opt/ml/model/model.safetensors").read_bytes()
        shutil.rmtree(checkpoints)
        self.assertEqual(self.run_to_the_end("train")[0], 0)
        self.assertEqual(resumed, (self.root / "opt/ml/model/model.safetensors").read_bytes())

    def test_a_failure_is_one_sentence(self):
        for values, pattern in (({"n_layers": "3"}, "n_layers"), ({**QUICK, "epochs": "many"}, "training.epochs")):
            self.prepare_training(values)
            code, _, _ = self.run_to_the_end("train")
            self.assertEqual(code, 1)
            self.assertRegex(self.failure(), pattern)
        shutil.rmtree(self.root / "opt/ml/input/data")
        self.assertEqual(self.run_to_the_end("train")[0], 1)
        self.assertIn("expected journeys.pack in a channel but found none in: sets_parent_dir_path", self.failure())

    def test_several_hosts_start_mpi_from_the_first(self):
        tools = self.root / "tools"
        tools.mkdir()
        (tools / "mpirun").write_text(f'#!/bin/sh\necho "$@" >"{self.root}/mpirun.txt"\nshift 5\nexec "$@"\n', encoding="utf-8")
        (tools / "mpirun").chmod(0o755)
        self.prepare_training(QUICK, hosts=("algo-2", "algo-1"))
        script = ("from deepattribution.sagemaker import container, mpi; import sys; mpi.answers = lambda host: host == 'algo-2'; "
                  "sys.exit(container.main(['train']))")
        found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env={
            **os.environ, "DEEPATTRIBUTION_ROOT": str(self.root), "PATH": f"{tools}:{os.environ['PATH']}"})
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertTrue((self.root / "mpirun.txt").read_text(encoding="utf-8")
                        .startswith(f"--allow-run-as-root -np 2 --host algo-1,algo-2 {PROGRAM} train "))


class Serving(Container):
    def test_ping_invocations_and_sigterm(self):
        if "HTTP: none" in subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout:
            self.skipTest("the program was built without GNU libmicrohttpd")
        subprocess.run([PROGRAM, "train", self.bucket, "--quiet", "--set", "training.epochs=1"], check=True)
        self.assertEqual(self.run_to_the_end("serve")[0], 1)
        self.assertIn("expected a model of a training job", self.failure())
        (self.root / "opt/ml/model").mkdir(parents=True)
        shutil.copy(self.bucket / "model/model.safetensors", self.root / "opt/ml/model")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = self.start("serve", SAGEMAKER_BIND_TO_PORT=str(port))
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_answered(f"{url}/ping")
            body = json.dumps({"campaigns": ["video"], "timestamps": [5], "conversion_status": True}).encode()
            request = urllib.request.Request(f"{url}/invocations", body, {"Content-Type": "application/jsonlines"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.assertEqual(json.loads(answer.read())["last_touch_attribution"], [1])
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, errors)


def wait_until_answered(url, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


class Processing(Container):
    def processing_bucket(self):
        return self.root / "opt/ml/processing/bucket"

    def test_each_stage_from_the_outputs_of_those_before(self):
        bucket = self.processing_bucket()
        shutil.copytree(self.bucket / "raw", bucket / "raw")
        code, _, errors = self.run_to_the_end("process", "journeys", "--set", "journey_max_len=10")
        self.assertEqual(code, 0, errors)
        self.assertTrue((bucket / "feature_store/train.parquet").exists() and (bucket / "feature_store_preprocessed/journeys.pack").exists())
        shutil.rmtree(bucket / "raw")
        shutil.rmtree(bucket / ".deepattribution")
        subprocess.run([PROGRAM, "train", bucket, "--quiet", "--set", "training.epochs=1"], check=True)
        with tarfile.open(bucket / "model/model.tar.gz", "w:gz") as packed:
            for name in ("model.safetensors", "model.onnx", "score.json"):
                packed.add(bucket / "model" / name, name)
                (bucket / "model" / name).unlink()
        for stage, output in (("attribute", "campaign_credit.parquet"), ("report", "report.html")):
            code, _, errors = self.run_to_the_end("process", stage)
            self.assertEqual(code, 0, errors)
            self.assertTrue((bucket / "attention_report" / output).exists())

    def test_only_the_first_of_several_instances_works(self):
        self.put("config/resourceconfig.json", {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]})
        code, _, errors = self.run_to_the_end("process", "journeys")
        self.assertEqual(code, 0)
        self.assertIn("algo-1 does this job", errors)

    def test_a_failure_is_one_sentence(self):
        (self.processing_bucket() / "raw").mkdir(parents=True)
        self.assertEqual(self.run_to_the_end("process", "journeys")[0], 1)
        self.assertIn("expected impressions in", self.failure())


if __name__ == "__main__":
    unittest.main(verbosity=2)
