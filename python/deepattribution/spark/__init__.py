"""Past one machine: the stage `journeys` and scoring on a Spark cluster.

    from deepattribution.spark import journeys
    journeys(spark, "s3://bucket")                    # raw/ -> feature_store/, as `deepattribution journeys` makes it

Needs pyspark 3.5 and Java; scoring also pyarrow, and the C library on every worker.
"""
from .journeys import journeys

__all__ = ["journeys"]
