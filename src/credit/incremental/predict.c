#include "credit/incremental/predict.h"

#include <math.h>

/* log(p / (1 - p)) of p = 1 - e^-expected. */
static float log_odds(double expected) {
  const double least = 1e-12, most = 30;
  return (float)log(expm1(fmin(fmax(expected, least), most)));
}

/* What a journey's touches and its user's base rate give from its last touch to the end of the log. */
static double expected_of(const da_answer *answer, uint64_t user, uint64_t journey) {
  const da_exposure *e = answer->data.exposure;
  const da_hazard *hazard = &answer->hazard;
  const da_timeline *timeline = e->timeline;
  const da_journeys *set = timeline->set;
  size_t n_taus = (size_t)e->n_taus;
  uint64_t end = set->first_touch[journey + 1];
  double last = timeline->days[end - 1], left = timeline->end - last;
  double expected = hazard->rate * left * (hazard->structure.user_term ? da_hazard_user_factor(e, hazard, user) : 1);
  for (uint64_t i = set->first_touch[journey]; i < end; i++) {
    const double *theta = hazard->theta + set->campaign[i] * n_taus;
    double weight = hazard->structure.modulated ? da_hazard_touch_weight(answer->data.modulators, hazard, i) : 1;
    for (size_t m = 0; m < n_taus; m++) {
      expected += weight * theta[m] * exp(-(last - timeline->days[i]) / e->tau[m]) * -expm1(-left / e->tau[m]);
    }
  }
  return expected;
}

void da_answer_predict(const da_answer *answer, float *logit) {
  const da_journeys *set = answer->data.exposure->timeline->set;
  for (uint64_t user = 0; user < set->n_users; user++) {
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) {
      double expected =
          answer->form == DA_FORM_HAZARD ? expected_of(answer, user, j) : exp(da_journey_form_score(answer->counts, &answer->journey, j));
      logit[j] = log_odds(expected);
    }
  }
}
