/* Oracle: the Bernoulli likelihood of every row, from its definition; that a fit is a maximum of it. */
#include "credit/incremental/hazard.h"
#include "support/incremental.h"

static void likelihoods_agree_with_the_sum_over_rows(void **state) {
  (void)state;
  for (int s = 0; s < 4; s++) {
    prepared *p = prepare_set(journeys_random(5, 80, 5, 7), 2);
    da_hazard hazard = hazard_random(p, s & 1, s >> 1, 2);
    double *loglik = calloc(p->made->set.n_users, sizeof *loglik);
    da_hazard_user_loglik(&p->data, &hazard, loglik);
    for (uint64_t user = 0; user < p->made->set.n_users; user++) {
      double wanted = naive_user_loglik(p, &hazard, user);
      assert_near(loglik[user], wanted, 1e-5 * (1 + fabs(wanted)));
    }
    free(loglik);
    da_hazard_free(&hazard);
    prepared_free(p);
  }
}

static double penalised(const prepared *p, const da_hazard *hazard) {
  double sum = 0;
  for (uint64_t user = 0; user < p->made->set.n_users; user++) sum += naive_user_loglik(p, hazard, user);
  for (uint32_t k = 0; hazard->structure.user_term && k < hazard->n_campaigns; k++) sum -= .005 * hazard->user[k] * hazard->user[k];
  for (uint32_t k = 0; k < hazard->n_modulators; k++) sum -= .5 * hazard->ridge[k] * hazard->gamma[k] * hazard->gamma[k];
  return sum;
}

static void nothing_near_a_fit_is_better(void **state) {
  (void)state;
  da_error err = {0};
  prepared *p = prepare_set(journeys_random(6, 300, 4, 6), 2);
  da_hazard hazard;
  da_hazard_options options = {0};
  assert_ok(da_hazard_init(&p->data, (da_hazard_structure){true, true}, &hazard, &err), err);
  assert_ok(da_hazard_fit(&p->data, &options, &hazard, &err), err);
  double best = penalised(p, &hazard);
  assert_near(hazard.loglik, best, .01);
  da_random random;
  da_random_init(&random, 1, 1);
  size_t n = hazard.n_campaigns * (size_t)hazard.n_taus;
  for (int trial = 0; trial < 200; trial++) {
    double *parameter = trial % 3 == 0   ? &hazard.theta[da_random_below(&random, n)]
                        : trial % 3 == 1 ? &hazard.user[da_random_below(&random, hazard.n_campaigns)]
                                         : &hazard.gamma[da_random_below(&random, hazard.n_modulators)];
    double kept = *parameter;
    *parameter = trial % 3 == 0 ? kept * exp(.3 * da_random_normal(&random)) : kept + .2 * da_random_normal(&random);
    assert_true(penalised(p, &hazard) < best + .05);
    *parameter = kept;
  }
  da_hazard_free(&hazard);
  prepared_free(p);
}

static void threads_and_pools_change_no_bit(void **state) {
  (void)state;
  da_error err = {0};
  double loglik[3];
  for (int run = 0; run < 3; run++) {
    prepared *p = prepare_set(journeys_random(7, 200, 4, 6), run == 0 ? 1 : 3);
    if (run == 2) p->data.pool = NULL;
    da_hazard hazard;
    da_hazard_options options = {0};
    assert_ok(da_hazard_init(&p->data, (da_hazard_structure){true, true}, &hazard, &err), err);
    assert_ok(da_hazard_fit(&p->data, &options, &hazard, &err), err);
    loglik[run] = hazard.loglik;
    da_hazard_free(&hazard);
    prepared_free(p);
  }
  assert_true(loglik[0] == loglik[1] && loglik[1] == loglik[2]);
}

static void weights_count_users(void **state) {
  (void)state;
  da_error err = {0};
  da_hazard all, half;
  da_hazard_options options = {0};
  prepared *p = prepare_set(journeys_random(8, 100, 3, 5), 1);
  float weight[100];
  for (int i = 0; i < 100; i++) weight[i] = 2;
  assert_ok(da_hazard_init(&p->data, (da_hazard_structure){0}, &all, &err), err);
  assert_ok(da_hazard_init(&p->data, (da_hazard_structure){0}, &half, &err), err);
  assert_ok(da_hazard_fit(&p->data, &options, &all, &err), err);
  options.user_weight = weight;
  assert_ok(da_hazard_fit(&p->data, &options, &half, &err), err);
  assert_near(half.loglik, 2 * all.loglik, 1e-3);
  da_hazard_free(&all);
  da_hazard_free(&half);
  prepared_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(likelihoods_agree_with_the_sum_over_rows),
      cmocka_unit_test(nothing_near_a_fit_is_better),
      cmocka_unit_test(threads_and_pools_change_no_bit),
      cmocka_unit_test(weights_count_users),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
