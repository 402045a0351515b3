#include "store/impressions.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/gzip.h"
#include "store/impressions_currency.h"
#include "store/impressions_table.h"

struct da_raw_log {
  da_db *db;
  const da_config *config;
  const da_bucket *bucket; /* of raw/; NULL: a location of its own */
  const char *query;       /* of source; NULL: files */
  char *what;              /* for messages: "raw/", a path, "the query of source" */
  da_raw_files files[DA_N_RAW_KINDS];
  da_raw_table tables[DA_N_RAW_KINDS];
  da_text session_tables; /* names, each ended by a space */
};

static bool has_table(const struct da_raw_log *raw, da_raw_kind kind) {
  return raw->files[kind].n > 0 || (kind == DA_RAW_IMPRESSIONS && raw->query);
}

/* ---- Opening ---- */

static da_status refuse_empty(const da_bucket *bucket, const char *location, da_error *err) {
  const char *where = location ? location : da_bucket_location(bucket);
  return da_fail(err, DA_ERR_DATA,
                 "expected impressions in %s%s but found no .parquet, .csv, .tsv, .json, .jsonl or .ndjson file there; put your log there, "
                 "or name a query by source:",
                 where, location ? "" : "/raw");
}

static da_status open_raw(struct da_raw_log *raw, const da_bucket *bucket, const char *location, da_text *fingerprint, da_error *err) {
  raw->query = location ? NULL : raw->config->source;
  raw->what = da_mem_strdup(location ? location : raw->query ? "the query of source" : "raw/");
  if (!raw->what) return da_mem_fail(err, 1, 64, "the log");
  if (bucket || location) DA_TRY(da_raw_files_find(raw->db, &raw->config->s3, bucket, location, raw->files, err));
  if (!raw->query && raw->files[DA_RAW_IMPRESSIONS].n == 0) return refuse_empty(bucket, location, err);
  if (raw->query) da_text_printf(fingerprint, "%s\n", raw->query);
  for (int kind = raw->query ? DA_RAW_CONVERSIONS : DA_RAW_IMPRESSIONS; kind < DA_N_RAW_KINDS; kind++)
    da_text_append(fingerprint, da_text_cstr(&raw->files[kind].fingerprint));
  return da_text_check(fingerprint, err);
}

da_status da_impressions_open(da_db *db, const da_bucket *bucket, const char *location, const da_config *config, da_impressions *out,
                              da_error *err) {
  *out = (da_impressions){0};
  struct da_raw_log *raw = da_mem_calloc(1, sizeof *raw);
  if (!raw) return da_mem_fail(err, 1, sizeof *raw, "the log");
  raw->db = db;
  raw->config = config;
  raw->bucket = location ? NULL : bucket;
  out->raw = raw;
  da_status status = open_raw(raw, bucket, location, &out->fingerprint, err);
  if (status != DA_OK) da_impressions_free(out);
  return status;
}

void da_impressions_free(da_impressions *impressions) {
  struct da_raw_log *raw = impressions->raw;
  if (raw) {
    da_text drop = {0};
    for (const char *name = da_text_cstr(&raw->session_tables); *name; name += strcspn(name, " ") + 1)
      da_text_printf(&drop, "DROP TABLE IF EXISTS %.*s;", (int)strcspn(name, " "), name);
    if (drop.length && da_db_run(raw->db, da_text_cstr(&drop), NULL) != DA_OK) da_text_clear(&drop); /* they end with the session */
    da_text_free(&drop);
    for (int kind = 0; kind < DA_N_RAW_KINDS; kind++) da_raw_table_free(&raw->tables[kind]);
    da_raw_files_free(raw->files);
    da_text_free(&raw->session_tables);
    da_mem_free(raw->what);
    da_mem_free(raw);
  }
  da_text_free(&impressions->fingerprint);
  da_text_free(&impressions->relation);
  da_text_free(&impressions->conversions);
  da_text_free(&impressions->spend);
  *impressions = (da_impressions){0};
}

/* ---- Tables of the session ---- */

