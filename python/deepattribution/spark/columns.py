"""Which column of the raw log means what, and how its type becomes ours: the rules of src/store/impressions_columns.c and
impressions_cells.c, as Spark SQL. Names and rules must stay the same in both; tests/spark compares what they give."""
import difflib
from dataclasses import dataclass

from ..library import Error

# What columns are called in the field, the default name first.
SYNONYMS = {
    "uid": ("uid", "user_id", "userid", "customer_id", "client_id", "visitor_id", "cookie_id", "cookie", "user_pseudo_id",
            "domain_userid", "user", "customer"),
    "timestamp": ("timestamp", "time", "ts", "event_time", "event_timestamp", "datetime", "event_datetime",
                  "derived_tstamp", "date"),
    "campaign": ("campaign", "campaign_nm", "campaign_name", "campaign_id", "channel", "channel_name", "channel_nm"),
    "conversion": ("conversion", "converted", "conversion_status", "is_conversion", "conversions"),
    "value": ("value", "conversion_value", "revenue", "order_value", "conversion_revenue"),
}
SMALL_INTEGERS = ("tinyint", "smallint", "int", "bigint")
LARGE_INTEGER = "decimal(20,0)"  # how Spark reads an unsigned 64-bit integer
TEXTS = ("string", "binary")
TRUE_WORDS, FALSE_WORDS = ("1", "true", "t", "yes", "y", "1.0"), ("0", "false", "f", "no", "n", "0.0")
EXPECTED = {
    "uid": "a whole number or text",
    "timestamp": "a time (unix seconds, milliseconds or microseconds, a date, or ISO 8601 text)",
    "campaign": "text",
    "conversion": "true or false, 0 or 1",
    "value": "a finite number",
    "split": "text",
}
# Times that a calendar can name: years 1 to 9999.
EARLIEST_US, LATEST_US = -62135596800000000, 253402300799999999


@dataclass
class Cell:
    """A column as SQL: the cell, NULL where it is empty, and its value in our type, NULL where it is empty or makes no sense."""

    name: str
    raw: str
    sql: str


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


def is_real(kind):
    return kind in ("float", "double") or (kind.startswith("decimal") and kind != LARGE_INTEGER)


def raw_cell(name, kind):
    """An empty text is an empty cell."""
    return f"nullif(CAST({quoted(name)} AS STRING), '')" if kind in TEXTS else quoted(name)


def find_column(frame, role, configured, required, what):
    """The name of the column for a role: the one the config names, the default name, or the only one with a name known to mean it."""
    by_name = {}
    for name in frame.columns:
        by_name.setdefault(name.lower(), name)
    wanted = configured or SYNONYMS[role][0]
    if wanted.lower() in by_name:
        return by_name[wanted.lower()]
    matches = [] if configured else [by_name[name] for name in SYNONYMS[role] if name in by_name]
    if len(matches) > 1:
        raise Error(f"expected one column for {role} in {what} but found '{matches[0]}' and '{matches[1]}'; choose by "
                    f"--set columns.{role}={matches[0]}", 3)
    if matches:
        return matches[0]
    if not required and not configured:
        return None
    near = difflib.get_close_matches(wanted, frame.columns, 1, 0) or ["..."]
    raise Error(f"expected a column '{wanted}' ({role}) in {what} but found only: {', '.join(frame.columns)}; name yours, perhaps "
                f"--set columns.{role}={near[0]}", 3)


def look(frame, aggregate):
    """One value over all rows."""
    return frame.selectExpr(f"{aggregate} AS found").first().found


def uid_cell(frame, name, kind, *, is_guessed, force_text):
    """(cell, is it text). Whole numbers are BIGINT; so is text of CSV or JSON (is_guessed) when every cell has the one spelling of a whole
    number, and what holds more than 64 bits when every cell fits."""
    raw = raw_cell(name, kind)
    if kind in ("float", "double"):
        n_bad = look(frame, f"count_if({raw} IS NOT NULL AND NOT ({raw} = floor({raw}) AND abs({raw}) <= 9007199254740992))")
        if n_bad:
            raise Error(f"expected whole numbers up to 2^53, or text, in column {name} (uid) of type {kind} but found {n_bad} other "
                        "values; store uids as integers or text", 3)
        return Cell(name, raw, f"CAST(CAST({raw} AS BIGINT) AS STRING)" if force_text else f"CAST({raw} AS BIGINT)"), force_text
    is_text = force_text or kind not in SMALL_INTEGERS
    if not force_text and (kind.startswith("decimal") or (kind == "string" and is_guessed)):
        number = f"try_cast({raw} AS BIGINT)"
        same = f"{number} = {raw}" if kind.startswith("decimal") else f"CAST({number} AS STRING) = {raw}"
        is_text = not look(frame, f"coalesce(bool_and(coalesce({same}, {raw} IS NULL)), false)")
    return Cell(name, raw, f"CAST({raw} AS {'STRING' if is_text else 'BIGINT'})"), is_text


