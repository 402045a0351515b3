"""What `evaluate` says of the e-commerce log and of the 12-channel paths (../shared/data), with every method that needs no file of one's own;
of paths, which tell no times, those that ask for their order alone."""
import json
import os
import pathlib
import shutil
import subprocess

from measure import DATA, PROGRAM, ROOT, SIZE, say, table

SHARED = pathlib.Path(os.environ.get("DA_SHARED", ROOT.parent / "shared")) / "data"
LOG, PATHS = SHARED / "ecommerce_touchpoints.csv.gz", SHARED / "paths_12_channels.csv.gz"
METHODS = ("incremental removal attention first_touch last_touch last_non_direct linear time_decay position_based participation markov shapley"
           " shapley_ordered shao_li logistic additive_hazard removal_model shapley_model").split()
OF_PATHS = "first_touch last_touch linear position_based participation markov shapley shapley_ordered shao_li logistic".split()
CONFIG = f"""columns: {{uid: customer_id, timestamp: time, campaign: channel, conversion: conversion, value: conversion_value}}
journey_max_len: 30
seed: 1
credit:
  methods: [{', '.join(METHODS)}]
"""


def asked(folder, *options):
    say("evaluate")
    return json.loads(subprocess.run([PROGRAM, "evaluate", folder, *options, "--json"], check=True, stdout=subprocess.PIPE).stdout)


def evaluate_paths():
    folder = DATA / "evaluate-paths"
    shutil.rmtree(folder, ignore_errors=True)
    say("credit of paths")
    methods = ["--set", f"credit.methods=[{', '.join(OF_PATHS)}]"]
    subprocess.run([PROGRAM, "attribute", folder, "--paths", PATHS, "--quiet", *methods], check=True)
    return asked(folder, *methods)


def evaluate():
    folder = DATA / "evaluate"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "raw").mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG)
    shutil.copy(LOG, folder / "raw")
    epochs = ["--set", "training.epochs=1"] if SIZE == "quick" else []
    say("training and credit")
    subprocess.run([PROGRAM, "run", folder, "--quiet", *epochs], check=True)
    return asked(folder)


def cell(number, digits):
    return "" if number is None else f"{number:.{digits}f}"


def trust(methods):
    ranked = sorted(methods, key=lambda method: method["rank"])
    return table(["method", "trust", "why"], [[f"`{m['method']}`", m["trust"], m["why"]] for m in ranked]).replace("| --: | --: |", "| --- | --- |")


def measurements(methods):
    head = ["method", "log loss", "AUC", "AUC of touches", "halves", "negative", "agreement", "deletion"]
    columns = [("log_loss", 4), ("auc", 3), ("touch_auc", 3), ("halves", 4), ("negative", 3), ("agreement", 2), ("deletion", 2)]
    return table(head, [[f"`{m['method']}`"] + [cell(m[name], digits) for name, digits in columns] for m in methods])


def replay(methods):
    head = ["method"] + [f"{word} at 1/{part}" for part in (2, 4, 8, 16) for word in ("conversions", "CPA", "CVR")]
    rows = [[f"`{m['method']}`"] + [text for b in m["replay"] for text in (cell(b["conversions"], 0), cell(b["cpa"], 1), cell(b["cvr"], 3))]
            for m in methods if m["replay"]]
    return table(head, rows)


def agreement(methods):
    names = [m["method"] for m in methods]
    rows = [[f"{i + 1} `{m['method']}`"] + [cell(None if name == m["method"] else 100 * m["agreement_with"][name], 0) for name in names]
            for i, m in enumerate(methods)]
    return table([""] + [str(i + 1) for i in range(len(names))], rows)


def deletion(methods, random):
    rows = [[f"`{m['method']}`"] + [cell(left, 2) for left in m["deletion_curve"]] for m in methods]
    rows.append(["at random"] + [cell(left, 2) for left in random["deletion_curve"]])
    return table(["without"] + [f"{part} %" for part in range(10, 101, 10)], rows)


def main():
    result = evaluate()
    methods, log, network = result["methods"], result["replay_of"], result["network"]
    print("The e-commerce log: 62,483 touches, 5 channels, 1,838 conversions; `journey_max_len: 30`, seed 1, all methods.\n")
    print(trust(methods))
    print(f"\nMeasured on {log['journeys']:,} test journeys with {log['conversions']:,} conversions. The network itself: log loss {network['loss']:.4f}, AUC"
          f" {network['auc']:.3f}; who knows only the rate of conversions: log loss {result['rate']['log_loss']:.4f}.\n")
    print(measurements(methods))
    print("\nReplay of the test journeys with a part of the budget; a touch costs 1:\n")
    print(replay(methods))
    print("\nAgreement, per cent of shares in common:\n")
    print(agreement(methods))
    print("\nDeletion: what is left of the network's probability of a test journey that converted:\n")
    print(deletion(methods, result["random"]))
    result = evaluate_paths()
    methods, log = result["methods"], result["replay_of"]
    print("\nThe 10,000 paths over 12 channels: 88,387 journeys, 19,785 conversions; paths tell no times, and no network is trained.\n")
    print(trust(methods))
    print(f"\nMeasured on {log['journeys']:,} test journeys with {log['conversions']:,} conversions; who knows only the rate of conversions:"
          f" log loss {result['rate']['log_loss']:.4f}.\n")
    print(measurements(methods))
    print("\nReplay of the test journeys with a part of the budget; a touch costs 1:\n")
    print(replay(methods))
    print("\nAgreement, per cent of shares in common:\n")
    print(agreement(methods))
    print("\n`bench/run --write evaluate`")


if __name__ == "__main__":
    main()
