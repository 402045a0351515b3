"""Oracle: the C program on the same bucket. One user has a million touches, another a tenth of the rest; workers have one GiB."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import cluster

cluster.need_spark()

import numpy  # noqa: E402
import pyarrow  # noqa: E402
import pyarrow.parquet  # noqa: E402
from journeys_test import read_store  # noqa: E402

from deepattribution.spark import journeys  # noqa: E402

PROGRAM = os.environ["DEEPATTRIBUTION_PROGRAM"]
COMPILED = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK",
            "spark.executor.extraJavaOptions": "-XX:+UseSerialGC"}


def skewed_log(n_heavy, n_others, seed):
    draw = numpy.random.default_rng(seed)
    uid = numpy.concatenate([numpy.full(n_heavy, 500), numpy.minimum(draw.zipf(1.3, n_others), 10**6)])
    n = len(uid)
    names = pyarrow.array([f"campaign {i}" for i in range(40)])
    return pyarrow.table({"uid": uid, "timestamp": 1_700_000_000 + draw.integers(0, 5_000_000, n), "conversion": draw.random(n) < 1e-4,
                          "campaign": names.take(pyarrow.array(draw.integers(0, 40, n)))})


class Skew(unittest.TestCase):
    def test_a_user_of_a_million_touches(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        pathlib.Path(folder, "raw").mkdir()
        pyarrow.parquet.write_table(skewed_log(1_000_000, 200_000, 1), pathlib.Path(folder, "raw", "impressions.parquet"))
        subprocess.run([PROGRAM, "journeys", folder, "--quiet"], check=True)
        expected = read_store(folder)
        with cluster.cluster() as master, cluster.session(master, **COMPILED) as spark:
            counted = journeys(spark, folder)["journeys"]
        found = read_store(folder)
        self.assertEqual(found, expected)
        self.assertEqual(counted["rows"], 1_200_000)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
