"""generate.py FILE --rows N --users N --campaigns N --seed N: an impression log of the original's four columns as Parquet.

Heavy tail of users: impression i belongs to the user at place floor(M u^2), u uniform, so that the number of users with more than k
impressions falls as 1/k^2; M is chosen so that about `users` of the M places are seen. Campaign k of K comes with odds ln(1 + 1/k),
which is Zipf's law up to the first ranks. A conversion follows 4.9 % of impressions. Times rise over 60 days in the order of rows. The
same arguments give the same rows with the same DuckDB; rows stream to the file, so their number needs no memory."""
import argparse
import math
import os

import duckdb

CONVERSION_RATE = 0.049
START = 1530403200  # 2018-07-01
SECONDS = 60 * 86400


def places(rows, users):
    """M: the number of places of which about `users` are seen in `rows` draws of floor(M u^2)."""
    steps = 20000

    def seen(m):  # a place at the share t of all is drawn rows / (2 m sqrt(t)) times in the mean
        return m * sum(1 - math.exp(-rows / (2 * m * math.sqrt((step + 0.5) / steps))) for step in range(steps)) / steps

    low, high = users, users * 1000
    if rows < users or seen(high) < users:
        raise SystemExit(f"expected more rows than users but found {rows} rows for {users} users")
    while high - low > max(1, low // 10000):
        middle = (low + high) // 2
        low, high = (middle, high) if seen(middle) < users else (low, middle)
    return high


def generate(path, rows, users, campaigns, seed, threads=2):
    m = places(rows, users)
    bits = max(1, (m - 1).bit_length())
    uniform = "((hash(i, {draw}, {seed}) >> 11) / 9007199254740992.0)"
    user, campaign, conversion = (uniform.format(draw=draw, seed=seed) for draw in (1, 2, 3))
    digits = len(str(campaigns - 1))
    unfinished = f"{path}.{os.getpid()}"
    # The odd factor shuffles the places, which are in order of activity, within 2^bits numbers.
    duckdb.connect(config={"threads": threads}).execute(f"""
        COPY (SELECT CAST({START} + i * {SECONDS} // {rows} AS BIGINT) AS timestamp,
                     (CAST(floor({m} * {user} * {user}) AS BIGINT) * 2654435761) % {1 << bits} AS uid,
                     'campaign_' || lpad(CAST(least({campaigns - 1}, floor(exp(ln({campaigns + 1}) * {campaign})) - 1) AS INTEGER)::VARCHAR,
                                         {digits}, '0') AS campaign,
                     {conversion} < {CONVERSION_RATE} AS conversion
              FROM range({rows}) AS numbers(i)) TO '{unfinished}' (FORMAT parquet)""")
    os.rename(unfinished, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--rows", type=int, default=16468027)
    parser.add_argument("--users", type=int, default=6100000)
    parser.add_argument("--campaigns", type=int, default=675)
    parser.add_argument("--seed", type=int, default=1)
    generate(**vars(parser.parse_args()))
