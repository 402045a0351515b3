/* Oracle: the integrals by a fine sum; touch rates that the counts were drawn from. */
#include "credit/incremental/cut.h"
#include "support/incremental.h"

static void followed_conversions_are_counted(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@0! ; b@1 | a@2! | b@1! ; a@2! | b@3");
  assert_near(da_cut_followed_share(&made->set), .5, 1e-12);
  journeys_free(made);
}

static void expectations_agree_with_a_fine_sum(void **state) {
  (void)state;
  const double tau[] = {.1, 1, 9};
  const da_touch_rate rate = {.shape = 1.5, .days = 7};
  double days, decay[3], wanted_days = 0, wanted[3] = {0}, step = 1e-4;
  da_cut_expect(&rate, 6, 12, 30, tau, 3, &days, decay);
  for (double s = .5 * step; s < 18; s += step) {
    double later = pow(1 + s / 19, -7.5) * step;
    wanted_days += later;
    for (int m = 0; m < 3; m++) wanted[m] += later * exp(-s / tau[m]) / tau[m];
  }
  assert_near(days, wanted_days, 1e-6);
  for (int m = 0; m < 3; m++) assert_near(decay[m], wanted[m], 1e-5);
}

static void the_rate_of_drawn_counts_is_found(void **state) {
  (void)state;
  da_error err = {0};
  enum { MOST = 400, N = 40000 };
  double *n_with_more = calloc(MOST, sizeof *n_with_more);
  da_random random;
  da_random_init(&random, 1, 1);
  for (int i = 0; i < N; i++) {
    uint64_t n = da_random_poisson(&random, da_random_gamma(&random, 1.5) / 7 * 30);
    for (uint64_t k = 0; k < n && k < MOST; k++) n_with_more[k]++;
  }
  da_touch_rate rate;
  assert_ok(da_cut_fit_rate(n_with_more, MOST, 30, &rate, &err), err);
  assert_near(rate.shape, 1.5, .1);
  assert_near(rate.days, 7, .5);
  free(n_with_more);
}

static void few_users_give_a_guess(void **state) {
  (void)state;
  da_error err = {0};
  da_touch_rate rate;
  const double one[] = {1};
  assert_ok(da_cut_fit_rate(one, 1, 30, &rate, &err), err);
  assert_true(rate.shape > 0 && rate.days > 0);
  assert_ok(da_cut_fit_rate(NULL, 0, 30, &rate, &err), err);
  assert_true(rate.shape > 0 && rate.days > 0);
}

static void expected_gaps_take_the_place_of_the_end_of_the_log(void **state) {
  (void)state;
  da_error err = {0};
  prepared *p = prepare_set(journeys_from_text("a@0 b@1! | a@2 b@3 a@20 | b@1 a@4! ; b@30"), 1);
  da_exposure *e = &p->exposure;
  assert_near(e->row_days[0], 30, .001); /* the log's unit is a day: it ends on day 31 */
  assert_ok(da_cut_fill_gaps(e, p->pool, &err), err);
  assert_true(e->row_days[0] > 0 && e->row_days[0] < 30);
  assert_near(e->watch_days[0], 1 + e->row_days[0], 1e-9);
  assert_near(e->row_days[1], 26, .001); /* the log knows this one */
  prepared_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(followed_conversions_are_counted),
      cmocka_unit_test(expectations_agree_with_a_fine_sum),
      cmocka_unit_test(the_rate_of_drawn_counts_is_found),
      cmocka_unit_test(few_users_give_a_guess),
      cmocka_unit_test(expected_gaps_take_the_place_of_the_end_of_the_log),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
