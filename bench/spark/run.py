"""Spark: our journeys job against the original project's, on the same log, with the same cores."""
import os
import pathlib
import subprocess
import sys

from measure import DATA, ROOT, SIZE, Run, alternate, machine, median, say, table

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = ROOT / ".deps/python/bin/python"
ROWS, USERS, CAMPAIGNS = (100_000, 37_000, 675) if SIZE == "quick" else (2_000_000, 740_000, 675)
MAX_LEN, MASTER = 10, "local[2]"
TIMES = 1


def log():
    bucket = DATA / f"spark-{ROWS}"
    path = bucket / "raw/impressions.parquet"
    if not path.exists():
        say(f"making {path}")
        path.parent.mkdir(parents=True, exist_ok=True)
        generate = [sys.executable, HERE.parent / "journeys/generate.py", path]
        subprocess.run([*generate, "--rows", str(ROWS), "--users", str(USERS), "--campaigns", str(CAMPAIGNS), "--seed", "1"], check=True)
    return bucket


def main():
    if not PYTHON.exists():
        sys.exit("expected .deps/python but found none; run scripts/bootstrap --distributed first")
    bucket = log()
    os.environ.update(PYTHONPATH=str(ROOT / "python"), PYSPARK_PYTHON=str(PYTHON), SPARK_LOCAL_IP="127.0.0.1",
                      PYSPARK_SUBMIT_ARGS="--driver-memory 2g pyspark-shell",
                      DEEPATTRIBUTION_LIBRARY=str(ROOT / "build/release/libdeepattribution.so"))
    quiet = ["--conf", "spark.ui.enabled=false", "--conf", "spark.ui.showConsoleProgress=false"]
    ours = [PYTHON, "-m", "deepattribution.spark", "journeys", bucket, "--master", MASTER, "--set", f"journey_max_len={MAX_LEN}", *quiet]
    runs = alternate({"**deepattribution.spark journeys**": lambda: Run(ours),
                      "the original's job, written anew": lambda: Run([PYTHON, HERE / "original.py", bucket, str(MAX_LEN), MASTER])}, TIMES)
    best = median(next(iter(runs.values())))
    rows = [[name, f"{median(of):.1f}", f"{median(of) / best:.1f}"] for name, of in runs.items()]
    print(f"`bench/run spark`: {ROWS:,} rows, {USERS:,} users, {CAMPAIGNS} campaigns, `{MASTER}`, from the start of Python to its end. "
          f"{machine()}\n")
    print(table(["", "seconds", "times ours"], rows))


if __name__ == "__main__":
    main()
