/* Oracles: a set counted by hand, plain loops over a random one. */
#include "report/summary.h"

#include <math.h>

#include "support/journeys.h"

static void a_small_set_is_counted_by_hand(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@0 b@1! ; a@2 | b@0 b@1 c@2 c@2! | a@5");
  da_summary summary;
  da_summarise(&made->set, &summary);
  const da_set_summary all = {3, 4, 8, 2}, train = {1, 2, 3, 1}, val = {1, 1, 4, 1}, test = {1, 1, 1, 0};
  assert_memory_equal(&summary.all, &all, sizeof all);
  assert_memory_equal(&summary.sets[DA_SET_TRAIN], &train, sizeof train);
  assert_memory_equal(&summary.sets[DA_SET_VAL], &val, sizeof val);
  assert_memory_equal(&summary.sets[DA_SET_TEST], &test, sizeof test);
  const uint64_t lengths[DA_SUMMARY_LENGTHS] = {2, 1, 0, 1}, converting[DA_SUMMARY_LENGTHS] = {0, 1, 0, 1};
  assert_memory_equal(summary.n_of_length, lengths, sizeof lengths);
  assert_memory_equal(summary.n_converting_of_length, converting, sizeof converting);
  journeys_free(made);
}

static void long_journeys_meet_in_the_last_slot(void **state) {
  (void)state;
  test_journeys *made = journeys_random(1, 500, 3, 30);
  const da_journeys *set = &made->set;
  da_summary summary;
  da_summarise(set, &summary);
  uint64_t n_long = 0, sum = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) n_long += da_journey_length(set, j) >= DA_SUMMARY_LENGTHS;
  for (size_t i = 0; i < DA_SUMMARY_LENGTHS; i++) sum += summary.n_of_length[i];
  assert_true(n_long > 0);
  assert_int_equal(summary.n_of_length[DA_SUMMARY_LENGTHS - 1], n_long);
  assert_int_equal(sum, set->n_journeys);
  assert_int_equal(summary.all.n_touches, set->n_touches);
  assert_int_equal(summary.all.n_conversions, set->n_conversions);
  journeys_free(made);
}

static void a_user_of_two_sets_counts_in_both(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@0! ; a@2");
  made->flags[1] = DA_SET_TEST << 1;
  da_summary summary;
  da_summarise(&made->set, &summary);
  assert_int_equal(summary.all.n_users, 1);
  assert_int_equal(summary.sets[DA_SET_TRAIN].n_users, 1);
  assert_int_equal(summary.sets[DA_SET_TEST].n_users, 1);
  journeys_free(made);
}

static void the_largest_comes_first_and_ties_keep_their_order(void **state) {
  (void)state;
  da_error err = {0};
  const double amounts[] = {1, NAN, 3, -2, 3, 0};
  const uint32_t wanted[] = {2, 4, 0, 5, 3, 1};
  uint32_t order[6];
  assert_ok(da_rank_by_amount(amounts, 6, order, &err), err);
  assert_memory_equal(order, wanted, sizeof wanted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_small_set_is_counted_by_hand),
      cmocka_unit_test(long_journeys_meet_in_the_last_slot),
      cmocka_unit_test(a_user_of_two_sets_counts_in_both),
      cmocka_unit_test(the_largest_comes_first_and_ties_keep_their_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
