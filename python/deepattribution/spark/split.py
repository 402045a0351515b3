"""Which journeys train, validate and test: the rules of src/journey/split.c."""
from pyspark.sql import functions
from pyspark.sql.functions import expr

SETS = ("train", "val", "test")
DIGIT_BITS = 16


def pick(fractions, u):
    """SQL of the set's number for SQL of u in [0, 1); a set of fraction 0 gets nothing, whatever sums round to."""
    train, val, test = fractions
    last = 2 if test > 0 else 1 if val > 0 else 0
    return f"CASE WHEN {u} < {train!r}D THEN 0 WHEN {u} < {train + val!r}D THEN 1 ELSE {last} END"


def by_user(fractions, seed):
    """SQL of the set's number: by a hash of uid, so that no user is in two sets."""
    return pick(fractions, f"(shiftrightunsigned(xxhash64(CAST({seed} AS BIGINT), CAST(uid AS STRING)), 11) * pow(2D, -53))")


def count_up_to(fractions, which, n):
    """Of n journeys in order, how many go to the sets 0 .. which: the i-th from 0 has u = (i + 0.5) / n."""
    train, val, test = fractions
    last = 2 if test > 0 else 1 if val > 0 else 0

    def goes_later(i):
        u = (i + 0.5) / n
        return (0 if u < train else 1 if u < train + val else last) > which

    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if goes_later(middle):
            high = middle
        else:
            low = middle + 1
    return low


def find_ranked(frame, column, rank):
    """(value, n_before): the rank-th value from 0 of a BIGINT column, and how many rows have a lower one.

    Found digit by digit, 16 bits a pass, so that no more than 65,536 counts come to the driver, however many rows there are."""
    unsigned = f"({column} ^ {-2**63}L)" if column != "journey_id" else column  # int64 in the order of uint64
    prefix, n_before = 0, 0
    for shift in range(64 - DIGIT_BITS, -1, -DIGIT_BITS):
        alike = f"shiftrightunsigned({unsigned}, {shift + DIGIT_BITS}) = {prefix >> (shift + DIGIT_BITS)}L" if prefix or shift < 48 else "true"
        counts = dict(frame.where(alike).groupBy(expr(f"shiftrightunsigned({unsigned}, {shift}) & 65535L").alias("digit"))
                      .agg(functions.count("*")).collect())
        for digit in sorted(counts):
            if n_before + counts[digit] > rank:
                prefix |= digit << shift
                break
            n_before += counts[digit]
    return (prefix if column == "journey_id" else (prefix ^ 2**63) - (2**64 if prefix ^ 2**63 >= 2**63 else 0)), n_before


def by_time(journeys, n_journeys, fractions):
    """SQL of the set's number: journeys in the order of (last touch kept, journey_id) are cut at the ranks where the sets end.

    journeys: a frame with last_us and journey_id, read some ten times."""
    sql = ""
    for which in (0, 1):
        n_earlier = count_up_to(fractions, which, n_journeys)
        if n_earlier == 0:
            continue
        moment_us, n_before = find_ranked(journeys.select("last_us"), "last_us", n_earlier - 1)
        tied = journeys.where(f"last_us = {moment_us}L").select("journey_id")
        last_id, _ = find_ranked(tied, "journey_id", n_earlier - 1 - n_before)
        sql += f" WHEN last_us < {moment_us}L OR last_us = {moment_us}L AND journey_id <= {last_id}L THEN {which}"
    return f"CASE{sql} ELSE 2 END" if sql else "2"
