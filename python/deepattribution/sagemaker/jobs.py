"""The requests that make the five jobs: plain dictionaries, in the words of SageMaker's API."""
import json
import uuid
from dataclasses import dataclass

from ..library import Error
from ..stages import read_settings
from . import hyperparameters

LOCAL_BUCKET = "/opt/ml/processing/bucket"
DAY_SECONDS = 86400
JOBS = ("feature_engineering", "preprocessing", "training", "prediction", "attention_report_generation")
# Job -> (the program's stage, what it reads, what it leaves): prefixes of the bucket, at the same places in the container.
PROCESSING = {
    "feature_engineering": ("journeys", ("raw",), ("feature_store",)),
    "preprocessing": ("journeys", ("raw",), ("feature_store_preprocessed",)),
    "prediction": ("attribute", ("feature_store_preprocessed",), ("attention_report",)),
    "attention_report_generation": ("report", ("feature_store_preprocessed", "attention_report"), ("attention_report",)),
}
NEEDS_MODEL = ("prediction", "attention_report_generation")
# The setting's values that say where and how jobs run, which the container has no use for.
NOT_FOR_THE_CONTAINER = ("bucket_nm", "hp_tuning_nb_iterations", "s3.", *(f"{job}." for job in JOBS))


@dataclass
class Plan:
    """What is launched: settings as read_settings gives them, and what the account gives."""

    config: dict
    image: str
    role: str
    name: str = "deepattribution"
    objective: str = "val_auc"
    parallel_jobs: int = 2
    volume_gb: int = 100
    spot: bool = False

    def url(self, key=""):
        return f"s3://{self.config['bucket_nm']}/{key}".rstrip("/")

    def container_settings(self):
        """The settings that are not defaults, for the program in the container."""
        defaults = read_settings("")
        return {key: value for key, value in self.config.items()
                if value != defaults[key] and not key.startswith(NOT_FOR_THE_CONTAINER)}


def read_plan(yaml, file_name, **account):
    plan = Plan(read_settings(yaml, name=file_name), **account)
    if not plan.config["bucket_nm"]:
        raise Error(f"{file_name}: expected bucket_nm, the bucket the jobs work on, but found none")
    for job in JOBS:
        kind = plan.config[f"{job}.instance_type"]
        if not kind or not kind.startswith("ml."):
            raise Error(f"{file_name}: expected an instance type such as ml.c5.xlarge in {job}.instance_type but found {kind or 'none'}")
    return plan


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


# ---- processing ----

def processing_input(name, url):
    return {"InputName": name, "S3Input": {"S3Uri": url, "LocalPath": f"{LOCAL_BUCKET}/{name}", "S3DataType": "S3Prefix",
                                           "S3InputMode": "File", "S3DataDistributionType": "FullyReplicated"}}


def processing_output(plan, name):
    return {"OutputName": name, "S3Output": {"S3Uri": plan.url(name), "LocalPath": f"{LOCAL_BUCKET}/{name}", "S3UploadMode": "EndOfJob"}}


def processing_job(plan, job, model_url=None):
    """CreateProcessingJob, but for its name. model_url: of model.tar.gz, for the jobs that need a model."""
    stage, inputs, outputs = PROCESSING[job]
    sources = [processing_input(name, plan.url(name)) for name in inputs]
    if job in NEEDS_MODEL:
        sources.append(processing_input("model", model_url))
    arguments = ["process", stage]
    for key, value in plan.container_settings().items():
        arguments += ["--set", f"{key}={text(value)}"]
    return {
        "RoleArn": plan.role,
        "AppSpecification": {"ImageUri": plan.image, "ContainerArguments": arguments},
        "ProcessingResources": {"ClusterConfig": {"InstanceType": plan.config[f"{job}.instance_type"],
                                                  "InstanceCount": plan.config[f"{job}.instance_count"], "VolumeSizeInGB": plan.volume_gb}},
        "ProcessingInputs": sources,
        "ProcessingOutputConfig": {"Outputs": [processing_output(plan, name) for name in outputs]},
        "StoppingCondition": {"MaxRuntimeInSeconds": DAY_SECONDS},
    }


