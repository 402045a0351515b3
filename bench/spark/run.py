"""Spark: our journeys job against the original project's, on the same log, with the same cores; and whether the rows are the C program's.

The original's job is the one of bench/spark/original.py. Where DA_ORIGINAL names a checkout of leopoldavezac/DeepAttribution, that
project's own feature_engineering.py runs too, as it is, from and to an S3 server on loopback, which is all it knows of."""
import os
import pathlib
import shutil
import subprocess
import sys

from measure import DATA, PROGRAM, ROOT, SIZE, Run, alternate, machine, median, say, table

sys.path.insert(0, str(ROOT / "tests/s3"))
import servers  # noqa: E402  pylint: disable=wrong-import-position

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = ROOT / ".deps/python/bin/python"
ROWS, USERS, CAMPAIGNS = (100_000, 37_000, 675) if SIZE == "quick" else (2_000_000, 740_000, 675)
MAX_LEN, MASTER = 10, "local[2]"
TIMES = 1
OURS = "**`deepattribution.spark journeys`**"
QUIET = ("--conf", "spark.ui.enabled=false", "--conf", "spark.ui.showConsoleProgress=false", "--conf",
         "spark.log.level=WARN")


def log():
    bucket = DATA / f"spark-{ROWS}"
    path = bucket / "raw/impressions.parquet"
    if not path.exists():
        say(f"making {path}")
        path.parent.mkdir(parents=True, exist_ok=True)
        generate = [sys.executable, HERE.parent / "journeys/generate.py", path]
        subprocess.run([*generate, "--rows", str(ROWS), "--users", str(USERS), "--campaigns", str(CAMPAIGNS), "--seed", "1"], check=True)
    return bucket


def compare_stores(bucket, theirs):
    """How many rows of the three sets are in one store only, `theirs` made by the C program and the bucket's by Spark."""
    import duckdb
    n_other = 0
    for name in ("train", "val", "test"):
        spark, program = f"'{bucket}/feature_store/{name}.parquet/part-*.parquet'", f"'{theirs}/{name}.parquet'"
        n_other += duckdb.sql(f"SELECT count(*) FROM ((FROM {program} EXCEPT ALL FROM {spark}) UNION ALL (FROM {spark} EXCEPT ALL FROM {program}))"
                              ).fetchone()[0]
    return n_other


def run_program(bucket, theirs):
    """The C program on the same bucket; its sets are moved aside, for comparison."""
    run = Run([PROGRAM, "journeys", bucket, "--set", f"journey_max_len={MAX_LEN}", "--quiet", "--force"])
    shutil.rmtree(theirs, ignore_errors=True)
    shutil.move(bucket / "feature_store", theirs)
    return run


def run_unmodified(bucket, checkout):
    """The original's own file. s3:// means the server's S3A to it; what it wrote is removed, for it refuses to write twice."""
    top = DATA / "spark-s3"
    shutil.rmtree(top, ignore_errors=True)
    (top / "server/bucket").mkdir(parents=True)
    server = servers.S3Server(top / "server", top / "server.log")
    try:
        environment = dict(os.environ, AWS_ENDPOINT_URL_S3=server.endpoint, AWS_ACCESS_KEY_ID=servers.KEY_ID,
                           AWS_SECRET_ACCESS_KEY=servers.SECRET, AWS_DEFAULT_REGION="us-east-1")
        upload = "import boto3, sys; boto3.client('s3').upload_file(sys.argv[1], 'bucket', 'raw/impressions.parquet')"
        subprocess.run([PYTHON, "-c", upload, bucket / "raw/impressions.parquet"], env=environment, check=True)
        settings = {"fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem", "fs.s3a.endpoint": server.endpoint,
                    "fs.s3a.path.style.access": "true", "fs.s3a.directory.marker.retention": "keep",
                    "fs.s3a.multiobjectdelete.enable": "false"}
        conf = [word for key, value in settings.items() for word in ("--conf", f"spark.hadoop.{key}={value}")]
        jars = ",".join(str(path) for path in sorted((ROOT / ".deps/spark-jars").glob("*.jar")))
        submit = [PYTHON.parent / "spark-submit", "--master", MASTER, "--driver-memory", "2g", "--jars", jars, *QUIET, *conf]
        job = pathlib.Path(checkout) / "deep_attribution/feature_engineering/feature_engineering.py"
        os.environ.update(environment)
        return Run([*submit, job, "--bucket_nm", "bucket", "--journey_max_len", str(MAX_LEN)])
    finally:
        server.stop()
        shutil.rmtree(top, ignore_errors=True)


def main():
    if not PYTHON.exists():
        sys.exit("expected .deps/python but found none; run scripts/bootstrap --distributed first")
    bucket = log()
    os.environ.update(PYTHONPATH=str(ROOT / "python"), PYSPARK_PYTHON=str(PYTHON), SPARK_LOCAL_IP="127.0.0.1",
                      PYSPARK_SUBMIT_ARGS="--driver-memory 2g pyspark-shell",
                      DEEPATTRIBUTION_LIBRARY=str(ROOT / "build/release/libdeepattribution.so"))
    ours = [PYTHON, "-m", "deepattribution.spark", "journeys", bucket, "--master", MASTER, "--set", f"journey_max_len={MAX_LEN}", *QUIET]
    by_program = DATA / f"spark-{ROWS}-program"
    contestants = {"`deepattribution journeys`, in C": lambda: run_program(bucket, by_program),
                   OURS: lambda: Run(ours),
                   "the original's job, written anew": lambda: Run([PYTHON, HERE / "original.py", bucket, str(MAX_LEN), MASTER])}
    if os.environ.get("DA_ORIGINAL"):
        contestants["the original's job, as it is, on S3"] = lambda: run_unmodified(bucket, os.environ["DA_ORIGINAL"])
    runs = alternate(contestants, TIMES)
    n_other = compare_stores(bucket, by_program)
    best = median(runs[OURS])
    rows = [[name, f"{median(of):.1f}", f"{median(of) / best:.2f}"] for name, of in runs.items()]
    print(f"`bench/run spark`: {ROWS:,} rows, {USERS:,} users, {CAMPAIGNS} campaigns, `{MASTER}`, from the start of the process to its end. "
          f"{machine()}\n")
    print(table(["", "seconds", "times ours"], rows))
    print(f"\nRows of the three sets that only one of Spark and the C program wrote: {n_other:,}.")


if __name__ == "__main__":
    main()
