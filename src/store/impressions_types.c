/* Types of raw columns: one SQL expression each; where the type leaves the meaning open, a look at the values. */
#include <string.h>

#include "base/mem.h"
#include "store/impressions_columns.h"

static bool starts_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

static bool is_one_of(const char *type, const char *const *names) {
  for (; *names; names++) {
    if (strcmp(type, *names) == 0) return true;
  }
  return false;
}

static bool is_small_integer(const char *type) {
  static const char *const names[] = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", NULL};
  return is_one_of(type, names);
}

static bool is_large_integer(const char *type) {
  static const char *const names[] = {"UBIGINT", "HUGEINT", "UHUGEINT", NULL};
  return is_one_of(type, names);
}

static bool is_real(const char *type) {
  static const char *const names[] = {"FLOAT", "DOUBLE", NULL};
  return is_one_of(type, names) || starts_with(type, "DECIMAL");
}

static bool is_text(const char *type) {
  static const char *const names[] = {"VARCHAR", "UUID", "JSON", "BLOB", NULL};
  return is_one_of(type, names) || starts_with(type, "ENUM");
}

/* The cell; an empty or blank text is an empty cell. */
static void print_raw(const da_raw_column *column, da_text *raw) {
  da_text name = {0};
  da_sql_identifier(&name, column->name);
  if (strcmp(column->type, "BLOB") == 0) {
    da_text_printf(raw, "nullif(decode(%s), '')", da_text_cstr(&name)); /* text of a writer that did not say so */
  } else if (is_text(column->type)) {
    da_text_printf(raw, "nullif(CAST(%s AS VARCHAR), '')", da_text_cstr(&name));
  } else {
    da_text_append(raw, da_text_cstr(&name));
  }
  raw->failed = raw->failed || name.failed;
  da_text_free(&name);
}

static da_status check(const da_raw_expression *out, da_error *err) {
  DA_TRY(da_text_check(&out->raw, err));
  return da_text_check(&out->sql, err);
}

/* SELECT aggregate FROM reader, as an integer. */
static da_status look(da_db *db, const char *reader, const char *aggregate, int64_t *value, da_error *err) {
  da_text sql = {0};
  da_text_printf(&sql, "SELECT %s FROM %s", aggregate, reader);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_int(db, da_text_cstr(&sql), value, err);
  da_text_free(&sql);
  return status;
}

/* ---- uid ---- */

/* Do all cells have the one spelling of a 64-bit whole number? Then they are numbers; 007 or a sign of plus keeps them text. */
static da_status all_whole(da_db *db, const char *reader, const da_raw_column *column, bool *whole, da_error *err) {
  da_text raw = {0}, aggregate = {0};
  print_raw(column, &raw);
  da_text_printf(
      &aggregate,
      "coalesce(bool_and(CAST(TRY_CAST(%s AS BIGINT) AS VARCHAR) IS NOT DISTINCT FROM CAST(%s AS VARCHAR) OR %s IS NULL), false)::INT",
      da_text_cstr(&raw), da_text_cstr(&raw), da_text_cstr(&raw));
  int64_t answer = 0;
  da_status status = look(db, reader, da_text_cstr(&aggregate), &answer, err);
  *whole = answer != 0;
  da_text_free(&raw);
  da_text_free(&aggregate);
  return status;
}

/* Whole numbers in DOUBLE or DECIMAL cells; beyond 2^53 a DOUBLE no longer tells users apart. */
static da_status check_real_uid(da_db *db, const char *reader, const da_raw_column *column, const char *raw, da_error *err) {
  da_text aggregate = {0};
  int64_t n_bad = 0;
  da_text_printf(&aggregate,
                 "count(*) FILTER (%s IS NOT NULL AND (NOT isfinite(CAST(%s AS DOUBLE)) OR CAST(%s AS DOUBLE) <> floor(CAST(%s AS DOUBLE)) "
                 "OR abs(CAST(%s AS DOUBLE)) > 9007199254740992))",
                 raw, raw, raw, raw, raw);
  da_status status = look(db, reader, da_text_cstr(&aggregate), &n_bad, err);
  da_text_free(&aggregate);
  if (status == DA_OK && n_bad > 0) {
    return da_fail(err, DA_ERR_DATA,
                   "expected whole numbers up to 2^53, or text, in column %s (uid) of type %s but found %lld other values; store uids as "
                   "integers or text",
                   column->name, column->type, (long long)n_bad);
  }
  return status;
}

