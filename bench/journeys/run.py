"""Journeys: from the raw Parquet file to the published feature store, against the bare sorted fetch and other ways to journeys."""
import json
import pathlib
import sys

from measure import BUILD, DATA, SIZE, Run, alternate, folder_mb, machine, median, say, table

HERE = pathlib.Path(__file__).resolve().parent
ISSUE = (200_000, 74_000, 675) if SIZE == "quick" else (16_468_027, 6_100_000, 675)  # rows, users, campaigns
USERS_PER_ROW = ISSUE[1] / ISSUE[0]
TIMES = 1 if SIZE == "quick" else 3
MEASURES = [("seconds", 2), ("processor_seconds", 2), ("peak_mb", 0), ("watched_mb", 0)]  # with their digits
MEASURE_NAMES = ["seconds", "processor seconds", "peak MB", "MB spilled"]


def log(rows, users, campaigns):
    """The bucket with such a log, made when it is not there."""
    bucket = DATA / f"journeys-{rows}-{campaigns}"
    path = bucket / "raw/impressions.parquet"
    if not path.exists():
        say(f"making {path}")
        path.parent.mkdir(parents=True, exist_ok=True)
        made = dict(rows=rows, users=users, campaigns=campaigns, seed=1)
        Run([sys.executable, HERE / "generate.py", path, *(word for name, value in made.items() for word in (f"--{name}", value))])
    return bucket


def ours(bucket, *settings):
    return Run([BUILD / "journeys/stage", bucket, "threads=2", "journey_max_len=10", *settings], watched=bucket / ".deepattribution/spill")


BARE = "DuckDB `ORDER BY uid, timestamp`, chunks in C"


def against_others(bucket):
    path = bucket / "raw/impressions.parquet"

    def peer(name):
        return lambda: Run([sys.executable, HERE / "peer.py", name, path, DATA / "peer.parquet"])

    runs = alternate({
        "**deepattribution: raw Parquet to published feature store**": lambda: ours(bucket),
        BARE: lambda: Run([BUILD / "journeys/bare_fetch", path]),
        "the same, Arrow in Python": peer("arrow"),
    }, TIMES)
    runs |= alternate({
        "polars: sort, group, write": peer("polars"),
        "DuckDB: window functions, `list()`, write": peer("window"),
    }, 1)  # they take long, and the difference is large
    bare, bare_work = median(runs[BARE]), median(runs[BARE], "processor_seconds")
    rows = []
    for name, of in runs.items():
        seconds, work = median(of), median(of, "processor_seconds")
        rows.append([name, f"{seconds:.2f}", f"{seconds / bare:.2f}", f"{work:.2f}", f"{work / bare_work:.2f}", f"{median(of, 'peak_mb'):.0f}"])
    return table(["", "seconds", "times the bare fetch", "processor seconds", "times the bare fetch", "peak MB"], rows)


def little_memory(bucket):
    runs = alternate({f"--memory {memory}": lambda memory=memory: ours(bucket, f"memory={memory}")
                      for memory in ("200MB", "300MB", "1GB")}, TIMES)
    rows = [[f"`{name}`", *(f"{median(of, what):.{digits}f}" for what, digits in MEASURES)] for name, of in runs.items()]
    return table(["", *MEASURE_NAMES], rows)


def by_size():
    sizes = [(2_000_000, 12), (2_000_000, 675), (ISSUE[0], 675)] if SIZE != "quick" else [(50_000, 12), (50_000, 675), (ISSUE[0], 675)]
    if SIZE == "full":
        sizes.append((160_000_000, 675))
    rows = []
    for n, campaigns in sizes:
        bucket = log(n, round(n * USERS_PER_ROW), campaigns)
        runs = alternate({f"{n:,} rows": lambda: ours(bucket)}, 1 if n > ISSUE[0] else TIMES)[f"{n:,} rows"]
        counts = json.loads(runs[-1].output)
        rows.append([f"{n:,}", campaigns, f"{counts['users']:,}", f"{counts['journeys']:,}",
                     *(f"{median(runs, what):.{digits}f}" for what, digits in MEASURES),
                     f"{median(runs, 'processor_seconds') / n * 1e9:.0f}"])
    return table(["impressions", "campaigns", "users", "journeys", *MEASURE_NAMES, "processor ns an impression"], rows)


def main():
    bucket = log(*ISSUE)
    rows, _, campaigns = ISSUE
    megabytes = folder_mb(bucket / "raw")
    print(f"{rows:,} impressions, {campaigns} campaigns, {megabytes:.0f} MB of Parquet; medians of {TIMES} runs in turns "
          f"(polars and window functions: one), two threads each,\non {machine()}.\n")
    print(against_others(bucket))
    print("\nWith little memory:\n")
    print(little_memory(bucket))
    print("\nBy size of the log:\n")
    print(by_size())


if __name__ == "__main__":
    main()
