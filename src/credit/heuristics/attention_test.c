/* Oracles: a journey worked by hand, and the definition touch by touch on random journeys. */
#include "support/credit.h"

static const da_method *method(void) { return da_method_find("attention"); }

static double twin(const da_journeys *set, const float *attention, uint64_t first, uint64_t n, uint64_t i) {
  (void)set;
  double sum = 0;
  for (uint64_t k = 0; k < n; k++) sum += (double)attention[first + k];
  return (double)attention[first + i] / sum;
}

static void rounding_of_the_softmax_is_made_good(void **state) {
  (void)state;
  da_config config = credit_config();
  test_journeys *made = journeys_from_text("a@0 b@1 a@2! ; b@3 a@4");
  const float attention[] = {0.1f, 0.2f, 0.699f, 0.5f, 0.5f}; /* the first three sum to 0.999 */
  double *credit = credit_of(method(), &made->set, &config, attention);
  assert_near(credit[0], 0.1 / 0.999, 1e-7);
  assert_near(credit[2], 0.699 / 0.999, 1e-7);
  assert_near(credit[0] + credit[1] + credit[2], 1, 1e-15);
  assert_true(credit[3] == 0 && credit[4] == 0); /* no conversion, no credit, whatever the network looked at */
  free(credit);
  journeys_free(made);
}

static void agrees_with_its_twin(void **state) {
  (void)state;
  da_config config = credit_config();
  assert_agrees_with_twin(method(), &config, twin);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rounding_of_the_softmax_is_made_good),
      cmocka_unit_test(agrees_with_its_twin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
