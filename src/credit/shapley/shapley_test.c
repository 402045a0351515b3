/* Oracle: journeys worked by hand. */
#include "support/credit.h"

/* a converts 1 of 2, b 1 of 4; the journeys a b, with those inside them, 3 of 8: v(a) = 1/2, v(b) = 1/4, v(ab) = 3/8.
 * value a = (1/2 + 1/8) / 2 = 5/16, b = (1/4 - 1/8) / 2 = 1/16: parts 5/6 and 1/6. */
static const char *const text = "a@0! | a@0 | b@0! | b@0 | b@0 | b@0 | a@0 b@1 b@2! | b@0 a@1";

static void sets_by_hand(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(da_method_find("shapley"), &config, text, 1, 0, 1, 0, 0, 0, 5 / 6., 1 / 12., 1 / 12., 0, 0);
}

/* In order: b a is not inside a b, so v(a b) = 3/7; value a = (1/2 + 3/7 - 1/4) / 2 = 19/56, of 3/7: 19/24. */
static void orders_by_hand(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(da_method_find("shapley_ordered"), &config, text, 1, 0, 1, 0, 0, 0, 19 / 24., 5 / 48., 5 / 48., 0, 0);
}

/* Of 8 journeys 3 converted: that rate is added to 1 of 2 with a alone, and to 1 of 2 with a and b. */
static void rates_of_sets_are_predicted(void **state) {
  (void)state;
  da_error err = {0};
  da_config config = credit_config();
  test_journeys *made = journeys_from_text(text), *asked = journeys_from_text("a@0 | b@0 a@1 b@2");
  da_credit_input learn = {.set = &made->set, .config = &config}, ask = {.set = &asked->set, .config = &config};
  const da_method *method = da_method_find("shapley");
  void *fitted;
  float logit[2];
  assert_ok(method->fit(&learn, &fitted, &err), err);
  assert_ok(method->predict(fitted, &ask, logit, &err), err);
  assert_near((double)logit[0], log((1 + 3 / 8.) / (1 + 5 / 8.)), 1e-6);
  assert_near((double)logit[1], (double)logit[0], 1e-6);
  method->close(fitted);
  journeys_free(made);
  journeys_free(asked);
}

/* A conversion of asked, credited by what learnt says. */
static void check_other_log(const char *learnt, const char *asked, double a, double b) {
  da_error err = {0};
  da_config config = credit_config();
  const da_method *method = da_method_find("shapley");
  test_journeys *made = journeys_from_text(learnt), *other = journeys_from_text(asked);
  da_credit_input learn = {.set = &made->set, .config = &config}, ask = {.set = &other->set, .config = &config};
  da_credit_range range = {.end = 1};
  double credit[2] = {0}, baseline = 0;
  void *fitted;
  assert_ok(method->fit(&learn, &fitted, &err), err);
  assert_ok(method->credit(fitted, &ask, &range, credit, &baseline, &err), err);
  assert_near(credit[0], a, 1e-12);
  assert_near(credit[1], b, 1e-12);
  method->close(fitted);
  journeys_free(made);
  journeys_free(other);
}

/* v(a) = 1/2, v(b) = 1/4, v(ab) = 2/7 although no a b converted: value a = (1/2 + 2/7 - 1/4) / 2 = 15/56, of 2/7: 15/16. */
static void paths_that_never_converted(void **state) {
  (void)state;
  check_other_log("a@0! | a@0 | b@0! | b@0 | b@0 | b@0 | b@0 a@1", "b@0 a@1!", 1 / 16., 15 / 16.);
  check_other_log("a@0! | a@0 | b@0! | b@0 | b@0 | b@0 | a@0", "b@0 a@1!", (1 / 4. + 2 / 7. - 1 / 3.) / 2 * 7 / 2,
                  (1 / 3. + 2 / 7. - 1 / 4.) / 2 * 7 / 2);
  check_other_log("a@0 | b@0", "a@0 b@1!", 1 / 2., 1 / 2.); /* nobody converted */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sets_by_hand),
      cmocka_unit_test(orders_by_hand),
      cmocka_unit_test(rates_of_sets_are_predicted),
      cmocka_unit_test(paths_that_never_converted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
