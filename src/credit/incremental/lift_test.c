/* Oracle: what the user meant. */
#include "credit/incremental/lift.h"
#include "support/credit.h"

static da_slice names[] = {{"a=b", 3}, {"brand", 5}};
static const da_names campaigns = {names, 2};

static void experiments_are_read(void **state) {
  (void)state;
  da_error err = {0};
  const char *items[] = {"brand=120±30", "a=b=7.5+-2", "brand=0"};
  da_pin pins[3];
  assert_ok(da_lift_read(&(da_text_list){items, 3}, &campaigns, pins, &err), err);
  assert_true(pins[0].campaign == 1 && pins[0].conversions == 120 && pins[0].standard_error == 30);
  assert_true(pins[1].campaign == 0 && pins[1].conversions == 7.5 && pins[1].standard_error == 2);
  assert_true(pins[2].campaign == 1 && pins[2].conversions == 0 && pins[2].standard_error == 0);
}

static void what_is_no_experiment_is_refused(void **state) {
  (void)state;
  const char *bad[] = {"brand", "brand=", "brand=x", "brand=-3", "brand=3+-", "brand=3+-x", "brand=3±-1", "brand=nan", "other=3", "=3"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    da_error err = {0};
    da_pin pin;
    assert_int_equal(da_lift_read(&(da_text_list){&bad[i], 1}, &campaigns, &pin, &err), DA_ERR_CONFIG);
    assert_non_null(strstr(err.msg, bad[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(experiments_are_read), cmocka_unit_test(what_is_no_experiment_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
