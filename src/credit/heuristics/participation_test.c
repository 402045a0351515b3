/* Oracles: journeys worked by hand, and the definition touch by touch on random journeys. */
#include "support/credit.h"

static const da_method *method(void) { return da_method_find("participation"); }

static double twin(const da_journeys *set, const float *attention, uint64_t first, uint64_t n, uint64_t i) {
  (void)attention;
  uint64_t n_same = 0, n_campaigns = 0;
  for (uint64_t k = 0; k < n; k++) {
    n_same += set->campaign[first + k] == set->campaign[first + i];
    bool seen = false;
    for (uint64_t earlier = 0; earlier < k; earlier++) seen |= set->campaign[first + earlier] == set->campaign[first + k];
    n_campaigns += !seen;
  }
  return 1 / ((double)n_campaigns * (double)n_same);
}

static void campaigns_share_alike_however_often_they_were_seen(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "a@0 a@1 a@2 b@3! ; b@4 ; c@5! | a@0 b@1 a@2 c@3 d@4!", 1. / 6, 1. / 6, 1. / 6, .5, 0, 1, .125, .25,
                 .125, .25, .25);
}

static void agrees_with_its_twin(void **state) {
  (void)state;
  da_config config = credit_config();
  assert_agrees_with_twin(method(), &config, twin);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(campaigns_share_alike_however_often_they_were_seen),
      cmocka_unit_test(agrees_with_its_twin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
