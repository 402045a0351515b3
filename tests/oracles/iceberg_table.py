"""iceberg_table.py FOLDER: writes tests/warehouse/iceberg, the log of tests/warehouse/source_test.py as an Iceberg table of four snapshots: two
appends of its rows, one of wrong rows, and their deletion. By pyiceberg, the project's own library for Python:

    python3 -m venv v && v/bin/pip install 'pyiceberg[sql-sqlite,pyarrow]==0.12.0'
    PYTHONPATH=tests/warehouse v/bin/python tests/oracles/iceberg_table.py /tmp/iceberg

then move /tmp/iceberg to tests/warehouse/. Names of files hold random numbers, so another run gives other names for the same rows."""
import pathlib
import shutil
import sys

import pyarrow
from log import COLUMNS, ROWS
from pyiceberg.catalog.sql import SqlCatalog


def main(folder):
    catalog = SqlCatalog("fixture", uri="sqlite:///:memory:", warehouse=f"file://{folder}")
    catalog.create_namespace("shop")
    rows = pyarrow.table({name: [row[i] for row in ROWS] for i, name in enumerate(COLUMNS)})
    table = catalog.create_table("shop.log", schema=rows.schema, location=f"file://{folder}")
    table.append(rows.slice(0, 600))
    table.append(rows.slice(600))
    table.append(rows.slice(0, 50).set_column(2, "campaign", pyarrow.array(["wrong"] * 50)))
    table.delete("campaign == 'wrong'")
    metadata = sorted(pathlib.Path(folder, "metadata").glob("*.metadata.json"))
    for earlier in metadata[:-1]:
        earlier.unlink()
    hint = metadata[-1].name.removesuffix(".metadata.json")
    pathlib.Path(folder, "metadata/version-hint.text").write_text(hint, encoding="utf-8")


if __name__ == "__main__":
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    main(sys.argv[1])
