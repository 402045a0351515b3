/* Oracles: journeys worked by hand, and the definition touch by touch on random journeys. */
#include "support/credit.h"

static const da_method *method(void) { return da_method_find("time_decay"); }

static double twin(const da_journeys *set, const float *attention, uint64_t first, uint64_t n, uint64_t i) {
  (void)attention;
  const double half_life_us = 7.0 * DAY_US;
  double sum = 0; /* against a moment three days after the journey: the shares must not depend on it */
  double moment = (double)set->time_us[first + n - 1] + 3.0 * DAY_US;
  for (uint64_t k = 0; k < n; k++) sum += pow(2, -(moment - (double)set->time_us[first + k]) / half_life_us);
  return pow(2, -(moment - (double)set->time_us[first + i]) / half_life_us) / sum;
}

static void a_half_life_earlier_counts_half(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "a@0 b@7!", 1. / 3, 2. / 3);
  ASSERT_CREDITS(method(), &config, "a@0 b@7 c@14! ; a@20", 1. / 7, 2. / 7, 4. / 7, 0);
  config.credit.half_life_days = 1;
  ASSERT_CREDITS(method(), &config, "a@0 b@1!", 1. / 3, 2. / 3);
}

static void touches_of_one_moment_share_alike(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "a@3 b@3 c@3 a@3!", .25, .25, .25, .25);
}

static void a_decade_before_the_conversion_is_nothing_and_not_nan(void **state) {
  (void)state;
  da_config config = credit_config();
  config.credit.half_life_days = 0.01;
  ASSERT_CREDITS(method(), &config, "a@0 b@3650 c@7300!", 0, 0, 1);
}

static void agrees_with_its_twin(void **state) {
  (void)state;
  da_config config = credit_config();
  assert_agrees_with_twin(method(), &config, twin);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_half_life_earlier_counts_half),
      cmocka_unit_test(touches_of_one_moment_share_alike),
      cmocka_unit_test(a_decade_before_the_conversion_is_nothing_and_not_nan),
      cmocka_unit_test(agrees_with_its_twin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
