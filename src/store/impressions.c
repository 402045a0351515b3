#include "store/impressions.h"

#include <string.h>

#include "store/impressions_columns.h"
#include "store/impressions_files.h"

/* A column of the relation that is being built: the cell as it came and its value in our type. */
typedef struct {
  const char *name; /* "uid", "time_us", ... */
  const da_raw_column *column;
  da_raw_expression expression;
} cell;

enum { CELL_UID, CELL_TIME, CELL_CAMPAIGN, CELL_CONVERSION, CELL_VALUE, CELL_COST, CELL_SPLIT, N_CELLS };

typedef struct {
  da_db *db;
  const da_config *config;
  const char *what; /* for messages: "raw/", a path, "the query of source" */
  da_text reader;   /* table function or subquery that gives the rows */
  da_raw_columns columns;
  cell cells[N_CELLS];
} relation_builder;

static void free_builder(relation_builder *b) {
  for (int i = 0; i < N_CELLS; i++) da_raw_expression_free(&b->cells[i].expression);
  da_raw_columns_free(&b->columns);
  da_text_free(&b->reader);
}

static da_status map_columns(relation_builder *b, bool conversion_required, da_error *err) {
  static const char *const names[N_CELLS] = {"uid", "time_us", "campaign", "conversion", "value", "cost", "split"};
  const bool required[DA_N_ROLES] = {true, true, true, conversion_required, false, false};
  for (int i = 0; i < N_CELLS; i++) b->cells[i].name = names[i];
  DA_TRY(da_raw_columns_read(b->db, da_text_cstr(&b->reader), &b->columns, err));
  for (int role = 0; role < DA_N_ROLES; role++) {
    DA_TRY(da_raw_columns_map(&b->columns, &b->config->columns, (da_role)role, required[role], b->what, &b->cells[role].column, err));
  }
  if (!b->config->split.column) return DA_OK;
  b->cells[CELL_SPLIT].column = da_raw_columns_find(&b->columns, b->config->split.column);
  if (b->cells[CELL_SPLIT].column) return DA_OK;
  return da_fail(err, DA_ERR_DATA, "expected the column '%.60s' of split.column in %s but found none of that name", b->config->split.column,
                 b->what);
}

static da_status set_expressions(relation_builder *b, bool force_text, bool *uid_is_text, da_error *err) {
  const char *reader = da_text_cstr(&b->reader);
  cell *c = b->cells;
  DA_TRY(da_raw_uid(b->db, reader, c[CELL_UID].column, force_text, &c[CELL_UID].expression, uid_is_text, err));
  DA_TRY(da_raw_time(b->db, reader, c[CELL_TIME].column, &c[CELL_TIME].expression, err));
  if (c[CELL_CAMPAIGN].column) DA_TRY(da_raw_text(c[CELL_CAMPAIGN].column, &c[CELL_CAMPAIGN].expression, err));
  if (c[CELL_CONVERSION].column) DA_TRY(da_raw_flag(c[CELL_CONVERSION].column, &c[CELL_CONVERSION].expression, err));
  if (c[CELL_VALUE].column) DA_TRY(da_raw_number(c[CELL_VALUE].column, &c[CELL_VALUE].expression, err));
  if (c[CELL_COST].column) DA_TRY(da_raw_number(c[CELL_COST].column, &c[CELL_COST].expression, err));
  if (c[CELL_SPLIT].column) DA_TRY(da_raw_text(c[CELL_SPLIT].column, &c[CELL_SPLIT].expression, err));
  return DA_OK;
}

/* The row has a user, a time and a campaign. */
static void print_is_kept(const relation_builder *b, da_text *sql) {
  const char *separator = "(";
  for (int i = CELL_UID; i <= CELL_CAMPAIGN; i++) {
    if (!b->cells[i].column) continue;
    da_text_printf(sql, "%s(%s) IS NOT NULL", separator, da_text_cstr(&b->cells[i].expression.sql));
    separator = " AND ";
  }
  da_text_append(sql, ")");
}

/* SELECT ... FROM reader WHERE the row has what it needs; conversion is false where it is unknown. */
static da_status print_relation(const relation_builder *b, da_text *sql, da_error *err) {
  const char *separator = "SELECT ";
  for (int i = 0; i < N_CELLS; i++) {
    const cell *c = &b->cells[i];
    if (!c->column && i != CELL_CONVERSION) continue;
    const char *value = da_text_cstr(&c->expression.sql);
    if (i != CELL_CONVERSION) da_text_printf(sql, "%s%s AS %s", separator, value, c->name);
    if (i == CELL_CONVERSION && c->column) da_text_printf(sql, "%scoalesce(%s, false) AS %s", separator, value, c->name);
    if (i == CELL_CONVERSION && !c->column) da_text_printf(sql, "%sfalse AS %s", separator, c->name);
    separator = ", ";
  }
  da_text_printf(sql, " FROM %s WHERE ", da_text_cstr(&b->reader));
  print_is_kept(b, sql);
  return da_text_check(sql, err);
}

