"""Oracle: botocore's own model of SageMaker's API, field by field, and moto's server, which keeps what it is sent."""
import contextlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest
import unittest.mock
import urllib.request

import boto3
import botocore.session
import botocore.validate
from deepattribution import Error
from deepattribution.sagemaker import jobs, launch

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = pathlib.Path(__file__).with_name("config.yaml").read_text(encoding="utf-8")
ACCOUNT = {"image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/deepattribution:1", "role": "arn:aws:iam::111122223333:role/sagemaker-runs"}
SERVICE = botocore.session.get_session().get_service_model("sagemaker")


def faults(operation, request):
    """What botocore finds wrong with a request: unknown and missing members, types, ranges."""
    report = botocore.validate.ParamValidator().validate(request, SERVICE.operation_model(operation).input_shape)
    return report.generate_report()


def pattern_faults(shape, value, where=""):
    """What SageMaker itself would refuse beyond that: lengths, patterns and words of an enumeration."""
    if shape.type_name == "structure":
        return [fault for name, member in value.items() for fault in pattern_faults(shape.members[name], member, f"{where}.{name}")]
    if shape.type_name == "list":
        return [fault for i, member in enumerate(value) for fault in pattern_faults(shape.member, member, f"{where}[{i}]")]
    if shape.type_name == "map":
        return [fault for name, member in value.items() for fault in
                pattern_faults(shape.key, name, f"{where}.{name}") + pattern_faults(shape.value, member, f"{where}.{name}")]
    found = []
    if shape.type_name == "string":
        if getattr(shape, "enum", None) and value not in shape.enum:
            found.append(f"{where}: {value} is none of its words")
        pattern, longest = shape.metadata.get("pattern"), shape.metadata.get("max")
        if pattern and not re.fullmatch(pattern, value):
            found.append(f"{where}: {value} is not {pattern}")
        if longest and len(value) > longest:
            found.append(f"{where}: {value} is too long")
    return found


def resolved(value):
    """A step's arguments as they are when the pipeline runs: what it looks up then is some text."""
    if isinstance(value, dict):
        if "Get" in value:
            return "best-training-job"
        if "Std:Join" in value:
            return value["Std:Join"]["On"].join(resolved(part) for part in value["Std:Join"]["Values"])
        return {name: resolved(member) for name, member in value.items()}
    return [resolved(member) for member in value] if isinstance(value, list) else value


class Model(unittest.TestCase):
    def check(self, operation, request):
        self.assertEqual(faults(operation, request), "")
        self.assertEqual(pattern_faults(SERVICE.operation_model(operation).input_shape, request), [])

    def test_every_request_is_one_that_sagemaker_knows(self):
        for spot in (False, True):
            plan = jobs.read_plan(CONFIG, "config.yaml", spot=spot, **ACCOUNT)
            for operation, request in jobs.requests(plan):
                self.check("".join(word.title() for word in operation.split("_")), request)
            for step in jobs.steps(plan):
                arguments = resolved(step["Arguments"])
                if step["Type"] == "Tuning":
                    self.check("CreateHyperParameterTuningJob", {"HyperParameterTuningJobName": "name", **arguments})
                else:
                    self.check("CreateProcessingJob", {"ProcessingJobName": "name", **arguments})

    def test_the_check_sees_faults(self):
        plan = jobs.read_plan(CONFIG, "config.yaml", **ACCOUNT)
        arguments = {"ProcessingJobName": "name", **resolved(jobs.steps(plan)[0]["Arguments"])}
        self.assertIn("Unknown parameter", faults("CreateProcessingJob", {**arguments, "Instances": 2}))
        arguments["ProcessingInputs"][0]["S3Input"]["S3DataType"] = "Folder"
        self.assertNotEqual(pattern_faults(SERVICE.operation_model("CreateProcessingJob").input_shape, arguments), [])


