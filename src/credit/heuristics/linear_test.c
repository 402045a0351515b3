/* Oracles: journeys worked by hand, and the definition touch by touch on random journeys. */
#include "support/credit.h"

static const da_method *method(void) { return da_method_find("linear"); }

static double twin(const da_journeys *set, const float *attention, uint64_t first, uint64_t n, uint64_t i) {
  (void)set, (void)attention, (void)first, (void)i;
  return 1 / (double)n;
}

static void all_touches_get_the_same(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "a@0 b@1 a@2 c@9! ; b@3 ; c@4! | b@0 c@1!", .25, .25, .25, .25, 0, 1, .5, .5);
}

static void agrees_with_its_twin(void **state) {
  (void)state;
  da_config config = credit_config();
  assert_agrees_with_twin(method(), &config, twin);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_touches_get_the_same),
      cmocka_unit_test(agrees_with_its_twin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
