/* Oracle: journeys that are written out without the others. */
#include "credit/subset.h"

#include "support/credit.h"

static void assert_same(const da_journeys *set, const da_journeys *want) {
  assert_true(set->n_users == want->n_users && set->n_journeys == want->n_journeys && set->n_touches == want->n_touches &&
              set->n_conversions == want->n_conversions);
  assert_memory_equal(set->campaign, want->campaign, set->n_touches * sizeof *set->campaign);
  assert_memory_equal(set->time_us, want->time_us, set->n_touches * sizeof *set->time_us);
  assert_memory_equal(set->first_touch, want->first_touch, (set->n_journeys + 1) * sizeof *set->first_touch);
  assert_memory_equal(set->first_journey, want->first_journey, (set->n_users + 1) * sizeof *set->first_journey);
  assert_memory_equal(set->value, want->value, set->n_conversions * sizeof *set->value);
  for (uint64_t j = 0; j < set->n_journeys; j++) assert_int_equal(da_journey_converted(set, j), da_journey_converted(want, j));
}

static void what_is_kept_is_as_it_was(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1!5 ; c@2 | a@3! | b@4!7 ; c@5 a@6!8"),
                *wanted = journeys_from_text("c@2 | b@4!7 ; c@5 a@6!8");
  const bool keeps[] = {false, true, false, true, true};
  da_subset subset;
  assert_ok(da_subset_init(&made->set, keeps, NULL, &subset, &err), err);
  const da_journeys *set = &subset.set;
  assert_ok(da_journeys_check(set, &err), err);
  assert_same(set, &wanted->set);
  assert_int_equal(da_journey_set(set, 0), DA_SET_TRAIN);
  assert_int_equal(da_journey_set(set, 1), DA_SET_TEST);
  assert_true(set->log_start_us == made->set.log_start_us);
  da_subset_free(&subset);
  journeys_free(made);
  journeys_free(wanted);
}

static void nothing_may_be_kept(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 | b@1");
  const bool keeps[] = {false, false};
  da_subset subset;
  assert_ok(da_subset_init(&made->set, keeps, NULL, &subset, &err), err);
  assert_true(subset.set.n_users == 0 && subset.set.n_touches == 0);
  da_subset_free(&subset);
  journeys_free(made);
}

static void users_may_stand_in_it_several_times(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1!5 ; c@2 | a@3! | b@4!7 ; c@5 a@6!8"),
                *wanted = journeys_from_text("a@0 b@1!5 ; c@2 | a@0 b@1!5 ; c@2 | b@4!7 ; c@5 a@6!8");
  const uint8_t times[] = {2, 0, 1};
  da_subset subset;
  assert_ok(da_subset_init(&made->set, NULL, times, &subset, &err), err);
  const da_journeys *set = &subset.set;
  assert_same(set, &wanted->set);
  da_subset_free(&subset);
  journeys_free(made);
  journeys_free(wanted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_kept_is_as_it_was),
      cmocka_unit_test(nothing_may_be_kept),
      cmocka_unit_test(users_may_stand_in_it_several_times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
