"""Random logs as buckets: users with many ties, copies and single touches; every type that a column may have."""
import datetime
import gzip
import json
import pathlib
import random

import pyarrow
import pyarrow.csv
import pyarrow.parquet

CAMPAIGNS = ["display", "email", "search", "social", "Direct", "übergrößen", "a, \"quoted\" name", "email(2)"]
START_S = 1_700_000_000


def random_rows(seed, n_users=40, n_rows=400):
    """uid, timestamp (s), campaign, conversion, value: times on a coarse grid make ties, and one row in ten comes twice."""
    draw = random.Random(seed)
    rows = []
    for _ in range(n_rows):
        uid = draw.randrange(n_users) ** 2 - 100
        row = {"uid": uid, "timestamp": START_S + 21600 * draw.randrange(120), "campaign": draw.choice(CAMPAIGNS),
               "conversion": draw.random() < 0.15, "value": draw.choice([None, 1.5, -2.0, 0.1, 7.0])}
        rows += [row] * (2 if draw.random() < 0.1 else 1)
    rows += [{"uid": 10**12 + i, "timestamp": START_S, "campaign": "email", "conversion": i % 2 == 0, "value": 1.0} for i in range(5)]
    draw.shuffle(rows)
    return rows


def table(rows, names, **kinds):
    """Arrow table of the named columns; kinds: Arrow types other than the natural ones."""
    return pyarrow.table({name: pyarrow.array([row[name] for row in rows], type=kinds.get(name)) for name in names})


def write_bucket(folder, rows, *, names=("uid", "timestamp", "campaign", "conversion"), events=None, event_names=("uid", "timestamp"),
                 form="parquet", n_files=1, yaml="", **kinds):
    """raw/impressions.* (and raw/conversions.*) and config.yaml in folder."""
    raw = pathlib.Path(folder, "raw")
    raw.mkdir(parents=True)
    pathlib.Path(folder, "config.yaml").write_text(yaml, encoding="utf-8")
    for i in range(n_files):
        write_file(raw / (f"part{i}" if n_files > 1 else "impressions"), rows[i::n_files], names, form, kinds)
    if events is not None:
        write_file(raw / "conversions", events, event_names, form, kinds)
    return str(folder)


def write_file(path, rows, names, form, kinds):
    if form == "parquet":
        pyarrow.parquet.write_table(table(rows, names, **kinds), f"{path}.parquet", row_group_size=100)
    elif form.startswith("csv"):
        text = pathlib.Path(f"{path}.csv")
        pyarrow.csv.write_csv(table(rows, names, **kinds), text)
        if form == "csv.gz":
            pathlib.Path(f"{path}.csv.gz").write_bytes(gzip.compress(text.read_bytes()))
            text.unlink()
    else:
        lines = [json.dumps({name: row[name] for name in names}, default=str) for row in rows]
        pathlib.Path(f"{path}.{form}").write_text("\n".join(lines) + "\n", encoding="utf-8")


def moment(second):
    return datetime.datetime.fromtimestamp(second, datetime.timezone.utc)


def with_times(rows, make):
    """The same rows, their timestamps as make gives them."""
    return [{**row, "timestamp": make(row["timestamp"])} for row in rows]