/* Runs sql into a table; sql then selects from that. */
static da_status keep(struct da_raw_log *raw, da_text *sql, const da_monitor *monitor, da_error *err) {
  char name[48];
  da_text create = {0};
  da_rows *rows = NULL;
  da_chunk chunk;
  da_db_new_name(raw->db, "log", name, sizeof name);
  da_text_printf(&create, "CREATE TABLE %s AS %s", name, da_text_cstr(sql));
  da_text_printf(&raw->session_tables, "%s ", name);
  da_status status = da_text_check(&create, err);
  if (status == DA_OK) status = da_text_check(&raw->session_tables, err);
  if (status == DA_OK) status = da_db_query(raw->db, da_text_cstr(&create), &rows, err);
  if (status == DA_OK) status = da_rows_next(rows, monitor, "reading the log", &chunk, err);
  da_rows_close(rows);
  da_text_free(&create);
  da_text_clear(sql);
  da_text_printf(sql, "SELECT * FROM %s", name);
  return status == DA_OK ? da_text_check(sql, err) : status;
}

/* The user's query runs once: it may be slow, and it may answer differently the next time. */
static da_status keep_query(struct da_raw_log *raw, da_text *reader, const da_monitor *monitor, da_error *err) {
  da_text sql = {0};
  da_text_printf(&sql, "SELECT * FROM (%s\n)", raw->query);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = keep(raw, &sql, monitor, err);
  if (status == DA_ERR_INTERNAL && err) { /* SQL of the user's that DuckDB does not take */
    da_error told = *err;
    status = da_fail(err, DA_ERR_CONFIG, "source: %s", told.msg);
  }
  if (status == DA_OK) da_text_printf(reader, "(%s)", da_text_cstr(&sql));
  da_text_free(&sql);
  return status == DA_OK ? da_text_check(reader, err) : status;
}

/* ---- Columns ---- */

/* An object is fetched for it, and the copy goes at once. describe, which knows no bucket, trusts it. */
static da_status check_packed_file(const struct da_raw_log *raw, const da_raw_file *file, const da_monitor *monitor, da_error *err) {
  if (!da_bucket_is_remote(file->url)) return da_gzip_check(file->url, file->url, monitor, err);
  if (!raw->bucket) return DA_OK;
  char *path = NULL;
  DA_TRY(da_bucket_local(raw->bucket, file->key, &path, err));
  da_status status = da_gzip_check(path, file->url, monitor, err);
  unlink(path);
  da_mem_free(path);
  return status;
}

static da_status check_packed_files(const struct da_raw_log *raw, const da_raw_files *files, const da_monitor *monitor, da_error *err) {
  for (size_t i = 0; i < files->n; i++)
    if (da_raw_file_is_packed(&files->items[i])) DA_TRY(check_packed_file(raw, &files->items[i], monitor, err));
  return DA_OK;
}

static da_status open_table(struct da_raw_log *raw, da_raw_kind kind, const da_monitor *monitor, da_error *err) {
  static const char *const names[] = {[DA_RAW_CONVERSIONS] = "raw/conversions", [DA_RAW_SPEND] = "raw/spend"};
  da_raw_files *files = &raw->files[kind];
  const char *what = kind == DA_RAW_IMPRESSIONS ? raw->what : names[kind];
  if (kind == DA_RAW_IMPRESSIONS && raw->query) {
    da_text reader = {0};
    da_status status = keep_query(raw, &reader, monitor, err);
    if (status == DA_OK) status = da_raw_table_open(raw->db, what, NULL, da_text_cstr(&reader), &raw->tables[kind], err);
    da_text_free(&reader);
    return status;
  }
  DA_TRY(check_packed_files(raw, files, monitor, err));
  DA_TRY(da_raw_files_lay_out(raw->db, files, err));
  return da_raw_table_open(raw->db, what, files, NULL, &raw->tables[kind], err);
}

typedef enum { UNUSED, OPTIONAL, REQUIRED } need;

static const need needs[DA_N_RAW_KINDS][DA_N_ROLES] = {
    [DA_RAW_IMPRESSIONS] = {REQUIRED, REQUIRED, REQUIRED, REQUIRED, OPTIONAL, OPTIONAL, UNUSED, UNUSED},
    [DA_RAW_CONVERSIONS] = {REQUIRED, REQUIRED, UNUSED, UNUSED, OPTIONAL, UNUSED, UNUSED, UNUSED},
    [DA_RAW_SPEND] = {UNUSED, UNUSED, REQUIRED, UNUSED, UNUSED, REQUIRED, UNUSED, UNUSED},
};

