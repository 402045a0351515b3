"""Cuts a log into journeys with window functions: the rules of docs/journey.md, of which src/journey/cut.c is the other version.

Every step works on rows, never on a user's rows as one value, so that a user of a million touches takes a task's time and none of its
memory: windows spill to disk. Only the touches that a journey keeps are gathered at the end.

One shuffle, by ranges of uid, serves the whole cut: a user's rows meet in one partition, partitions follow one another in the order of
uid, and all windows and groups below ask for no other distribution.
"""
from dataclasses import dataclass, field

from pyspark.sql import Window, functions
from pyspark.sql.functions import col, expr, lit

from . import transforms

DAY_US = 86_400_000_000
FEW = 32  # touches: a list that grows by one and loses one at every touch is still cheaper than one more window to leave touches out


@dataclass
class Options:
    """Of the cut, as da_cut_options of src/journey/cut.h."""

    has_value: bool = False
    has_events: bool = False  # conversions come as rows of their own
    has_split: bool = False
    drop_duplicates: bool = False
    gap_us: int = 0
    lookback_us: int = 0
    max_len: int = 0
    steps: list = field(default_factory=list)  # of transforms.parse
    n_partitions: int = 2

    def renames(self):
        return transforms.frequency in self.steps

    def has_moments(self):
        """May a conversion come after the last touch that is kept? Then its moment is kept beside."""
        return self.has_events or any(step is not transforms.PLAIN["unique"] for step in self.steps)

    @classmethod
    def from_config(cls, config, **facts):
        return cls(drop_duplicates=config["journey.drop_duplicates"], gap_us=round(config["journey.gap_days"] * DAY_US),
                   lookback_us=round(config["journey.lookback_days"] * DAY_US), max_len=config["journey_max_len"],
                   steps=transforms.parse(config["journey.transforms"]), **facts)


def sort_key(options):
    """Ties in time have one order: unconverted first, then by campaign, value (none first), set."""
    return ["time_us", "conversion", "campaign", *(["value"] if options.has_value else []), *(["in_set"] if options.has_split else [])]


def number_rows(rows, options):
    """rows -> the same with pos, a row's place among its user's, and seg, the number of its journey.

    A row starts anew after a conversion, and after a gap. Where conversions are events of their own, one that starts anew found no touch:
    it stays unattributed, takes no number and is left out (seg NULL, and counted by the caller)."""
    rows = rows.repartitionByRange(options.n_partitions, "uid").sortWithinPartitions("uid", *sort_key(options))
    user = Window.partitionBy("uid").orderBy(*sort_key(options))
    if options.drop_duplicates:
        same = functions.lit(True)
        for name in sort_key(options):
            same = same & functions.lag(name).over(user).eqNullSafe(col(name))
        rows = rows.withColumn("copy", same).where("NOT copy").drop("copy")
    if not options.gap_us and not options.has_events:
        conversions_before = functions.sum(expr("CASE WHEN conversion THEN 1L ELSE 0L END")).over(user.rowsBetween(Window.unboundedPreceding, -1))
        return rows.withColumn("pos", functions.row_number().over(user)) \
            .withColumn("seg", functions.coalesce(conversions_before, expr("0L")))
    starts = functions.lag("conversion").over(user)
    starts = functions.coalesce(starts, lit(True))
    if options.gap_us:
        starts = starts | functions.coalesce(col("time_us") - functions.lag("time_us").over(user) > options.gap_us, lit(False))
    rows = rows.withColumn("pos", functions.row_number().over(user)).withColumn("starts", starts)
    counts = "CASE WHEN starts AND NOT conversion THEN 1L ELSE 0L END" if options.has_events else "CASE WHEN starts THEN 1L ELSE 0L END"
    return rows.withColumn("seg", functions.sum(expr(counts)).over(user.rowsBetween(Window.unboundedPreceding, 0)) - 1)


def value_of(options):
    """What a conversion counts: its row's value; 1 in a log without values; 0 where the row has none."""
    return "coalesce(value, 0D)" if options.has_value else "1D"


def tell_conversions(rows, options):
    """Adds converted, conversion_value and moment_us, from which lookback counts, to each touch of a journey; drops what is no touch."""
    journey = transforms.whole_journey()
    if options.has_events:
        rows = rows.where("NOT (starts AND conversion)")
        last_touch = functions.max(expr("CASE WHEN NOT conversion THEN time_us END")).over(journey)
        event = functions.max(expr("CASE WHEN conversion THEN time_us END")).over(journey)
        value = functions.max(expr(f"CASE WHEN conversion THEN {value_of(options)} END")).over(journey)
        rows = rows.withColumn("last_us", last_touch).withColumn("event_us", event).withColumn("conversion_value", value)
        reached = f"last_us >= event_us - {options.lookback_us}L" if options.lookback_us else "true"
        rows = rows.withColumn("converted", expr(f"event_us IS NOT NULL AND {reached}"))
        return rows.withColumn("conversion_value", expr("CASE WHEN converted THEN conversion_value END")) \
            .withColumn("moment_us", expr("CASE WHEN converted THEN event_us ELSE last_us END"))
    own_value = expr(f"CASE WHEN conversion THEN {value_of(options)} END")
    if not options.steps and not options.lookback_us:
        # A conversion is its journey's last touch, which nothing leaves out: the gathering sees it.
        return rows.withColumn("converted", col("conversion")).withColumn("conversion_value", own_value)
    return rows.withColumn("converted", functions.max("conversion").over(journey)) \
        .withColumn("moment_us", functions.max("time_us").over(journey)) \
        .withColumn("conversion_value", functions.max(own_value).over(journey))


