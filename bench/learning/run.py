"""How well the defaults learn: log loss, AUC and calibration on journeys never trained on, with and without time; against ten other
settings; with and without oversampling."""
import json
import os
import shutil
import statistics
import subprocess

import measure

WORLDS = ["W1", "W2", "W3", "W4", "W5", "S1"]
N_USERS = {"quick": 4000, "normal": 40000, "full": 400000}[measure.SIZE]
# Of the worlds in which the defaults meet ten other settings: --full trains on a million journeys.
N_AGAINST = {"quick": 4000, "normal": 220000, "full": 1250000}[measure.SIZE]
# Half of so many users' journeys are the 100,000 held out for calibration.
N_CALIBRATION = {"quick": 4000, "normal": 220000, "full": 220000}[measure.SIZE]
HELD_OUT_HALF = {"split.fractions": "[0.4, 0.08, 0.52]"}

# Ten others to hold the defaults against, around them and far from them.
OTHERS = [
    {"training.learning_rate": 0.0003},
    {"training.learning_rate": 0.003},
    {"training.learning_rate": 0.01},
    {"training.batch_size": 64, "training.learning_rate": 0.001},
    {"training.batch_size": 256, "training.learning_rate": 0.005},
    {"model.dropout": 0, "model.recurrent_dropout": 0},
    {"model.dropout": 0.3, "model.recurrent_dropout": 0.3},
    {"model.lstm": 128, "model.embedding": 40},
    {"training.weight_decay": 0.01},
    {"training.patience": 10, "training.epochs": 40},
]


def call(verb, bucket, settings):
    command = [str(measure.PROGRAM), verb, str(bucket), "--quiet"]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    return subprocess.run([*command, "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout


def simulated(world, n_users, settings=()):
    """A bucket with the journeys of a world; made once."""
    bucket = measure.DATA / "learning" / (f"{world}-{n_users}" + ("-half" if settings else ""))
    if not (bucket / "feature_store_preprocessed").exists():
        shutil.rmtree(bucket, ignore_errors=True)
        bucket.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([str(measure.PROGRAM), "simulate", world, str(bucket), "--users", str(n_users), "--no-truth", "--quiet"], check=True)
        call("journeys", bucket, dict(settings))
    return bucket


def ecommerce():
    """The real log of the shared folder; None where it is not."""
    log = measure.ROOT.parent / "shared" / "data" / "ecommerce_touchpoints.csv.gz"
    log = (measure.pathlib.Path(os.environ["DA_SHARED"]) / "data" / log.name) if "DA_SHARED" in os.environ else log
    if not log.exists():
        return None
    bucket = measure.DATA / "learning" / "ecommerce"
    if not (bucket / "feature_store_preprocessed").exists():
        shutil.rmtree(bucket, ignore_errors=True)
        (bucket / "raw").mkdir(parents=True)
        shutil.copy(log, bucket / "raw")
        (bucket / "config.yaml").write_text(
            "columns: {uid: customer_id, timestamp: time, campaign: channel, conversion: conversion, value: conversion_value}\n")
        call("journeys", bucket, {})
    return bucket


def train(bucket, settings, name):
    return measure.once(f"learning {bucket.name} {settings}", lambda: train_anew(bucket, settings, name))


def train_anew(bucket, settings, name):
    shutil.rmtree(bucket / "model", ignore_errors=True)
    result = json.loads(call("train", bucket, settings))["train"]
    measure.say(f"{bucket.name}, {name}: log loss {result['metrics']['test']['loss']:.4f}, {result['epochs']} epochs, {result['seconds']:.0f} s")
    return result


def with_and_without_time():
    rows = []
    buckets = [(world, simulated(world, N_USERS)) for world in WORLDS]
    if ecommerce():
        buckets.append(("shop (real)", ecommerce()))
    for name, bucket in buckets:
        without, with_time = (train(bucket, {"model.time": switch}, f"time {switch}") for switch in ("off", "on"))
        a, b = without["metrics"]["test"], with_time["metrics"]["test"]
        rows.append([name, f"{a['journeys']:,}", f"{a['auc']:.3f}", f"{b['auc']:.3f}", f"{a['loss']:.4f}", f"{b['loss']:.4f}",
                     f"{a['calibration_error']:.4f}", f"{b['calibration_error']:.4f}"])
    head = ["log", "test journeys", "AUC without", "with time", "log loss without", "with time", "ECE without", "with time"]
    return measure.table(head, rows)


def calibration():
    rows = []
    for world in ("W1", "W2"):
        bucket = simulated(world, N_CALIBRATION, HELD_OUT_HALF)
        for oversample in ("false", "true"):
            test = train(bucket, {"training.oversample": oversample}, f"oversample {oversample}")["metrics"]["test"]
            rows.append([world, oversample, f"{test['journeys']:,}", f"{100 * test['conversions'] / test['journeys']:.1f} %",
                         f"{test['loss']:.4f}", f"{test['calibration_error']:.4f}"])
    return measure.table(["world", "oversample", "held-out journeys", "converting", "log loss", "ECE"], rows)


def against_ten():
    rows = []
    for world in WORLDS[:5]:
        bucket = simulated(world, N_AGAINST)
        own = train(bucket, {}, "defaults")
        others = [train(bucket, settings, " ".join(f"{k}={v}" for k, v in settings.items())) for settings in OTHERS]
        best = min(range(len(others)), key=lambda i: others[i]["metrics"]["test"]["loss"])
        loss, lowest = own["metrics"]["test"]["loss"], others[best]["metrics"]["test"]["loss"]
        median = statistics.median(other["metrics"]["test"]["loss"] for other in others)
        rows.append([world, f"{loss:.4f}", f"{own['epochs']}", f"{lowest:.4f}", f"{median:.4f}", f"{100 * (loss / lowest - 1):+.2f} %",
                     ", ".join(f"{key.split('.')[1]} {value}" for key, value in OTHERS[best].items())])
    head = ["world", "defaults", "epochs until it stopped", "best of ten others", "their median", "defaults above the best", "the best"]
    return measure.table(head, rows)


print(f"""{measure.machine()}. Defaults unless said otherwise; {N_USERS:,} users a world, test journeys of users never trained on.
`bench/run learning`

{with_and_without_time()}

Calibration (ECE: |mean p - rate of conversions| over 15 bins of equally many journeys), with and without oversampling; half of
{N_CALIBRATION:,} users held out:

{calibration()}

The defaults, which stop by themselves, against ten other settings on the same journeys ({N_AGAINST:,} users), log loss on the tenth held
out:

{against_ten()}""")
