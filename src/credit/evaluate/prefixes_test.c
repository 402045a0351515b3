/* Oracle: journeys written out. */
#include "credit/evaluate/prefixes.h"

#include "support/credit.h"

static void each_touch_ends_a_journey(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1 c@2! | b@5"), *wanted = journeys_from_text("a@0 | a@0 b@1 | a@0 b@1 c@2! | b@5");
  da_prefixes found;
  assert_ok(da_prefixes_init(&made->set, 100, &found, &err), err);
  const da_journeys *set = &found.set, *like = &wanted->set;
  assert_int_equal(set->n_journeys, 4);
  assert_int_equal(set->n_users, 4);
  assert_int_equal(set->n_touches, 7);
  assert_int_equal(set->n_conversions, 1);
  for (uint64_t i = 0; i < 7; i++) {
    assert_int_equal(set->campaign[i], like->campaign[i]);
    assert_int_equal(set->time_us[i], like->time_us[i]);
  }
  for (uint64_t j = 0; j < 4; j++) {
    assert_int_equal(set->first_touch[j], like->first_touch[j]);
    assert_int_equal(da_journey_converted(set, j), j == 2);
    assert_int_equal(found.journey[j], j < 3 ? 0 : 1);
  }
  assert_ok(da_journeys_check(set, &err), err);
  da_prefixes_free(&found);
  journeys_free(made);
  journeys_free(wanted);
}

static void many_journeys_are_thinned_out_evenly(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(3, 400, 6, 4);
  da_prefixes all, some;
  assert_ok(da_prefixes_init(&made->set, UINT64_MAX - 1, &all, &err), err);
  assert_ok(da_prefixes_init(&made->set, all.set.n_touches / 3, &some, &err), err);
  assert_true(some.set.n_touches < all.set.n_touches / 2 && some.set.n_touches > all.set.n_touches / 6);
  assert_true(some.journey[some.set.n_journeys - 1] + 5 > made->set.n_journeys);
  da_prefixes_free(&all);
  da_prefixes_free(&some);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_touch_ends_a_journey),
      cmocka_unit_test(many_journeys_are_thinned_out_evenly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
