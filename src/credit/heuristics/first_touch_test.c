/* Oracles: journeys worked by hand, and the definition touch by touch on random journeys. */
#include "support/credit.h"

static const da_method *method(void) { return da_method_find("first_touch"); }

static double twin(const da_journeys *set, const float *attention, uint64_t first, uint64_t n, uint64_t i) {
  (void)set, (void)attention, (void)first, (void)n;
  return i == 0;
}

static void the_first_touch_takes_the_conversion(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "a@0 b@1 a@2! ; b@3 ; c@4! | b@0 c@1!", 1, 0, 0, 0, 1, 1, 0);
  ASSERT_CREDITS(method(), &config, "a@0", 0);
}

static void agrees_with_its_twin(void **state) {
  (void)state;
  da_config config = credit_config();
  assert_agrees_with_twin(method(), &config, twin);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_touch_takes_the_conversion),
      cmocka_unit_test(agrees_with_its_twin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