da_status da_raw_uid(da_db *db, const char *reader, const da_raw_column *column, bool force_text, da_raw_expression *out, bool *is_text_out,
                     da_error *err) {
  print_raw(column, &out->raw);
  const char *raw = da_text_cstr(&out->raw);
  bool whole = is_small_integer(column->type);
  if (is_real(column->type)) {
    DA_TRY(check_real_uid(db, reader, column, raw, err));
    whole = true;
  } else if (is_large_integer(column->type) || strcmp(column->type, "VARCHAR") == 0) {
    if (!force_text) DA_TRY(all_whole(db, reader, column, &whole, err));
  }
  *is_text_out = force_text || !whole;
  if (is_real(column->type)) {
    da_text_printf(&out->sql, *is_text_out ? "CAST(CAST(%s AS BIGINT) AS VARCHAR)" : "CAST(%s AS BIGINT)", raw);
  } else {
    da_text_printf(&out->sql, "CAST(%s AS %s)", raw, *is_text_out ? "VARCHAR" : "BIGINT");
  }
  return check(out, err);
}

/* ---- time ---- */

/* Microseconds a unit, by the size of the numbers: 1e11 seconds are 3,000 years from 1970, 1e11 milliseconds three. */
static const char *unit_factor(double size) {
  if (size < 1e11) return "1000000";
  if (size < 1e14) return "1000";
  if (size < 1e17) return "1";
  return "0.001";
}

/* number: SQL of a DOUBLE or BIGINT. The middle value decides, so that a stray one does not change all others. */
static da_status numeric_time(da_db *db, const char *reader, const char *number, bool exact, da_raw_expression *out, da_error *err) {
  da_text aggregate = {0};
  int64_t low = 0, high = 0, size = 0;
  const char *finite = "FILTER (isfinite(CAST(%s AS DOUBLE)))";
  da_text filter = {0};
  da_text_printf(&filter, finite, number);
  for (int side = 0; side < 2; side++) {
    da_text_clear(&aggregate);
    da_text_printf(&aggregate, "TRY_CAST(%s(abs(CAST(%s AS DOUBLE))) %s AS BIGINT)", side ? "max" : "min", number, da_text_cstr(&filter));
    da_status status = look(db, reader, da_text_cstr(&aggregate), side ? &high : &low, err);
    if (status != DA_OK) {
      da_text_free(&aggregate);
      da_text_free(&filter);
      return status;
    }
  }
  da_status status = DA_OK;
  size = high;
  if (strcmp(unit_factor((double)low), unit_factor((double)high)) != 0) {
    da_text_clear(&aggregate);
    da_text_printf(&aggregate, "TRY_CAST(approx_quantile(abs(CAST(%s AS DOUBLE)), 0.5) %s AS BIGINT)", number, da_text_cstr(&filter));
    status = look(db, reader, da_text_cstr(&aggregate), &size, err);
  }
  const char *factor = unit_factor((double)size);
  if (exact && strcmp(factor, "0.001") != 0) {
    da_text_printf(&out->sql, "TRY_CAST(CAST(%s AS HUGEINT) * %s AS BIGINT)", number, factor);
  } else {
    da_text_printf(&out->sql, "CASE WHEN isfinite(CAST(%s AS DOUBLE)) THEN TRY_CAST(round(CAST(%s AS DOUBLE) * %s) AS BIGINT) END", number,
                   number, factor);
  }
  da_text_free(&aggregate);
  da_text_free(&filter);
  return status;
}