static da_status map_columns(struct da_raw_log *raw, da_raw_kind kind, const da_monitor *monitor, da_error *err) {
  da_raw_table *table = &raw->tables[kind];
  const da_config_columns *config = &raw->config->columns;
  for (int role = 0; role < DA_N_ROLES; role++) {
    need needed = needs[kind][role];
    if (needed == UNUSED) continue;
    if (role == DA_ROLE_CONVERSION && has_table(raw, DA_RAW_CONVERSIONS)) needed = OPTIONAL;
    DA_TRY(da_raw_table_map(raw->db, table, config, (da_role)role, needed == REQUIRED, err));
    const da_raw_column *column = table->cells[role].column;
    if (column && strcasecmp(column->name, da_role_name((da_role)role)) != 0)
      da_monitor_note(monitor, DA_NOTE_INFO, "the column '%.80s' of %s is taken as %s", column->name, table->what,
                      da_role_name((da_role)role));
  }
  if (kind != DA_RAW_IMPRESSIONS) return DA_OK;
  da_feature_wish wishes[DA_MAX_FEATURES];
  uint32_t n_features;
  DA_TRY(da_feature_wishes(config, wishes, &n_features, err));
  for (uint32_t f = 0; f < n_features; f++) DA_TRY(da_raw_table_add_feature(raw->db, table, &wishes[f], err));
  if (!raw->config->split.column) return DA_OK;
  return da_raw_table_name(raw->db, table, DA_ROLE_SPLIT, "split.column", raw->config->split.column, err);
}

/* ---- Auditing ---- */

static void note_decisions(const da_raw_table *table, const da_monitor *monitor) {
  const da_raw_cell *time = &table->cells[DA_ROLE_TIMESTAMP];
  if (!time->column) return;
  if (time->note)
    da_monitor_note(monitor, DA_NOTE_INFO, "the times of %s in column %.80s are read as %s", table->what, time->column->name, time->note);
  if (time->n_early) {
    da_monitor_note(monitor, DA_NOTE_WARNING, "%llu of the times of %s are so small that they lie around 1970; are they times?",
                    (unsigned long long)time->n_early, table->what);
  }
}

/* Uids of impressions and conversions must meet: where one log has numbers and the other text, both are text. */
static da_status unify_uids(struct da_raw_log *raw, da_error *err) {
  if (!has_table(raw, DA_RAW_CONVERSIONS)) return DA_OK;
  da_raw_cell *touch = &raw->tables[DA_RAW_IMPRESSIONS].cells[DA_ROLE_UID],
              *conversion = &raw->tables[DA_RAW_CONVERSIONS].cells[DA_ROLE_UID];
  if (touch->is_text == conversion->is_text) return DA_OK;
  return da_raw_cell_make_text(touch->is_text ? conversion : touch, err);
}

static da_status set_relation(struct da_raw_log *raw, da_raw_kind kind, const da_monitor *monitor, da_text *sql, da_error *err) {
  static const char *const names[DA_N_ROLES] = {"uid", "time_us", "campaign", "conversion", "value", "cost", "split", NULL};
  const da_raw_table *table = &raw->tables[kind];
  bool required[DA_N_ROLES];
  for (int role = 0; role < DA_N_ROLES; role++) required[role] = needs[kind][role] == REQUIRED && role != DA_ROLE_CONVERSION;
  da_raw_table_relation(table, names, required, sql);
  DA_TRY(da_text_check(sql, err));
  return table->files && table->files->format != DA_RAW_PARQUET ? keep(raw, sql, monitor, err) : DA_OK;
}

/* A column that a table lacks, with the value it stands for. */
static da_status add_constant(da_text *sql, const char *constant, da_error *err) {
  da_text with = {0};
  da_text_printf(&with, "SELECT *, %s FROM (%s)", constant, da_text_cstr(sql));
  da_text_free(sql);
  *sql = with;
  return da_text_check(sql, err);
}

static da_status set_relations(struct da_raw_log *raw, const da_monitor *monitor, da_impressions *out, da_error *err) {
  da_text *const relations[DA_N_RAW_KINDS] = {&out->relation, &out->conversions, &out->spend};
  for (int kind = 0; kind < DA_N_RAW_KINDS; kind++) {
    da_text_clear(relations[kind]);
    if (has_table(raw, (da_raw_kind)kind)) DA_TRY(set_relation(raw, (da_raw_kind)kind, monitor, relations[kind], err));
  }
  if (!out->has_conversion) DA_TRY(add_constant(&out->relation, "false AS conversion", err));
  if (out->has_conversions_table && !out->conversions_have_value)
    DA_TRY(add_constant(&out->conversions, "CAST(1 AS DOUBLE) AS value", err));
  return DA_OK;
}

