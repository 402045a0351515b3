#include "store/impressions_table.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

da_status da_raw_table_open(da_db *db, const char *what, const da_raw_files *files, const char *query, da_raw_table *table, da_error *err) {
  *table = (da_raw_table){.what = what, .files = files};
  if (files)
    da_raw_files_reader(files, &table->reader);
  else
    da_text_append(&table->reader, query);
  DA_TRY(da_text_check(&table->reader, err));
  return da_raw_columns_read(db, da_text_cstr(&table->reader), &table->columns, err);
}

bool da_raw_table_has(const da_raw_table *table, da_role role) { return table->cells[role].column != NULL; }

static da_status use_column(da_db *db, da_raw_table *table, da_role role, const da_raw_column *column, da_raw_cell *cell, da_error *err) {
  bool is_guessed = table->files && table->files->format != DA_RAW_PARQUET;
  DA_TRY(da_raw_cell_open(role, column, is_guessed, cell, err));
  if (!table->files || !column) return DA_OK;
  da_text lacking = {0};
  da_status status = da_raw_files_lacking(db, table->files, column->name, &lacking, err);
  if (status == DA_OK && lacking.length) {
    status = da_fail(err, DA_ERR_DATA, "expected the column '%.80s' in every file of %s but found none in %s; mend it or move it away",
                     column->name, table->what, da_text_cstr(&lacking));
  }
  da_text_free(&lacking);
  return status;
}

da_status da_raw_table_map(da_db *db, da_raw_table *table, const da_config_columns *config, da_role role, bool required, da_error *err) {
  const da_raw_column *column;
  DA_TRY(da_raw_columns_map(&table->columns, config, role, required, table->what, &column, err));
  return use_column(db, table, role, column, &table->cells[role], err);
}

static da_status find_named(const da_raw_table *table, const char *key, const char *name, const da_raw_column **column, da_error *err) {
  *column = da_raw_columns_find(&table->columns, name);
  if (*column) return DA_OK;
  da_text found = {0};
  da_raw_columns_print(&table->columns, &found);
  da_status status =
      da_fail(err, DA_ERR_DATA, "expected the column '%.60s' of %s in %s but found only: %s", name, key, table->what, da_text_cstr(&found));
  da_text_free(&found);
  return status;
}

da_status da_raw_table_name(da_db *db, da_raw_table *table, da_role role, const char *key, const char *name, da_error *err) {
  const da_raw_column *column;
  DA_TRY(find_named(table, key, name, &column, err));
  return use_column(db, table, role, column, &table->cells[role], err);
}

da_status da_raw_table_add_feature(da_db *db, da_raw_table *table, const da_feature_wish *wish, da_error *err) {
  const char *key = wish->of_user ? "columns.user_features" : "columns.touch_features";
  const da_raw_column *column;
  char name[256];
  snprintf(name, sizeof name, "%.*s", (int)wish->name.length, wish->name.data);
  DA_TRY(find_named(table, key, name, &column, err));
  da_raw_cell *cell = &table->cells[DA_N_ROLES + table->n_features];
  DA_TRY(use_column(db, table, DA_ROLE_FEATURE, column, cell, err));
  cell->wanted = wish->kind;
  table->n_features++;
  return DA_OK;
}

void da_raw_table_free(da_raw_table *table) {
  for (int i = 0; i < DA_MAX_CELLS; i++) da_raw_cell_free(&table->cells[i]);
  da_raw_columns_free(&table->columns);
  da_text_free(&table->reader);
  *table = (da_raw_table){0};
}

/* ---- Looking at the data ---- */

enum { MAX_QUESTIONS = 16 * DA_MAX_CELLS };

