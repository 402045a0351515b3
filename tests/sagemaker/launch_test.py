"""Oracle: the original's own config.yaml, and what it asked of SageMaker (instances, names and ranges of the search)."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

CONFIG = pathlib.Path(__file__).with_name("config.yaml")
ACCOUNT = ["--image", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/deepattribution:1", "--role", "arn:aws:iam::111122223333:role/runs"]


def launch(*arguments):
    return subprocess.run([sys.executable, "-m", "deepattribution.sagemaker", "run", *arguments], capture_output=True, text=True,
                          check=False, env={**os.environ, "AWS_ACCESS_KEY_ID": "", "AWS_CONFIG_FILE": "/nowhere"})


class DryRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        found = launch(str(CONFIG), *ACCOUNT, "--dry-run")
        assert found.returncode == 0, found.stderr
        decoder, text = json.JSONDecoder(), found.stdout.strip()
        cls.requests = []
        while text:
            request, end = decoder.raw_decode(text)
            cls.requests.append(request)
            text = text[end:].lstrip()
        cls.steps = {step["Name"]: step for step in cls.requests[0]["request"]["PipelineDefinition"]["Steps"]}

    def test_two_requests_five_jobs(self):
        self.assertEqual([request["operation"] for request in self.requests], ["create_pipeline", "start_pipeline_execution"])
        self.assertEqual(list(self.steps), ["feature_engineering", "preprocessing", "training", "prediction", "attention_report_generation"])
        names = list(self.steps)
        self.assertEqual([step.get("DependsOn") for step in self.steps.values()], [None, *([name] for name in names[:-1])])

    def test_instances_are_those_of_the_config(self):
        def cluster(name):
            arguments = self.steps[name]["Arguments"]
            found = arguments["TrainingJobDefinition"]["ResourceConfig"] if name == "training" else \
                arguments["ProcessingResources"]["ClusterConfig"]
            return found["InstanceType"], found["InstanceCount"]
        self.assertEqual({name: cluster(name) for name in self.steps},
                         {"feature_engineering": ("ml.c5.xlarge", 2), "preprocessing": ("ml.c5.xlarge", 2), "training": ("ml.m5.2xlarge", 2),
                          "prediction": ("ml.c5.xlarge", 1), "attention_report_generation": ("ml.c5.xlarge", 2)})

    def test_the_search_is_the_originals(self):
        config = self.steps["training"]["Arguments"]["HyperParameterTuningJobConfig"]
        self.assertEqual(config["ResourceLimits"], {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2})
        self.assertEqual(config["HyperParameterTuningJobObjective"], {"Type": "Maximize", "MetricName": "val_auc"})
        found = {parameter["Name"]: (parameter["MinValue"], parameter["MaxValue"])
                 for parameters in config["ParameterRanges"].values() for parameter in parameters}
        self.assertEqual(found, {"learning_rate": ("0.001", "0.2"), "epochs": ("10", "50"), "n_hidden_units_embedding": ("20", "100"),
                                 "n_hidden_units_lstm": ("64", "256"), "dropout_lstm": ("0.001", "0.3"),
                                 "recurrent_dropout_lstm": ("0.001", "0.3")})
        definition = self.steps["training"]["Arguments"]["TrainingJobDefinition"]
        self.assertEqual(definition["InputDataConfig"][0]["ChannelName"], "sets_parent_dir_path")
        self.assertEqual(definition["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"],
                         "s3://deep-attribution/feature_store_preprocessed")
        self.assertIn({"Name": "test_auc", "Regex": "auc - test: ([0-9\\.]+)"}, definition["AlgorithmSpecification"]["MetricDefinitions"])

    def test_settings_reach_the_container(self):
        self.assertEqual(self.steps["feature_engineering"]["Arguments"]["AppSpecification"]["ContainerArguments"],
                         ["process", "journeys", "--set", "journey_max_len=10"])
        self.assertEqual(self.steps["training"]["Arguments"]["TrainingJobDefinition"]["StaticHyperParameters"], {"journey_max_len": "10"})

    def test_prediction_takes_the_best_model_of_the_search(self):
        inputs = self.steps["prediction"]["Arguments"]["ProcessingInputs"]
        model = next(source for source in inputs if source["InputName"] == "model")
        self.assertEqual(model["S3Input"]["S3Uri"], {"Std:Join": {"On": "/", "Values": [
            "s3://deep-attribution/model", {"Get": "Steps.training.TrainingJobSummaries[0].TrainingJobName"}, "output/model.tar.gz"]}})


class Refusals(unittest.TestCase):
    def test_what_is_missing_is_named(self):
        self.assertIn("expected --image but found none", launch(str(CONFIG), "--role", "r", "--dry-run").stderr)
        for text, pattern in (("journey_max_len: 3\n", "expected bucket_nm"), ("bucket_nm: b\n", "feature_engineering.instance_type"),
                              ("bucket_mn: b\n", "bucket_nm")):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
                config.write(text)
                config.flush()
                found = launch(config.name, *ACCOUNT, "--dry-run")
            self.assertEqual(found.returncode, 2)
            self.assertRegex(found.stderr, pattern)


if __name__ == "__main__":
    unittest.main(verbosity=2)
