"""Training by several processes of one thread each (mpirun) against one, and against threads."""
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys

import measure

N_USERS = {"quick": (3000,), "normal": (200_000, 1_000_000), "full": (200_000, 1_000_000)}[measure.SIZE]
TIMES = {"quick": 1, "normal": 3, "full": 3}[measure.SIZE]
SETTINGS = ["training.epochs=2", "training.patience=2"]
WAYS = [("1 process, 1 thread", 1, 1), ("2 processes of 1 thread", 2, 1), ("1 process, 2 threads", 1, 2)]


def bucket(n_users):
    folder = measure.DATA / "ranks" / f"W1-{n_users}"
    if not (folder / "feature_store_preprocessed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([str(measure.PROGRAM), "simulate", "W1", str(folder), "--users", str(n_users), "--no-truth", "--quiet"], check=True)
        subprocess.run([str(measure.PROGRAM), "journeys", str(folder), "--quiet"], check=True)
    return folder


def train(folder, n_ranks, n_threads):
    """Trained touches a second, and the model's bytes."""
    command = ["mpirun", "--bind-to", "none", "-n", str(n_ranks)] if n_ranks > 1 else []
    command += [str(measure.PROGRAM), "train", str(folder), "--json", "--quiet", "--force", "--threads", str(n_threads)]
    for setting in SETTINGS:
        command += ["--set", setting]
    root = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=root).stdout
    model = hashlib.sha256((folder / "model/model.safetensors").read_bytes()).hexdigest()
    return json.loads(output)["train"]["touches_per_second"], model


def compare(n_users):
    """The rows of one log."""
    folder = bucket(n_users)
    speeds, models = {name: [] for name, _, _ in WAYS}, set()
    for turn in range(TIMES):
        for name, n_ranks, n_threads in WAYS:
            speed, model = train(folder, n_ranks, n_threads)
            speeds[name].append(speed)
            models.add(model)
            measure.say(f"{n_users:,} users, {name}: {speed / 1e6:.2f} M touches/s ({turn + 1} of {TIMES})")
    if len(models) != 1:
        sys.exit("expected the same model from all but found several")
    middle = {name: statistics.median(found) for name, found in speeds.items()}
    return [[f"{n_users:,} users, {name}", f"{speed / 1e6:.2f}", f"{speed / middle[WAYS[0][0]]:.2f}x"] for name, speed in middle.items()]


def main():
    if not shutil.which("mpirun"):
        sys.exit("expected mpirun (Debian package openmpi-bin) but found none")
    rows = [row for n_users in N_USERS for row in compare(n_users)]
    print(f"{measure.machine()}. World W1, defaults, {TIMES} runs each in turns, median. All write the same model, byte for byte.")
    print(f"`bench/run ranks`\n\n{measure.table(['', 'M touches trained a second', 'against one'], rows)}")


main()
