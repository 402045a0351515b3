"""The transforms of paths, by the names and definitions of docs/journey.md, each as window functions over the touches of a journey.

A frame of touches has uid, seg (the journey within the user), pos (its place among the user's rows), campaign and whatever else;
a transform leaves out rows, or renames campaigns.
"""
import re

from pyspark.sql import Window, functions
from pyspark.sql.functions import col, lit

from ..library import Error

JOURNEY = ("uid", "seg")


def whole_journey():
    """All touches of the journey, without a second sort where its touches are in order already."""
    return in_order().rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)


def in_order():
    return Window.partitionBy(*JOURNEY).orderBy("pos")


def exposure(touches):
    """Of touches in a row with one campaign, the first."""
    before = functions.lag("campaign").over(in_order())
    return touches.withColumn("before", before).where("before IS NULL OR before <> campaign").drop("before")


def first(touches):
    """Of each campaign's touches, the first."""
    number = functions.row_number().over(Window.partitionBy(*JOURNEY, "campaign").orderBy("pos"))
    return touches.withColumn("number", number).where("number = 1").drop("number")


def frequency(touches):
    """The same, and the campaign is named with the number of its touches."""
    same = Window.partitionBy(*JOURNEY, "campaign").orderBy("pos")
    total = functions.count(lit(1)).over(same.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing))
    numbered = touches.withColumn("number", functions.row_number().over(same)).withColumn("total", total)
    return numbered.where("number = 1").withColumn("campaign", functions.expr("concat(campaign, '(', total, ')')")).drop("number", "total")


def remove_if_not_all(touches, campaign):
    """Without the campaign, unless the journey has nothing else."""
    is_other = col("campaign") != lit(campaign)
    others = functions.max(is_other).over(whole_journey())
    return touches.withColumn("others", others).where(is_other | ~col("others")).drop("others")


def remove_if_last_and_not_all(touches, campaign):
    """Without the campaign at the end, unless the journey has nothing else."""
    last_other = functions.max(functions.when(col("campaign") != lit(campaign), col("pos"))).over(whole_journey())
    return touches.withColumn("last_other", last_other).where("last_other IS NULL OR pos <= last_other").drop("last_other")


PLAIN = {"unique": lambda touches: touches, "exposure": exposure, "first": first, "frequency": frequency}
WITH_CAMPAIGN = {"remove_if_not_all": remove_if_not_all, "remove_if_last_and_not_all": remove_if_last_and_not_all}


def parse(texts):
    """config's list -> functions of a frame of touches."""
    steps = []
    for i, text in enumerate(texts):
        match = re.fullmatch(r"(\w+)(?:\((.*)\))?", text, re.DOTALL)
        name, campaign = match.groups() if match else (text, None)
        if name in PLAIN and campaign is None:
            steps.append(PLAIN[name])
        elif name in WITH_CAMPAIGN and campaign is not None:
            steps.append(lambda touches, remove=WITH_CAMPAIGN[name], campaign=campaign: remove(touches, campaign))
        else:
            raise Error(f"expected a transform (unique, exposure, first, frequency, remove_if_not_all(c), remove_if_last_and_not_all(c)) "
                        f"but found '{text}'")
        if name == "frequency" and i + 1 < len(texts):
            raise Error(f"expected frequency as the last transform, since it renames the campaigns, but found {texts[i + 1]} after it")
    return steps
