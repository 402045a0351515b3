/* Oracle: each feature again from its definition, looking back over the whole journey. */
#include "credit/incremental/modulators.h"
#include "support/incremental.h"

static void naive_features(const prepared *p, uint64_t journey, uint64_t touch, double *x) {
  const da_modulator_scheme *scheme = &p->modulators.scheme;
  const double *days = p->timeline.days;
  const uint32_t *campaign = p->made->campaign;
  uint64_t first = p->made->set.first_touch[journey], same = 0;
  double newest_other = 0;
  for (uint32_t k = 0; k < scheme->n; k++) x[k] = 0;
  if (touch == first) x[da_modulator_first(scheme, campaign[touch])] = 1;
  for (uint64_t i = first; i < touch; i++) { /* later touches overwrite earlier ones */
    double recency = exp(-(days[touch] - days[i]) / scheme->recency_days);
    if (campaign[i] == campaign[touch])
      same++;
    else if (scheme->by_campaign)
      x[da_modulator_recency(scheme, campaign[i])] = recency;
    else
      newest_other = recency;
  }
  if (!scheme->by_campaign) x[DA_MODULATOR_OTHER] = newest_other;
  if (same > 0) x[DA_MODULATOR_REPEAT] = -log(1 + (double)same);
  if (touch > first) x[DA_MODULATOR_GAP] = exp(-(days[touch] - days[touch - 1]) / scheme->gap_days);
}

static void features_are_as_defined(void **state) {
  (void)state;
  const uint32_t n_campaigns[] = {1, 4, 25}; /* the last: shared modulators */
  for (size_t c = 0; c < 3; c++) {
    prepared *p = prepare_set(journeys_random(c, 100, n_campaigns[c], 12), 2);
    const da_journeys *set = &p->made->set;
    double wanted[DA_MAX_MODULATORS], found[DA_MAX_MODULATORS];
    for (uint64_t j = 0; j < set->n_journeys; j++) {
      for (uint64_t i = set->first_touch[j]; i < set->first_touch[j + 1]; i++) {
        naive_features(p, j, i, wanted);
        for (uint32_t k = 0; k < p->modulators.scheme.n; k++) found[k] = 0;
        for (uint64_t at = p->modulators.begin[i]; at < p->modulators.begin[i + 1]; at++)
          found[p->modulators.index[at]] = p->modulators.value[at];
        for (uint32_t k = 0; k < p->modulators.scheme.n; k++) assert_near(found[k], wanted[k], 1e-6);
      }
    }
    prepared_free(p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(features_are_as_defined)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
