"""peer.py NAME FILE OUT: other ways from an impression log to sorted rows or journeys; a program of its own each time, so that its peak
memory is its own.

arrow: the bare fetch of the rows in order, as Arrow record batches. window: journeys by window functions in SQL. polars: journeys by sort
and group. The last two keep the last 10 touches, as bench/journeys asks of us, and write one Parquet file."""
import sys

THREADS = 2


def arrow(path, _):
    import duckdb

    rows = duckdb.connect(config={"threads": THREADS}).execute(
        f"SELECT uid, timestamp, campaign, conversion FROM '{path}' ORDER BY uid, timestamp")
    batches = rows.to_arrow_reader() if hasattr(rows, "to_arrow_reader") else rows.fetch_record_batch()
    print(sum(batch.num_rows for batch in batches))


def window(path, out):
    import duckdb

    duckdb.connect(config={"threads": THREADS}).execute(f"""
        COPY (
          WITH touches AS (
            SELECT *, coalesce(sum(conversion::INTEGER) OVER (user ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS journey_index
            FROM '{path}' WINDOW user AS (PARTITION BY uid ORDER BY timestamp, conversion, campaign)),
          placed AS (
            SELECT *, row_number() OVER (PARTITION BY uid, journey_index ORDER BY timestamp DESC, conversion DESC, campaign DESC) AS place
            FROM touches)
          SELECT uid, journey_index, bool_or(conversion) AS conversion_status,
                 list(campaign ORDER BY place DESC) AS campaigns, list(timestamp ORDER BY place DESC) AS timestamps
          FROM placed WHERE place <= 10 GROUP BY uid, journey_index ORDER BY uid, journey_index
        ) TO '{out}' (FORMAT parquet)""")


def polars(path, out):
    import os

    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars as pl

    touches = pl.scan_parquet(path).sort("uid", "timestamp", "conversion", "campaign")
    begins = (pl.col("uid") != pl.col("uid").shift()) | pl.col("conversion").shift()
    journeys = touches.with_columns(journey=begins.fill_null(True).cast(pl.UInt32).cum_sum()).group_by("journey", maintain_order=True).agg(
        pl.col("uid").first(), conversion_status=pl.col("conversion").any(), campaigns=pl.col("campaign").tail(10),
        timestamps=pl.col("timestamp").tail(10))
    journeys.collect().write_parquet(out)


if __name__ == "__main__":
    {"arrow": arrow, "window": window, "polars": polars}[sys.argv[1]](*sys.argv[2:])
