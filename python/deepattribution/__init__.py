"""Multi-touch attribution from raw impression logs: the C library, from Python.

    import deepattribution
    result = deepattribution.run("bucket", {"journey_max_len": 30})     # every stage, as `deepattribution run bucket`
    with deepattribution.Network("bucket/model/model.safetensors") as network:
        attention, probability = network.score([0, 2], network.campaigns(["search", "email"]), [0, 3600_000_000])

Nothing here needs more than Python itself. `deepattribution.spark` needs pyspark and pyarrow, `deepattribution.sagemaker` boto3 (not for
--dry-run).
"""
from .library import Error, library_path
from .network import UNKNOWN_CAMPAIGN, Network
from .stages import read_settings, run
from .version import VERSION as __version__

__all__ = ["Error", "Network", "UNKNOWN_CAMPAIGN", "__version__", "library_path", "read_settings", "run"]
