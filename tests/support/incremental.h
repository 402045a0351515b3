/* A journey set prepared for the parts of the incremental method. Free with prepared_free. */
#ifndef DA_TESTS_INCREMENTAL_H
#define DA_TESTS_INCREMENTAL_H

#include <math.h>

#include "credit/incremental/hazard.h"
#include "support/credit.h"
#include "support/journeys.h"

typedef struct {
  test_journeys *made;
  da_timeline timeline;
  da_exposure exposure;
  da_modulators modulators;
  da_hazard_data data;
  da_pool *pool;
} prepared;

static inline prepared *prepare_set(test_journeys *made, int n_threads) {
  da_error err = {0};
  prepared *p = calloc(1, sizeof *p);
  double scale[DA_MAX_SCALES];
  p->made = made;
  assert_ok(da_pool_open(n_threads, &p->pool, &err), err);
  assert_ok(da_timeline_init(&made->set, &p->timeline, &err), err);
  int n = da_timeline_scales(&p->timeline, scale);
  assert_ok(da_exposure_init(&p->timeline, scale, n, p->pool, &p->exposure, &err), err);
  da_modulator_scheme scheme = da_modulator_scheme_for(p->exposure.n_campaigns, scale[n - 1]);
  assert_ok(da_modulators_init(&p->timeline, &scheme, p->pool, &p->modulators, &err), err);
  p->data = (da_hazard_data){&p->exposure, &p->modulators, p->pool};
  return p;
}

static inline void prepared_free(prepared *p) {
  da_modulators_free(&p->modulators);
  da_exposure_free(&p->exposure);
  da_timeline_free(&p->timeline);
  da_pool_close(p->pool);
  journeys_free(p->made);
  free(p);
}

/* Users of a month; in the hazard log a conversion comes after a touch with a chance that grows with the time to the next. In the
 * journey log it is decided at the last touch, more often the more "c00001" was seen of late. */
static inline test_journeys *draw_log(bool hazard, uint64_t seed) {
  enum { N = 3000 };
  test_journeys *made = journeys_room(N * 12, 3);
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, seed, 0);
  for (uint32_t c = 0; c < 3; c++) snprintf(made->name_text[c], sizeof made->name_text[c], "c%05u", c);
  for (int user = 0; user < N; user++) {
    uint64_t n = 1 + da_random_below(&random, 8);
    double days[13], now = hazard ? 0 : 15 * da_random_uniform(&random);
    for (uint64_t i = 0; i < n; i++) {
      days[i] = now += (hazard ? 3 : .5) * da_random_exponential(&random);
      if (now < 30) continue; /* the log ends on day 30 */
      if (i == 0) days[0] = 29;
      n = i > 0 ? i : 1;
    }
    days[n] = 30;
    double seen = 0;
    for (uint64_t i = 0; i < n; i++) {
      uint32_t campaign = made->campaign[set->n_touches] = (uint32_t)da_random_below(&random, 3);
      seen += campaign == 1 ? 1.2 * exp(-(days[n - 1] - days[i]) / 4) : 0;
      made->time_us[set->n_touches++] = (int64_t)(days[i] * (double)DAY_US);
      double chance = hazard ? 1 - exp(-.02 * (days[i + 1] - days[i])) : i + 1 == n ? fmin(.9, .04 * exp(seen)) : 0;
      bool converted = da_random_uniform(&random) < chance;
      if (!converted && i + 1 < n) continue;
      journeys_end_one(made, DA_SET_TRAIN, converted);
    }
    made->first_journey[++set->n_users] = set->n_journeys;
  }
  journeys_finish(made, 3, false);
  return made;
}

/* Any parameters at all, for comparing one computation with another. */
static inline da_hazard hazard_random(const prepared *p, int user_term, int modulated, uint64_t seed) {
  da_error err = {0};
  da_hazard hazard;
  da_random random;
  da_random_init(&random, seed, 5);
  assert_ok(da_hazard_init(&p->data, (da_hazard_structure){user_term, modulated}, &hazard, &err), err);
  for (uint32_t k = 0; k < hazard.n_campaigns * (uint32_t)hazard.n_taus; k++) hazard.theta[k] = .1 * da_random_uniform(&random);
  for (uint32_t k = 0; user_term && k < hazard.n_campaigns; k++) hazard.user[k] = .3 * da_random_normal(&random);
  for (uint32_t k = 0; k < hazard.n_modulators; k++) hazard.gamma[k] = .5 * da_random_normal(&random);
  return hazard;
}

/* H_i of row i = touch, straight from its definition: the touches of the journey so far, one by one. */
static inline double naive_row_hazard(const prepared *p, const da_hazard *hazard, uint64_t user, uint64_t journey, uint64_t touch) {
  const da_exposure *e = &p->exposure;
  const double *days = p->timeline.days;
  uint64_t user_end = da_timeline_user_touch(&p->made->set, user + 1);
  double gap = (touch + 1 < user_end ? days[touch + 1] : p->timeline.end) - days[touch];
  double sum = hazard->rate * gap * (hazard->structure.user_term ? da_hazard_user_factor(e, hazard, user) : 1);
  for (uint64_t j = p->made->set.first_touch[journey]; j <= touch; j++) {
    double weight = hazard->structure.modulated ? da_hazard_touch_weight(&p->modulators, hazard, j) : 1;
    for (int m = 0; m < e->n_taus; m++) {
      double theta = hazard->theta[p->made->campaign[j] * (uint32_t)e->n_taus + (uint32_t)m];
      sum += weight * theta * exp(-(days[touch] - days[j]) / e->tau[m]) * (1 - exp(-gap / e->tau[m]));
    }
  }
  return sum;
}

/* Bernoulli log-likelihood of every row of a user. */
static inline double naive_user_loglik(const prepared *p, const da_hazard *hazard, uint64_t user) {
  const da_journeys *set = &p->made->set;
  double loglik = 0;
  for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) {
    for (uint64_t i = set->first_touch[j]; i < set->first_touch[j + 1]; i++) {
      double h = naive_row_hazard(p, hazard, user, j, i);
      bool converts = da_journey_converted(set, j) && i + 1 == set->first_touch[j + 1];
      loglik += converts ? log(1 - exp(-h)) : -h;
    }
  }
  return loglik;
}

#endif