class Server(unittest.TestCase):
    """moto on loopback: started and stopped here."""

    @classmethod
    def setUpClass(cls):
        os.environ.update(AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret", AWS_DEFAULT_REGION="eu-west-1")
        cls.process = subprocess.Popen([sys.executable, "-c", "import sys; from moto.server import main; main(sys.argv[1:])", "-H",
                                        "127.0.0.1", "-p", "0"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        cls.addClassCleanup(cls.stop)
        cls.url = next(line.split("Running on ")[1].split()[0] for line in cls.process.stderr if "Running on " in line)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{cls.url}/moto-api/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        cls.sagemaker = boto3.client("sagemaker", endpoint_url=cls.url)
        boto3.client("s3", endpoint_url=cls.url).create_bucket(Bucket="deep-attribution",
                                                               CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    @classmethod
    def stop(cls):
        cls.process.terminate()
        cls.process.communicate(timeout=30)

    def test_the_pipeline_is_created_changed_and_started(self):
        plan = jobs.read_plan(CONFIG, "config.yaml", **ACCOUNT)
        first = launch.send(self.sagemaker, jobs.requests(plan))
        told = self.sagemaker.describe_pipeline(PipelineName="deepattribution")
        self.assertEqual(told["PipelineDefinition"], jobs.requests(plan)[0][1]["PipelineDefinition"])
        plan.volume_gb = 200
        second = launch.send(self.sagemaker, jobs.requests(plan))
        self.assertNotEqual(first, second)
        self.assertIn('"VolumeSizeInGB": 200', self.sagemaker.describe_pipeline(PipelineName="deepattribution")["PipelineDefinition"])
        listed = self.sagemaker.list_pipeline_executions(PipelineName="deepattribution")["PipelineExecutionSummaries"]
        self.assertEqual({execution["PipelineExecutionArn"] for execution in listed}, {first, second})
        launch.wait(self.sagemaker, first, poll_seconds=0)

    def test_each_job_is_one_that_the_server_takes(self):
        plan = jobs.read_plan(CONFIG, "config.yaml", **ACCOUNT)
        for i, step in enumerate(jobs.steps(plan)):
            arguments = resolved(step["Arguments"])
            if step["Type"] == "Processing":
                self.sagemaker.create_processing_job(ProcessingJobName=f"job-{i}", **arguments)
                told = self.sagemaker.describe_processing_job(ProcessingJobName=f"job-{i}")
                self.assertEqual(told["AppSpecification"], arguments["AppSpecification"])
                self.assertEqual(told["RoleArn"], ACCOUNT["role"])

    def test_the_notebook_runs_cell_by_cell(self):
        """moto ends no search, so the notebook's client answers for it here; everything else is the server's."""
        class Client:
            def __getattr__(_, name):
                return getattr(self.sagemaker, name)

            def create_hyper_parameter_tuning_job(_, **request):
                self.assertEqual(faults("CreateHyperParameterTuningJob", request), "")

            def describe_hyper_parameter_tuning_job(_, **_request):
                return {"HyperParameterTuningJobStatus": "Completed", "BestTrainingJob": {"TrainingJobName": "best"}}
        notebook = json.loads((ROOT / "pipeline_exec.ipynb").read_text(encoding="utf-8"))
        os.environ.update(DEEPATTRIBUTION_IMAGE=ACCOUNT["image"], SAGEMAKER_ROLE_ARN=ACCOUNT["role"])
        scope = {}
        with unittest.mock.patch.object(launch, "client", Client), contextlib.chdir(pathlib.Path(__file__).parent), \
                contextlib.redirect_stdout(io.StringIO()) as printed:
            for cell in notebook["cells"]:
                source = "".join(cell["source"])
                if cell["cell_type"] == "code" and not source.startswith("%pip"):
                    exec(source, scope)  # pylint: disable=exec-used
        self.assertIn("s3://deep-attribution/attention_report/campaign_attention.parquet", printed.getvalue())
        self.assertEqual(scope["jobs"].model, "s3://deep-attribution/model/best/output/model.tar.gz")

    def test_a_failed_step_is_named(self):
        class Failed:
            def describe_pipeline_execution(self, **_arguments):
                return {"PipelineExecutionStatus": "Failed"}

            def list_pipeline_execution_steps(self, **_arguments):
                return {"PipelineExecutionSteps": [{"StepName": "training", "StepStatus": "Failed", "FailureReason": "no journeys.pack"}]}
        with self.assertRaisesRegex(Error, "training: no journeys.pack"):
            launch.wait(Failed(), "arn", poll_seconds=0)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
