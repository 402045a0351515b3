"""Logs to learn from, and training on them: simulated worlds, and the real logs of the shared data, as buckets with their journeys."""
import csv
import gzip
import json
import os
import pathlib
import shutil
import statistics
import subprocess

import measure

SHOP, PATHS = "ecommerce_touchpoints.csv.gz", "paths_12_channels.csv.gz"
WORLDS = ["W1", "W2", "W3", "W4", "W5", "S1"]
HALF = {"split.fractions": "[0.4, 0.08, 0.52]"}  # more journeys to judge by than to learn from


def call(verb, bucket, settings, *options):
    """What the command says with --json."""
    command = [str(measure.PROGRAM), verb, str(bucket), "--quiet", *map(str, options)]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    return json.loads(subprocess.run([*command, "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout)


def shared(name):
    """A file of the shared data; None where it is not."""
    folder = pathlib.Path(os.environ["DA_SHARED"]) if "DA_SHARED" in os.environ else measure.ROOT.parent / "shared"
    return folder / "data" / name if (folder / "data" / name).exists() else None


def made(bucket, fill, settings, seed):
    """The bucket, with its journeys; fill(bucket) puts the log there. Made once."""
    if not (bucket / "feature_store_preprocessed").exists():
        shutil.rmtree(bucket, ignore_errors=True)
        (bucket / "raw").mkdir(parents=True)
        fill(bucket)
        call("journeys", bucket, settings, "--seed", seed)
    return bucket


def world(bench, name, n_users, settings=(), seed=1):
    """A world's log. The seed draws the world and splits its users."""
    part = "-half" if settings else ""
    return made(measure.DATA / bench / f"{name}-{n_users}-{seed}{part}", lambda bucket: fill_world(bucket, name, n_users, seed),
                dict(settings), seed)


def fill_world(bucket, name, n_users, seed):
    subprocess.run([str(measure.PROGRAM), "simulate", name, str(bucket), "--users", str(n_users), "--seed", str(seed), "--no-truth", "--quiet"],
                   check=True)


def shop(bench, settings=(), seed=1):
    """The e-commerce log. The seed splits its users."""
    return made(measure.DATA / bench / f"shop-{seed}", fill_shop, dict(settings), seed)


def fill_shop(bucket):
    shutil.copy(shared(SHOP), bucket / "raw")
    (bucket / "config.yaml").write_text(
        "columns: {uid: customer_id, timestamp: time, campaign: channel, conversion: conversion, value: conversion_value}\n")


def paths(bench, settings=(), seed=1):
    """The log of aggregated paths. The seed splits its users."""
    return made(measure.DATA / bench / f"paths-{seed}", fill_paths, dict(settings), seed)


def fill_paths(bucket):
    """Each path as often as it was counted, each time another user; a touch a second, for there are no times."""
    uid = 0
    with gzip.open(shared(PATHS), "rt") as table, open(bucket / "raw/impressions.csv", "w", newline="") as log:
        rows = csv.writer(log)
        rows.writerow(["uid", "timestamp", "campaign", "conversion"])
        for path in csv.DictReader(table):
            campaigns = path["path"].split(" > ")
            for count, converts in ((path["total_conversions"], 1), (path["total_null"], 0)):
                for uid in range(uid + 1, uid + 1 + int(count)):
                    rows.writerows([uid, 1_700_000_000 + t, campaign, int(converts and t + 1 == len(campaigns))]
                                   for t, campaign in enumerate(campaigns))


def train(bucket, settings, name, seed=1):
    """What the command `train` says; remembered."""
    return measure.once(f"train {bucket.parent.name}/{bucket.name} {settings} {seed}", lambda: train_anew(bucket, settings, name, seed))


def train_anew(bucket, settings, name, seed):
    """Leaves the model in the bucket."""
    shutil.rmtree(bucket / "model", ignore_errors=True)
    result = call("train", bucket, settings, "--seed", seed)["train"]
    measure.say(f"{bucket.name}, {name}: log loss {result['metrics']['test']['loss']:.4f}, {result['epochs']} epochs, {result['seconds']:.0f} s")
    return result


def with_error(values, form):
    """"mean ± standard error" of the mean."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{statistics.mean(values):{form}} ± {error:{form.replace('+', '')}}"