# ---- training ----

def parameter_ranges():
    ranges = {"ContinuousParameterRanges": [], "IntegerParameterRanges": [], "CategoricalParameterRanges": []}
    for name, (kind, low, high, scale) in hyperparameters.RANGES.items():
        ranges[f"{kind}ParameterRanges"].append({"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scale})
    return ranges


def static_hyperparameters(plan):
    """The settings of the journeys and of training that the search does not choose."""
    searched = {hyperparameters.SETTINGS[name] for name in hyperparameters.RANGES}
    return {key: text(value) for key, value in plan.container_settings().items() if key not in searched}


def training_definition(plan):
    """What every training job of the search is: TrainingJobDefinition of CreateHyperParameterTuningJob."""
    stopping = {"MaxRuntimeInSeconds": DAY_SECONDS}
    definition = {
        "StaticHyperParameters": static_hyperparameters(plan),
        "AlgorithmSpecification": {"TrainingImage": plan.image, "TrainingInputMode": "File",
                                   "MetricDefinitions": hyperparameters.metric_definitions()},
        "RoleArn": plan.role,
        "InputDataConfig": [{"ChannelName": "sets_parent_dir_path", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": plan.url("feature_store_preprocessed"), "S3DataDistributionType": "FullyReplicated"}}}],
        "OutputDataConfig": {"S3OutputPath": plan.url("model")},
        "ResourceConfig": {"InstanceType": plan.config["training.instance_type"], "InstanceCount": plan.config["training.instance_count"],
                           "VolumeSizeInGB": plan.volume_gb},
        "CheckpointConfig": {"S3Uri": plan.url("model/checkpoint")},
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": plan.spot,
    }
    if plan.spot:
        stopping["MaxWaitTimeInSeconds"] = 2 * DAY_SECONDS
    return definition


def tuning_job(plan):
    """CreateHyperParameterTuningJob, but for its name."""
    kind = "Minimize" if plan.objective.endswith("loss") else "Maximize"
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": kind, "MetricName": plan.objective},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": plan.config["hp_tuning_nb_iterations"],
                               "MaxParallelTrainingJobs": min(plan.parallel_jobs, plan.config["hp_tuning_nb_iterations"])},
            "ParameterRanges": parameter_ranges(),
        },
        "TrainingJobDefinition": training_definition(plan),
    }


# ---- the pipeline ----

def best_model(plan):
    """Where the best training job of the search leaves its model, known when the pipeline runs."""
    best = {"Get": "Steps.training.TrainingJobSummaries[0].TrainingJobName"}
    return {"Std:Join": {"On": "/", "Values": [plan.url("model"), best, "output/model.tar.gz"]}}


def steps(plan):
    """The five jobs, each after the one whose outputs it reads."""
    found, before = [], None
    for job in JOBS:
        if job == "training":
            step = {"Name": job, "Type": "Tuning", "Arguments": tuning_job(plan)}
        else:
            step = {"Name": job, "Type": "Processing", "Arguments": processing_job(plan, job, best_model(plan))}
        if before:
            step["DependsOn"] = [before]
        found.append(step)
        before = job
    return found


def requests(plan):
    """(operation, request) in the order in which they are sent. A token makes sending one twice the same as once."""
    definition = {"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": steps(plan)}
    return [
        ("create_pipeline", {"PipelineName": plan.name, "PipelineDefinition": json.dumps(definition), "RoleArn": plan.role,
                             "ClientRequestToken": uuid.uuid4().hex}),
        ("start_pipeline_execution", {"PipelineName": plan.name, "ClientRequestToken": uuid.uuid4().hex}),
    ]
