/* Oracle: the gradient of the objective at the answer is zero (the objective is concave, so that it is the maximum); log odds by hand. */
#include "credit/regression/presence.h"

#include "support/credit.h"

static void the_gradient_vanishes(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(8, 500, 6, 5);
  da_paths sets;
  assert_ok(da_paths_init(&made->set, DA_PATH_SET, DA_PATHS_ALL_SETS, NULL, &sets, &err), err);
  bool uses[6] = {true, true, false, true, true, true};
  da_presence_data data = {.converted = sets.converted, .other = sets.other, .uses = uses, .ridge = .5};
  double intercept = 0, coefficient[6] = {0}, gradient[7] = {0};
  assert_ok(da_presence_fit(&sets, &data, &intercept, coefficient, &err), err);
  for (uint32_t p = 0; p < sets.path.n; p++) {
    size_t n;
    const uint32_t *campaign = da_sequence(&sets.path, p, &n);
    double log_odds = intercept;
    for (size_t i = 0; i < n; i++) log_odds += coefficient[campaign[i]];
    double residual = sets.converted[p] - (sets.converted[p] + sets.other[p]) / (1 + exp(-log_odds));
    gradient[6] += residual;
    for (size_t i = 0; i < n; i++) gradient[campaign[i]] += residual;
  }
  for (int c = 0; c < 6; c++) {
    if (uses[c]) assert_near(gradient[c], data.ridge * coefficient[c], 1e-3);
  }
  assert_near(gradient[6], 0, 1e-3);
  assert_true(coefficient[2] == 0);
  da_paths_free(&sets);
  journeys_free(made);
}

static void odds_by_hand(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0! | a@0 | a@0 b@1! | a@0 b@1! | a@0 b@1! | a@0 b@1");
  da_paths sets;
  assert_ok(da_paths_init(&made->set, DA_PATH_SET, DA_PATHS_ALL_SETS, NULL, &sets, &err), err);
  da_presence_data data = {.converted = sets.converted, .other = sets.other, .ridge = 1e-9};
  double intercept = 0, coefficient[2] = {0};
  assert_ok(da_presence_fit(&sets, &data, &intercept, coefficient, &err), err);
  assert_near(intercept + coefficient[0], 0, 1e-4); /* odds 1 : 1 */
  assert_near(coefficient[1], log(3), 1e-4);        /* 3 : 1 */
  da_paths_free(&sets);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_gradient_vanishes),
      cmocka_unit_test(odds_by_hand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