/* ---- the audit: one pass, prepared while the columns are known ---- */

static const char *const expected_values[N_CELLS] = {
    [CELL_UID] = "a whole number or text",
    [CELL_TIME] = "a time (unix seconds, milliseconds or microseconds, a date, or ISO 8601 text)",
    [CELL_CAMPAIGN] = "text",
    [CELL_CONVERSION] = "true or false, 0 or 1",
    [CELL_VALUE] = "a finite number",
    [CELL_COST] = "a finite number",
    [CELL_SPLIT] = "text",
};

/* Times that a calendar can name: years 1 to 9999. */
#define EARLIEST_US "-62135596800000000"
#define LATEST_US "253402300799999999"

static void print_is_bad(const cell *c, int number, da_text *sql) {
  const char *raw = da_text_cstr(&c->expression.raw), *value = da_text_cstr(&c->expression.sql);
  da_text_printf(sql, "((%s) IS NOT NULL AND ((%s) IS NULL", raw, value);
  if (number == CELL_TIME) da_text_printf(sql, " OR (%s) NOT BETWEEN " EARLIEST_US " AND " LATEST_US, value);
  da_text_append(sql, "))");
}

/* "SELECT value, count(*), count(*) FILTER (uid is missing), ..., count(*) FILTER (uid is bad), ..., conversions FROM reader": the value of
 * the conversions, then 2 + 2 N_CELLS counts. */
static da_status print_audit(const relation_builder *b, da_text *sql, da_error *err) {
  const cell *conversion = &b->cells[CELL_CONVERSION], *value = &b->cells[CELL_VALUE];
  da_text converts = {0};
  da_text_printf(&converts, "coalesce(%s, false) AND ", conversion->column ? da_text_cstr(&conversion->expression.sql) : "false");
  print_is_kept(b, &converts);
  da_text_printf(sql, "SELECT coalesce(sum(CAST(%s AS DOUBLE)) FILTER (%s), 0), count(*)",
                 value->column ? da_text_cstr(&value->expression.sql) : "0", da_text_cstr(&converts));
  for (int i = 0; i < N_CELLS; i++) {
    if (b->cells[i].column) {
      da_text_printf(sql, ", count(*) FILTER ((%s) IS NULL)", da_text_cstr(&b->cells[i].expression.raw));
    } else {
      da_text_append(sql, ", 0");
    }
  }
  for (int i = 0; i < N_CELLS; i++) {
    if (b->cells[i].column) {
      da_text_append(sql, ", count(*) FILTER (");
      print_is_bad(&b->cells[i], i, sql);
      da_text_append(sql, ")");
    } else {
      da_text_append(sql, ", 0");
    }
  }
  da_text_printf(sql, ", count(*) FILTER (%s) FROM %s", da_text_cstr(&converts), da_text_cstr(&b->reader));
  if (converts.failed) sql->failed = true;
  da_text_free(&converts);
  return da_text_check(sql, err);
}

/* "SELECT 'sentence' ...": for each cell a query that finds the first bad row; run only when there is one. */
static da_status print_finders(const relation_builder *b, const da_raw_files *files, da_text *finders, da_error *err) {
  da_text reader = {0};
  if (files) {
    da_raw_files_reader(files, true, &reader);
  } else {
    da_text_append(&reader, da_text_cstr(&b->reader));
  }
  for (int i = 0; i < N_CELLS; i++) {
    const cell *c = &b->cells[i];
    if (c->column) {
      da_text_append(finders, "SELECT row, file, left(CAST(raw AS VARCHAR), 80), ");
      da_sql_literal(finders, c->column->name);
      da_text_printf(finders, " FROM (SELECT row_number() OVER () AS row, %s AS file, (%s) AS raw, ", files ? "filename" : "''",
                     da_text_cstr(&c->expression.raw));
      print_is_bad(c, i, finders);
      da_text_printf(finders, " AS bad FROM %s) WHERE bad LIMIT 1", da_text_cstr(&reader));
    }
    da_text_append_n(finders, "", 1); /* a zero byte ends each */
  }
  if (reader.failed) finders->failed = true;
  da_text_free(&reader);
  return da_text_check(finders, err);
}

