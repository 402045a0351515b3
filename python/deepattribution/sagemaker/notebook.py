"""The five jobs one at a time, for a notebook: each call starts a job and waits for its end, as the original's cells did."""
import pathlib
import time

from ..library import Error
from . import jobs, launch

POLL_SECONDS = 30
RUNNING = ("InProgress", "Stopping", "Starting")


class Jobs:
    """The jobs of a config.yaml. client: of boto3 for SageMaker; None: made from the AWS profile."""

    def __init__(self, config, *, image, role, client=None, poll_seconds=POLL_SECONDS, **options):
        yaml = pathlib.Path(config).read_text(encoding="utf-8")
        self.plan = jobs.read_plan(yaml, str(config), image=image, role=role, **options)
        self.client = client or launch.client()
        self.poll_seconds = poll_seconds
        self.model = None  # URL of the best model's archive, once train() is done

    def name(self, job):
        """SageMaker wants names that were never used, of at most 32 letters for a search."""
        return f"da-{job.replace('_', '-')[:14]}-{time.strftime('%m%d%H%M%S')}"

    def wait(self, describe, status, reason="FailureReason"):
        while True:
            told = describe()
            if told[status] not in RUNNING:
                break
            time.sleep(self.poll_seconds)
        if told[status] != "Completed":
            raise Error(f"expected the job to complete but found {told[status]}: {told.get(reason, 'no reason given')}", 1)
        return told

    def process(self, job):
        """One of the four jobs that are not training."""
        if job in jobs.NEEDS_MODEL and not self.model:
            raise Error(f"expected a trained model for {job} but found none; call train() first, or set model to the URL of a model.tar.gz")
        name = self.name(job)
        self.client.create_processing_job(ProcessingJobName=name, **jobs.processing_job(self.plan, job, self.model))
        return self.wait(lambda: self.client.describe_processing_job(ProcessingJobName=name), "ProcessingJobStatus")

    def train(self):
        """The search; returns its best training job, and keeps where that left its model."""
        name = self.name("training")
        self.client.create_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, **jobs.tuning_job(self.plan))
        told = self.wait(lambda: self.client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name),
                         "HyperParameterTuningJobStatus")
        best = told.get("BestTrainingJob")
        if not best:
            raise Error("expected a best training job but found that none finished", 1)
        self.model = self.plan.url(f"model/{best['TrainingJobName']}/output/model.tar.gz")
        return best
