"""What SageMaker starts in the container: `train`, `serve`, or `process STAGE [--set KEY=VALUE]...`, around the C program.

train     /opt/ml/input/config/{hyperparameters,inputdataconfig,resourceconfig}.json
          /opt/ml/input/data/<channel>/journeys.pack       -> /opt/ml/model, metrics lines on stdout
          /opt/ml/checkpoints                              <- and -> a checkpoint, so that an interrupted spot job goes on
process   /opt/ml/processing/bucket/...                    -> the same folder: what the stage leaves in a bucket
          /opt/ml/processing/bucket/model/model.tar.gz, as training left it, is unpacked first
serve     /opt/ml/model/model.safetensors                  -> /ping and /invocations on port 8080 (SAGEMAKER_BIND_TO_PORT)

A job that fails leaves one sentence in /opt/ml/output/failure. SIGTERM ends training with a checkpoint, within 30 seconds.
DEEPATTRIBUTION_ROOT puts another folder in the place of /, for tests.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tarfile
import threading

from . import hyperparameters, mpi

CHANNEL_KEY = "feature_store_preprocessed/journeys.pack"
SYNC_SECONDS = 5
GRACE_SECONDS = 25  # of the 30 that SageMaker leaves between SIGTERM and SIGKILL
INTERRUPTED = 130
ERROR_START = "deepattribution: "  # of the line by which the program says what went wrong
STAGES = ("journeys", "attribute", "report")
LARGEST_BODY_MB = 100  # of batch transform


class Failure(Exception):
    """One sentence, for /opt/ml/output/failure."""


def root():
    return pathlib.Path(os.environ.get("DEEPATTRIBUTION_ROOT", "/"))


def opt_ml(*parts):
    return root().joinpath("opt", "ml", *parts)


def program():
    return os.environ.get("DEEPATTRIBUTION_PROGRAM", "deepattribution")


def read_json(path, default):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except ValueError as fault:
        raise Failure(f"expected JSON in {path} but found: {fault}") from fault


def read_hosts(path):
    """(is this the first host, all hosts in order)."""
    resources = read_json(path, {})
    hosts = sorted(resources.get("hosts") or ["algo-1"])
    return resources.get("current_host", hosts[0]) == hosts[0], hosts


# ---- running the program ----

class Program:
    """The C program as a child: its stderr is passed on and its last error kept; SIGTERM becomes the Ctrl-C that it knows."""

    def __init__(self, command):
        self.error = ""
        self.stopped = False
        self.child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace")
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.child.stderr:
            sys.stderr.write(line)
            if line.startswith(ERROR_START):
                self.error = line[len(ERROR_START):].strip()

    def stop(self, *_signal):
        self.stopped = True
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            killer = threading.Timer(GRACE_SECONDS, self.child.kill)
            killer.daemon = True
            killer.start()

    def wait(self):
        code = self.child.wait()
        self.reader.join()
        return code


@contextlib.contextmanager
def on_terminate(action):
    before = signal.signal(signal.SIGTERM, action)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run_program(command):
    """Returns False when SIGTERM ended it."""
    running = Program(command)
    with on_terminate(running.stop):
        code = running.wait()
    if code == 0:
        return True
    if running.stopped or code == INTERRUPTED:
        return False
    raise Failure(running.error or f"expected {command[0]} to succeed but it ended with code {code}")


def settings_arguments(settings):
    return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


# ---- train ----

def copy_folder(source, target):
    """Copies what is new: each file appears whole. SageMaker uploads the target while this goes on."""
    for path in sorted(source.rglob("*")) if source.is_dir() else []:
        to = target / path.relative_to(source)
        with contextlib.suppress(FileNotFoundError):  # replaced by the program in this moment
            if not path.is_file() or (to.exists() and to.stat().st_mtime_ns == path.stat().st_mtime_ns):
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            aside = to.with_name(f".{to.name}.writing")
            shutil.copy2(path, aside)
            aside.replace(to)


class Checkpoints:
    """Copies the program's checkpoint to /opt/ml/checkpoints while it trains, and once more at the end."""

    def __init__(self, bucket):
        self.source, self.target = bucket / "model" / "checkpoint", opt_ml("checkpoints")
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def restore(self):
        copy_folder(self.target, self.source)

    def run(self):
        while not self.over.wait(SYNC_SECONDS):
            copy_folder(self.source, self.target)

    def __enter__(self):
        self.restore()
        self.thread.start()

    def __exit__(self, *_exception):
        self.over.set()
        self.thread.join()
        copy_folder(self.source, self.target)


