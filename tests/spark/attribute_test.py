"""Oracle: what the C program writes for the same journeys and model: touches bit for bit, totals to 1e-9."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import cluster

cluster.need_spark()

import pyarrow.parquet  # noqa: E402

from deepattribution.spark import METHODS, attribute, campaign_attention, campaign_credit  # noqa: E402

PROGRAM = os.environ["DEEPATTRIBUTION_PROGRAM"]
EXACT = 1e-9


class Attribute(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bucket = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.bucket)
        methods = f"credit.methods=[{', '.join(METHODS)}]"
        subprocess.run([PROGRAM, "simulate", "W1", cls.bucket, "--users", "3000", "--quiet"], check=True)
        subprocess.run([PROGRAM, "run", cls.bucket, "--quiet", "--set", "training.epochs=1", "--set", methods], check=True)
        cls.spark = cls.enterClassContext(cluster.session(cls.enterClassContext(cluster.cluster())))

    def local(self, name):
        return pyarrow.parquet.read_table(self.bucket / "attention_report" / f"{name}.parquet")

    def test_touches_and_totals(self):
        journeys = self.spark.read.parquet(*[str(path) for path in sorted((self.bucket / "feature_store").iterdir())])
        touches = attribute(journeys, self.bucket / "model" / "model.safetensors", keep_value=True).persist()
        expected = self.local("attention_score")
        columns = [name for name in expected.column_names if name != "timestamp"]
        found = touches.orderBy("journey_id", "touch_index").selectExpr(*columns, "unix_micros(timestamp) AS timestamp").collect()
        wanted = expected.select(columns).to_pylist()
        times = expected["timestamp"].cast("int64").to_pylist()
        self.assertEqual(len(found), len(wanted))
        for row, touch, time_us in zip(found, wanted, times):
            self.assertEqual(row.asDict(), {**touch, "timestamp": time_us})
        self.compare(campaign_credit(touches), "campaign_credit", ("method", "campaign_nm"), ("touches", "conversions"))
        self.compare(campaign_attention(touches), "campaign_attention", ("campaign_nm",), ("total_attention", "average_attention"))

    def compare(self, frame, name, keys, columns):
        found = {tuple(row[key] for key in keys): row for row in frame.collect()}
        wanted = {tuple(row[key] for key in keys): row for row in self.local(name).to_pylist() if not row["campaign_nm"].startswith("(")}
        self.assertEqual(found.keys(), wanted.keys())
        for key, row in wanted.items():
            for column in columns:
                self.assertLessEqual(abs(found[key][column] - row[column]), EXACT * max(1, abs(row[column])), (key, column))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
