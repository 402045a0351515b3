"""The stage `journeys` on a cluster: a bucket's raw log becomes its feature store, row for row the one the C program makes.

  raw/ -> impressions -> cut (one shuffle) -> journeys, on the workers' disks -> journey_id, set -> feature_store/*.parquet

feature_store/train.parquet and its like are folders of Parquet files, in the order of journey_id by their names.
"""
import contextlib
import json
import time

from pyspark import StorageLevel
from pyspark.sql import functions
from pyspark.sql.functions import col, expr

from ..library import Error
from ..stages import read_settings
from .bucket import Bucket
from .cut import Options, cut, number_rows, unattributed
from .impressions import audit, check_split, open_impressions
from .split import SETS, by_time, by_user

INDEX_KEY = "campaign_nm_to_one_hot_index.json"
LOG_KEY = "feature_store/log.json"  # what the program must know to pack the journeys: src/journey/store_pack.h
PACK_KEY = "feature_store_preprocessed/journeys.pack"
COLUMNS = ["journey_id", "uid", "journey_index", "conversion_status", "conversion_value", "campaigns", "timestamps"]
ASIDE = "feature_store/.writing"
# Some 50 MB of rows to sort at a time; a driver keeps track of no more tasks than this.
ROWS_A_PARTITION, MOST_PARTITIONS = 1_000_000, 20_000

# What the queries here count on; a session gets its own values back.
SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    # Groups of collected touches come in the order of the sort that is there already; a hash table would hold thousands at a time.
    "spark.sql.execution.useObjectHashAggregateExec": "false",
}


@contextlib.contextmanager
def settings_of(spark, wanted):
    before = {key: spark.conf.get(key, None) for key in wanted}
    for key, value in wanted.items():
        spark.conf.set(key, value)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                spark.conf.unset(key)
            else:
                spark.conf.set(key, value)


def read_config(bucket, settings=None, yaml=None):
    """The settings of the bucket's config.yaml, or of another text, then `settings`."""
    if yaml is None:
        yaml = bucket.read_text("config.yaml") if bucket.exists("config.yaml") else ""
    return read_settings(yaml, settings)


