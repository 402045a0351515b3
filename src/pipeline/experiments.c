#include "pipeline/experiments.h"

#include <math.h>
#include <string.h>

#include "base/file.h"

enum { CAMPAIGN, WINDOW, CONVERSIONS, SE, N_COLUMNS };
static const char *const column_names[N_COLUMNS] = {"campaign", "window", "incremental_conversions", "se"};

static void append_reader(const char *url, da_text *sql) {
  da_text_append(sql, "read_csv(");
  da_sql_path(sql, url);
  da_text_append(sql, ", header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true)");
}

/* Which of our columns the file has, under its own spelling. */
static da_status find_columns(da_db *db, const char *url, da_text names[N_COLUMNS], da_error *err) {
  da_text sql = {0};
  da_rows *rows = NULL;
  da_text_append(&sql, "SELECT * FROM ");
  append_reader(url, &sql);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  for (size_t c = 0; status == DA_OK && c < da_rows_n_columns(rows); c++) {
    for (int role = 0; role < N_COLUMNS; role++) {
      if (strcasecmp(da_rows_column_name(rows, c), column_names[role]) == 0) da_text_append(&names[role], da_rows_column_name(rows, c));
    }
  }
  da_rows_close(rows);
  da_text_free(&sql);
  for (int role = 0; status == DA_OK && role < N_COLUMNS; role++) {
    if (names[role].length > 0 || role == WINDOW) continue;
    status = da_fail(err, DA_ERR_DATA, "expected the columns campaign, window, incremental_conversions, se in %s but found no %s", url,
                     column_names[role]);
  }
  return status;
}

static void append_text(const da_text *name, da_text *sql) {
  if (name->length == 0) {
    da_text_append(sql, "NULL::VARCHAR");
    return;
  }
  da_text_append(sql, "nullif(trim(");
  da_sql_identifier(sql, da_text_cstr(name));
  da_text_append(sql, "), '')");
}

/* campaign, window, conversions, se as text; begin and end of the window in microseconds; conversions and se as numbers. */
static void append_query(const char *url, const da_text names[N_COLUMNS], da_text *sql) {
  static const char *const aliases[N_COLUMNS] = {"campaign", "span", "conversions", "se"};
  da_text_append(sql, "SELECT campaign, span, conversions, se, epoch_us(try_cast(split_part(span, '/', 1) AS TIMESTAMP)), "
                      "epoch_us(try_cast(split_part(span, '/', 2) AS TIMESTAMP) + "
                      "CASE WHEN length(trim(split_part(span, '/', 2))) = 10 THEN INTERVAL 1 DAY ELSE INTERVAL 0 DAY END), "
                      "try_cast(conversions AS DOUBLE), try_cast(se AS DOUBLE) FROM (SELECT ");
  for (int role = 0; role < N_COLUMNS; role++) {
    append_text(&names[role], sql);
    da_text_printf(sql, " AS %s%s", aliases[role], role + 1 < N_COLUMNS ? ", " : " FROM ");
  }
  append_reader(url, sql);
  da_text_append(sql, ")");
}

static da_status refuse(const char *url, size_t row, const char *expected, const da_column *found, size_t at, da_error *err) {
  bool empty = found->valid && !found->valid[at];
  da_slice text = empty ? (da_slice){"nothing", 7} : ((const da_slice *)found->values)[at];
  return da_fail(err, DA_ERR_DATA, "expected %s in row %zu of %s but found %s%.*s%s", expected, row, url, empty ? "" : "'",
                 (int)(text.length < 80 ? text.length : 80), text.data, empty ? "" : "'");
}

static bool is_known(const da_column *column, size_t at) { return !column->valid || column->valid[at]; }

static bool number_at(const da_column *column, size_t at, double *number) {
  if (is_known(column, at)) *number = ((const double *)column->values)[at];
  return is_known(column, at) && isfinite(*number);
}