/* Text: numbers if every cell is one, else dates and times of ISO 8601; without a zone they are UTC. */
static da_status text_time(da_db *db, const char *reader, da_raw_expression *out, da_error *err) {
  const char *raw = da_text_cstr(&out->raw);
  da_text aggregate = {0}, number = {0};
  int64_t numeric = 0;
  da_text_printf(&aggregate, "coalesce(bool_and(%s IS NULL OR TRY_CAST(%s AS DOUBLE) IS NOT NULL), false)::INT", raw, raw);
  da_status status = look(db, reader, da_text_cstr(&aggregate), &numeric, err);
  if (status == DA_OK && numeric) {
    int64_t whole = 0;
    da_text_clear(&aggregate);
    da_text_printf(&aggregate, "coalesce(bool_and(%s IS NULL OR TRY_CAST(%s AS BIGINT) IS NOT NULL AND NOT contains(%s, '.')), false)::INT",
                   raw, raw, raw);
    status = look(db, reader, da_text_cstr(&aggregate), &whole, err);
    da_text_printf(&number, "TRY_CAST(%s AS %s)", raw, whole ? "BIGINT" : "DOUBLE");
    if (status == DA_OK) status = numeric_time(db, reader, da_text_cstr(&number), whole != 0, out, err);
  } else {
    da_text_printf(&out->sql, "CASE WHEN isfinite(TRY_CAST(%s AS TIMESTAMPTZ)) THEN epoch_us(TRY_CAST(%s AS TIMESTAMPTZ)) END", raw, raw);
  }
  da_text_free(&aggregate);
  da_text_free(&number);
  return status;
}

da_status da_raw_time(da_db *db, const char *reader, const da_raw_column *column, da_raw_expression *out, da_error *err) {
  print_raw(column, &out->raw);
  const char *raw = da_text_cstr(&out->raw), *type = column->type;
  if (is_small_integer(type) || is_large_integer(type)) {
    DA_TRY(numeric_time(db, reader, raw, true, out, err));
  } else if (is_real(type)) {
    DA_TRY(numeric_time(db, reader, raw, false, out, err));
  } else if (is_text(type)) {
    DA_TRY(text_time(db, reader, out, err));
  } else if (starts_with(type, "TIMESTAMP") || strcmp(type, "DATE") == 0) {
    da_text_printf(&out->sql, "CASE WHEN isfinite(%s) THEN epoch_us(CAST(%s AS %s)) END", raw, raw,
                   strcmp(type, "TIMESTAMP WITH TIME ZONE") == 0 ? "TIMESTAMPTZ" : "TIMESTAMP");
  } else {
    return da_fail(err, DA_ERR_DATA, "expected a number, date, timestamp or text in column %s (timestamp) but found type %s", column->name,
                   type);
  }
  return check(out, err);
}

/* ---- the rest ---- */

da_status da_raw_text(const da_raw_column *column, da_raw_expression *out, da_error *err) {
  print_raw(column, &out->raw);
  da_text_printf(&out->sql, "CAST(%s AS VARCHAR)", da_text_cstr(&out->raw));
  return check(out, err);
}

da_status da_raw_flag(const da_raw_column *column, da_raw_expression *out, da_error *err) {
  print_raw(column, &out->raw);
  const char *raw = da_text_cstr(&out->raw), *type = column->type;
  if (strcmp(type, "BOOLEAN") == 0) {
    da_text_append(&out->sql, raw);
  } else if (is_text(type)) {
    da_text_printf(
        &out->sql,
        "CASE lower(trim(%s)) WHEN '1' THEN true WHEN 'true' THEN true WHEN 't' THEN true WHEN 'yes' THEN true WHEN '1.0' THEN true "
        "WHEN '0' THEN false WHEN 'false' THEN false WHEN 'f' THEN false WHEN 'no' THEN false WHEN '0.0' THEN false END",
        raw);
  } else if (is_small_integer(type) || is_large_integer(type) || is_real(type)) {
    da_text_printf(&out->sql, "CASE %s WHEN 1 THEN true WHEN 0 THEN false END", raw);
  } else {
    return da_fail(err, DA_ERR_DATA, "expected true or false, 0 or 1 in column %s (conversion) but found type %s", column->name, type);
  }
  return check(out, err);
}

da_status da_raw_number(const da_raw_column *column, da_raw_expression *out, da_error *err) {
  print_raw(column, &out->raw);
  const char *raw = da_text_cstr(&out->raw);
  da_text_printf(&out->sql, "CASE WHEN isfinite(TRY_CAST(%s AS DOUBLE)) THEN TRY_CAST(%s AS DOUBLE) END", raw, raw);
  return check(out, err);
}