def find_journeys():
    """journeys.pack in whichever channel holds it."""
    channels = read_json(opt_ml("input", "config", "inputdataconfig.json"), {})
    for channel in channels or ["sets_parent_dir_path"]:
        found = sorted(opt_ml("input", "data", channel).rglob("journeys.pack"))
        if found:
            return found[0]
    raise Failure(f"expected journeys.pack in a channel but found none in: {', '.join(channels) or 'no channel at all'}; the channel is "
                  "the bucket's feature_store_preprocessed/")


def make_bucket():
    """A bucket whose only content is the journeys, on the instance's own disk."""
    bucket = opt_ml("bucket")
    shutil.rmtree(bucket, ignore_errors=True)
    journeys = bucket / CHANNEL_KEY
    journeys.parent.mkdir(parents=True)
    journeys.symlink_to(find_journeys().resolve())
    return bucket


def print_metrics(score):
    """score.json -> the lines that the tuner looks for."""
    for name in hyperparameters.SETS:
        metrics = score.get(name) or {}
        for metric in hyperparameters.METRICS:
            if isinstance(metrics.get(metric), (int, float)):
                print(hyperparameters.metric_line(metric, name, metrics[metric]), flush=True)


def deliver(bucket):
    """What /opt/ml/model holds at the end becomes model.tar.gz."""
    for name in ("model.safetensors", "model.onnx", "score.json"):
        source = bucket / "model" / name
        if source.exists():
            opt_ml("model").mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, opt_ml("model", name))


def train():
    is_first, hosts = read_hosts(opt_ml("input", "config", "resourceconfig.json"))
    bucket = make_bucket()  # the rank of every host reads its own
    if not is_first:
        mpi.serve()
        return
    settings = hyperparameters.to_settings(read_json(opt_ml("input", "config", "hyperparameters.json"), {}))
    with Checkpoints(bucket):
        finished = run_program([*mpi.launcher(hosts), program(), "train", str(bucket), *settings_arguments(settings)])
    if not finished:
        print("interrupted: the checkpoint is in /opt/ml/checkpoints, the same job goes on from there", file=sys.stderr)
        return
    deliver(bucket)
    print_metrics(read_json(bucket / "model" / "score.json", {}))


# ---- process ----

def unpack_model(folder):
    archive = folder / "model.tar.gz"
    if archive.exists():
        with tarfile.open(archive) as packed:
            for member in packed.getmembers():
                if member.isfile() and member.name.lstrip("./") in ("model.safetensors", "model.onnx", "score.json"):
                    (folder / member.name.lstrip("./")).write_bytes(packed.extractfile(member).read())
        archive.unlink()


def process(stage, settings):
    """One stage on the instance's copy of the bucket. Of several instances the first works."""
    is_first, hosts = read_hosts(opt_ml("config", "resourceconfig.json"))
    if not is_first:
        print(f"{hosts[0]} does this job: a stage runs on one instance; larger logs are for deepattribution.spark", file=sys.stderr)
        return
    bucket = opt_ml("processing", "bucket")
    unpack_model(bucket / "model")
    if not run_program([program(), stage, str(bucket), *settings_arguments(settings)]):
        raise Failure("interrupted by SIGTERM; run the job again")


# ---- serve ----

def serve():
    """The program takes this process over, and with it SageMaker's signals."""
    model = opt_ml("model", "model.safetensors")
    if not model.exists():
        raise Failure(f"expected a model of a training job in {model} but found none")
    os.execvp(program(), [program(), "serve", "--model", str(model), "--host", "0.0.0.0", "--port",
                          os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"), "--max-body", str(LARGEST_BODY_MB)])


def main(arguments):
    parser = argparse.ArgumentParser(prog="deepattribution.sagemaker.container")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("train")
    verbs.add_parser("serve")
    job = verbs.add_parser("process")
    job.add_argument("stage", choices=STAGES)
    job.add_argument("--set", action="append", default=[], dest="settings")
    options = parser.parse_args(arguments)
    try:
        if options.verb == "train":
            train()
        elif options.verb == "serve":
            serve()
        else:
            process(options.stage, dict(assignment.partition("=")[::2] for assignment in options.settings))
    except Exception as fault:  # pylint: disable=broad-except  # whatever it is, SageMaker shows what the failure file says
        failure = opt_ml("output", "failure")
        failure.parent.mkdir(parents=True, exist_ok=True)
        failure.write_text(str(fault)[:1024], encoding="utf-8")
        print(f"error: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
