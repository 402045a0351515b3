"""Oracle: the same log as a CSV file in raw/, whose journeys and campaigns must be the same bytes. PostgreSQL is a real server on a Unix
socket; the Delta table is written out here, as the protocol's own document lists its first commit; the Iceberg table in iceberg/ was written by
pyiceberg (tests/oracles/iceberg_table.py)."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import postgres
from log import ROWS, write_csv

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build/release/deepattribution"
OUTPUTS = ("feature_store/train.parquet", "feature_store_preprocessed/journeys.pack", "campaign_nm_to_one_hot_index.json")


class Source(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.top)

    def journeys_of_files(self):
        """The bucket whose outputs are the oracle."""
        bucket = self.top / "files"
        subprocess.run([PROGRAM, "journeys", bucket, "--quiet"], check=True, stderr=subprocess.DEVNULL)
        return bucket

    def program(self, name, source):
        bucket = self.top / name
        bucket.mkdir(exist_ok=True)
        (bucket / "config.yaml").write_text(f"source: {json.dumps(source)}\n", encoding="utf-8")
        return bucket, subprocess.run([PROGRAM, "journeys", bucket, "--quiet"], capture_output=True, text=True, check=False)

    def assert_same(self, name, source):
        wanted = self.journeys_of_files()
        bucket, found = self.program(name, source)
        self.assertEqual(found.returncode, 0, found.stderr)
        for key in OUTPUTS:
            self.assertEqual((bucket / key).read_bytes(), (wanted / key).read_bytes(), key)

    def test_postgresql(self):
        write_csv(self.top / "files" / "raw" / "log.csv")
        with postgres.server(self) as (tools, folder):
            values = ", ".join(f"({uid}, {time}, '{campaign}', {converted})" for uid, time, campaign, converted in ROWS)
            sql = ("CREATE TABLE log (uid bigint, timestamp bigint, campaign text, conversion boolean); "
                   f"INSERT INTO log VALUES {values}")
            subprocess.run([tools / "psql", "-q", "-h", folder, "-U", "shop", "-d", "postgres", "-v", "ON_ERROR_STOP=1"], input=sql,
                           text=True, check=True)
            self.assert_same("postgres", f"SELECT * FROM postgres_scan('host={folder} user=shop dbname=postgres', 'public', 'log')")
            _, found = self.program("missing", f"SELECT * FROM postgres_scan('host={folder} user=shop dbname=postgres', 'public', 'nothing')")
            self.assertNotEqual(found.returncode, 0)
            self.assertIn("nothing", found.stderr)

    def test_delta(self):
        subprocess.run([PROGRAM, "simulate", "W1", self.top / "files", "--users", "300", "--quiet"], check=True)
        table = self.top / "table"
        (table / "_delta_log").mkdir(parents=True)
        part = table / "part-0.parquet"
        shutil.copy(self.top / "files/raw/impressions.parquet", part)
        fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in
                  (("uid", "long"), ("timestamp", "long"), ("campaign", "string"), ("conversion", "boolean"))]
        commit = [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
                  {"metaData": {"id": "0", "format": {"provider": "parquet", "options": {}}, "partitionColumns": [], "configuration": {},
                                "schemaString": json.dumps({"type": "struct", "fields": fields})}},
                  {"add": {"path": part.name, "partitionValues": {}, "size": part.stat().st_size, "modificationTime": 0, "dataChange": True}}]
        (table / "_delta_log" / f"{0:020}.json").write_text("\n".join(map(json.dumps, commit)) + "\n", encoding="utf-8")
        self.assert_same("delta", f"SELECT * FROM delta_scan('{table}')")

    def test_iceberg(self):
        write_csv(self.top / "files" / "raw" / "log.csv")
        table = pathlib.Path(__file__).resolve().parent / "iceberg"
        self.assert_same("iceberg", f"SELECT * FROM iceberg_scan('{table}', allow_moved_paths = true)")
        _, found = self.program("missing", "SELECT * FROM iceberg_scan('/nowhere', version = '1')")
        self.assertEqual(found.returncode, 2, found.stderr)
        self.assertIn("/nowhere", found.stderr)


if __name__ == "__main__":
    postgres.need_extensions()
    unittest.main(argv=sys.argv[:1], verbosity=2)
