"""python -m deepattribution.spark journeys BUCKET [--config FILE] [--set KEY=VALUE]... [--json] [--master URL] [--conf KEY=VALUE]...

Under spark-submit the cluster is spark-submit's; alone, --master says which (default: this machine, all processors)."""
import argparse
import json
import pathlib
import sys

from ..library import Error


def read_arguments(arguments):
    parser = argparse.ArgumentParser(prog="python -m deepattribution.spark", description="Journeys on a Spark cluster.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("journeys", help="raw/ -> feature_store/, row for row as the C program makes it")
    verb.add_argument("bucket", metavar="BUCKET", help="a folder that all workers see, or s3://, hdfs://")
    verb.add_argument("--config", metavar="FILE", help="settings (default: BUCKET/config.yaml)")
    verb.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], dest="settings", help="one setting, as in config.yaml")
    verb.add_argument("--json", action="store_true", help="print the result as one JSON object")
    verb.add_argument("--master", metavar="URL", help="spark://host:7077; default: as spark-submit says, else this machine")
    verb.add_argument("--conf", metavar="KEY=VALUE", action="append", default=[], help="one setting of Spark")
    return parser.parse_args(arguments)


# Of the JVM that is started here, where --conf does not say otherwise: a batch job gains nothing by collecting garbage beside its work.
JAVA_OPTIONS = "-XX:+UseParallelGC"


def open_session(options):
    from pyspark.sql import SparkSession
    builder = SparkSession.builder.appName(f"deepattribution {options.verb}").config("spark.driver.extraJavaOptions", JAVA_OPTIONS)
    if options.master:
        builder = builder.master(options.master)
    for assignment in options.conf:
        key, _, value = assignment.partition("=")
        builder = builder.config(key, value)
    return builder.getOrCreate()


def main(arguments):
    options = read_arguments(arguments)
    try:
        from .journeys import journeys
    except ImportError as fault:
        raise Error(f"expected pyspark but found: {fault}; pip install 'pyspark>=3.5,<4'") from fault
    settings = dict(assignment.partition("=")[::2] for assignment in options.settings)
    yaml = pathlib.Path(options.config).read_text(encoding="utf-8") if options.config else None
    spark = open_session(options)
    try:
        result = journeys(spark, options.bucket, settings, yaml)
    finally:
        spark.stop()
    counts = result["journeys"]
    print(json.dumps(result) if options.json else f"{counts['journeys']:,} journeys of {counts['users']:,} users, {counts['touches']:,} "
          f"touches, {counts['conversions']:,} conversions in {counts['seconds']:.0f} s")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Error as fault:
        print(f"error: {fault}", file=sys.stderr)
        sys.exit(fault.code)
