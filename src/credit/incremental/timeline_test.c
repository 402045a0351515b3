/* Oracle: cases worked out by hand. */
#include "credit/incremental/timeline.h"
#include "support/incremental.h"

static void ties_are_spread_inside_the_unit_of_the_log(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@0 a@0 b@1 | a@3 b@3");
  da_timeline timeline;
  assert_ok(da_timeline_init(&made->set, &timeline, &err), err);
  const double wanted[] = {0, 1. / 3, 2. / 3, 1, 3, 3.5};
  for (size_t i = 0; i < 6; i++) assert_near(timeline.days[i], wanted[i], 1e-12);
  assert_near(timeline.unit, 1, 1e-12);
  assert_near(timeline.end, 4, 1e-12);
  assert_int_equal(timeline.n_tied, 3);
  da_timeline_free(&timeline);
  journeys_free(made);
}

static void a_watch_ends_at_the_next_touch_or_with_the_log(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1! ; a@4 | b@9.5");
  da_timeline timeline;
  assert_ok(da_timeline_init(&made->set, &timeline, &err), err);
  assert_near(da_timeline_watch_end(&timeline, 0, 0), 4, 1e-12);
  assert_near(da_timeline_watch_end(&timeline, 1, 0), timeline.end, 1e-12);
  da_timeline_free(&timeline);
  journeys_free(made);
}

static void scales_follow_the_log(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(1, 300, 3, 9);
  double days[DA_MAX_SCALES], hours[DA_MAX_SCALES];
  da_timeline timeline;
  assert_ok(da_timeline_init(&made->set, &timeline, &err), err);
  int n = da_timeline_scales(&timeline, days);
  assert_near(days[n - 1], .3 * timeline.end, 1e-9);
  for (int m = 1; m < n; m++) assert_near(days[m] / days[m - 1], 3, 1e-9);
  da_timeline_free(&timeline);
  for (uint64_t i = 0; i < made->set.n_touches; i++) made->time_us[i] = made->time_us[0] + (made->time_us[i] - made->time_us[0]) / 24;
  journeys_finish(made, 3, true);
  assert_ok(da_timeline_init(&made->set, &timeline, &err), err);
  assert_int_equal(da_timeline_scales(&timeline, hours), n);
  for (int m = 0; m < n; m++) assert_near(hours[m] * 24 / days[m], 1, .01);
  da_timeline_free(&timeline);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ties_are_spread_inside_the_unit_of_the_log),
      cmocka_unit_test(a_watch_ends_at_the_next_touch_or_with_the_log),
      cmocka_unit_test(scales_follow_the_log),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
