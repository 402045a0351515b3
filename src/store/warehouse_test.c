/* Oracle: connections written by hand, of both of libpq's forms. A real server: tests/warehouse/credit_test.py. */
#include "store/warehouse.h"

#include "support/store.h"

static void a_password_is_refused_and_not_repeated(void **state) {
  (void)state;
  const char *const bad[] = {"host=db password=hush", "postgresql://shop:hush@db/shop", "host=db PASSWORD = 'hush'"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const da_config_destination destination = {.postgres = bad[i], .schema = "s"};
    da_error err = {0};
    assert_int_equal(da_warehouse_check(&destination, &err), DA_ERR_CONFIG);
    assert_non_null(strstr(err.msg, "PGPASSWORD"));
    assert_null(strstr(err.msg, "hush"));
  }
  const char *const good[] = {NULL, "host=db user=shop dbname=shop", "postgresql://shop@db:5432/shop", "postgresql://db:5432/shop"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    const da_config_destination destination = {.postgres = good[i], .schema = "s"};
    expect_ok(da_warehouse_check(&destination, err));
  }
}

static void a_server_that_is_not_there_is_named(void **state) {
  (void)state;
  da_db *db = store_db();
  const da_config_destination destination = {.postgres = "host=/nowhere dbname=shop", .schema = "s"};
  const da_warehouse_table table = {"t", "/nowhere/t.parquet"};
  expect_fail(da_warehouse_write(db, &destination, &table, 1, NULL, err), DA_ERR_IO, "destination.postgres");
  da_db_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_password_is_refused_and_not_repeated),
      cmocka_unit_test(a_server_that_is_not_there_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
