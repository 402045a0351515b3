/* Oracle: DuckDB's own list of what is loaded. Real warehouses: tests/warehouse. */
#include "store/extensions.h"

#include "support/store.h"

static bool is_loaded(da_db *db, const char *name) {
  char sql[200];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM duckdb_extensions() WHERE loaded AND extension_name = '%s'", name);
  return strcmp(store_query(db, sql), "1") == 0;
}

static void a_file_beside_the_library_is_loaded(void **state) {
  (void)state;
  da_db *db = store_db();
  assert_false(is_loaded(db, "httpfs"));
  da_error fault = {0};
  if (da_extension_load(db, "httpfs", "to read s3://", &fault) == DA_OK) {
    assert_true(is_loaded(db, "httpfs"));
  } else {
    assert_non_null(strstr(fault.msg, "run scripts/bootstrap,")); /* a DuckDB of the user's own may come without */
  }
  expect_fail(da_extension_load(db, "nothing", "to do nothing", err), DA_ERR_IO, "nothing.duckdb_extension, to do nothing, but found none");
  da_db_close(db);
}

static void a_plain_query_needs_none(void **state) {
  (void)state;
  da_db *db = store_db();
  expect_ok(da_extensions_load_for(db, "SELECT * FROM 'log.parquet'", err));
  da_db_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_beside_the_library_is_loaded),
      cmocka_unit_test(a_plain_query_needs_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