static void set_features(const struct da_raw_log *raw, da_impressions *out) {
  const da_raw_table *touches = &raw->tables[DA_RAW_IMPRESSIONS];
  out->n_features = touches->n_features;
  for (uint32_t f = 0; f < out->n_features; f++) {
    const da_raw_cell *cell = &touches->cells[DA_N_ROLES + f];
    out->features[f] = (da_feature_column){
        .name = cell->column->name, .of_user = f >= raw->config->columns.touch_features.n, .is_number = cell->is_number};
  }
}

static void set_facts(const struct da_raw_log *raw, da_impressions *out) {
  const da_raw_table *touches = &raw->tables[DA_RAW_IMPRESSIONS], *conversions = &raw->tables[DA_RAW_CONVERSIONS];
  out->uid_is_text = touches->cells[DA_ROLE_UID].is_text;
  out->has_conversion = da_raw_table_has(touches, DA_ROLE_CONVERSION);
  out->has_value = da_raw_table_has(touches, DA_ROLE_VALUE);
  out->has_cost = da_raw_table_has(touches, DA_ROLE_COST);
  out->has_split = da_raw_table_has(touches, DA_ROLE_SPLIT);
  const da_raw_cell *uid = &touches->cells[DA_ROLE_UID], *time = &touches->cells[DA_ROLE_TIMESTAMP];
  out->has_range = time->has_range && (uid->has_range || uid->is_text);
  out->first_us = time->lowest;
  out->last_us = time->highest;
  out->lowest_uid = uid->lowest;
  out->highest_uid = uid->highest;
  out->n_rows = touches->n_rows;
  out->n_missing_uid = touches->cells[DA_ROLE_UID].n_missing;
  out->n_missing_timestamp = touches->cells[DA_ROLE_TIMESTAMP].n_missing;
  out->n_missing_campaign = touches->cells[DA_ROLE_CAMPAIGN].n_missing;
  out->n_missing_conversion = touches->cells[DA_ROLE_CONVERSION].n_missing;
  out->has_conversions_table = has_table(raw, DA_RAW_CONVERSIONS);
  out->conversions_have_value = da_raw_table_has(conversions, DA_ROLE_VALUE);
  out->n_missing_conversions = conversions->cells[DA_ROLE_UID].n_missing + conversions->cells[DA_ROLE_TIMESTAMP].n_missing;
}

/* fsum: the same sum whatever the order in which threads add. */
static da_status count_conversions(da_db *db, const da_monitor *monitor, da_impressions *out, da_error *err) {
  bool of_events = out->has_conversions_table;
  bool has_value = of_events ? out->conversions_have_value : out->has_value;
  const char *filter = of_events ? "" : " FILTER (conversion)";
  da_text sql = {0};
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_text_printf(&sql, "SELECT count(*)%s, coalesce(fsum(%s)%s, 0) FROM (%s)", filter, has_value ? "value" : "CAST(0 AS DOUBLE)", filter,
                 da_text_cstr(of_events ? &out->conversions : &out->relation));
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  if (status == DA_OK) status = da_rows_next(rows, monitor, "looking at the log", &chunk, err);
  if (status == DA_OK) {
    out->n_conversions = (uint64_t)((const int64_t *)chunk.columns[0].values)[0];
    out->value = ((const double *)chunk.columns[1].values)[0];
  }
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

da_status da_impressions_audit(da_db *db, da_impressions *impressions, const da_monitor *monitor, da_error *err) {
  struct da_raw_log *raw = impressions->raw;
  for (int kind = 0; kind < DA_N_RAW_KINDS; kind++) {
    da_raw_table_free(&raw->tables[kind]); /* of an audit before this one */
    if (!has_table(raw, (da_raw_kind)kind)) continue;
    DA_TRY(open_table(raw, (da_raw_kind)kind, monitor, err));
    DA_TRY(map_columns(raw, (da_raw_kind)kind, monitor, err));
    DA_TRY(da_raw_table_look(db, &raw->tables[kind], monitor, err));
    note_decisions(&raw->tables[kind], monitor);
  }
  DA_TRY(da_raw_tables_check_currency(db, raw->tables, DA_N_RAW_KINDS, err));
  DA_TRY(unify_uids(raw, err));
  set_facts(raw, impressions);
  set_features(raw, impressions);
  DA_TRY(set_relations(raw, monitor, impressions, err));
  return count_conversions(db, monitor, impressions, err);
}
