"""Past one machine: the stage `journeys` and scoring on a Spark cluster.

    from deepattribution.spark import attribute, journeys
    journeys(spark, "s3://bucket")                    # raw/ -> feature_store/, as `deepattribution journeys` makes it
    touches = attribute(spark.read.parquet("s3://bucket/feature_store"), "s3://bucket/model/model.safetensors")

Needs pyspark 3.5 and Java; scoring also pyarrow, and the C library on every worker.
"""
from .attribute import METHODS, attribute, campaign_attention, campaign_credit
from .journeys import journeys

__all__ = ["METHODS", "attribute", "campaign_attention", "campaign_credit", "journeys"]