def choose_partitions(spark, n_rows):
    """Enough to keep every core busy to the end, none too large."""
    n_cores = spark.sparkContext.defaultParallelism
    wanted = max(n_rows // ROWS_A_PARTITION + 1, min(n_cores, n_rows // 10_000))
    if wanted > n_cores:
        wanted = -(-wanted // n_cores) * n_cores
    return max(1, min(MOST_PARTITIONS, wanted))


def set_number(name):
    return f"(CASE {name} WHEN 'train' THEN 0 WHEN 'val' THEN 1 ELSE 2 END)"


def rows_to_cut(impressions, events, options):
    """The log's rows, and conversions that are events of their own, as cut() wants them."""
    split = [f"{set_number('split')} AS in_set"] if options.has_split else []
    if events is None:
        value = ["value"] if options.has_value else []
        return impressions.rows().selectExpr("uid", "time_us", "campaign", "conversion", *value, *split)
    value = ["CAST(NULL AS DOUBLE) AS value"] if options.has_value else []
    touches = impressions.rows().selectExpr("uid", "time_us", "campaign", "false AS conversion", *value, *split)
    value = ["value"] if options.has_value else []
    none = ["0 AS in_set"] if options.has_split else []
    return touches.unionAll(events.rows().selectExpr("uid", "time_us", "'' AS campaign", "true AS conversion", *value, *none))


def count(journeys):
    """Users, journeys, touches and conversions of each partition. A user's journeys are in one partition, the first has index 0."""
    part = functions.spark_partition_id().alias("part")
    return sorted(journeys.groupBy(part).agg(
        functions.count_if(col("journey_index") == 0).alias("users"), functions.count("*").alias("journeys"),
        functions.sum(functions.size("campaigns")).alias("touches"), functions.count_if("conversion_status").alias("conversions")).collect())


def add_ids(journeys, counted):
    """journey_id: the journeys of the partitions before, then the place in the partition. counted: count(journeys); journeys must be kept,
    so that a second look finds the same partitions."""
    before, offsets = 0, []
    for row in counted:
        offsets.append((row.part, before))
        before += row.journeys
    # The lower 33 bits of a monotonically increasing id are the row's place in its partition.
    placed = journeys.withColumn("part", functions.spark_partition_id()) \
        .withColumn("place", functions.monotonically_increasing_id().bitwiseAND(2**33 - 1))
    known = journeys.sparkSession.createDataFrame(offsets, "part int, before long")
    return placed.join(functions.broadcast(known), "part").withColumn("journey_id", col("before") + col("place"))


def refuse_mixed(journeys):
    """A journey whose rows a column puts into several sets."""
    mixed = journeys.where("lowest_set <> highest_set").select("uid", "lowest_set", "highest_set").first()
    if mixed:
        raise Error("expected journeys whose rows are all in one set (train, val or test) but user "
                    f"{mixed.uid!r} has a journey with rows in {SETS[mixed.lowest_set]} and in {SETS[mixed.highest_set]}", 3)


def add_sets(journeys, n_journeys, config):
    """in_set: the set's number."""
    if config["split.by"] == "column":
        return journeys.withColumn("in_set", col("lowest_set"))
    if config["split.by"] == "user":
        return journeys.withColumn("in_set", expr(by_user(config["split.fractions"], config["seed"])))
    timed = journeys.withColumn("last_us", expr("element_at(timestamps, -1)"))
    return timed.withColumn("in_set", expr(by_time(timed, n_journeys, config["split.fractions"])))


def write_set(bucket, journeys, columns, number, key):
    journeys.where(col("in_set") == number).select(*columns).write.mode("overwrite").parquet(bucket.url(key))


def write_aside(bucket, journeys, columns):
    """All sets in one pass: a task keeps a file open for each, so that the order of its rows stays. A set without journeys is written by
    itself, for a table of no rows is a table too."""
    with settings_of(journeys.sparkSession, {"spark.sql.maxConcurrentOutputFileWriters": str(len(SETS))}):
        journeys.select(*columns, "in_set").write.mode("overwrite").partitionBy("in_set").parquet(bucket.url(ASIDE))
    for number, name in enumerate(SETS):
        if bucket.exists(f"{ASIDE}/in_set={number}"):
            bucket.move(f"{ASIDE}/in_set={number}", f"{ASIDE}/{name}.parquet")
        else:
            write_set(bucket, journeys, columns, number, f"{ASIDE}/{name}.parquet")


def publish(bucket, journeys, columns, campaigns, log):
    """Writes the three sets and the facts of the log, then the campaigns' index, whose presence says that all is there.

    Where a rename is one step the sets are written aside first; an object store shows a set's files when its job commits. The pack of
    earlier journeys goes: `train` makes it anew."""
    for key in (INDEX_KEY, LOG_KEY, PACK_KEY):
        bucket.remove(key)
    if bucket.renames_at_once():
        write_aside(bucket, journeys, columns)
        for name in SETS:
            bucket.move(f"{ASIDE}/{name}.parquet", f"feature_store/{name}.parquet")
        bucket.remove(ASIDE)
    else:
        for number, name in enumerate(SETS):
            write_set(bucket, journeys, columns, number, f"feature_store/{name}.parquet")
    bucket.write_text(LOG_KEY, json.dumps(log) + "\n")
    index = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {i}" for i, name in enumerate(campaigns))
    bucket.write_text(INDEX_KEY, f"{{{index}}}\n")


def names_after(journeys):
    """The campaigns that a transform named anew, in byte order."""
    found = journeys.select(functions.explode("names").alias("name")).distinct().collect()
    return sorted((row.name for row in found), key=str.encode)


def journeys(spark, location, settings=None, yaml=None):
    """Runs the stage on a bucket; returns its counts, as the program's --json names them."""
    started = time.monotonic()
    bucket = Bucket(spark, location)
    config = read_config(bucket, settings, yaml)
    with settings_of(spark, SESSION):
        impressions, events = open_impressions(spark, bucket, config)
        audited = audit(impressions)
        if not audited.counts["kept"]:
            raise Error("expected impressions with uid, timestamp and campaign but found none", 3)
        audits = [audited] + ([audit(events)] if events else [])
        check_split(impressions)
        options = Options.from_config(config, has_events=events is not None, has_value="value" in (events or impressions).cells,
                                      has_split="split" in impressions.cells,
                                      n_partitions=choose_partitions(spark, audited.counts["rows"]))
        rows = rows_to_cut(impressions, events, options)
        found = cut(rows, options).persist(StorageLevel.DISK_ONLY)
        try:
            if options.has_split:
                refuse_mixed(found)
            counted = count(found)
            counts = {name: sum(row[name] for row in counted) for name in ("users", "journeys", "touches", "conversions")}
            with_sets = add_sets(add_ids(found, counted), counts["journeys"], config)
            n_unattributed, unattributed_value = count_unattributed(rows, options)
            publish(bucket, with_sets, COLUMNS + (["conversion_us"] if options.has_moments() else []),
                    names_after(found) if options.renames() else audited.campaigns, {
                        "uid_is_text": impressions.uid_is_text, "has_value": options.has_value, "has_conversion_us": options.has_moments(),
                        "log_start_us": min(a.first_us for a in audits if a.first_us is not None),
                        "log_end_us": max(a.last_us for a in audits if a.last_us is not None), "n_unattributed": n_unattributed,
                        "unattributed_value": unattributed_value, "n_journeys": counts["journeys"]})
        finally:
            found.unpersist()
        counts.update(rows=audited.counts["rows"], unattributed=n_unattributed)
    return {"journeys": {"seconds": time.monotonic() - started, **counts}}


def count_unattributed(rows, options):
    """(number, value)"""
    return tuple(unattributed(number_rows(rows, options), options).first()) if options.has_events else (0, 0.0)
