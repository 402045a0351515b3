"""Oracle: the C program on the same bucket. Feature store and campaign index must be equal, row for row and byte for byte."""
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

import cluster

cluster.need_spark()

import pyarrow  # noqa: E402
import pyarrow.parquet  # noqa: E402
from logs import START_S, moment, random_rows, with_times, write_bucket  # noqa: E402

from deepattribution import Error  # noqa: E402
from deepattribution.spark import journeys  # noqa: E402

PROGRAM = os.environ["DEEPATTRIBUTION_PROGRAM"]
INDEX = "campaign_nm_to_one_hot_index.json"
VALUED = ("uid", "timestamp", "campaign", "conversion", "value")


def read_store(folder):
    """The three sets as lists of rows, in the order in which the files lie, and the index."""
    tables = {}
    for name in ("train", "val", "test"):
        path = pathlib.Path(folder, "feature_store", f"{name}.parquet")
        files = sorted(path.glob("part-*.parquet")) if path.is_dir() else [path]
        rows = [row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()]
        tables[name] = [{key: value for key, value in row.items() if key != "conversion_us"} for row in rows]
    return tables, pathlib.Path(folder, INDEX).read_bytes()


class Journeys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.master = cls.enterClassContext(cluster.cluster())
        cls.spark = cls.enterClassContext(cluster.session(cls.master))

    def bucket(self, rows, **options):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        return write_bucket(pathlib.Path(folder, "bucket"), rows, **options)

    def compare(self, rows, **options):
        """Returns the rows of all sets, and what Spark counted. The journeys, packed by the program, are those of its own pack."""
        folder = self.bucket(rows, **options)
        pack = pathlib.Path(folder, "feature_store_preprocessed", "journeys.pack")
        subprocess.run([PROGRAM, "journeys", folder, "--quiet"], check=True, stderr=subprocess.DEVNULL)
        expected, expected_pack = read_store(folder), pack.read_bytes()
        counted = journeys(self.spark, folder)["journeys"]
        found = read_store(folder)
        for name, wanted in expected[0].items():
            self.assertEqual(found[0][name], wanted, name)
        self.assertEqual(found[1], expected[1])
        self.assertFalse(pack.exists())
        subprocess.run([PROGRAM, "attribute", folder, "--quiet", "--set", "credit.methods=[last_touch]"], check=True, stderr=subprocess.DEVNULL)
        self.assertEqual(pack.read_bytes(), expected_pack)
        everything = [row for name in expected[0] for row in expected[0][name]]
        self.assertEqual(counted["journeys"], len(everything))
        self.assertEqual(counted["touches"], sum(len(row["campaigns"]) for row in everything))
        return everything, counted

    def refuses(self, pattern, rows, **options):
        folder = self.bucket(rows, **options)
        program = subprocess.run([PROGRAM, "journeys", folder, "--quiet"], capture_output=True, text=True, check=False)
        with self.assertRaisesRegex(Error, pattern) as raised:
            journeys(self.spark, folder)
        self.assertRegex(program.stderr, pattern)
        self.assertEqual(raised.exception.code, program.returncode)


class Rules(Journeys):
    def test_defaults(self):
        everything, _ = self.compare(random_rows(1))
        self.assertTrue(any(len(row["campaigns"]) == 1 for row in everything) and any(row["conversion_status"] for row in everything))

    def test_gap_lookback_length_and_values(self):
        yaml = "journey_max_len: 3\njourney: {gap_days: 4, lookback_days: 6.5}\nseed: 9\n"
        self.compare(random_rows(2), names=VALUED, yaml=yaml)

    def test_long_journeys(self):
        rare = [{**row, "conversion": row["value"] == 7.0 and row["conversion"]} for row in random_rows(26, n_users=4)]
        for yaml in ("journey_max_len: 33\n", "journey_max_len: 2\n", "journey_max_len: 0\n", "journey_max_len: 40\njourney: {lookback_days: 25}\n"):
            with self.subTest(yaml):
                everything, _ = self.compare(rare, names=VALUED, yaml=yaml)
                longest = max(len(row["campaigns"]) for row in everything)
                self.assertTrue(longest in (2, 33, 40) if "max_len: 0" not in yaml else longest > 40)

    def test_values_without_lookback(self):
        self.compare(random_rows(3), names=VALUED, yaml="journey: {drop_duplicates: true}\n")

    def test_transforms(self):
        for i, transforms in enumerate((["exposure"], ["first"], ["remove_if_not_all(Direct)", "unique"], ["frequency"],
                                        ["remove_if_last_and_not_all(email)", "exposure", "frequency"])):
            with self.subTest(transforms):
                yaml = f"journey_max_len: 4\njourney: {{lookback_days: 20, transforms: {transforms!r}}}\n"
                self.compare(random_rows(10 + i), names=VALUED, yaml=yaml)

    def test_conversions_as_events(self):
        draw = random.Random(4)
        events = [{"uid": draw.randrange(50) ** 2 - 100, "timestamp": START_S + 21600 * draw.randrange(130), "value": draw.choice([None, 3.0])}
                  for _ in range(120)]
        yaml = "journey_max_len: 5\njourney: {lookback_days: 5, gap_days: 9, transforms: [exposure]}\n"
        _, counted = self.compare(random_rows(4), events=events, event_names=("uid", "timestamp", "value"), yaml=yaml)
        self.assertGreater(counted["unattributed"], 0)
        self.compare(random_rows(5), events=events, yaml="journey: {drop_duplicates: true}\n")

    def test_split_by_time(self):
        self.compare(random_rows(6), yaml="split: {by: time, fractions: [0.5, 0.3, 0.2]}\n")
        self.compare(random_rows(7), yaml="split: {by: time, fractions: [0.7, 0.3, 0]}\n")

    def test_split_by_column(self):
        rows = [{**row, "part": ("train", "val", "test")[row["uid"] % 3]} for row in random_rows(8)]
        names = ("uid", "timestamp", "campaign", "conversion", "part")
        self.compare(rows, names=names, yaml="split: {by: column, column: part}\n")
        rows[0] = {**rows[0], "part": "holdout"}
        self.refuses("expected train, val or test in the split column but found 'holdout' in 1 rows", rows, names=names,
                     yaml="split: {by: column, column: part}\n")

    def test_a_journey_in_two_sets_is_refused(self):
        rows = [{"uid": 1, "timestamp": START_S + i, "campaign": "email", "conversion": False, "part": part}
                for i, part in enumerate(("train", "test"))]
        self.refuses("expected journeys whose rows are all in one set", rows, names=("uid", "timestamp", "campaign", "conversion", "part"),
                     yaml="split: {by: column, column: part}\n")


