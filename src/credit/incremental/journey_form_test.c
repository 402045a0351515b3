/* Oracle: decayed counts and the Poisson likelihood from their definitions; that a fit is a maximum of it. */
#include "credit/incremental/journey_form.h"
#include "support/incremental.h"

static const double TAU[] = {1, 4};

static double naive_score(const prepared *p, const da_journey_form *form, uint64_t journey) {
  const da_journeys *set = &p->made->set;
  uint64_t first = set->first_touch[journey], last = set->first_touch[journey + 1] - 1;
  double sum = form->intercept + (form->with_first ? form->beta[set->campaigns.n * 2 + set->campaign[first]] : 0);
  for (uint64_t i = first; i <= last; i++) {
    for (int m = 0; m < 2; m++)
      sum += form->beta[set->campaign[i] * 2 + (uint32_t)m] * exp(-(p->timeline.days[last] - p->timeline.days[i]) / TAU[m]);
  }
  return sum;
}

static double naive_penalised(const prepared *p, const da_journey_form *form) {
  const da_journeys *set = &p->made->set;
  double sum = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    double score = naive_score(p, form, j);
    sum += (da_journey_converted(set, j) ? score : 0) - exp(score);
  }
  for (size_t k = 0; k < form->n; k++) sum -= 1.5 * form->beta[k] * form->beta[k];
  return sum;
}

static void a_fit_is_a_maximum_of_the_likelihood(void **state) {
  (void)state;
  da_error err = {0};
  for (int with_first = 0; with_first < 2; with_first++) {
    prepared *p = prepare_set(journeys_random(4, 200, 5, 6), 2);
    da_journey_counts counts;
    da_journey_form form;
    assert_ok(da_journey_counts_init(&p->timeline, TAU, 2, p->pool, &counts, &err), err);
    assert_ok(da_journey_form_fit(&counts, with_first, NULL, NULL, p->pool, &form, &err), err);
    for (uint64_t j = 0; j < p->made->set.n_journeys; j++)
      assert_near(da_journey_form_score(&counts, &form, j), naive_score(p, &form, j), 1e-5);
    double best = naive_penalised(p, &form);
    assert_near(form.loglik, best, 1e-3);
    for (size_t k = 0; k < form.n; k++) {
      for (double step = -.1; step < .2; step += .2) {
        form.beta[k] += step;
        assert_true(naive_penalised(p, &form) < best + .01);
        form.beta[k] -= step;
      }
    }
    da_journey_form_free(&form);
    da_journey_counts_free(&counts);
    prepared_free(p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_fit_is_a_maximum_of_the_likelihood)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
