/* Oracle: a log small enough to replay by hand. */
#include "credit/evaluate/replay.h"

#include <math.h>

#include "support/testing.h"

/* Three test journeys and one of the train set; times in the order of the letters:
 *   0 (test, converts)   a at 0, b at 30       1 (test, converts)   a at 10
 *   2 (test)             a at 20, a at 40      3 (train)            b at 5 */
static const uint32_t campaign[] = {0, 1, 0, 0, 0, 1};
static const int64_t time_us[] = {0, 30, 10, 20, 40, 5};
static const uint64_t first_touch[] = {0, 2, 3, 5, 6};
static const uint8_t flags[] = {DA_JOURNEY_CONVERTED | DA_SET_TEST << 1, DA_JOURNEY_CONVERTED | DA_SET_TEST << 1, DA_SET_TEST << 1,
                                DA_SET_TRAIN << 1};
static const da_slice names[] = {{"a", 1}, {"b", 1}};
static const da_journeys set = {.n_touches = 6,
                                .n_journeys = 4,
                                .n_conversions = 2,
                                .campaign = campaign,
                                .time_us = time_us,
                                .first_touch = first_touch,
                                .flags = flags,
                                .campaigns = {names, 2}};

static void touches_pass_in_the_order_of_time(void **state) {
  (void)state;
  da_error err = {0};
  da_replay_log log;
  assert_ok(da_replay_log_init(&set, DA_SET_TEST, &log, &err), err);
  const uint64_t touch[] = {0, 2, 3, 1, 4}, journey[] = {0, 1, 2, 0, 2};
  assert_int_equal(log.n, 5);
  assert_memory_equal(log.touch, touch, sizeof touch);
  assert_memory_equal(log.journey, journey, sizeof journey);
  assert_int_equal(log.n_journeys, 3);
  assert_int_equal(log.n_conversions, 2);
  da_replay_log_free(&log);
}

static da_replay_result run(const double *credit, const double *cost, double fraction) {
  const uint64_t touches[] = {2, 2};
  da_error err = {0};
  da_replay_log log;
  da_replay_result result;
  assert_ok(da_replay_log_init(&set, DA_SET_TEST, &log, &err), err);
  assert_ok(da_replay_run(&set, &log, credit, touches, cost, fraction, &result, &err), err);
  da_replay_log_free(&log);
  return result;
}

static void budgets_end_journeys(void **state) {
  (void)state;
  /* All of 5 for a: a at 0, 10, 20 and 40 are paid for, b at 30 is not: the conversion of journey 0 is lost. */
  da_replay_result all_for_a = run((double[]){1, 0}, NULL, 1);
  assert_int_equal(all_for_a.n_touches, 4);
  assert_int_equal(all_for_a.n_conversions, 1);
  assert_int_equal(all_for_a.n_reached, 3);
  assert_true(all_for_a.spend == 4 && all_for_a.cost_per_conversion == 4);
  /* 4 to 1, of a whole budget of 5: exactly what the log costs. */
  da_replay_result right = run((double[]){4, 1}, NULL, 1);
  assert_int_equal(right.n_touches, 5);
  assert_int_equal(right.n_conversions, 2);
  /* Nothing for a: every journey ends at its first touch. Negative credit counts as none. */
  da_replay_result none = run((double[]){-3, 1}, NULL, 1);
  assert_int_equal(none.n_touches, 0);
  assert_true(isnan(none.cost_per_conversion) && isnan(none.conversions_of_reached));
  /* a costs 2: the log costs 9, a third of it is 3; equal credit gives roi 1/4 and 1/2, so a gets 1 and b 2: a pays nothing. */
  assert_int_equal(run((double[]){1, 1}, (double[]){2, 1}, 1. / 3).n_touches, 0);
  /* The whole of 9: a gets 3 and pays once, b gets 6: journey 0 goes through. */
  da_replay_result dear = run((double[]){1, 1}, (double[]){2, 1}, 1);
  assert_true(dear.n_touches == 2 && dear.spend == 3 && dear.n_conversions == 1 && dear.conversions_of_reached == 1);
}

static void without_credit_there_is_nothing_to_replay(void **state) {
  (void)state;
  da_error err = {0};
  da_replay_log log;
  da_replay_result result;
  assert_ok(da_replay_log_init(&set, DA_SET_TEST, &log, &err), err);
  assert_int_equal(da_replay_run(&set, &log, (double[]){0, -1}, (uint64_t[]){1, 1}, NULL, .5, &result, &err), DA_ERR_DATA);
  da_replay_log_free(&log);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(touches_pass_in_the_order_of_time),
      cmocka_unit_test(budgets_end_journeys),
      cmocka_unit_test(without_credit_there_is_nothing_to_replay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
