#include "store/warehouse.h"

#include <string.h>

#include "store/extensions.h"

static const char alias[] = "da_warehouse"; /* of the attached server */

da_status da_warehouse_check(const da_config_destination *destination, da_error *err) {
  const char *connection = destination->postgres;
  if (!connection) return DA_OK;
  const char *scheme = strstr(connection, "://"), *at = scheme ? strchr(scheme, '@') : NULL;
  const bool has_password = strcasestr(connection, "password") || (at && memchr(scheme + 3, ':', (size_t)(at - scheme - 3)));
  if (!has_password) return DA_OK;
  return da_fail(err, DA_ERR_CONFIG, "expected destination.postgres without a password but found one; put it into PGPASSWORD or ~/.pgpass");
}

static void print_schema(da_text *sql, const da_config_destination *destination) {
  da_text_printf(sql, "%s.", alias);
  da_sql_identifier(sql, destination->schema ? destination->schema : "deepattribution");
}

/* alias."schema"."name" and an ending to the name */
static void print_table(da_text *sql, const da_config_destination *destination, const char *name, const char *ending) {
  da_text full = {0};
  da_text_printf(&full, "%s%s", name, ending);
  print_schema(sql, destination);
  da_text_append(sql, ".");
  da_sql_identifier(sql, da_text_cstr(&full));
  sql->failed |= full.failed;
  da_text_free(&full);
}

static da_status run(da_db *db, da_text *sql, da_error *err) {
  DA_TRY(da_text_check(sql, err));
  DA_TRY(da_db_run(db, da_text_cstr(sql), err));
  da_text_clear(sql);
  return DA_OK;
}

static da_status attach(da_db *db, const da_config_destination *destination, da_text *sql, da_error *err) {
  DA_TRY(da_extension_load(db, "postgres_scanner", "to write to PostgreSQL", err));
  da_text_append(sql, "ATTACH ");
  da_sql_literal(sql, destination->postgres);
  da_text_printf(sql, " AS %s (TYPE postgres)", alias);
  DA_TRY(run(db, sql, err));
  da_text_append(sql, "CREATE SCHEMA IF NOT EXISTS ");
  print_schema(sql, destination);
  return run(db, sql, err);
}

/* Interruptible: this is what takes time. */
static da_status copy(da_db *db, const da_config_destination *destination, const da_warehouse_table *table, const da_monitor *monitor,
                      da_text *sql, da_error *err) {
  da_text_append(sql, "DROP TABLE IF EXISTS "); /* of a run that was stopped */
  print_table(sql, destination, table->name, "_new");
  DA_TRY(run(db, sql, err));
  da_text_append(sql, "CREATE TABLE ");
  print_table(sql, destination, table->name, "_new");
  da_text_append(sql, " AS SELECT * FROM read_parquet(");
  da_sql_path(sql, table->path);
  da_text_append(sql, ")");
  DA_TRY(da_text_check(sql, err));
  da_rows *rows = NULL;
  da_chunk chunk;
  da_status status = da_db_query(db, da_text_cstr(sql), &rows, err);
  if (status == DA_OK) status = da_rows_next(rows, monitor, "writing to PostgreSQL", &chunk, err);
  da_rows_close(rows);
  da_text_clear(sql);
  return status;
}

static da_status put_in_place(da_db *db, const da_config_destination *destination, const da_warehouse_table *tables, size_t n, da_text *sql,
                              da_error *err) {
  da_text_append(sql, "BEGIN;");
  for (size_t i = 0; i < n; i++) {
    da_text_append(sql, "DROP TABLE IF EXISTS ");
    print_table(sql, destination, tables[i].name, "");
    da_text_append(sql, "; ALTER TABLE ");
    print_table(sql, destination, tables[i].name, "_new");
    da_text_append(sql, " RENAME TO ");
    da_sql_identifier(sql, tables[i].name);
    da_text_append(sql, ";");
  }
  da_text_append(sql, "COMMIT");
  da_status status = run(db, sql, err);
  if (status != DA_OK) (void)!da_db_run(db, "ROLLBACK", NULL); /* there may be nothing to roll back */
  return status;
}

da_status da_warehouse_write(da_db *db, const da_config_destination *destination, const da_warehouse_table *tables, size_t n,
                             const da_monitor *monitor, da_error *err) {
  da_text sql = {0};
  da_status status = attach(db, destination, &sql, err);
  for (size_t i = 0; i < n && status == DA_OK; i++) status = copy(db, destination, &tables[i], monitor, &sql, err);
  if (status == DA_OK) status = put_in_place(db, destination, tables, n, &sql, err);
  da_text_clear(&sql);
  da_text_printf(&sql, "DETACH DATABASE IF EXISTS %s", alias);
  if (!sql.failed) (void)!da_db_run(db, da_text_cstr(&sql), NULL); /* the session ends with it at the latest */
  da_text_free(&sql);
  if (status == DA_OK || status == DA_ERR_INTERRUPTED || status == DA_ERR_MEM) return status;
  return da_fail_context(err, DA_ERR_IO, "the credit tables could not be written to destination.postgres");
}
