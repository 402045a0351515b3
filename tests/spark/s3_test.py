"""Oracle: the C program on the same log in a folder. The cluster reads and writes a real S3 server through S3A, and the program trains
from there."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import cluster

cluster.need_spark()

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "s3"))
import servers  # noqa: E402
from skew_test import COMPILED, skewed_log  # noqa: E402

import pyarrow.parquet  # noqa: E402
from deepattribution.spark import attribute, journeys  # noqa: E402

PROGRAM = os.environ["DEEPATTRIBUTION_PROGRAM"]
JARS = sorted(map(str, (servers.ROOT / ".deps/spark-jars").glob("*.jar")))
QUICK = ["--quiet", "--set", "training.epochs=1", "--set", "credit.methods=[attention, last_touch]"]

cluster.need(len(JARS) == 2, "S3A needs hadoop-aws and the AWS SDK: scripts/bootstrap --distributed")
cluster.need(servers.find_server("versitygw"), "expected versitygw; run scripts/bootstrap --s3-servers")


def s3a_settings(endpoint):
    """As docs/scale.md lists them."""
    return {"spark.jars": ",".join(JARS), "spark.hadoop.fs.s3a.endpoint": endpoint, "spark.hadoop.fs.s3a.endpoint.region": servers.REGION,
            "spark.hadoop.fs.s3a.access.key": servers.KEY_ID, "spark.hadoop.fs.s3a.secret.key": servers.SECRET,
            "spark.hadoop.fs.s3a.path.style.access": "true", "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
            "spark.hadoop.fs.s3a.directory.marker.retention": "keep", "spark.hadoop.fs.s3a.multiobjectdelete.enable": "false"}


class Bucket(unittest.TestCase):
    def setUp(self):
        top = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.local = top / "local"
        self.s3 = servers.S3Server(top / "server", top / "s3.log")
        self.addCleanup(self.s3.stop)
        (self.s3.folder / "bucket").mkdir()
        self.environment = {**os.environ, "AWS_ENDPOINT_URL_S3": self.s3.endpoint, "AWS_ACCESS_KEY_ID": servers.KEY_ID,
                            "AWS_SECRET_ACCESS_KEY": servers.SECRET, "AWS_EC2_METADATA_DISABLED": "true", "XDG_CACHE_HOME": str(top / "cache")}
        self.master = self.enterContext(cluster.cluster())
        self.spark = self.enterContext(cluster.session(self.master, **COMPILED, **s3a_settings(self.s3.endpoint)))

    def program(self, *words):
        subprocess.run([PROGRAM, *map(str, words)], env=self.environment, check=True, stderr=subprocess.DEVNULL)

    def test_journeys_model_and_credit_are_those_of_a_folder(self):
        """One user of a million touches among 200,000 others."""
        log = self.local / "raw" / "impressions.parquet"
        log.parent.mkdir(parents=True)
        pyarrow.parquet.write_table(skewed_log(1_000_000, 200_000, 2), log)
        servers.put(f"{self.s3.endpoint}/bucket/shop/raw/impressions.parquet", log.read_bytes())
        settings = ["--set", "journey_max_len=20"]
        self.program("journeys", self.local, *settings, "--quiet")
        self.program("train", self.local, *QUICK)
        counted = journeys(self.spark, "s3://bucket/shop", {"journey_max_len": 20})["journeys"]
        self.assertEqual(counted["rows"], 1_200_000)
        self.program("train", "s3://bucket/shop", *QUICK)
        remote = self.s3.folder / "bucket/shop"
        for key in ("feature_store_preprocessed/journeys.pack", "model/model.safetensors", "campaign_nm_to_one_hot_index.json"):
            self.assertEqual((remote / key).read_bytes(), (self.local / key).read_bytes(), key)
        store = self.spark.read.parquet(*[f"s3a://bucket/shop/feature_store/{name}.parquet" for name in ("train", "val", "test")])
        touches = attribute(store, "s3a://bucket/shop/model/model.safetensors", ["last_touch"])
        touches.write.parquet("s3a://bucket/shop/attention_report/attention_score.parquet")
        self.program("attribute", self.local, *QUICK)
        wanted = pyarrow.parquet.read_table(self.local / "attention_report/attention_score.parquet",
                                            columns=["journey_id", "touch_index", "attention", "last_touch_attribution"])
        files = sorted((remote / "attention_report/attention_score.parquet").glob("part-*.parquet"))
        found = pyarrow.concat_tables(pyarrow.parquet.read_table(file, columns=wanted.column_names) for file in files)
        self.assertTrue(found.sort_by([("journey_id", "ascending"), ("touch_index", "ascending")]).equals(wanted.cast(found.schema)))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
