/* Oracle: scikit-learn's numbers (metrics_fixture.py); AUC over all pairs and bins filled journey by journey, written plainly here. */
#include "train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/testing.h"
#include "train/metrics_fixture.h"

static void assert_near(double found, double wanted, const char *what) {
  if (isnan(wanted) ? isnan(found) : fabs(found - wanted) <= 1e-12 * (1 + fabs(wanted))) return;
  fail_msg("expected %s %.17g but found %.17g", what, wanted, found);
}

static void numbers_are_those_of_scikit_learn(void **state) {
  (void)state;
  da_error err = {0};
  for (size_t i = 0; i < sizeof metrics_fixture / sizeof metrics_fixture[0]; i++) {
    da_metrics found;
    assert_ok(da_metrics_compute(metrics_fixture[i].logit, metrics_fixture[i].converted, (uint64_t)metrics_fixture[i].n,
                                 metrics_fixture[i].shift, &found, &err),
              err);
    const double numbers[6] = {found.loss, found.auc, found.accuracy, found.precision, found.recall, found.mean_probability};
    for (int k = 0; k < 6; k++) assert_near(numbers[k], metrics_fixture[i].wanted[k], metrics_fixture[i].name);
  }
}

static double auc_of_all_pairs(const float *logit, const uint8_t *converted, int n) {
  double right = 0, pairs = 0;
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < n; k++) {
      if (!converted[i] || converted[k]) continue;
      pairs++;
      right += logit[i] > logit[k] ? 1 : logit[i] == logit[k] ? 0.5 : 0;
    }
  }
  return pairs > 0 ? right / pairs : NAN;
}

/* Each journey takes its place in the order; one of a tie counts as the tie's rate of conversions. */
static double calibration_error_plainly(const float *logit, const uint8_t *converted, int n, double shift) {
  double gap[15] = {0}, error = 0;
  for (int i = 0; i < n; i++) {
    int place = 0, tied = 0, tied_conversions = 0;
    for (int k = 0; k < n; k++) {
      place += logit[k] < logit[i] || (logit[k] == logit[i] && k < i);
      tied += logit[k] == logit[i];
      tied_conversions += logit[k] == logit[i] && converted[k];
    }
    int bin = 0;
    while (place >= (int)(n * (bin + 1) / 15.0)) bin++;
    gap[bin] += 1 / (1 + exp(-((double)logit[i] + shift))) - (double)tied_conversions / tied;
  }
  for (int b = 0; b < 15; b++) error += fabs(gap[b]);
  return error / n;
}

static void order_metrics_are_those_of_a_plain_count(void **state) {
  (void)state;
  da_error err = {0};
  da_random random;
  da_random_init(&random, 1, 0);
  for (int round = 0; round < 300; round++) {
    int n = 1 + (int)da_random_below(&random, 120);
    float logit[120];
    uint8_t converted[120];
    double step = round % 3 ? 0.5 : 1e-3, shift = round % 2 ? 0 : -0.7;
    for (int i = 0; i < n; i++) {
      converted[i] = da_random_below(&random, 4) == 0;
      logit[i] = (float)(floor((2 * da_random_normal(&random) + converted[i]) / step) * step);
    }
    da_metrics found;
    assert_ok(da_metrics_compute(logit, converted, (uint64_t)n, shift, &found, &err), err);
    assert_near(found.auc, auc_of_all_pairs(logit, converted, n), "AUC");
    double wanted = calibration_error_plainly(logit, converted, n, shift);
    assert_true(fabs(found.calibration_error - wanted) < 1e-9);
    assert_true(found.n_journeys == (uint64_t)n);
  }
}

static void certain_and_right_costs_nothing_certain_and_wrong_a_lot(void **state) {
  (void)state;
  da_error err = {0};
  da_metrics found;
  const float logit[] = {1000, -1000};
  const uint8_t right[] = {1, 0}, wrong[] = {0, 1};
  assert_ok(da_metrics_compute(logit, right, 2, 0, &found, &err), err);
  assert_near(found.loss, 0, "loss");
  assert_ok(da_metrics_compute(logit, wrong, 2, 0, &found, &err), err);
  assert_near(found.loss, 1000, "loss");
}

static void an_empty_set_has_no_numbers(void **state) {
  (void)state;
  da_error err = {0};
  da_metrics found;
  assert_ok(da_metrics_compute(NULL, NULL, 0, 0, &found, &err), err);
  assert_int_equal(found.n_journeys, 0);
  assert_true(isnan(found.loss) && isnan(found.auc) && isnan(found.calibration_error) && isnan(found.conversion_rate));
  da_text json = {0};
  da_metrics_print_json(&found, &json);
  assert_string_equal(da_text_cstr(&json),
                      "{\"journeys\":0,\"conversions\":0,\"loss\":null,\"auc\":null,\"accuracy\":null,\"precision\":null,\"recall\":null,"
                      "\"calibration_error\":null,\"mean_probability\":null,\"conversion_rate\":null}");
  da_text_free(&json);
}

static void a_score_that_is_no_number_is_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_metrics found;
  const float logit[] = {0, NAN};
  const uint8_t converted[] = {0, 1};
  assert_fails_with(da_metrics_compute(logit, converted, 2, 0, &found, &err), DA_ERR_NUM, err, "finite");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_those_of_scikit_learn),
      cmocka_unit_test(order_metrics_are_those_of_a_plain_count),
      cmocka_unit_test(certain_and_right_costs_nothing_certain_and_wrong_a_lot),
      cmocka_unit_test(an_empty_set_has_no_numbers),
      cmocka_unit_test(a_score_that_is_no_number_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
