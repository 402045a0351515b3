"""The raw impression log of a bucket, whatever its files and types, as one DataFrame.

raw/ (Parquet, CSV[.gz], JSON lines[.gz]; one file, many, partitioned folders)
  -> uid (bigint or string), time_us (bigint), campaign (string), conversion (boolean) [, value (double)] [, split (string)]

Rows that miss uid, timestamp or campaign are left out and counted; values that make no sense are refused. The rules are those of
src/store/impressions.h.
"""
import functools
from dataclasses import dataclass

from pyspark.sql import functions

from ..library import Error
from . import columns

FORMATS = {".parquet": "parquet", ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json"}
DELIMITERS = ",;\t|"
KINDS = ("conversions", "spend")  # else a file holds impressions


@dataclass
class Log:
    """One relation with our columns, and what is known of it."""

    frame: object
    cells: dict  # role -> columns.Cell
    what: str  # for messages
    uid_is_text: bool

    def kept(self):
        """The row has a user, a time and, if it is an impression, a campaign."""
        roles = [role for role in ("uid", "timestamp", "campaign") if role in self.cells]
        return " AND ".join(f"({self.cells[role].sql}) IS NOT NULL" for role in roles)

    def rows(self):
        """The rows that are kept, under our names."""
        names = {"timestamp": "time_us"}
        chosen = [f"{cell.sql} AS {names.get(role, role)}" for role, cell in self.cells.items() if role != "conversion"]
        conversion = self.cells.get("conversion")
        chosen.append(f"coalesce({conversion.sql}, false) AS conversion" if conversion else "false AS conversion")
        return self.frame.where(self.kept()).selectExpr(*chosen)


def find_format(key):
    name = key.lower()
    name = name[:-3] if name.endswith(".gz") and not name.endswith(".parquet.gz") else name
    return next((form for ending, form in FORMATS.items() if name.endswith(ending)), None)


def find_files(bucket):
    """kind -> (format, keys) of what lies below raw/."""
    found = {}
    for key in bucket.list("raw"):
        form = find_format(key)
        if form is None:
            continue
        first_part = key[len("raw/"):].split("/")[0].split(".")[0]
        kind = first_part if first_part in KINDS else "impressions"
        known, keys = found.setdefault(kind, (form, []))
        if known != form:
            raise Error(f"expected raw files of one format but found {bucket.url(keys[0])} beside {bucket.url(key)}; keep one format in "
                        "raw/", 3)
        keys.append(key)
    return found


def read_files(spark, bucket, form, keys):
    """All columns, CSV as text. Files of different columns go together by name, but for CSV, whose headers must agree."""
    urls = [bucket.url(key) for key in keys]
    reader = spark.read.option("basePath", bucket.url("raw"))
    if form == "parquet":
        return reader.option("mergeSchema", len(urls) > 1).parquet(*urls)
    first = spark.read.text(urls[0]).first()
    if first is None:
        raise Error(f"expected rows in {urls[0]} but found an empty file", 3)
    if form == "json":
        return reader.option("multiLine", first.value.lstrip().startswith("[")).option("mode", "FAILFAST").json(urls)
    delimiter = max(DELIMITERS, key=first.value.count)
    return reader.csv(urls, header=True, sep=delimiter, quote='"', escape='"', multiLine=True, mode="FAILFAST", enforceSchema=False)


def holds_nanoseconds(spark, url, name):
    """Is this column of a Parquet file a timestamp of nanoseconds? Spark has no such type and reads BIGINT."""
    jvm = spark._jvm  # pylint: disable=protected-access
    configuration = spark._jsc.hadoopConfiguration()  # pylint: disable=protected-access
    path = jvm.org.apache.hadoop.fs.Path(url)
    source = jvm.org.apache.parquet.hadoop.util.HadoopInputFile.fromPath(path, configuration)
    footer = jvm.org.apache.parquet.hadoop.ParquetFileReader.open(source)
    try:
        schema = footer.getFooter().getFileMetaData().getSchema()
        annotation = schema.getType(name).getLogicalTypeAnnotation() if schema.containsField(name) else None
        return annotation is not None and annotation.toString().startswith("TIMESTAMP(NANOS")
    finally:
        footer.close()


def open_log(frame, config, roles, what, *, required, is_guessed, force_text=False, is_nanoseconds=lambda name: False):
    """Finds the columns for `roles` and decides their types; looks at the values where the type leaves that open."""
    kinds = dict(frame.dtypes)
    cells, uid_is_text = {}, False
    for role in roles:
        name = columns.find_column(frame, role, config[f"columns.{role}"], role in required, what)
        if name is None:
            continue
        kind = kinds[name]
        if role == "uid":
            cells[role], uid_is_text = columns.uid_cell(frame, name, kind, is_guessed=is_guessed, force_text=force_text)
        elif role == "timestamp":
            cells[role] = columns.time_cell(frame, name, kind, kind == "bigint" and is_nanoseconds(name))
        else:
            make = {"campaign": functools.partial(columns.text_cell, frame), "conversion": columns.flag_cell, "value": columns.number_cell}[role]
            cells[role] = make(name, kind)
    log = Log(frame, cells, what, uid_is_text)
    if "campaign" in roles and config["split.column"]:
        log.cells["split"] = split_cell(frame, config["split.column"], what)
    return log


def split_cell(frame, wanted, what):
    name = next((name for name in frame.columns if name.lower() == wanted.lower()), None)
    if name is None:
        raise Error(f"expected the column '{wanted}' of split.column in {what} but found none of that name", 3)
    return columns.text_cell(frame, name, dict(frame.dtypes)[name])


def is_bad(role, cell):
    bad = f"({cell.sql}) IS NULL"
    if role == "timestamp":
        bad += f" OR ({cell.sql}) NOT BETWEEN {columns.EARLIEST_US} AND {columns.LATEST_US}"
    return f"({cell.raw}) IS NOT NULL AND ({bad})"


def refuse_bad(log, role, n_bad):
    cell = log.cells[role]
    row = log.frame.where(is_bad(role, cell)).selectExpr(f"left(CAST({cell.raw} AS STRING), 80) AS found",
                                                         "input_file_name() AS file").first()
    where = f" of {row.file}" if row and row.file else ""
    raise Error(f"expected {columns.EXPECTED[role]} in column {cell.name} but found '{row.found if row else '...'}' in a row{where}, and "
                f"{n_bad} such rows in all; mend or leave them out", 3)


@dataclass
class Audit:
    """What one pass over a log found. Counts: rows, kept, conversions, missing_<role>."""

    counts: dict
    campaigns: list  # of the rows that are kept, in byte order
    first_us: int = None
    last_us: int = None


def audit(log):
    """One pass, a group a campaign. Refuses values that make no sense."""
    kept, time_us = log.kept(), log.cells["timestamp"].sql
    counted = {"rows": "count(*)", "kept": f"count_if({kept})"}
    if "conversion" in log.cells:
        counted["conversions"] = f"count_if(coalesce({log.cells['conversion'].sql}, false) AND {kept})"
    for role, cell in log.cells.items():
        counted[f"missing_{role}"] = f"count_if(({cell.raw}) IS NULL)"
        counted[f"bad_{role}"] = f"count_if({is_bad(role, cell)})"
    campaign = log.cells["campaign"].sql if "campaign" in log.cells else "CAST(NULL AS STRING)"
    groups = log.frame.groupBy(functions.expr(campaign).alias("campaign_found")).agg(
        *[functions.expr(sql).alias(name) for name, sql in counted.items()],
        functions.expr(f"min(CASE WHEN {kept} THEN {time_us} END)").alias("first_us"),
        functions.expr(f"max(CASE WHEN {kept} THEN {time_us} END)").alias("last_us")).collect()
    counts = {name: sum(group[name] for group in groups) for name in counted}
    for role in log.cells:
        if counts[f"bad_{role}"]:
            refuse_bad(log, role, counts[f"bad_{role}"])
    used = [group for group in groups if group.kept]
    return Audit(counts, sorted((group.campaign_found or "" for group in used), key=str.encode),
                 min((group.first_us for group in used), default=None), max((group.last_us for group in used), default=None))


def check_split(log):
    cell = log.cells.get("split")
    if cell is None:
        return
    wrong = log.rows().where("split IS NULL OR split NOT IN ('train', 'val', 'test')").groupBy("split").count() \
        .orderBy(functions.desc("count"), "split").first()
    if wrong:
        raise Error(f"expected train, val or test in the split column but found '{(wrong.split or '')[:40]}' in {wrong['count']} rows", 3)


def open_impressions(spark, bucket, config):
    """(impressions, conversions or None) of a bucket, with uids of one type."""
    if config["source"]:
        raise Error("expected the log in raw/ but found a query in source:, which is SQL of DuckDB; export its rows to raw/ first")
    features = [*config["columns.touch_features"], *config["columns.user_features"]]
    if features:
        raise Error("expected no columns.touch_features and columns.user_features, since journeys on Spark have no features yet, but found "
                    f"{', '.join(features)}; leave them out, or run `deepattribution journeys`", 2)
    files = find_files(bucket)
    if "impressions" not in files:
        raise Error(f"expected impressions in {bucket.url('raw')} but found no .parquet, .csv, .tsv, .json, .jsonl or .ndjson file there; "
                    "put your log there", 3)

    def open_kind(kind, roles, required, force_text):
        form, keys = files[kind]
        return open_log(read_files(spark, bucket, form, keys), config, roles, f"raw/{kind}", required=required, is_guessed=form != "parquet",
                        force_text=force_text,
                        is_nanoseconds=lambda name: form == "parquet" and holds_nanoseconds(spark, bucket.url(keys[0]), name))

    has_events = "conversions" in files
    required = ("uid", "timestamp", "campaign") if has_events else ("uid", "timestamp", "campaign", "conversion")
    roles = ("uid", "timestamp", "campaign", "conversion", "value")
    impressions = open_kind("impressions", roles, required, False)
    if not has_events:
        return impressions, None
    events = open_kind("conversions", ("uid", "timestamp", "value"), ("uid", "timestamp"), impressions.uid_is_text)
    if events.uid_is_text and not impressions.uid_is_text:
        impressions = open_kind("impressions", roles, required, True)
    return impressions, events
