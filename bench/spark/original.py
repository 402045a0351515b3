"""original.py BUCKET MAX_LEN MASTER: the original project's feature_engineering job (leopoldavezac/DeepAttribution, docs/pipeline.md and its
code read on GitHub), written anew step by step, for comparison. What makes it slow is kept as it is there: after most steps the frame
goes through Python row by row, to be given a schema; union (with its removal of equal rows) where a CASE would do; a pivot to one
column a position. It differs from
the original's own file in this: a folder and --master instead of s3:// and a cluster, steps that follow one another in one function, and
overwriting; tables, windows, unions, passes through Python with their schemas and the random split are the same. (bench/run spark also runs
the original's own file where DA_ORIGINAL says where it is.) Its results differ from ours: equal impressions become one, the FIRST touches of a journey are kept, and journey_id
joins the digits of uid and of the conversion's number."""
import json
import pathlib
import sys

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as f

KINDS = {"timestamp": "int", "uid": "int", "campaign": "string", "conversion": "boolean", "journey_id": "bigint", "place": "int"}


def through_python(frame):
    """The same rows again, with a schema: every one visits a Python worker."""
    return frame.sparkSession.createDataFrame(frame.rdd, ", ".join(f"{name} {KINDS.get(name, 'string')}" for name in frame.columns))


def number_conversions(impressions):
    """Each impression gets the number of the user's next conversion, 0 where none follows."""
    own = f.row_number().over(Window.partitionBy("uid").orderBy("timestamp"))
    columns = ["uid", "conversion", "timestamp", "campaign"]
    numbered = impressions.where("conversion").select(*columns, own.alias("number")) \
        .union(impressions.where("NOT conversion").select(*columns, f.lit(None).cast("int").alias("number"))).distinct()
    following = Window.partitionBy("uid").orderBy("timestamp").rowsBetween(0, Window.unboundedFollowing)
    filled = numbered.withColumn("number", f.first("number", ignorenulls=True).over(following))
    return filled.where("number IS NOT NULL").union(filled.where("number IS NULL").withColumn("number", f.lit(0))).distinct()


def main(bucket, max_len, master):
    spark = SparkSession.builder.master(master).config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false") \
        .getOrCreate()
    bucket = pathlib.Path(bucket)
    raw = spark.read.parquet(str(bucket / "raw/impressions.parquet")).select("timestamp", "uid", "campaign", "conversion")
    impressions = through_python(raw).sort("uid", "timestamp")
    touches = number_conversions(impressions).selectExpr(
        "conversion", "timestamp", "campaign", "CAST(concat(CAST(uid AS STRING), CAST(number AS STRING)) AS BIGINT) AS journey_id") \
        .orderBy("journey_id", "timestamp")
    touches = through_python(touches)
    place = f.row_number().over(Window.partitionBy("journey_id").orderBy("timestamp"))
    touches = through_python(touches.select("journey_id", "conversion", "campaign", place.alias("place"))).where(f"place <= {max_len}")
    names = sorted(row.campaign for row in touches.select("campaign").distinct().collect())
    (bucket / "original_index.json").write_text(json.dumps({name: i for i, name in enumerate(names)}))
    status = through_python(touches.groupBy("journey_id").agg(f.max("conversion").alias("conversion")))
    columns = touches.groupBy("journey_id").pivot("place", list(range(1, max_len + 1))).agg(f.max("campaign"))
    columns = through_python(columns.select("journey_id", *[f.col(str(i)).alias(f"campaign_nm_at_index_{i}_in_journey")
                                                            for i in range(1, max_len + 1)]))
    for name, part in zip(("train", "test", "val"), columns.join(status, "journey_id").randomSplit([0.8, 0.1, 0.1], 24)):
        part.write.mode("overwrite").parquet(str(bucket / "original" / f"{name}.parquet"))
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