def unattributed(rows, options):
    """(number, value) of the conversions that found no touch within gap and lookback, as a frame of one row, from number_rows' rows."""
    told = tell_conversions(rows, options).where("conversion AND NOT converted")
    alone = rows.where("starts AND conversion")
    both = alone.selectExpr(f"{value_of(options)} AS value").unionAll(told.selectExpr(f"{value_of(options)} AS value"))
    return both.selectExpr("count(*) AS n", "coalesce(sum(value), 0D) AS value")


def keep_last_in_order(touches, options):
    """The last touches of each journey, of rows that lie in their user's order still: n places on another journey has begun."""
    user = Window.partitionBy("uid").orderBy(*sort_key(options))
    touches = touches.withColumn("later_seg", functions.lead("seg", options.max_len).over(user))
    return touches.where("later_seg IS NULL OR later_seg <> seg").drop("later_seg")


def keep_last(touches, n):
    """The last n touches of each journey."""
    length = functions.count(lit(1)).over(transforms.whole_journey())
    number = functions.row_number().over(transforms.in_order())
    return touches.withColumn("length", length).withColumn("number", number).where(f"number > length - {n}L").drop("length", "number")


def gather_last(touches, options):
    """Touches -> one row a journey, as gather() makes it, of the last max_len touches of each.

    Every touch gets the list of those up to itself; the list of a journey's last touch is the one that counts, and whatever is told of a
    journey stands in its last touch too. Spark groups lists twice, before and after a shuffle that is none here; this gathers once."""
    journey = transforms.in_order()
    up_to_here = journey.rowsBetween(1 - options.max_len, 0)
    last = touches.withColumn("campaigns", functions.collect_list("campaign").over(up_to_here)) \
        .withColumn("timestamps", functions.collect_list("time_us").over(up_to_here)) \
        .withColumn("next_pos", functions.lead("pos").over(journey)).where("next_pos IS NULL")
    kept = [col("set_of_first").alias("lowest_set"), col("set_of_last").alias("highest_set")] if options.has_split else []
    if options.has_moments():
        kept.append(expr("CASE WHEN converted THEN moment_us END").alias("conversion_us"))
    return last.select("uid", col("seg").alias("journey_index"), col("converted").alias("conversion_status"),
                       functions.coalesce("conversion_value", lit(0.0)).alias("conversion_value"), "campaigns", "timestamps", *kept)


def gather(touches, options):
    """Touches -> one row a journey, sorted by uid and journey_index. A journey's touches are in memory together."""
    extra = [functions.min("set_of_first").alias("lowest_set"), functions.max("set_of_last").alias("highest_set")] if options.has_split else []
    if options.has_moments():
        extra.append(functions.max("moment_us").alias("moment_us"))
    journeys = touches.groupBy("uid", "seg").agg(
        functions.max("converted").alias("conversion_status"),
        functions.coalesce(functions.max("conversion_value"), lit(0.0)).alias("conversion_value"),
        functions.sort_array(functions.collect_list(functions.struct("pos", "campaign", "time_us"))).alias("touches"), *extra)
    kept = []
    if options.renames():
        # Names count that only touches beyond the length have, so the length is cut here; a journey has one touch a campaign by now.
        kept = [col("touches.campaign").alias("names")]
        if options.max_len:
            n = options.max_len
            journeys = journeys.withColumn("all", col("touches")).withColumn("touches", expr(f"slice(all, greatest(size(all) - {n}, 0) + 1, {n})"))
            kept = [col("all.campaign").alias("names")]
    if options.has_split:
        kept += [col("lowest_set"), col("highest_set")]
    if options.has_moments():
        kept.append(expr("CASE WHEN conversion_status THEN moment_us END").alias("conversion_us"))
    return journeys.select("uid", col("seg").alias("journey_index"), "conversion_status", "conversion_value",
                           col("touches.campaign").alias("campaigns"), col("touches.time_us").alias("timestamps"), *kept) \
        .sortWithinPartitions("uid", "journey_index")


def cut(rows, options):
    """Rows (uid, time_us, campaign, conversion [, value] [, in_set]) -> journeys, in partitions that follow one another in the order of
    (uid, journey_index), each sorted by it: uid, journey_index, conversion_status, conversion_value, campaigns, timestamps
    [, names: the campaigns before the length was cut, where they are renamed] [, lowest_set, highest_set: of all the journey's touches]."""
    rows = tell_conversions(number_rows(rows, options), options)
    if options.has_events:
        rows = rows.where("NOT conversion")
    if options.has_split:
        journey = transforms.whole_journey()
        rows = rows.withColumn("set_of_first", functions.min("in_set").over(journey)) \
            .withColumn("set_of_last", functions.max("in_set").over(journey))
    if options.lookback_us:
        rows = rows.where(f"time_us >= moment_us - {options.lookback_us}L")
    for step in options.steps:
        rows = step(rows)
    if options.max_len and not options.renames():
        is_in_order = not (options.steps or options.lookback_us or options.has_events or options.has_split)
        if options.max_len > FEW:
            rows = keep_last_in_order(rows, options) if is_in_order else keep_last(rows, options.max_len)
        return gather_last(rows, options)
    return gather(rows, options)
