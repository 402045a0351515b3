"""Scoring on a cluster: journeys and a trained model -> the table of touches, bit for bit the one the C program writes.

The C library does the work on every worker, a batch of Arrow columns at a time: one task a core, one thread a task.
"""
import functools
import hashlib
import os
import pathlib
import shutil
import tempfile
import zipfile

from pyspark import SparkFiles
from pyspark.sql import functions
from pyspark.sql import types as sql

from ..library import Error
from ..network import Network

# The methods that judge every journey by itself; those that learn from all journeys first (incremental, removal) need one machine.
METHODS = ("attention", "first_touch", "last_touch", "linear", "time_decay", "position_based")
NEEDED = ("journey_id", "uid", "conversion_status", "campaigns", "timestamps")


# ---- on the driver ----

def ship_package(context):
    """This package's Python files, for workers that have not installed it."""
    archive = pathlib.Path(tempfile.mkdtemp(), "deepattribution_package.zip")
    package = pathlib.Path(__file__).resolve().parent.parent
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(package.rglob("*.py")):
            packed.write(path, pathlib.Path("deepattribution", path.relative_to(package)))
    context.addPyFile(str(archive))


def ship_model(spark, model):
    """Sends model.safetensors to every worker once, under a name that says its content; returns the name."""
    folder = pathlib.Path(tempfile.mkdtemp())
    local = folder / "model"
    if "://" in str(model):
        jvm = spark._jvm  # pylint: disable=protected-access
        source = jvm.org.apache.hadoop.fs.Path(str(model))
        file_system = source.getFileSystem(spark._jsc.hadoopConfiguration())  # pylint: disable=protected-access
        file_system.copyToLocalFile(False, source, jvm.org.apache.hadoop.fs.Path(f"file://{local}"), True)
    else:
        shutil.copyfile(model, local)
    name = f"model-{hashlib.sha256(local.read_bytes()).hexdigest()[:16]}.safetensors"
    local.rename(folder / name)
    spark.sparkContext.addFile(str(folder / name))
    return name


def touch_schema(uid_type, methods, keep_value):
    fields = [("journey_id", sql.LongType()), ("uid", uid_type), ("touch_index", sql.IntegerType()), ("timestamp", sql.TimestampType()),
              ("campaign_nm", sql.StringType()), ("conversion_status", sql.BooleanType()), ("attention", sql.FloatType())]
    fields += [(f"{method}_attribution", sql.DoubleType()) for method in methods]
    fields += [("conversion_value", sql.DoubleType())] if keep_value else []
    return sql.StructType([sql.StructField(name, kind) for name, kind in fields])


def attribute(journeys, model, methods=METHODS, settings=None, *, keep_value=False):
    """A DataFrame of journeys, as feature_store/ holds them -> one row a touch, with the columns of attention_score.parquet.

    model: the path or URL of model.safetensors. methods: of METHODS. settings: of the methods, as {"credit.half_life_days": 3}.
    keep_value: also the column conversion_value of the touch's journey.
    A campaign that the model does not know is scored as none of its campaigns."""
    missing = [name for name in (*NEEDED, *(["conversion_value"] if keep_value else [])) if name not in journeys.columns]
    if missing:
        raise Error(f"expected journeys with the columns of feature_store/ but found none named {', '.join(missing)}", 3)
    spark = journeys.sparkSession
    ship_package(spark.sparkContext)
    name = ship_model(spark, model)
    score = functools.partial(score_batches, name, tuple(methods), dict(settings or {}), keep_value)
    chosen = journeys.select(*NEEDED, *(["conversion_value"] if keep_value else []))
    return chosen.mapInArrow(score, touch_schema(journeys.schema["uid"].dataType, methods, keep_value))


def campaign_attention(touches):
    """campaign_nm, total_attention, average_attention, over converting journeys, as campaign_attention.parquet."""
    return touches.groupBy("campaign_nm").agg(
        functions.sum("attention_attribution").alias("total_attention"),
        functions.coalesce(functions.avg(functions.when(functions.col("conversion_status"), functions.col("attention_attribution"))),
                           functions.lit(0.0)).alias("average_attention"))


