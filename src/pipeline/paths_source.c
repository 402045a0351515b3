#include "pipeline/paths_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "credit/method.h"

/* The file's names of its columns; NULL: it has none. */
typedef struct {
  const char *path, *conversions, *value, *nulls;
} path_columns;

static bool ends_in(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

static void append_table(const char *file, da_text *sql) {
  bool is_json = ends_in(file, ".json") || ends_in(file, ".json.gz");
  da_text_append(sql, ends_in(file, ".parquet") ? "read_parquet(" : is_json ? "read_json(" : "read_csv(");
  da_sql_path(sql, file);
  da_text_append(sql, ")");
}

/* Takes a column for what it is, by its name. */
static void recognise(const char *name, path_columns *columns) {
  static const char *const conversions[] = {"conversions", "total_conversions"}, *const values[] = {"value", "total_conversion_value"},
                           *const nulls[] = {"nulls", "total_null"};
  if (strcmp(name, "path") == 0) columns->path = "path";
  for (int i = 0; i < 2; i++) {
    if (strcmp(name, conversions[i]) == 0) columns->conversions = conversions[i];
    if (strcmp(name, values[i]) == 0) columns->value = values[i];
    if (strcmp(name, nulls[i]) == 0) columns->nulls = nulls[i];
  }
}

static da_status find_columns(da_db *db, const char *file, path_columns *columns, da_error *err) {
  da_text sql = {0};
  da_text_append(&sql, "SELECT * FROM ");
  append_table(file, &sql);
  da_rows *rows = NULL;
  *columns = (path_columns){0};
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  for (size_t c = 0; status == DA_OK && c < da_rows_n_columns(rows); c++) recognise(da_rows_column_name(rows, c), columns);
  da_rows_close(rows);
  da_text_free(&sql);
  if (status == DA_OK && (!columns->path || !columns->conversions))
    return da_fail(err, DA_ERR_DATA, "expected the columns path and conversions in %s but found no %s", file,
                   columns->path ? "conversions" : "path");
  return status;
}

/* SELECT number, campaigns, n_converted, n_other [, value] of each row; a missing count is 0. */
static void append_paths(const char *file, const path_columns *columns, da_text *sql) {
  da_text_append(sql,
                 "SELECT row_number() OVER () AS number, list_filter(list_transform(string_split(path, '>'), lambda part: trim(part)), "
                 "lambda part: part <> '') AS campaigns, coalesce(");
  da_text_append(sql, columns->conversions);
  da_text_printf(sql, ", 0) AS n_converted, coalesce(%s, 0) AS n_other, ", columns->nulls ? columns->nulls : "0");
  da_text_printf(sql, "CAST(%s AS DOUBLE) AS value FROM ", columns->value ? columns->value : "NULL");
  append_table(file, sql);
}

static da_status check_rows(da_db *db, const char *file, const path_columns *columns, da_error *err) {
  da_text sql = {0};
  int64_t row = 0;
  da_text_append(&sql, "SELECT min(number) FROM (");
  append_paths(file, columns, &sql);
  da_text_append(&sql, ") WHERE campaigns IS NULL OR len(campaigns) = 0 OR n_converted < 0 OR n_other < 0 OR n_converted <> "
                       "floor(n_converted) OR n_other <> floor(n_other) OR (n_converted > 0 AND value < 0)");
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_int(db, da_text_cstr(&sql), &row, err);
  da_text_free(&sql);
  if (status == DA_OK && row > 0)
    return da_fail(err, DA_ERR_DATA,
                   "expected a path, whole numbers of journeys and a value of at least 0 but found another thing in row %" PRId64 " of %s",
                   row, file);
  return status;
}

/* The content's hash is part of the query: a stage whose query has changed is done again. */
static da_status print_source(const char *file, const path_columns *columns, da_text *sql, da_error *err) {
  da_text content = {0};
  da_status status = da_file_read(file, &content, err);
  if (status != DA_OK) return status;
  da_text_printf(sql, "/* content %016llx */ ", (unsigned long long)XXH64(da_text_cstr(&content), content.length, 0));
  da_text_free(&content);
  da_text_append(sql, "SELECT uid, 1700000000 + 60 * step AS timestamp, campaigns[step] AS campaign, "
                      "step = len(campaigns) AND uid < first_uid + n_converted AS conversion");
  if (columns->value) da_text_append(sql, ", CASE WHEN n_converted > 0 THEN value / n_converted END AS value");
  da_text_append(
      sql, " FROM (SELECT *, unnest(range(1, len(campaigns) + 1)) AS step FROM (SELECT *, first_uid + unnest(range(n_all)) AS uid FROM "
           "(SELECT *, CAST(n_converted + n_other AS BIGINT) AS n_all, CAST(sum(n_converted + n_other) OVER (ORDER BY number) - "
           "n_converted - n_other AS BIGINT) AS first_uid FROM (");
  append_paths(file, columns, sql);
  da_text_append(sql, "))))");
  return da_text_check(sql, err);
}

/* ---- Methods ---- */

static da_status check_methods(const da_text_list *wishes, da_error *err) {
  for (size_t i = 0; i < wishes->n; i++) {
    const da_method *method = da_method_find(wishes->items[i]);
    if (method && !method->on_paths) /* an unknown name is refused later, with the nearest one */
      return da_fail(
          err, DA_ERR_CONFIG,
          "expected methods in credit.methods that ask only for the order of touches but found %s, which paths do not tell enough",
          method->name);
  }
  return DA_OK;
}

/* All that are on by default and can. */
static da_status choose_methods(da_config *config, da_error *err) {
  size_t n_all, n = 0;
  const da_method *const *all = da_methods(&n_all);
  const char **names = da_arena_alloc(&config->texts, n_all, sizeof *names);
  if (!names) return da_mem_fail(err, n_all, sizeof *names, "the names of methods");
  for (size_t m = 0; m < n_all; m++) {
    if (all[m]->on_paths && all[m]->default_on) names[n++] = all[m]->name;
  }
  config->credit.methods = (da_text_list){names, n};
  return DA_OK;
}

da_status da_paths_settings(da_db *db, const char *file, da_config *config, da_error *err) {
  path_columns columns;
  da_text sql = {0};
  DA_TRY(check_methods(&config->credit.methods, err));
  DA_TRY(find_columns(db, file, &columns, err));
  DA_TRY(check_rows(db, file, &columns, err));
  da_status status = print_source(file, &columns, &sql, err);
  if (status == DA_OK) {
    config->source = da_arena_strndup(&config->texts, sql.data, sql.length);
    if (!config->source) status = da_mem_fail(err, sql.length, 1, "the query of paths");
  }
  da_text_free(&sql);
  config->journey.max_len = 0;
  config->journey.lookback_days = config->journey.gap_days = 0;
  if (status == DA_OK && config->credit.methods.n == 0) status = choose_methods(config, err);
  return status;
}
