/* Oracle: a rule that writes down what it is shown. */
#include "credit/heuristics/rule.h"

#include "support/credit.h"

/* Share i is the touch's day, so that the test sees which touches the path had. */
static void share_days(const da_credit_input *input, const da_path *path, double *share) {
  (void)input;
  for (uint64_t i = 0; i < path->n; i++)
    share[i] = (double)path->time_us[i] / (double)DAY_US + (path->attention ? (double)path->attention[i] : 0);
}

static void a_rule_sees_each_converting_path_of_the_range(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@1! ; a@2 b@3 ; b@4 c@5! | a@6 a@7!");
  const da_credit_input input = {.set = &made->set};
  double credit[6] = {0};
  da_rule_credit(share_days, &input, &(da_credit_range){.begin = 1, .end = 4}, credit);
  const double wanted[6] = {0, 0, 4, 5, 6, 7};
  assert_memory_equal(credit, wanted, sizeof wanted);
  const float attention[6] = {.5f, .5f, .25f, .75f, .125f, .875f};
  da_rule_credit(share_days, &input, &(da_credit_range){.begin = 1, .end = 4, .attention = attention}, credit);
  const double with_attention[6] = {0, 0, 4.25, 5.75, 6.125, 7.875};
  assert_memory_equal(credit, with_attention, sizeof with_attention);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_rule_sees_each_converting_path_of_the_range)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
