"""Prints the table of src/journey/split_test.c: what Spark's own functions make of a seed and a uid.

    pip install pyspark==3.5.3 && python tests/oracles/spark_split.py
"""
from pyspark.sql import SparkSession
from pyspark.sql.functions import expr

SEEDS = (0, 42, -1)
UIDS = ["0", "-7", "10", "9007199254740993", "-9223372036854775808", "", "ann", "user-0123456789", "caf\u00e9",
        "a uid of more than thirty-two bytes, so that all lanes work"]

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
frame = spark.createDataFrame([(uid,) for uid in UIDS], "uid string")
for seed in SEEDS:
    u = expr(f"shiftrightunsigned(xxhash64(CAST({seed} AS BIGINT), CAST(uid AS STRING)), 11) * pow(2D, -53)")
    for row in frame.select("uid", u.alias("u")).collect():
        print(f'    {{{seed}, "{row.uid}", {row.u.hex()}}},')
