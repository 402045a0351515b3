"""Shapley values of the 10,000 paths over 12 channels (../shared/data): ours against mta and shapley-attribution."""
import json
import os
import pathlib
import subprocess
import sys

from measure import BUILD, DATA, PROGRAM, ROOT, SIZE, Run, alternate, machine, median, say, table

HERE = pathlib.Path(__file__).resolve().parent
PATHS = pathlib.Path(os.environ.get("DA_SHARED", ROOT.parent / "shared")) / "data/paths_12_channels.csv.gz"
TIMES = 1 if SIZE == "quick" else 3

# One user for each journey that a path stands for; its touches a minute apart, the conversion after the last.
SOURCE = f"""
  SELECT number * 1000000 + copy AS uid, 1700000000 + step * 60 AS timestamp, campaigns[step] AS campaign,
         step = len(campaigns) AND copy <= total_conversions AS conversion,
         CASE WHEN total_conversions > 0 THEN total_conversion_value / total_conversions END AS value
  FROM (SELECT *, unnest(range(1, len(campaigns) + 1)) AS step
        FROM (SELECT *, string_split(path, ' > ') AS campaigns, unnest(range(1, total_conversions + total_null + 1)) AS copy,
                     row_number() OVER () AS number FROM read_csv('{PATHS}')))
"""


def bucket():
    """The bucket whose journeys are those paths, made when it is not there."""
    folder = DATA / "paths-12"
    if not (folder / "feature_store_preprocessed/journeys.pack").exists():
        say(f"making {folder}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.yaml").write_text(f"source: |{SOURCE}journey_max_len: 0\n")
        subprocess.run([PROGRAM, "journeys", folder, "--quiet"], check=True)
    return folder


def ours(folder, method):
    return lambda: Run([BUILD / "fit", folder, method, "threads=1"])


def peer(name):
    return lambda: Run([sys.executable, HERE / "peer.py", name, PATHS])


def main():
    folder = bucket()
    runs = alternate({"participation: v = conversions": ours(folder, "participation"), "shapley: v = conversion rate": ours(folder, "shapley"),
                      "mta: v = conversions": peer("mta"), "shapley-attribution: v = conversions": peer("shapley-attribution")}, TIMES)
    answers = {name: json.loads(of[0].output.splitlines()[-1]) for name, of in runs.items()}
    exact = answers["participation: v = conversions"]["credit"]
    rows = []
    for name, of in runs.items():
        answer = answers[name]
        seconds = answer["fit_seconds"] + answer["credit_seconds"]
        off = max(abs(answer["credit"][channel] - exact[channel]) for channel in exact)
        rows.append([name, f"{median(of, 'processor_seconds'):.2f}", f"{seconds:.4f}", f"{median(of, 'peak_mb'):.0f}",
                     f"{off:.1g}" if "conversions" in name else ""])
    print(f"{machine()}, one thread. 10,000 paths, 88,387 journeys, 12 channels.\n")
    print(table(["", "processor seconds of the whole process", "seconds of the method alone", "peak MB", "largest difference of a channel"], rows))
    print("\nParticipation is the Shapley value of v = conversions of journeys inside the coalition (docs/credit.md).")
    print("\n`bench/run shapley`")


if __name__ == "__main__":
    main()
