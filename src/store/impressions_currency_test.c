/* Oracle: logs with one and with two names of currencies, written out. */
#include "support/log.h"

#define HEAD "uid,timestamp,campaign,conversion,value,currency\n"

static void one_currency_is_fine_however_it_is_written(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/log.csv", HEAD "1,10,a,1,5,EUR\n2,10,a,0,,\n3,10,b,1,5, eur\n");
  log_write_text(&w, "raw/spend.csv", "date,campaign,cost,currency\n2023-11-14,a,10.5,EUR\n");
  log_expect(&w, "uid", "1;2;3");
  log_close(&w);
}

static void two_are_refused_within_a_table_and_between_tables(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/log.csv", HEAD "1,10,a,1,5,EUR\n");
  log_write_text(&w, "raw/spend.csv", "date,campaign,cost,currency\n2023-11-14,a,10.5,USD\n2023-11-15,a,1,USD\n");
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "expected one currency but found EUR in ");
  log_write_text(&w, "raw/log.csv", "uid,timestamp,campaign,conversion\n1,10,a,1\n");
  log_write_text(&w, "raw/spend.csv", "date,campaign,cost,currency\n2023-11-14,a,10.5,USD\n2023-11-15,a,1,CHF\n");
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "expected one currency but found CHF in raw/spend and USD in raw/spend");
  log_close(&w);
}

/* Without amounts, a column of that name is none of our business. */
static void a_currency_of_nothing_is_not_looked_at(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/log.csv", "uid,timestamp,campaign,conversion,currency\n1,10,a,1,EUR\n2,10,a,0,USD\n");
  log_expect(&w, "uid", "1;2");
  log_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_currency_is_fine_however_it_is_written),
      cmocka_unit_test(two_are_refused_within_a_table_and_between_tables),
      cmocka_unit_test(a_currency_of_nothing_is_not_looked_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
