"""Do Arrow, polars, Spark and DuckDB read the same from a feature store?

    pip install pyarrow polars duckdb pyspark==3.5.3 && python tests/oracles/read_feature_store.py BUCKET

Sums over every column of the three tables, by each reader; exits with 1 when one of them differs.
"""
import sys

import duckdb
import polars
import pyarrow.compute as compute
import pyarrow.parquet
from pyspark.sql import SparkSession

SECOND = 1_000_000  # sums of microseconds would overflow 64 bits


def by_arrow(path):
    table = pyarrow.parquet.read_table(path)
    touches = compute.list_flatten(table["timestamps"])
    return (table.num_rows, compute.sum(table["journey_id"]).as_py(), compute.sum(table["journey_index"]).as_py(),
            compute.sum(table["conversion_status"]).as_py(), compute.count_distinct(table["uid"]).as_py(),
            len(touches), compute.sum(compute.divide(touches, SECOND)).as_py(),
            compute.count_distinct(compute.list_flatten(table["campaigns"])).as_py())


def by_polars(path):
    table = polars.read_parquet(path)
    touches = table["timestamps"].explode()
    return (len(table), table["journey_id"].sum(), table["journey_index"].sum(), table["conversion_status"].sum(),
            table["uid"].n_unique(), len(touches), (touches // SECOND).sum(), table["campaigns"].explode().n_unique())


def by_duckdb(path):
    return duckdb.sql(f"""
        SELECT count(*), sum(journey_id)::BIGINT, sum(journey_index)::BIGINT, sum(conversion_status::INT)::BIGINT, count(DISTINCT uid),
               sum(len(timestamps))::BIGINT, sum(list_sum(list_transform(timestamps, lambda t: t // {SECOND})))::BIGINT,
               (SELECT count(DISTINCT c) FROM (SELECT unnest(campaigns) AS c FROM '{path}'))
        FROM '{path}'""").fetchone()


def by_spark(spark, path):
    spark.read.parquet(path).createOrReplaceTempView("journeys")
    row = spark.sql(f"""
        SELECT count(*), sum(journey_id), sum(journey_index), sum(int(conversion_status)), count(DISTINCT uid), sum(size(timestamps)),
               sum(aggregate(timestamps, 0L, (sum, t) -> sum + t div {SECOND})),
               (SELECT count(DISTINCT c) FROM (SELECT explode(campaigns) AS c FROM journeys))
        FROM journeys""").first()
    return tuple(row)


def main():
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    differ = False
    for name in ("train", "val", "test"):
        path = f"{sys.argv[1]}/feature_store/{name}.parquet"
        found = {"arrow": by_arrow(path), "polars": by_polars(path), "duckdb": by_duckdb(path)}
        for vectorized in ("true", "false"):
            spark.conf.set("spark.sql.parquet.enableVectorizedReader", vectorized)
            found[f"spark, vectorized {vectorized}"] = by_spark(spark, path)
        for reader, sums in found.items():
            print(name, reader, *sums)
        differ |= len(set(found.values())) != 1
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