def campaign_credit(touches):
    """method, campaign_nm, touches, conversions [, value], from touches of attribute(); value needs keep_value."""
    methods = [name[:-len("_attribution")] for name in touches.columns if name.endswith("_attribution")]
    credits = [functions.sum(f"{method}_attribution").alias(f"{method}_conversions") for method in methods]
    has_value = "conversion_value" in touches.columns
    if has_value:
        credits += [functions.sum(functions.col(f"{method}_attribution") * functions.col("conversion_value")).alias(f"{method}_value")
                    for method in methods]
    totals = touches.groupBy("campaign_nm").agg(functions.count("*").alias("touches"), *credits)
    value = [f"{{method}}_value"] if has_value else []
    columns = ", ".join(", ".join([f"'{method}'", f"{method}_conversions", *(name.format(method=method) for name in value)])
                        for method in methods)
    names = ", ".join(["method", "conversions", *(["value"] if has_value else [])])
    return totals.selectExpr("campaign_nm", "touches", f"stack({len(methods)}, {columns}) AS ({names})") \
        .select("method", "campaign_nm", "touches", "conversions", *(["value"] if has_value else []))


# ---- on the workers ----

@functools.lru_cache(maxsize=4)
def open_network(path):
    """One network a Python process, whatever the number of its tasks."""
    return Network(path, n_threads=1)


def score_batches(name, methods, settings, keep_value, batches):
    network = open_network(os.path.join(SparkFiles.getRootDirectory(), name))
    for batch in batches:
        if batch.num_rows:
            yield score_batch(network, methods, settings, keep_value, batch)


def lay_end_to_end(lists):
    """(first_touch, flat values) of a list column, whatever slice of a longer one it is."""
    import numpy
    offsets = lists.offsets.to_numpy()
    return (offsets - offsets[0]).astype(numpy.uint64), lists.flatten()


def number_campaigns(network, names):
    """The network's numbers of a text column, asked once a name."""
    import numpy
    encoded = names.dictionary_encode()
    numbers = numpy.frombuffer(network.campaigns(encoded.dictionary.to_pylist()), dtype=numpy.uint32)
    return numbers[encoded.indices.to_numpy()]


def score_batch(network, methods, settings, keep_value, batch):
    import numpy
    import pyarrow
    column = dict(zip(batch.schema.names, batch.columns))
    first_touch, campaigns = lay_end_to_end(column["campaigns"])
    _, times = lay_end_to_end(column["timestamps"])
    time_us = times.to_numpy()
    number = number_campaigns(network, campaigns)
    converted = column["conversion_status"].to_numpy(zero_copy_only=False).astype(numpy.uint8)
    attention, _ = network.score(first_touch, number, time_us)
    credit = [network.credit(method, first_touch, number, time_us, converted, attention, settings) for method in methods]
    lengths = numpy.diff(first_touch.astype(numpy.int64))
    journey = pyarrow.array(numpy.repeat(numpy.arange(len(lengths)), lengths))
    place = numpy.arange(len(time_us)) - numpy.repeat(first_touch[:-1].astype(numpy.int64), lengths)
    arrays = [column["journey_id"].take(journey), column["uid"].take(journey), pyarrow.array((place + 1).astype(numpy.int32)),
              pyarrow.array(time_us).cast(pyarrow.timestamp("us", "UTC")), campaigns, column["conversion_status"].take(journey),
              pyarrow.array(numpy.frombuffer(attention, dtype=numpy.float32))]
    arrays += [pyarrow.array(numpy.frombuffer(shares, dtype=numpy.float64)) for shares in credit]
    arrays += [column["conversion_value"].take(journey)] if keep_value else []
    return pyarrow.RecordBatch.from_arrays(arrays, touch_schema_names(methods, keep_value))


def touch_schema_names(methods, keep_value):
    return touch_schema(sql.LongType(), methods, keep_value).names