class Types(Journeys):
    def test_times(self):
        rows = random_rows(20, n_rows=60)
        arrow = pyarrow.timestamp
        for name, make, kind in (("ms", lambda s: s * 1000 + 7, None), ("us", lambda s: s * 10**6 + 7, None),
                                 ("ns", lambda s: s * 10**9 + 7_600, None), ("real", lambda s: s + 0.25, None),
                                 ("date", lambda s: moment(s).date(), None), ("zone", moment, arrow("us", "Europe/Paris")),
                                 ("no zone", lambda s: moment(s).replace(tzinfo=None), arrow("ms")),
                                 ("nanoseconds", lambda s: s * 10**9 + 1_999, arrow("ns")), ("text", lambda s: str(s), None),
                                 ("iso", lambda s: moment(s).isoformat(), None), ("z", lambda s: f"{moment(s):%Y-%m-%d %H:%M:%S.25Z}", None),
                                 ("offset", lambda s: f"{moment(s):%Y-%m-%dT%H:%M:%S}+05:30", None),
                                 ("days", lambda s: int(f"{moment(s):%Y%m%d}"), None),
                                 ("day", lambda s: f"{moment(s):%Y-%m-%d}", None)):
            with self.subTest(name):
                self.compare(with_times(rows, make), timestamp=kind)

    def test_columns(self):
        rows = random_rows(21, n_rows=80)
        for name, change, kinds in (("text uids", lambda row: {**row, "uid": f"user {row['uid']}"}, {}),
                                    ("digits", lambda row: {**row, "uid": str(row["uid"])}, {}),
                                    ("zeros", lambda row: {**row, "uid": f"{row['uid']:05}"}, {}),
                                    ("real uids", lambda row: {**row, "uid": float(row["uid"])}, {}),
                                    ("large uids", lambda row: {**row, "uid": row["uid"] + 2**63 + 10**6}, {"uid": pyarrow.uint64()}),
                                    ("numbers", lambda row: {**row, "campaign": len(row["campaign"]), "conversion": int(row["conversion"])}, {}),
                                    ("numbers with gaps", lambda row: {**row, "campaign": float(len(row["campaign"])) if row["uid"] % 5 else None}, {}),
                                    ("words", lambda row: {**row, "conversion": "Yes" if row["conversion"] else "no"}, {}),
                                    ("missing", lambda row: {**row, "campaign": row["campaign"] if row["uid"] % 7 else "",
                                                             "conversion": row["conversion"] or None}, {})):
            with self.subTest(name):
                self.compare([change(row) for row in rows], names=VALUED, **kinds)

    def test_files(self):
        rows = random_rows(22, n_rows=80)
        digits = [{**row, "uid": str(row["uid"])} for row in rows]
        self.assertTrue(isinstance(self.compare(digits, names=VALUED, form="jsonl")[0][0]["uid"], int))
        for form, n_files in (("csv", 1), ("csv.gz", 2), ("jsonl", 1), ("parquet", 3)):
            with self.subTest(form):
                self.compare(rows, names=VALUED, form=form, n_files=n_files)

    def test_other_names(self):
        rows = [{"customer_id": row["uid"], "time": row["timestamp"], "Channel": row["campaign"], "converted": row["conversion"],
                 "paid": row["value"]} for row in random_rows(23, n_rows=60)]
        names = ("customer_id", "time", "Channel", "converted", "paid")
        self.compare(rows, names=names, yaml="columns: {value: paid}\n")
        self.refuses("expected a column 'campaign' \\(campaign\\)", rows, names=("customer_id", "time", "converted"))

    def test_features_are_refused(self):
        folder = self.bucket(random_rows(25, n_rows=30), names=VALUED, yaml="columns: {touch_features: [value]}\n")
        with self.assertRaisesRegex(Error, "journeys on Spark have no features yet, but found value; leave them out") as raised:
            journeys(self.spark, folder)
        self.assertEqual(raised.exception.code, 2)

    def test_bad_values_are_refused(self):
        rows = random_rows(24, n_rows=30)
        for column, value in (("timestamp", "soon"), ("conversion", 2), ("value", float("inf"))):
            with self.subTest(column):
                wrong = [{**row, column: str(row[column]) if isinstance(value, str) else type(value)(row[column] or 0)} for row in rows]
                wrong[3] = {**wrong[3], column: value}
                self.refuses(f"expected .* in column {column} but found '(soon|1700[0-9]*|2|[iI]nf.*)'", wrong, names=VALUED)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
