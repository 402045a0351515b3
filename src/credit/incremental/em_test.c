/* Oracle: one EM step written out conversion by conversion; the maximum, that plain steps reach slowly. */
#include "credit/incremental/em.h"
#include "support/incremental.h"

/* The inner problem with nothing modulated and no user term. */
typedef struct {
  prepared *p;
  da_em em;
  da_em_space *space;
  da_em_point point, next;
  double *responsibility;
  float *cell_kernel;
  double *mass;
  size_t n;
} problem;

static problem *open_problem(uint64_t seed) {
  da_error err = {0};
  problem *q = calloc(1, sizeof *q);
  q->p = prepare_set(journeys_random(seed, 120, 4, 6), 2);
  const da_exposure *e = &q->p->exposure;
  size_t n_taus = (size_t)e->n_taus;
  q->n = e->n_campaigns * n_taus;
  q->cell_kernel = calloc(e->row_cell[e->n_rows] * n_taus, sizeof(float));
  q->mass = calloc(q->n, sizeof(double));
  q->point.theta = calloc(q->n, sizeof(double));
  q->next.theta = calloc(q->n, sizeof(double));
  q->responsibility = calloc(e->n_rows, sizeof(double));
  for (uint64_t i = 0; i < e->row_touch[e->n_rows]; i++) {
    for (size_t m = 0; m < n_taus; m++) q->cell_kernel[e->touch_cell[i] * n_taus + m] += e->kernel[i * n_taus + m];
  }
  for (uint64_t i = 0; i < q->p->made->set.n_touches; i++) {
    for (size_t m = 0; m < n_taus; m++) q->mass[q->p->made->campaign[i] * n_taus + m] += e->mass[i * n_taus + m];
  }
  q->em = (da_em){.exposure = e, .cell_kernel = q->cell_kernel, .row_base = e->row_days, .mass = q->mass, .pool = q->p->pool};
  for (uint64_t user = 0; user < q->p->made->set.n_users; user++) q->em.base += e->watch_days[user];
  for (size_t k = 0; k < q->n; k++) q->point.theta[k] = .02;
  q->point.rate = .01;
  assert_ok(da_em_space_init(e, &q->space, &err), err);
  return q;
}

static void close_problem(problem *q) {
  da_em_space_free(q->space);
  free(q->cell_kernel), free(q->mass), free(q->point.theta), free(q->next.theta), free(q->responsibility);
  prepared_free(q->p);
  free(q);
}

static void a_step_shares_every_conversion_among_its_causes(void **state) {
  (void)state;
  problem *q = open_problem(1);
  const da_exposure *e = &q->p->exposure;
  const da_journeys *set = &q->p->made->set;
  da_hazard hazard = {.structure = {0}, .n_taus = e->n_taus, .theta = q->point.theta, .rate = q->point.rate};
  double *wanted = calloc(q->n, sizeof *wanted), base = 0;
  size_t n_taus = (size_t)e->n_taus;
  for (uint64_t row = 0; row < e->n_rows; row++) {
    uint64_t journey = e->row_journey[row], last = set->first_touch[journey + 1] - 1;
    double h = naive_row_hazard(q->p, &hazard, e->row_user[row], journey, last), count = 1 / (1 - exp(-h));
    base += count * q->point.rate * e->row_days[row];
    for (uint64_t i = set->first_touch[journey]; i <= last; i++) {
      for (size_t m = 0; m < n_taus; m++) {
        double kernel = exp(-(q->p->timeline.days[last] - q->p->timeline.days[i]) / e->tau[m]) * (1 - exp(-e->row_days[row] / e->tau[m]));
        wanted[set->campaign[i] * n_taus + m] += count * q->point.theta[set->campaign[i] * n_taus + m] * kernel;
      }
    }
  }
  da_em_step(&q->em, q->space, &q->point, &q->next, q->responsibility);
  for (size_t k = 0; k < q->n; k++) assert_near(q->next.theta[k], wanted[k] / q->mass[k], 1e-6);
  assert_near(q->next.rate, base / q->em.base, 1e-9);
  free(wanted);
  close_problem(q);
}

static void acceleration_ends_where_plain_steps_end(void **state) {
  (void)state;
  problem *fast = open_problem(2), *slow = open_problem(2);
  double reached = da_em_run(&fast->em, fast->space, 1e-7, 1000, &fast->point, fast->responsibility), before = -INFINITY, now = 0;
  for (int step = 0; step < 4000; step++) {
    now = da_em_step(&slow->em, slow->space, &slow->point, &slow->next, slow->responsibility);
    assert_true(now >= before - 1e-9); /* EM never falls */
    before = now;
    da_em_point swapped = slow->point;
    slow->point = slow->next;
    slow->next = swapped;
  }
  assert_true(reached > now - .01);
  close_problem(fast);
  close_problem(slow);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_step_shares_every_conversion_among_its_causes),
      cmocka_unit_test(acceleration_ends_where_plain_steps_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
