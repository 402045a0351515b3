/* Oracles: journeys worked by hand, and the definition touch by touch on random journeys. */
#include "support/credit.h"

static const da_method *method(void) { return da_method_find("last_touch"); }

static double twin(const da_journeys *set, const float *attention, uint64_t first, uint64_t n, uint64_t i) {
  (void)set, (void)attention, (void)first;
  return i == n - 1;
}

static void the_last_touch_takes_the_conversion(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "a@0 b@1 a@2! ; b@3 ; c@4! | b@0 c@1!", 0, 0, 1, 0, 1, 0, 1);
}

static void agrees_with_its_twin(void **state) {
  (void)state;
  da_config config = credit_config();
  assert_agrees_with_twin(method(), &config, twin);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_last_touch_takes_the_conversion),
      cmocka_unit_test(agrees_with_its_twin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
