"""Markov chains of order 1 and 2 over 675 campaigns: ours, exact, against ChannelAttribution, which simulates."""
import json
import os
import pathlib
import subprocess
import sys

from measure import BUILD, DATA, PROGRAM, SIZE, Run, alternate, machine, median, say, table

HERE = pathlib.Path(__file__).resolve().parent
PEER = "ChannelAttribution"
GENERATE = HERE.parent / "journeys/generate.py"
# Rows of the log and order.
CASES = {"quick": [(5_000, 1), (5_000, 2)]}.get(SIZE, [(20_000, 1), (20_000, 2), (1_050_000, 1), (1_050_000, 2)])
# ChannelAttribution is stopped after so many seconds a case: enough for the table to say that it takes a hundred times as long.
PATIENCE = int(os.environ.get("DA_BENCH_PEER_SECONDS", 7200 if SIZE == "full" else 400))


def bucket(rows):
    """The bucket with the journeys of such a log, made when it is not there."""
    folder = DATA / f"markov-{rows}"
    if not (folder / "feature_store_preprocessed/journeys.pack").exists():
        say(f"making {folder}")
        (folder / "raw").mkdir(parents=True, exist_ok=True)
        made = dict(rows=rows, users=int(rows * 0.37), campaigns=675, seed=1)
        Run([sys.executable, GENERATE, folder / "raw/impressions.parquet", *(word for name, value in made.items() for word in (f"--{name}", value))])
        subprocess.run([PROGRAM, "journeys", folder, "--quiet", "--set", "journey_max_len=10"], check=True)
    return folder


def ours(folder, order, threads):
    return lambda: Run([BUILD / "fit", folder, "markov", f"threads={threads}", f"credit.markov_order={order}"])


def peer(folder, order):
    return lambda: Run([sys.executable, HERE / "peer.py", folder, order, PATIENCE])


def seconds_of(answer):
    return answer["seconds"] if "seconds" in answer else answer["fit_seconds"] + answer["credit_seconds"]


def measure(folder, order):
    """Rows of the table for one log and order."""
    runs = alternate({"deepattribution, one thread": ours(folder, order, 1), "deepattribution, two threads": ours(folder, order, 2)}, 3)
    runs |= alternate({PEER: peer(folder, order)}, 1)  # it takes long, and the difference is large
    answers = {name: [json.loads(run.output.splitlines()[-1]) for run in of] for name, of in runs.items()}
    alone = {name: sorted(seconds_of(answer) for answer in of)[len(of) // 2] for name, of in answers.items()}
    exact, theirs = answers["deepattribution, one thread"][0], answers[PEER][0]["credit"]
    more = "" if theirs else "> "  # it was stopped
    rows = []
    for name, of in runs.items():
        is_peer = name == PEER
        off = sum(abs(theirs.get(campaign, 0) - value) for campaign, value in exact["credit"].items()) / 2 / sum(exact["credit"].values()) if theirs else None
        rows.append([f"{exact['paths']:,}", order, name, f"{more if is_peer else ''}{alone[name]:.3f}", f"{'' if is_peer else more}{alone[PEER] / alone[name]:.0f}",
                     f"{median(of, 'processor_seconds'):.2f}", f"{median(of, 'peak_mb'):.0f}", f"{100 * off:.2g} %" if is_peer and theirs else ""])
    return rows


def main():
    rows = [row for size, order in CASES for row in measure(bucket(size), order)]
    print(f"{machine()}. Paths of the log of `bench/journeys/generate.py`, at most 10 touches each, 675 campaigns; ChannelAttribution is stopped after"
          f" {PATIENCE} seconds.\n")
    print(table(["paths", "order", "", "seconds of the method alone", "times as fast", "processor seconds of the process", "peak MB",
                 "conversions given to another campaign"], rows))
    print("\nOurs read the packed journeys, make the different paths of them and share each conversion; ChannelAttribution gets the paths ready.\n"
          "The last column: half the sum of differences to our exact credit, of all conversions.")
    print(f"\n`bench/run {'' if SIZE == 'normal' else f'--{SIZE} '}markov`")


if __name__ == "__main__":
    main()