/* ---- opening ---- */

static da_status refuse_empty(const da_bucket *bucket, const char *location, da_error *err) {
  const char *where = location ? location : da_bucket_location(bucket);
  return da_fail(err, DA_ERR_DATA,
                 "expected impressions in %s%s but found no .parquet, .csv, .tsv, .json, .jsonl or .ndjson file there; put your log there, "
                 "or name a query by source:",
                 where, location ? "" : "/raw");
}

static da_status build(relation_builder *b, bool conversion_required, bool force_text, da_impressions *out, da_error *err) {
  DA_TRY(map_columns(b, conversion_required, err));
  DA_TRY(set_expressions(b, force_text, &out->uid_is_text, err));
  DA_TRY(print_relation(b, &out->relation, err));
  DA_TRY(print_audit(b, &out->audit, err));
  out->has_conversion = b->cells[CELL_CONVERSION].column != NULL;
  out->has_value = b->cells[CELL_VALUE].column != NULL;
  out->has_cost = b->cells[CELL_COST].column != NULL;
  out->has_split = b->cells[CELL_SPLIT].column != NULL;
  return DA_OK;
}

/* raw/conversions.*: uid, timestamp and perhaps value, by the same names. uid_is_text: what its uids are. */
static da_status open_conversions(da_db *db, const da_config *config, const da_raw_files *files, bool force_text, bool *uid_is_text,
                                  da_impressions *out, da_error *err) {
  relation_builder b = {.db = db, .config = config, .what = "raw/conversions"};
  da_config_columns names = config->columns;
  da_raw_files_reader(files, false, &b.reader);
  da_status status = da_text_check(&b.reader, err);
  if (status == DA_OK) status = da_raw_columns_read(db, da_text_cstr(&b.reader), &b.columns, err);
  static const da_role wanted[] = {DA_ROLE_UID, DA_ROLE_TIMESTAMP, DA_ROLE_VALUE};
  static const char *const cell_names[] = {"uid", "time_us", "value"};
  static const int cells[] = {CELL_UID, CELL_TIME, CELL_VALUE};
  for (int i = 0; i < 3 && status == DA_OK; i++) {
    b.cells[cells[i]].name = cell_names[i];
    status = da_raw_columns_map(&b.columns, &names, wanted[i], i < 2, b.what, &b.cells[cells[i]].column, err);
  }
  if (status == DA_OK) status = set_expressions(&b, force_text, uid_is_text, err);
  if (status == DA_OK) {
    da_text_clear(&out->conversions);
    const char *value = b.cells[CELL_VALUE].column ? da_text_cstr(&b.cells[CELL_VALUE].expression.sql) : "CAST(1 AS DOUBLE)";
    const char *uid = da_text_cstr(&b.cells[CELL_UID].expression.sql), *time = da_text_cstr(&b.cells[CELL_TIME].expression.sql);
    da_text_printf(&out->conversions, "SELECT %s AS uid, %s AS time_us, %s AS value FROM %s WHERE (%s) IS NOT NULL AND (%s) IS NOT NULL",
                   uid, time, value, da_text_cstr(&b.reader), uid, time);
    status = da_text_check(&out->conversions, err);
    out->has_conversions_table = true;
    out->conversions_have_value = b.cells[CELL_VALUE].column != NULL;
  }
  free_builder(&b);
  return status;
}

static da_status open_impressions(relation_builder *b, const da_raw_files *files, const da_raw_files *conversions, bool force_text,
                                  da_impressions *out, da_error *err) {
  DA_TRY(build(b, conversions->n == 0, force_text, out, err));
  DA_TRY(print_finders(b, files, &out->finders, err));
  if (conversions->n == 0) return DA_OK;
  bool uid_is_text = false;
  DA_TRY(open_conversions(b->db, b->config, conversions, out->uid_is_text, &uid_is_text, out, err));
  if (uid_is_text == out->uid_is_text) return DA_OK;
  /* One log has numbers, the other text: both are read as text, and the impressions are set up again. */
  relation_builder again = {.db = b->db, .config = b->config, .what = b->what};
  da_text_append(&again.reader, da_text_cstr(&b->reader));
  da_text_clear(&out->relation);
  da_text_clear(&out->audit);
  da_text_clear(&out->finders);
  da_status status = build(&again, false, true, out, err);
  if (status == DA_OK) status = print_finders(&again, files, &out->finders, err);
  free_builder(&again);
  return status;
}

