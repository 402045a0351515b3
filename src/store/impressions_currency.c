#include "store/impressions_currency.h"

/* Two different names and where they were found, at most. */
static void append_question(const da_raw_table *table, const da_raw_column *currency, da_text *sql) {
  da_text_append(sql, sql->length ? " UNION ALL " : "");
  da_text_append(sql, "SELECT upper(trim(CAST(");
  da_sql_identifier(sql, currency->name);
  da_text_append(sql, " AS VARCHAR))) AS currency, ");
  da_sql_literal(sql, table->what);
  da_text_append(sql, " AS found_in FROM ");
  da_text_append(sql, da_text_cstr(&table->reader));
}

static int shown(da_slice name) { return (int)(name.length < 40 ? name.length : 40); }

static da_status refuse_second(da_db *db, const da_text *questions, da_error *err) {
  da_text sql = {0};
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_text_printf(&sql, "SELECT currency, min(found_in) FROM (%s) WHERE currency <> '' GROUP BY currency ORDER BY currency LIMIT 2",
                 da_text_cstr(questions));
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  if (status == DA_OK) status = da_rows_next(rows, NULL, "looking at the log", &chunk, err);
  if (status == DA_OK && chunk.n_rows == 2) {
    const da_slice *name = chunk.columns[0].values, *place = chunk.columns[1].values;
    status =
        da_fail(err, DA_ERR_DATA,
                "expected one currency but found %.*s in %.*s and %.*s in %.*s; convert the amounts to one, or take the others out",
                shown(name[0]), name[0].data, shown(place[0]), place[0].data, shown(name[1]), name[1].data, shown(place[1]), place[1].data);
  }
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

da_status da_raw_tables_check_currency(da_db *db, const da_raw_table *tables, size_t n, da_error *err) {
  da_text questions = {0};
  for (size_t i = 0; i < n; i++) {
    const da_raw_column *currency = da_raw_columns_find(&tables[i].columns, "currency");
    bool is_money = da_raw_table_has(&tables[i], DA_ROLE_VALUE) || da_raw_table_has(&tables[i], DA_ROLE_COST);
    if (currency && is_money) append_question(&tables[i], currency, &questions);
  }
  da_status status = da_text_check(&questions, err);
  if (status == DA_OK && questions.length > 0) status = refuse_second(db, &questions, err);
  da_text_free(&questions);
  return status;
}