static da_status take_row(const char *url, const da_chunk *chunk, size_t at, size_t row, da_arena *arena, da_experiment *to,
                          da_error *err) {
  const da_column *column = chunk->columns;
  if (!is_known(&column[CAMPAIGN], at)) return refuse(url, row, "the name of a campaign", &column[CAMPAIGN], at, err);
  *to = (da_experiment){.begin_us = INT64_MIN, .end_us = INT64_MAX};
  if (is_known(&column[WINDOW], at)) {
    bool whole = is_known(&column[4], at) && is_known(&column[5], at);
    if (whole) {
      to->begin_us = ((const int64_t *)column[4].values)[at];
      to->end_us = ((const int64_t *)column[5].values)[at];
    }
    if (!whole || to->begin_us >= to->end_us)
      return refuse(url, row, "a window such as 2018-07-01/2018-07-14, or none,", &column[WINDOW], at, err);
  }
  if (!number_at(&column[6], at, &to->conversions)) return refuse(url, row, "a number of conversions", &column[CONVERSIONS], at, err);
  if (!number_at(&column[7], at, &to->standard_error) || to->standard_error < 0)
    return refuse(url, row, "a standard error, 0 or more,", &column[SE], at, err);
  da_slice name = ((const da_slice *)column[CAMPAIGN].values)[at];
  char *copy = da_arena_strndup(arena, name.data, name.length);
  if (!copy) return da_mem_fail(err, name.length, 1, "the results of experiments");
  to->campaign = (da_slice){copy, name.length};
  return DA_OK;
}

static da_status read_rows(da_db *db, const char *url, const char *sql, da_arena *arena, da_experiments *out, da_error *err) {
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_status status = da_db_query(db, sql, &rows, err);
  while (status == DA_OK && (status = da_rows_next(rows, NULL, "reading the experiments", &chunk, err)) == DA_OK && chunk.n_rows > 0) {
    da_experiment *items = da_arena_alloc(arena, out->n + chunk.n_rows, sizeof *items);
    if (!items) {
      status = da_mem_fail(err, out->n + chunk.n_rows, sizeof *items, "the results of experiments");
      break;
    }
    if (out->n > 0) memcpy(items, out->items, out->n * sizeof *items);
    for (size_t i = 0; i < chunk.n_rows && status == DA_OK; i++)
      status = take_row(url, &chunk, i, out->n + i + 1, arena, &items[out->n + i], err);
    *out = (da_experiments){items, out->n + chunk.n_rows};
  }
  da_rows_close(rows);
  return status;
}

static da_status read_file(da_db *db, const char *url, da_arena *arena, da_experiments *out, da_error *err) {
  da_text names[N_COLUMNS] = {0}, sql = {0};
  da_status status = find_columns(db, url, names, err);
  if (status == DA_OK) {
    append_query(url, names, &sql);
    status = da_text_check(&sql, err);
  }
  if (status == DA_OK) status = read_rows(db, url, da_text_cstr(&sql), arena, out, err);
  for (int role = 0; role < N_COLUMNS; role++) da_text_free(&names[role]);
  da_text_free(&sql);
  return status;
}

da_status da_experiments_text(const da_bucket *bucket, const char *path, da_text *text, da_error *err) {
  if (path) return da_file_read(path, text, err);
  bool exists = false;
  DA_TRY(da_bucket_exists(bucket, DA_KEY_LIFT, &exists, err));
  return exists ? da_bucket_get(bucket, DA_KEY_LIFT, text, err) : DA_OK;
}

da_status da_experiments_read(da_db *db, const da_bucket *bucket, const char *path, da_arena *arena, da_experiments *out, da_error *err) {
  *out = (da_experiments){0};
  if (path) return read_file(db, path, arena, out, err);
  bool exists = false;
  DA_TRY(da_bucket_exists(bucket, DA_KEY_LIFT, &exists, err));
  if (!exists) return DA_OK;
  DA_TRY(da_bucket_connect(bucket, db, false, err));
  char *url = da_bucket_url(bucket, DA_KEY_LIFT);
  if (!url) return da_mem_fail(err, 1, 256, "a path");
  da_status status = read_file(db, url, arena, out, err);
  da_mem_free(url);
  return status;
}
