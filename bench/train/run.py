"""Training and scoring: the same network on the same journeys by deepattribution, PyTorch and Keras, two threads each."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

from journeys.generate import generate
from measure import BUILD, DATA, PROGRAM, SIZE, Run, machine, say, table

HERE = pathlib.Path(__file__).resolve().parent
QUICK = SIZE == "quick"
ROWS = 60_000 if QUICK else 2_000_000
USERS, FEWER_USERS = ROWS * 37 // 100, ROWS // 4  # 2.4 and 3.3 touches a journey
TURNS = 1 if QUICK else 2
SECONDS = 1 if QUICK else 3  # of training by a peer, for each batch size
MAX_LEN = 10
WORLD_USERS = 5_000 if QUICK else 400_000
LEARNING_BATCHES = (256,) if QUICK else (1024, 4096, 8192)
SEEDS = (1, 2) if QUICK else (1, 2, 3)
ALONE = ("model.time=off", "model.dropout=0", "model.recurrent_dropout=0")
CASES = {  # users, campaigns, settings
    "675 campaigns, campaigns only": (USERS, 675, ALONE),
    "12 campaigns, campaigns only": (USERS, 12, ALONE),
    "675 campaigns, as by default (times, dropout)": (USERS, 675, ()),
    "longer journeys: 675 campaigns": (FEWER_USERS, 675, ALONE),
    "longer journeys: 12 campaigns": (FEWER_USERS, 12, ALONE),
    "longer journeys: as by default": (FEWER_USERS, 675, ()),
}


LARGEST = (160_000_000, 59_269_298, 675)  # rows, users, campaigns with --full: the largest log of the bench journeys


def packed(bucket, rows, users, campaigns):
    """The packed journeys of such a log, made when they are not there."""
    pack = bucket / "feature_store_preprocessed/journeys.pack"
    if not pack.exists():
        say(f"making {bucket}")
        raw = bucket / "raw/impressions.parquet"
        raw.parent.mkdir(parents=True, exist_ok=True)
        if not raw.exists():
            generate(raw, rows, users, campaigns, seed=1)
        Run([PROGRAM, "journeys", bucket, "--quiet", "--set", f"journey_max_len={MAX_LEN}"])
    return pack


def packed_case(users, campaigns):
    return packed(DATA / f"train-{ROWS}-{users}-{campaigns}", ROWS, users, campaigns)


def ours(pack, folder, *settings):
    return json.loads(Run([BUILD / "train/stage", pack, folder, "training.patience=100", *settings]).output)


def peer(program, folder, n_rows, threads):
    return json.loads(Run([sys.executable, HERE / program, folder, n_rows, threads, SECONDS]).output)


def best(turns, what, part=None):
    """The fastest turn counts: what else the machine does only takes away."""
    return max((turn[part] if part else turn)[what] for turn in turns)


def measure(name):
    users, campaigns, settings = CASES[name]
    pack, folder = packed_case(users, campaigns), DATA / "train-inputs"
    folder.mkdir(exist_ok=True)
    n_rows = ours(pack, folder, "training.epochs=1", *settings)["rows"]  # leaves what it read for the others
    found = {"one thread": [], "two threads": [], "PyTorch": [], "PyTorch, one thread": [], "Keras": []}
    for turn in range(TURNS):
        for threads, key in ((1, "one thread"), (2, "two threads")):
            found[key].append(ours(pack, "-", "training.epochs=2", f"threads={threads}", *settings))
        found["PyTorch"].append(peer("torch_peer.py", folder, n_rows, 2))
        found["PyTorch, one thread"].append(peer("torch_peer.py", folder, n_rows, 1))
        if turn == 0:  # it takes long, and the difference is large
            found["Keras"].append(peer("keras_peer.py", folder, n_rows, 2))
        say(f"{name}: turn {turn + 1} of {TURNS}: " + json.dumps({key: turns[-1] for key, turns in found.items()}))
    return found


def millions(rate):
    return f"{rate / 1e6:.3f}"


def rates(results, what):
    rows = []
    for name, found in results.items():
        mine, one = best(found["two threads"], what), best(found["one thread"], what)
        torch = max(best(found["PyTorch"], what), best(found["PyTorch, one thread"], what))
        embedding = best(found["Keras"], what, "embedding")
        one_hot = best(found["Keras"], what, "one-hot") if "one-hot" in found["Keras"][0] else None
        rows.append([name, millions(mine), millions(one), f"{mine / one:.2f}", millions(torch), f"**{mine / torch:.1f}**",
                     millions(embedding), f"**{mine / embedding:.0f}**", millions(one_hot) if one_hot else "-",
                     f"**{mine / one_hot:.0f}**" if one_hot else "-"])
    return table([f"million touches {what.split('_')[0]} a second", "ours, 2 threads", "1 thread", "1 to 2", "PyTorch", "times PyTorch",
                  "Keras, embedding", "times", "Keras, one-hot", "times"], rows)


def steps(results):
    """The fastest step of each on one thread; each family of kernels that this processor has."""
    rows = []
    for name, (users, campaigns, settings) in CASES.items():
        if name not in results:
            continue
        turns = [json.loads(Run([BUILD / "train/steps", packed_case(users, campaigns), *([] if settings else ["time"])]).output) for _ in range(TURNS)]
        torch, families = results[name]["PyTorch, one thread"], list(zip(*turns))
        for of in families:
            row = [f"{name}; {of[0]['kernels']}"]
            for what in ("trained_per_second", "scored_per_second"):
                rate, peer_rate = best(of, what), best(torch, f"fastest_{what}")
                fastest = max(best(others, what) for others in families)
                row += [millions(rate), f"{fastest / rate:.1f}", millions(peer_rate), f"{rate / peer_rate:.1f}"]
            rows.append(row)
    part = ["slower than the best", "PyTorch", "times"]
    return table(["fastest step, 1 thread, million touches a second", "trained", *part, "scored", *part], rows)


def memory_of(process):
    """Bytes of a process that are its own, and those that are pages of files, which the system may take back."""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except FileNotFoundError:
        return 0, 0
    kilobytes = dict(line.split(":", 1) for line in status.splitlines())
    return tuple(int(kilobytes.get(name, "0 kB").split()[0]) * 1024 for name in ("RssAnon", "RssFile"))


def train_largest(bucket, *settings):
    """One epoch by the program itself: what it says, and the most memory of both kinds that it had at a time."""
    command = [PROGRAM, "train", bucket, "--json", "--quiet", "--force", "--set", "training.epochs=1"]
    for setting in settings:
        command += ["--set", setting]
    start = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    most = (0, 0)
    while process.poll() is None:
        most = tuple(map(max, most, memory_of(process)))
        time.sleep(0.1)
    if process.returncode != 0:
        sys.exit(f"expected training on {bucket} to succeed but found the status {process.returncode}")
    return json.loads(process.stdout.read())["train"], time.monotonic() - start, most


def largest():
    """A set of 160 million impressions: trained where it lies, in a mapped file."""
    bucket = DATA / f"journeys-{LARGEST[0]}-{LARGEST[2]}"
    pack = packed(bucket, *LARGEST)
    rows = []
    for name, settings in (("campaigns only", ALONE), ("as by default (times, dropout)", ())):
        say(f"{LARGEST[0]:,} impressions: {name}")
        train, seconds, (own, of_file) = train_largest(bucket, *settings)
        rows.append([name, millions(train["touches_per_second"]), f"{seconds:.0f}", f"{own / 1e6:.0f}", f"{of_file / 1e6:.0f}",
                     f"{train['metrics']['val']['loss']:.4f}"])
    return f"""{LARGEST[0]:,} impressions, {LARGEST[2]} campaigns, packed in {os.stat(pack).st_size / 1e9:.2f} GB: one epoch by `deepattribution train`, two threads,