da_status da_impressions_open(da_db *db, const da_bucket *bucket, const char *location, const da_config *config, da_impressions *out,
                              da_error *err) {
  *out = (da_impressions){0};
  da_raw_files files[DA_N_RAW_KINDS] = {0};
  relation_builder b = {.db = db, .config = config, .what = location ? location : "raw/"};
  bool use_source = config->source && !location;
  da_status status = DA_OK;
  if (bucket || location) status = da_raw_files_find(db, bucket, location, files, err);
  da_raw_files *impressions = &files[DA_RAW_IMPRESSIONS], *conversions = &files[DA_RAW_CONVERSIONS];
  if (status == DA_OK && use_source) {
    b.what = "the query of source";
    da_text_printf(&b.reader, "(%s\n)", config->source);
    da_text_printf(&out->fingerprint, "%s\n", config->source);
  } else if (status == DA_OK) {
    if (impressions->n == 0) status = refuse_empty(bucket, location, err);
    if (status == DA_OK) da_raw_files_reader(impressions, false, &b.reader);
    da_text_append(&out->fingerprint, da_text_cstr(&impressions->fingerprint));
  }
  da_text_append(&out->fingerprint, da_text_cstr(&conversions->fingerprint));
  if (status == DA_OK) status = da_text_check(&b.reader, err);
  if (status == DA_OK) status = open_impressions(&b, use_source ? NULL : impressions, conversions, false, out, err);
  free_builder(&b);
  da_raw_files_free(files);
  if (status != DA_OK) da_impressions_free(out);
  return status;
}

/* ---- auditing ---- */

static const char *finder(const da_impressions *impressions, int number) {
  const char *sql = da_text_cstr(&impressions->finders);
  for (; number > 0; number--) sql += strlen(sql) + 1;
  return sql;
}

static da_status refuse_bad(da_db *db, const da_impressions *impressions, int number, uint64_t n_bad, da_error *err) {
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  DA_TRY(da_db_query(db, finder(impressions, number), &rows, err));
  da_status status = da_rows_next(rows, NULL, "audit", &chunk, err);
  if (status == DA_OK && chunk.n_rows > 0) {
    int64_t row = ((const int64_t *)chunk.columns[0].values)[0];
    da_slice file = ((const da_slice *)chunk.columns[1].values)[0], value = ((const da_slice *)chunk.columns[2].values)[0];
    da_slice column = ((const da_slice *)chunk.columns[3].values)[0];
    status = da_fail(err, DA_ERR_DATA,
                     "expected %s in column %.*s but found '%.*s' in row %lld%s%.*s, and %llu such rows in all; mend or leave them out",
                     expected_values[number], (int)column.length, column.data, (int)value.length, value.data, (long long)row,
                     file.length ? " of " : "", (int)file.length, file.data, (unsigned long long)n_bad);
  } else if (status == DA_OK) {
    status = da_fail(err, DA_ERR_DATA, "expected %s but found %llu other values", expected_values[number], (unsigned long long)n_bad);
  }
  da_rows_close(rows);
  return status;
}

da_status da_impressions_audit(da_db *db, da_impressions *impressions, const da_monitor *monitor, da_error *err) {
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  uint64_t counts[2 + 2 * N_CELLS] = {0};
  DA_TRY(da_db_query(db, da_text_cstr(&impressions->audit), &rows, err));
  da_status status = da_rows_next(rows, monitor, "reading", &chunk, err);
  if (status == DA_OK) impressions->value = ((const double *)chunk.columns[0].values)[0];
  for (size_t i = 0; status == DA_OK && i < sizeof counts / sizeof counts[0]; i++) {
    counts[i] = (uint64_t)((const int64_t *)chunk.columns[i + 1].values)[0];
  }
  da_rows_close(rows);
  DA_TRY(status);
  const uint64_t *missing = counts + 1, *bad = counts + 1 + N_CELLS;
  for (int i = 0; i < N_CELLS; i++) {
    if (bad[i]) return refuse_bad(db, impressions, i, bad[i], err);
  }
  impressions->n_rows = counts[0];
  impressions->n_conversions = counts[1 + 2 * N_CELLS];
  impressions->n_missing_uid = missing[CELL_UID];
  impressions->n_missing_timestamp = missing[CELL_TIME];
  impressions->n_missing_campaign = missing[CELL_CAMPAIGN];
  impressions->n_missing_conversion = missing[CELL_CONVERSION];
  return DA_OK;
}

void da_impressions_free(da_impressions *impressions) {
  da_text_free(&impressions->relation);
  da_text_free(&impressions->conversions);
  da_text_free(&impressions->audit);
  da_text_free(&impressions->finders);
  da_text_free(&impressions->fingerprint);
  *impressions = (da_impressions){0};
}
