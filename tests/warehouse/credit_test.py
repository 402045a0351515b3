"""Oracle: what psql says of the tables on a real PostgreSQL server, against the counts and totals that the program itself reports."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import postgres

PROGRAM = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else postgres.ROOT / "build/release/deepattribution"
SETTINGS = ("--quiet", "--set", "training.epochs=1", "--set", "credit.methods=[linear, last_touch, attention]", "--set",
            "credit.intervals=0")


class Credit(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.top)
        self.bucket = self.top / "shop"

    def run_program(self, verb, *words, code=0):
        found = subprocess.run([PROGRAM, verb, self.bucket, *SETTINGS, *words], capture_output=True, text=True, check=False)
        self.assertEqual(found.returncode, code, found.stderr)
        return found

    def outputs(self):
        return {path.name: path.read_bytes() for path in (self.bucket / "attention_report").iterdir() if path.suffix == ".parquet"}

    def test_tables_are_those_of_the_bucket(self):
        subprocess.run([PROGRAM, "simulate", "W1", self.bucket, "--users", "500", "--quiet"], check=True)
        with postgres.server(self) as (tools, folder):
            there = ("--set", f"destination.postgres=host={folder} user=shop dbname=postgres")
            told = json.loads(self.run_program("run", "--json", *there).stdout)
            journeys, credited = told["journeys"], {method["method"]: method for method in told["attribute"]["methods"]}

            def ask(sql):
                return postgres.ask(tools, folder, sql)

            self.assertEqual(ask("SELECT count(*), count(DISTINCT journey_id) FROM deepattribution.attention_score"),
                             [f"{journeys['touches']},{journeys['journeys']}"])
            kinds = dict(line.split(",") for line in ask(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'attention_score'"))
            self.assertEqual((kinds["uid"], kinds["timestamp"], kinds["campaign_nm"], kinds["linear_attribution"]),
                             ("bigint", "timestamp with time zone", "character varying", "double precision"))
            self.assertEqual(ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'deepattribution' ORDER BY 1"),
                             ["attention_score", "campaign_attention", "campaign_credit"])
            self.compare_totals(ask, credited)
            # A second run, other methods: the tables are replaced. One that fails leaves them, and the bucket's, as they were.
            self.run_program("attribute", *there, "--set", "credit.methods=[first_touch]")
            self.assertEqual(ask("SELECT DISTINCT method FROM deepattribution.campaign_credit ORDER BY 1"), ["attention", "first_touch"])
            before = self.outputs()
            ask("CREATE VIEW on_it AS SELECT * FROM deepattribution.campaign_credit")
            found = self.run_program("attribute", *there, code=4)
            self.assertIn("could not be written to destination.postgres", found.stderr)
            self.assertEqual(ask("SELECT DISTINCT method FROM on_it ORDER BY 1"), ["attention", "first_touch"])
            self.assertEqual(self.outputs(), before)
        found = self.run_program("attribute", *there, code=4)
        self.assertIn("destination.postgres", found.stderr)
        self.assertEqual(self.outputs(), before)

    def compare_totals(self, ask, credited):
        for line in ask("SELECT method, sum(conversions) FROM deepattribution.campaign_credit GROUP BY method"):
            method, conversions = line.split(",")
            self.assertAlmostEqual(float(conversions), credited[method]["conversions"], places=6)
        # Touch by touch and campaign by campaign the same credit.
        differing = ask("""SELECT count(*) FROM (SELECT campaign_nm, sum(linear_attribution) AS linear, sum(last_touch_attribution) AS last
            FROM deepattribution.attention_score GROUP BY campaign_nm) AS t JOIN deepattribution.campaign_credit AS c USING (campaign_nm)
            WHERE (method = 'linear' AND abs(linear - conversions) > 1e-9) OR (method = 'last_touch' AND abs(last - conversions) > 1e-9)""")
        self.assertEqual(differing, ["0"])

    def test_a_password_in_the_settings_is_refused(self):
        subprocess.run([PROGRAM, "simulate", "W1", self.bucket, "--users", "50", "--quiet"], check=True)
        found = self.run_program("run", "--set", "destination.postgres=host=db password=hush", code=2)
        self.assertIn("PGPASSWORD", found.stderr)
        self.assertNotIn("hush", found.stderr)


if __name__ == "__main__":
    postgres.need_extensions()
    unittest.main(argv=sys.argv[:1], verbosity=2)
