/* Oracles: journeys worked by hand, and the definition touch by touch on random journeys. */
#include "support/credit.h"

static const da_method *method(void) { return da_method_find("last_non_direct"); }

static double twin(const da_journeys *set, const float *attention, uint64_t first, uint64_t n, uint64_t i) {
  (void)attention;
  /* No campaign of the random journeys is a direct visit. */
  (void)set, (void)first;
  return i == n - 1;
}

static void direct_visits_are_passed_over(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "a@0 Direct@1! ; (none)@2 b@3 (direct)@4 DIRECT@5! ; direct@6", 1, 0, 0, 1, 0, 0, 0);
}

static void a_journey_of_direct_visits_alone_is_theirs(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "direct@0 direct@1!", 0, 1);
}

static void the_config_may_name_others(void **state) {
  (void)state;
  da_config config = credit_config();
  const char *names[] = {"crm", "own"};
  config.credit.direct = (da_text_list){names, 2};
  ASSERT_CREDITS(method(), &config, "a@0 direct@1 crm@2 own@3! ; a@4 CRM@5!", 0, 1, 0, 0, 0, 1);
}

static void only_whole_names_are_direct(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(method(), &config, "a@0 directory@1! ; a@2 direc@3!", 0, 1, 0, 1);
}

static void agrees_with_its_twin(void **state) {
  (void)state;
  da_config config = credit_config();
  assert_agrees_with_twin(method(), &config, twin);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(direct_visits_are_passed_over), cmocka_unit_test(a_journey_of_direct_visits_alone_is_theirs),
      cmocka_unit_test(the_config_may_name_others),    cmocka_unit_test(only_whole_names_are_direct),
      cmocka_unit_test(agrees_with_its_twin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