with the metrics of all three splits at its end.

""" + table(["", "million touches trained a second", "seconds of the whole command", "peak MB of its own", "peak MB of the file's pages",
              "log loss on val"], rows)


def world():
    """Packed journeys of a simulated world, where there is something to learn."""
    bucket = DATA / f"train-W1-{WORLD_USERS}"
    pack = bucket / "feature_store_preprocessed/journeys.pack"
    if not pack.exists():
        say(f"making {bucket}")
        Run([PROGRAM, "simulate", "W1", bucket, "--users", WORLD_USERS, "--seed", 1, "--quiet"])
        Run([PROGRAM, "journeys", bucket, "--quiet"])
    return pack


def batch_sizes(pack):
    """Whether the batch that is chosen learns as well as others: whole trainings that stop by themselves, means over seeds."""
    rows = []
    for size in ("chosen", *LEARNING_BATCHES):
        chosen = () if size == "chosen" else (f"training.batch_size={size}", f"training.learning_rate={0.001 * (size / 16) ** 0.5:.6f}")
        runs = [json.loads(Run([BUILD / "train/stage", pack, "-", f"seed={seed}", *chosen]).output) for seed in SEEDS]
        name = f"{runs[0]['batch_size']} (chosen)" if size == "chosen" else size
        rows.append([name, *(f"{statistics.mean(run[what] for run in runs):.{digits}f} ± {statistics.stdev(run[what] for run in runs) / len(runs) ** 0.5:.{digits}f}"
                             for what, digits in (("val_loss", 5), ("val_auc", 4))), " ".join(str(run["epochs"]) for run in runs)])
    return table([f"journeys a batch (W1, {WORLD_USERS:,} users)", f"log loss on val, {len(SEEDS)} seeds", "AUC on val", "epochs"], rows)


def main():
    results = {name: measure(name) for name in (list(CASES)[:1] if QUICK else CASES)}
    first = next(iter(results.values()))
    sgemm = {key: best(first[key], "sgemm_gflops") for key in ("PyTorch", "PyTorch, one thread")}
    touches = first["two threads"][0]
    print(f"{ROWS:,} impressions, {touches['touches']:,} touches in {touches['journeys']:,} journeys (the last {MAX_LEN} touches each); best of"
          f" {TURNS} turns (Keras: one), all in turns, on {machine()}.\nPyTorch {first['PyTorch'][0]['version']}, Keras {first['Keras'][0]['version']}; kernels"
          f" {touches['kernels']}.\nsgemm here, (1024, 64) (64, 256): {sgemm['PyTorch, one thread']:.0f} GFLOP/s on one thread,"
          f" {sgemm['PyTorch']:.0f} on two.\n")
    print(rates(results, "trained_per_second") + "\n")
    print(rates(results, "scored_per_second") + "\n")
    print(steps(results) + "\n")
    print(batch_sizes(world()))
    if SIZE == "full":
        print("\n" + largest())


if __name__ == "__main__":
    main()
