"""python -m deepattribution.sagemaker run config.yaml: asks SageMaker for the pipeline of the five jobs, and starts it."""
import argparse
import json
import os
import pathlib
import time

from ..library import Error
from . import jobs

POLL_SECONDS = 30
OVER = ("Succeeded", "Failed", "Stopped")


def read_arguments(arguments):
    parser = argparse.ArgumentParser(prog="python -m deepattribution.sagemaker", description="The five jobs on Amazon SageMaker.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    run = verbs.add_parser("run", help="create the pipeline, or change it, and start it")
    run.add_argument("config", metavar="CONFIG", help="config.yaml with bucket_nm and the jobs' instance_type and instance_count")
    run.add_argument("--image", default=os.environ.get("DEEPATTRIBUTION_IMAGE"), help="URI of the image made from container/Dockerfile")
    run.add_argument("--role", default=os.environ.get("SAGEMAKER_ROLE_ARN"), help="ARN of the role that the jobs run as")
    run.add_argument("--name", default="deepattribution", help="of the pipeline")
    run.add_argument("--objective", default="val_auc", help="what the search optimises: val_auc, val_loss; the original: test_auc")
    run.add_argument("--spot", action="store_true", help="train on spot instances; an interrupted job goes on from its checkpoint")
    run.add_argument("--volume-gb", type=int, default=100, help="disk of an instance")
    run.add_argument("--region", help="AWS region (default: as the AWS profile says)")
    run.add_argument("--wait", action="store_true", help="until the last job ends")
    run.add_argument("--dry-run", action="store_true", help="print every request, send none; needs neither boto3 nor an account")
    return parser.parse_args(arguments)


def plan_of(options):
    for name in ("image", "role"):
        if not getattr(options, name):
            raise Error(f"expected --{name} but found none; see container/README.md")
    yaml = pathlib.Path(options.config).read_text(encoding="utf-8")
    return jobs.read_plan(yaml, options.config, image=options.image, role=options.role, name=options.name, objective=options.objective,
                          volume_gb=options.volume_gb, spot=options.spot)


def show(requests):
    """Every request as JSON, the pipeline's definition unfolded."""
    for operation, request in requests:
        unfolded = {key: json.loads(value) if key == "PipelineDefinition" else value for key, value in request.items()}
        print(json.dumps({"operation": operation, "request": unfolded}, indent=2))


def client(region=None):
    try:
        import boto3
    except ImportError as fault:
        raise Error(f"expected boto3 but found: {fault}; pip install boto3, or add --dry-run") from fault
    return boto3.client("sagemaker", region_name=region)


def send(sagemaker, requests):
    """Creates the pipeline, or gives the one of that name the new definition; starts it. Returns the ARN of the execution."""
    (_, create), (_, start) = requests
    listed = sagemaker.list_pipelines(PipelineNamePrefix=create["PipelineName"])["PipelineSummaries"]
    exists = any(pipeline["PipelineName"] == create["PipelineName"] for pipeline in listed)
    if exists:
        sagemaker.update_pipeline(**{key: value for key, value in create.items() if key != "ClientRequestToken"})
    else:
        sagemaker.create_pipeline(**create)
    return sagemaker.start_pipeline_execution(**start)["PipelineExecutionArn"]


def wait(sagemaker, execution, poll_seconds=POLL_SECONDS):
    """Until the execution is over; a step that failed is named with its reason."""
    while True:
        told = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
        if told["PipelineExecutionStatus"] in OVER:
            break
        time.sleep(poll_seconds)
    if told["PipelineExecutionStatus"] != "Succeeded":
        listed = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)["PipelineExecutionSteps"]
        failed = [f"{step['StepName']}: {step.get('FailureReason', step['StepStatus'])}" for step in listed if step["StepStatus"] == "Failed"]
        raise Error(f"expected the pipeline to succeed but found {told['PipelineExecutionStatus']}; {'; '.join(failed) or execution}", 1)


def main(arguments):
    options = read_arguments(arguments)
    requests = jobs.requests(plan_of(options))
    if options.dry_run:
        show(requests)
        return
    sagemaker = client(options.region)
    execution = send(sagemaker, requests)
    print(execution)
    if options.wait:
        wait(sagemaker, execution)
