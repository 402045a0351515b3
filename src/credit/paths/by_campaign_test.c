/* Oracle: a journey worked by hand. */
#include "credit/paths/by_campaign.h"

#include "support/credit.h"

/* Campaign c of n in place i: (c + 1) / 10, so that order and number both show. */
static da_status tenths(const void *context, const uint32_t *campaign, uint32_t n, double *part, da_error *err) {
  (void)err;
  ++*(uint32_t *)(uintptr_t)context;
  for (uint32_t i = 0; i < n; i++) part[i] = (campaign[i] + 1) / 10.0;
  return DA_OK;
}

static void parts_go_to_touches_and_the_rest_to_the_baseline(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 ; b@0 a@1 b@2! | c@0!");
  const da_credit_input input = {.set = &made->set};
  const da_credit_range range = {.begin = 1, .end = 3};
  double credit[4] = {0}, baseline[2] = {0};
  uint32_t n_calls = 0;
  assert_ok(da_credit_by_campaign(&input, &range, DA_PATH_SET, tenths, &n_calls, credit, baseline, &err), err);
  assert_int_equal(n_calls, 2);
  assert_near(credit[0], .1, 1e-15);
  assert_near(credit[1], .1, 1e-15);
  assert_near(credit[2], .1, 1e-15);
  assert_near(credit[3], .3, 1e-15);
  assert_near(baseline[0], .7, 1e-15);
  assert_near(baseline[1], .7, 1e-15);
  journeys_free(made);
}

static void weights_become_parts(void **state) {
  (void)state;
  const double weight[] = {3, 0, 1, 0};
  const uint32_t some[] = {2, 0}, none[] = {1, 3};
  double part[2];
  da_parts_by_weight(weight, some, 2, part);
  assert_true(part[0] == .25 && part[1] == .75);
  da_parts_by_weight(weight, none, 2, part);
  assert_true(part[0] == .5 && part[1] == .5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parts_go_to_touches_and_the_rest_to_the_baseline),
      cmocka_unit_test(weights_become_parts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
