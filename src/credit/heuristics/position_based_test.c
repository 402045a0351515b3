/* Oracles: journeys worked by hand, and the definition touch by touch on random journeys. */
#include "support/credit.h"

static const da_method *method(void) { return da_method_find("position_based"); }

static double twin(const da_journeys *set, const float *attention, uint64_t first, uint64_t n, uint64_t i) {
  (void)set, (void)attention, (void)first;
  if (n == 1) return 1;
  if (n == 2) return 0.5;
  return i == 0 || i == n - 1 ? 0.4 : 0.2 / (double)(n - 2);
}

static void forty_twenty_forty(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "a@0 b@1 c@2! ; a@3 b@4 c@5 d@6!", .4, .2, .4, .4, .1, .1, .4);
}

static void one_and_two_touches_have_rules_of_their_own(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "a@0! ; a@1 b@2!", 1, .5, .5);
  config.credit.position_weights[0] = 0.6;
  config.credit.position_weights[1] = 0.2;
  ASSERT_CREDITS(method(), &config, "a@0! ; a@1 b@2! ; a@3 b@4 c@5!", 1, .75, .25, .6, .2, .2);
}

static void extreme_weights_still_sum_to_one(void **state) {
  (void)state;
  da_config config = credit_config();
  config.credit.position_weights[0] = config.credit.position_weights[1] = 0;
  ASSERT_CREDITS(method(), &config, "a@0! ; a@1 b@2! ; a@3 b@4 c@5!", 1, .5, .5, 0, 1, 0);
  config.credit.position_weights[0] = 1;
  ASSERT_CREDITS(method(), &config, "a@0! ; a@1 b@2! ; a@3 b@4 c@5!", 1, 1, 0, 1, 0, 0);
}

static void agrees_with_its_twin(void **state) {
  (void)state;
  da_config config = credit_config();
  assert_agrees_with_twin(method(), &config, twin);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forty_twenty_forty),
      cmocka_unit_test(one_and_two_touches_have_rules_of_their_own),
      cmocka_unit_test(extreme_weights_still_sum_to_one),
      cmocka_unit_test(agrees_with_its_twin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
