/* Oracle: the log hazard of converted rows from its definition, differentiated numerically. */
#include "credit/incremental/information.h"
#include "support/incremental.h"

/* Parameter i of information.h's order moved by step: log scales for theta and rate. */
static void nudge(da_hazard *hazard, size_t i, double step) {
  size_t n_theta = hazard->n_campaigns * (size_t)hazard->n_taus, n_user = hazard->structure.user_term ? hazard->n_campaigns : 0;
  if (i < n_theta)
    hazard->theta[i] *= exp(step);
  else if (i == n_theta)
    hazard->rate *= exp(step);
  else if (i <= n_theta + n_user)
    hazard->user[i - n_theta - 1] += step;
  else
    hazard->gamma[i - n_theta - 1 - n_user] += step;
}

static double log_row_hazard(const prepared *p, da_hazard *hazard, uint64_t row, size_t i, double step) {
  const da_exposure *e = &p->exposure;
  uint64_t journey = e->row_journey[row], touch = p->made->set.first_touch[journey + 1] - 1;
  nudge(hazard, i, step);
  double value = log(naive_row_hazard(p, hazard, e->row_user[row], journey, touch));
  nudge(hazard, i, -step);
  return value;
}

static void it_is_the_sum_of_squared_scores(void **state) {
  (void)state;
  for (int s = 0; s < 4; s++) {
    da_error err = {0};
    prepared *p = prepare_set(journeys_random(7, 60, 3, 5), 1);
    da_hazard hazard = hazard_random(p, s & 1, s >> 1, 3);
    da_information information;
    assert_ok(da_information_init(&p->data, NULL, &hazard, &information, &err), err);
    size_t n = information.n;
    double *wanted = calloc(n * n, sizeof *wanted), *score = calloc(n, sizeof *score);
    for (uint64_t row = 0; row < p->exposure.n_rows; row++) {
      for (size_t i = 0; i < n; i++)
        score[i] = (log_row_hazard(p, &hazard, row, i, 1e-4) - log_row_hazard(p, &hazard, row, i, -1e-4)) / 2e-4;
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) wanted[i * n + j] += score[i] * score[j];
    }
    for (size_t i = 0; i < n * n; i++) assert_near(information.matrix[i], wanted[i], 1e-4 * (1 + fabs(wanted[i])));
    free(wanted);
    free(score);
    da_information_free(&information);
    da_hazard_free(&hazard);
    prepared_free(p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_the_sum_of_squared_scores)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