SECONDS, MILLISECONDS, MICROSECONDS, NANOSECONDS = range(4)
# To microseconds, of whole numbers and of others.
WHOLE_UNITS = ("try_multiply({}, 1000000L)", "try_multiply({}, 1000L)", "{}", "({} DIV 1000L)")
REAL_UNITS = ("{} * 1000000D", "{} * 1000D", "{}", "{} / 1000D")


def unit_of(size):
    """By the size of the numbers: 1e11 seconds are 3,000 years from 1970, 1e11 milliseconds three."""
    return SECONDS if size < 1e11 else MILLISECONDS if size < 1e14 else MICROSECONDS if size < 1e17 else NANOSECONDS


def numeric_time(frame, number, is_whole):
    """The middle value decides on the unit, so that a stray one does not change all others. Days may be written YYYYMMDD."""
    real = f"CAST({number} AS DOUBLE)"
    day = f"try_to_timestamp(CAST(CAST({number} AS BIGINT) AS STRING), 'yyyyMMdd')"
    finite = f"(WHERE NOT isnan({real}) AND abs({real}) < double('Infinity'))"
    low, high, are_days = frame.selectExpr(
        f"min(abs({real})) FILTER {finite}", f"max(abs({real})) FILTER {finite}", f"bool_and({real} BETWEEN 19000101 AND 21001231 AND {day} IS NOT NULL) FILTER (WHERE {number} IS NOT NULL)").first()
    if are_days:
        return f"unix_micros({day})"
    unit = unit_of(high or 0)
    if unit != unit_of(low or 0):
        unit = unit_of(look(frame, f"percentile_approx(abs({real}), 0.5) FILTER {finite}") or 0)
    if is_whole:
        return WHOLE_UNITS[unit].format(f"try_cast({number} AS BIGINT)")
    return f"try_cast(round({REAL_UNITS[unit].format(real)}) AS BIGINT)"


def text_time(frame, raw):
    """Numbers if every cell is one, else dates and times of ISO 8601; without a zone they are UTC."""
    if look(frame, f"coalesce(bool_and({raw} IS NULL OR try_cast({raw} AS DOUBLE) IS NOT NULL), false)"):
        is_whole = look(frame, f"coalesce(bool_and({raw} IS NULL OR try_cast({raw} AS BIGINT) IS NOT NULL AND NOT contains({raw}, '.')), "
                               "false)")
        return numeric_time(frame, f"try_cast({raw} AS {'BIGINT' if is_whole else 'DOUBLE'})", is_whole)
    # Spark would also take a year alone, or a time of today.
    is_date = f"regexp_like({raw}, '^\\\\s*[0-9]{{4,6}}-[0-9]{{1,2}}-[0-9]{{1,2}}')"
    return f"CASE WHEN {is_date} THEN unix_micros(try_cast({raw} AS TIMESTAMP)) END"


def time_cell(frame, name, kind, is_nanoseconds):
    """is_nanoseconds: a Parquet timestamp of nanoseconds, which Spark gives as BIGINT."""
    raw = raw_cell(name, kind)
    if is_nanoseconds:
        sql = f"CAST(floor({raw} / 1000D) AS BIGINT)" if kind != "bigint" else f"({raw} - pmod({raw}, 1000L)) DIV 1000L"
    elif kind in SMALL_INTEGERS or kind == LARGE_INTEGER or is_real(kind):
        sql = numeric_time(frame, raw, not is_real(kind))
    elif kind in TEXTS:
        sql = text_time(frame, raw)
    elif kind in ("timestamp", "timestamp_ntz", "date"):
        sql = f"unix_micros(CAST({raw} AS TIMESTAMP))"
    else:
        raise Error(f"expected a number, date, timestamp or text in column {name} (timestamp) but found type {kind}", 3)
    return Cell(name, raw, sql)


def flag_cell(name, kind):
    raw = raw_cell(name, kind)
    if kind == "boolean":
        return Cell(name, raw, raw)
    if kind in TEXTS:
        words = [" ".join(f"WHEN '{word}' THEN {value}" for word in words)
                 for value, words in (("true", TRUE_WORDS), ("false", FALSE_WORDS))]
        return Cell(name, raw, f"CASE lower(trim({raw})) {words[0]} {words[1]} END")
    if kind in SMALL_INTEGERS or kind == LARGE_INTEGER or is_real(kind):
        return Cell(name, raw, f"CASE {raw} WHEN 1 THEN true WHEN 0 THEN false END")
    raise Error(f"expected true or false, 0 or 1 in column {name} (conversion) but found type {kind}", 3)


def number_cell(name, kind):
    raw = raw_cell(name, kind)
    real = f"try_cast({raw} AS DOUBLE)"
    return Cell(name, raw, f"CASE WHEN abs({real}) < double('Infinity') THEN {real} END")


def text_cell(frame, name, kind):
    """Names that were numbers with gaps arrive as 3.0: they are called 3."""
    raw = raw_cell(name, kind)
    if kind in ("float", "double") and look(frame, f"coalesce(bool_and(coalesce(try_cast({raw} AS BIGINT) = {raw}, {raw} IS NULL)), false)"):
        raw = f"CAST({raw} AS BIGINT)"
    return Cell(name, raw, f"CAST({raw} AS STRING)")