/* One row of integers. No question, no reading. */
static da_status get_answers(da_db *db, const da_raw_table *table, const da_questions *questions, const da_monitor *monitor,
                             int64_t answers[MAX_QUESTIONS], da_error *err) {
  DA_TRY(da_text_check(&questions->sql, err));
  if (questions->n == 0) return DA_OK;
  if (questions->first + questions->n > MAX_QUESTIONS)
    return da_fail(err, DA_ERR_INTERNAL, "expected at most %d questions about a log", (int)MAX_QUESTIONS);
  da_text sql = {0};
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_text_printf(&sql, "SELECT %s FROM %s", da_text_cstr(&questions->sql), da_text_cstr(&table->reader));
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  if (status == DA_OK) status = da_rows_next(rows, monitor, "looking at the log", &chunk, err);
  for (size_t i = 0; status == DA_OK && i < questions->n; i++)
    answers[questions->first + i] = ((const int64_t *)chunk.columns[i].values)[0];
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

static da_status ask_all(da_db *db, da_raw_table *table, const da_monitor *monitor, int64_t answers[MAX_QUESTIONS], da_error *err) {
  da_questions first = {.n = 1};
  da_text_append(&first.sql, "count(*)");
  for (int i = 0; i < DA_MAX_CELLS; i++) da_raw_cell_ask_first(&table->cells[i], &first);
  da_status status = get_answers(db, table, &first, monitor, answers, err);
  da_questions second = {.first = first.n};
  for (int i = 0; status == DA_OK && i < DA_MAX_CELLS; i++) da_raw_cell_ask_more(&table->cells[i], answers, &second);
  if (status == DA_OK) status = get_answers(db, table, &second, monitor, answers, err);
  da_text_free(&first.sql);
  da_text_free(&second.sql);
  return status;
}

/* ---- Rows that make no sense ---- */

/* Sets where and found when the rows of reader have one that is bad. */
static da_status find_bad_row(da_db *db, const char *reader, const da_raw_cell *cell, const char *file, da_text *where, da_text *found,
                              da_error *err) {
  da_text sql = {0};
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  const char *text = da_text_cstr(&cell->cell);
  da_text_printf(&sql, "SELECT row, left(CAST(%s AS VARCHAR), 80) FROM (SELECT row_number() OVER () AS row, * FROM %s) WHERE ", text,
                 reader);
  da_text_printf(&sql, "%s IS NOT NULL AND %s LIMIT 1", text, da_text_cstr(&cell->bad));
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  if (status == DA_OK) status = da_rows_next(rows, NULL, "finding the row", &chunk, err);
  if (status == DA_OK && chunk.n_rows > 0) {
    da_slice value = ((const da_slice *)chunk.columns[1].values)[0];
    da_text_append_n(found, value.data, value.length);
    da_text_printf(where, " in row %lld%s%s", (long long)((const int64_t *)chunk.columns[0].values)[0], *file ? " of " : "", file);
    status = da_text_check(found, err);
    if (status == DA_OK) status = da_text_check(where, err);
  }
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

/* File by file, so that rows are counted as an editor counts them. */
static da_status locate(da_db *db, const da_raw_table *table, const da_raw_cell *cell, da_text *where, da_text *found, da_error *err) {
  if (!table->files) return find_bad_row(db, da_text_cstr(&table->reader), cell, "", where, found, err);
  for (size_t i = 0; i < table->files->n && !where->length; i++) {
    da_text reader = {0};
    da_raw_file_reader(table->files, i, &reader);
    da_status status = da_text_check(&reader, err);
    if (status == DA_OK) status = find_bad_row(db, da_text_cstr(&reader), cell, table->files->items[i].url, where, found, err);
    da_text_free(&reader);
    DA_TRY(status);
  }
  return DA_OK;
}

static da_status refuse_bad(da_db *db, const da_raw_table *table, const da_raw_cell *cell, da_error *err) {
  da_text where = {0}, found = {0};
  da_status status = locate(db, table, cell, &where, &found, err);
  if (status == DA_OK) {
    status = da_fail(err, DA_ERR_DATA, "expected %s in column %.80s but found '%s'%s, and %llu such rows in all; mend or leave them out",
                     da_raw_expected(cell->role), cell->column->name, da_text_cstr(&found), da_text_cstr(&where),
                     (unsigned long long)cell->n_bad);
  }
  da_text_free(&where);
  da_text_free(&found);
  return status;
}

da_status da_raw_table_look(da_db *db, da_raw_table *table, const da_monitor *monitor, da_error *err) {
  int64_t answers[MAX_QUESTIONS] = {0};
  DA_TRY(ask_all(db, table, monitor, answers, err));
  table->n_rows = (uint64_t)answers[0];
  for (int i = 0; i < DA_MAX_CELLS; i++) {
    da_raw_cell *cell = &table->cells[i];
    DA_TRY(da_raw_cell_decide(cell, table->n_rows, answers, err));
    if (cell->n_bad) return refuse_bad(db, table, cell, err);
  }
  return DA_OK;
}

/* ---- Reading it ---- */

void da_raw_table_relation(const da_raw_table *table, const char *const names[DA_N_ROLES], const bool required[DA_N_ROLES], da_text *sql) {
  const char *separator = "SELECT ";
  for (int role = 0; role < DA_N_ROLES; role++) {
    const da_raw_cell *cell = &table->cells[role];
    if (!cell->column) continue;
    bool unknown_is_false = role == DA_ROLE_CONVERSION && cell->n_missing > 0;
    da_text_printf(sql, unknown_is_false ? "%scoalesce(%s, false) AS %s" : "%s%s AS %s", separator, da_text_cstr(&cell->value),
                   names[role]);
    separator = ", ";
  }
  for (uint32_t f = 0; f < table->n_features; f++)
    da_text_printf(sql, "%s%s AS feature_%u", separator, da_text_cstr(&table->cells[DA_N_ROLES + f].value), f);
  da_text_printf(sql, " FROM %s", da_text_cstr(&table->reader));
  separator = " WHERE ";
  for (int role = 0; role < DA_N_ROLES; role++) {
    const da_raw_cell *cell = &table->cells[role];
    if (!cell->column || !required[role] || cell->n_missing == 0) continue;
    da_text_printf(sql, "%s%s IS NOT NULL", separator, da_text_cstr(&cell->cell));
    separator = " AND ";
  }
}
