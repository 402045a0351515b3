"""Oracle: the C program on the same two million rows. Every column of every set must be equal, value for value, in the same order."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import cluster

cluster.need_spark()

import pyarrow  # noqa: E402
import pyarrow.parquet  # noqa: E402

PROGRAM = os.environ["DEEPATTRIBUTION_PROGRAM"]
SETTINGS = ("--set", "journey_max_len=10")


def read_set(path):
    """One table, in the order of the files' names; what only the program or only Spark says of a column's type left out."""
    files = sorted(path.glob("part-*.parquet")) if path.is_dir() else [path]
    table = pyarrow.concat_tables(pyarrow.parquet.ParquetFile(file).read() for file in files)
    return {name: table[name].combine_chunks() for name in table.column_names}


class TwoMillionRows(unittest.TestCase):
    def test_equal(self):
        with tempfile.TemporaryDirectory() as folder:
            bucket = pathlib.Path(folder, "bucket")
            subprocess.run([PROGRAM, "simulate", "W1", bucket, "--users", "340000", "--quiet"], check=True)
            subprocess.run([PROGRAM, "journeys", bucket, *SETTINGS, "--quiet"], check=True)
            by_program = pathlib.Path(folder, "by_program")
            shutil.move(bucket / "feature_store", by_program)
            quiet = ("--conf", "spark.ui.enabled=false", "--conf", "spark.ui.showConsoleProgress=false")
            environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
            subprocess.run([sys.executable, "-m", "deepattribution.spark", "journeys", bucket, "--master", "local[2]", *SETTINGS, *quiet],
                           env=environment, check=True)
            n_touches = 0
            for name in ("train", "val", "test"):
                wanted, found = read_set(by_program / f"{name}.parquet"), read_set(bucket / "feature_store" / f"{name}.parquet")
                self.assertEqual(list(found), list(wanted))
                for column, values in wanted.items():
                    self.assertTrue(found[column].cast(values.type).equals(values), f"{name}.{column}")
                n_touches += len(found["campaigns"].flatten())
            self.assertGreater(n_touches, 1_500_000)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
