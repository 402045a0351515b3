/* Oracle: the rules of the header, case by case; standard errors of an AUC by hand. */
#include "credit/evaluate/verdict.h"

#include "support/credit.h"

static da_measured measured(const char *method) {
  return (da_measured){.method = da_method_find(method),
                       .share_error = NAN,
                       .least_error = NAN,
                       .log_loss = NAN,
                       .rate_loss = .45,
                       .auc = NAN,
                       .touch_auc = NAN,
                       .touch_auc_error = NAN,
                       .halves = .01};
}

#define assert_verdict(measured, wanted, words)                          \
  do {                                                                   \
    da_verdict found = da_verdict_of(&(measured));                       \
    assert_string_equal(da_trust_name(found.trust), wanted);             \
    if (!strstr(found.why, words)) fail_msg("found why: %s", found.why); \
  } while (0)

static void the_truth_decides_where_it_is_known(void **state) {
  (void)state;
  da_measured m = measured("last_touch");
  m.share_error = m.least_error = .01;
  assert_verdict(m, "yes", "nearest to the true ones");
  m.share_error = .015;
  assert_verdict(m, "with care", "1.5 times the smallest");
  m.share_error = .05;
  assert_verdict(m, "no", "5.0 times the smallest");
}

static void only_who_asks_what_would_have_happened_is_trusted(void **state) {
  (void)state;
  da_measured m = measured("incremental");
  assert_verdict(m, "yes", "what would have happened without each campaign, in a form chosen");
  m.form_undetermined = true;
  assert_verdict(m, "with care", "do not tell which of its forms");
  m = measured("last_touch");
  assert_verdict(m, "with care", "a rule");
  m = measured("markov");
  m.touch_auc = .7, m.touch_auc_error = .02, m.log_loss = .4;
  assert_verdict(m, "with care",
                 "who was reached, not what reaching them changed; it knows something of the touches that conversions follow");
  m.touch_auc = .52, m.log_loss = .46;
  assert_verdict(m, "with care", "do not tell its model from a coin (AUC 0.520); of journeys it knows no more than their rate");
  m = measured("attention");
  assert_verdict(m, "with care", "the network has learnt to predict");
}

static void faults_are_named(void **state) {
  (void)state;
  da_measured m = measured("incremental");
  m.negative = .4;
  assert_verdict(m, "no", "less than nothing: 40 %");
  m = measured("additive_hazard");
  m.touch_auc = .42, m.touch_auc_error = .02;
  assert_verdict(m, "no", "follow touches that it says they do not follow (AUC 0.420)");
  m.touch_auc = .48;
  assert_verdict(m, "with care", "a coin");
  m = measured("shapley");
  m.halves = .2;
  assert_verdict(m, "no", "moves 20 % of all conversions");
}

static void auc_errors_by_hand(void **state) {
  (void)state;
  /* Of one converting and one other journey: the AUC is 0 or 1, of variance A (1 - A). */
  assert_near(da_auc_error(.7, 1, 1), sqrt(.7 * .3), 1e-12);
  assert_near(da_auc_error(.5, 100, 100), sqrt((.25 + 2 * 99 * (1. / 3 - .25)) / 10000), 1e-12);
  assert_true(isnan(da_auc_error(.5, 0, 10)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_truth_decides_where_it_is_known),
      cmocka_unit_test(only_who_asks_what_would_have_happened_is_trusted),
      cmocka_unit_test(faults_are_named),
      cmocka_unit_test(auc_errors_by_hand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
