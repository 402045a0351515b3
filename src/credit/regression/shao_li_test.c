/* Oracle: journeys worked by hand. */
#include "support/credit.h"

static void rates_of_pairs_by_hand(void **state) {
  (void)state;
  da_config config = credit_config();
  /* p(a) = 2/4, p(b) = 1/3, p(a, b) = 1/2: c_a = 1/2 + (1/2 - 1/2 - 1/3) / 2 = 1/3, c_b = 1/3 - 1/6 = 1/6. */
  ASSERT_CREDITS(da_method_find("shao_li"), &config, "a@0! | a@0 | a@0 b@1 b@2! | b@0 a@1 | b@0", 1, 0, 2 / 3., 1 / 6., 1 / 6., 0, 0, 0);
}

static void a_campaign_that_spoils_others_is_negative_and_the_rest_is_baseline(void **state) {
  (void)state;
  da_error err = {0};
  /* p(a) = 5/8, p(b) = 1/5, p(a, b) = 1/4: c_a = 5/8 + (1/4 - 33/40) / 2 = 27/80, c_b = 1/5 - 23/80 = -7/80. */
  test_journeys *made = journeys_from_text("a@0 b@1! | a@0 b@1 | a@0 b@1 | a@0 b@1 | a@0! | a@0! | a@0! | a@0! | b@0");
  const da_method *method = da_method_find("shao_li");
  da_config config = credit_config();
  da_credit_input input = {.set = &made->set, .config = &config};
  da_credit_range range = {.end = 1};
  void *fitted;
  double credit[2] = {0}, baseline[1] = {0};
  assert_ok(method->fit(&input, &fitted, &err), err);
  assert_ok(method->credit(fitted, &input, &range, credit, baseline, &err), err);
  assert_near(credit[0], 27 / 34., 1e-12);
  assert_near(credit[1], -7 / 34., 1e-12);
  assert_near(baseline[0], 14 / 34., 1e-12);
  method->close(fitted);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rates_of_pairs_by_hand),
      cmocka_unit_test(a_campaign_that_spoils_others_is_negative_and_the_rest_is_baseline),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
