/* Oracle: the formulas of exposure.h and journey_form.h, written out for every journey of a random log with times in days. */
#include "credit/incremental/predict.h"

#include "support/credit.h"

enum { N_CAMPAIGNS = 4 };
static const double tau[] = {.5, 3};

static double days_of(const da_timeline *timeline, uint64_t touch) { return timeline->days[touch]; }

static void the_hazard_form_expects_until_the_end_of_the_log(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(8, 60, N_CAMPAIGNS, 5);
  const da_journeys *set = &made->set;
  da_timeline timeline;
  da_exposure exposure;
  assert_ok(da_timeline_init(set, &timeline, &err), err);
  assert_ok(da_exposure_init(&timeline, tau, 2, NULL, &exposure, &err), err);
  double theta[2 * N_CAMPAIGNS];
  for (int i = 0; i < 2 * N_CAMPAIGNS; i++) theta[i] = .02 * (i + 1);
  da_answer answer = {.form = DA_FORM_HAZARD,
                      .data = {.exposure = &exposure},
                      .hazard = {.n_campaigns = N_CAMPAIGNS, .n_taus = 2, .theta = theta, .rate = .003}};
  float *logit = journeys_zeroed(set->n_journeys, sizeof *logit);
  da_answer_predict(&answer, logit);
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    double last = days_of(&timeline, set->first_touch[j + 1] - 1), expected = .003 * (timeline.end - last);
    for (uint64_t i = set->first_touch[j]; i < set->first_touch[j + 1]; i++) {
      double age = last - days_of(&timeline, i), until = timeline.end - days_of(&timeline, i);
      for (int m = 0; m < 2; m++) expected += theta[2 * set->campaign[i] + (uint32_t)m] * (exp(-age / tau[m]) - exp(-until / tau[m]));
    }
    double p = 1 - exp(-expected);
    assert_near(logit[j], log(p / (1 - p)), 1e-4);
  }
  free(logit);
  da_exposure_free(&exposure);
  da_timeline_free(&timeline);
  journeys_free(made);
}

static void the_journey_form_has_its_own_rate(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(9, 200, N_CAMPAIGNS, 5);
  const da_journeys *set = &made->set;
  da_timeline timeline;
  da_exposure exposure;
  da_journey_counts counts;
  assert_ok(da_timeline_init(set, &timeline, &err), err);
  assert_ok(da_exposure_init(&timeline, tau, 2, NULL, &exposure, &err), err);
  assert_ok(da_journey_counts_init(&timeline, tau, 2, NULL, &counts, &err), err);
  da_answer answer = {.form = DA_FORM_JOURNEY, .data = {.exposure = &exposure}, .counts = &counts};
  assert_ok(da_journey_form_fit(&counts, true, NULL, NULL, NULL, &answer.journey, &err), err);
  float *logit = journeys_zeroed(set->n_journeys, sizeof *logit);
  da_answer_predict(&answer, logit);
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    double p = 1 - exp(-exp(da_journey_form_score(&counts, &answer.journey, j)));
    assert_near(logit[j], log(p / (1 - p)), 1e-4);
  }
  free(logit);
  da_journey_form_free(&answer.journey);
  da_journey_counts_free(&counts);
  da_exposure_free(&exposure);
  da_timeline_free(&timeline);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_hazard_form_expects_until_the_end_of_the_log),
      cmocka_unit_test(the_journey_form_has_its_own_rate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
