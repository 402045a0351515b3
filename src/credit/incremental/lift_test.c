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

/* Touches of a on days 0, 1, 2, 3, of b on 0 and 4. */
static test_journeys *five_days(void) { return journeys_from_text("a@0 a@1 a@2! | a@3 b@4 | b@0"); }

static da_experiment experiment(const char *campaign, double from_day, double to_day, double conversions, double standard_error,
                                const da_journeys *set) {
  return (da_experiment){.campaign = {campaign, strlen(campaign)},
                         .begin_us = set->log_start_us + (int64_t)(from_day * 86400e6),
                         .end_us = set->log_start_us + (int64_t)(to_day * 86400e6),
                         .conversions = conversions,
                         .standard_error = standard_error};
}

static void a_part_of_the_log_speaks_for_the_whole(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = five_days();
  const da_journeys *set = &made->set;
  const da_experiment items[] = {
      experiment("a", 0, 2, 10, 3, set),  /* two of four touches: 20 +- 6 */
      experiment("a", 0, 3.5, 8, 4, set), /* all of them */
      experiment("z", 0, 2, 1, 1, set),   /* nobody */
      experiment("b", 1, 2, 1, 1, set),   /* no touch of b */
      experiment("b", 3, 9, 1, 1, set),   /* most of it after the log */
  };
  da_lifts lifts;
  assert_ok(da_lift_gather(&(da_text_list){0}, &(da_experiments){items, 5}, set, &lifts, &err), err);
  assert_true(lifts.n == 1 && lifts.n_unknown == 1 && lifts.n_outside == 2);
  double weight[] = {1. / 36, 1. / 16};
  assert_near(lifts.pins[0].conversions, (20 * weight[0] + 8 * weight[1]) / (weight[0] + weight[1]), 1e-9);
  assert_near(lifts.pins[0].standard_error, 1 / sqrt(weight[0] + weight[1]), 1e-9);
  da_lift_free(&lifts);
  journeys_free(made);
}

static void the_list_goes_before_the_file(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = five_days();
  const char *given[] = {"a=7"};
  const da_experiment whole = {{"b", 1}, INT64_MIN, INT64_MAX, 5, 0};
  const da_experiment items[] = {experiment("a", 0, 2, 10, 3, &made->set), whole};
  da_lifts lifts;
  assert_ok(da_lift_gather(&(da_text_list){given, 1}, &(da_experiments){items, 2}, &made->set, &lifts, &err), err);
  assert_true(lifts.n == 2 && lifts.pins[0].conversions == 7 && lifts.pins[1].conversions == 5);
  da_lift_free(&lifts);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(experiments_are_read),
      cmocka_unit_test(what_is_no_experiment_is_refused),
      cmocka_unit_test(a_part_of_the_log_speaks_for_the_whole),
      cmocka_unit_test(the_list_goes_before_the_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
