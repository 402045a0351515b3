#include "credit/incremental/confusion.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "credit/incremental/cholesky.h"

/* Effects of fewer conversions are not worth a warning. */
static const double LEAST_CONVERSIONS = 3, CONFUSED = -.8;

typedef struct {
  const da_answer *answer;
  size_t n_taus, n;    /* n: kernels of all campaigns, and the baseline */
  double *mass;        /* [n]: per unit of theta or rate, all users */
  double *total;       /* [campaigns] expected conversions */
  double *score;       /* [n] */
  double *information; /* [n * n] lower triangle */
} work;

static double weight_of(const da_answer *answer, uint64_t touch) {
  return answer->hazard.structure.modulated ? da_hazard_touch_weight(answer->data.modulators, &answer->hazard, touch) : 1;
}

static double factor_of(const da_answer *answer, uint64_t user) {
  return answer->hazard.structure.user_term ? da_hazard_user_factor(answer->data.exposure, &answer->hazard, user) : 1;
}

static void measure(work *w) {
  const da_exposure *e = w->answer->data.exposure;
  const da_journeys *set = e->timeline->set;
  for (uint64_t i = 0; i < set->n_touches; i++) {
    double weight = weight_of(w->answer, i);
    for (size_t m = 0; m < w->n_taus; m++) w->mass[set->campaign[i] * w->n_taus + m] += weight * (double)e->mass[i * w->n_taus + m];
  }
  for (uint64_t user = 0; user < set->n_users; user++) w->mass[w->n - 1] += factor_of(w->answer, user) * e->watch_days[user];
  for (size_t k = 0; k + 1 < w->n; k++) w->total[k / w->n_taus] += w->answer->hazard.theta[k] * w->mass[k];
}

static void add_row(work *w, uint64_t row) {
  const da_exposure *e = w->answer->data.exposure;
  const da_hazard *hazard = &w->answer->hazard;
  double base = e->row_days[row] * factor_of(w->answer, e->row_user[row]), total = hazard->rate * base;
  memset(w->score, 0, w->n * sizeof *w->score);
  uint64_t touch = da_exposure_first_touch(e, row);
  for (uint64_t i = e->row_touch[row]; i < e->row_touch[row + 1]; i++, touch++) {
    size_t first = e->timeline->set->campaign[touch] * w->n_taus;
    double weight = weight_of(w->answer, touch);
    for (size_t m = 0; m < w->n_taus; m++) {
      double part = weight * (double)e->kernel[i * w->n_taus + m];
      total += hazard->theta[first + m] * part;
      if (w->mass[first + m] > 0) w->score[first + m] += part / w->mass[first + m];
    }
  }
  w->score[w->n - 1] = base / w->mass[w->n - 1];
  for (size_t i = 0; i < w->n; i++) {
    double from_i = w->score[i] / (total * total);
    for (size_t j = 0; from_i > 0 && j <= i; j++) w->information[i * w->n + j] += from_i * w->score[j];
  }
}

/* Faintly, no kernel has more conversions than there are. */
static void add_prior(work *w) {
  double most = (double)w->answer->data.exposure->n_rows;
  for (size_t i = 0; i < w->n; i++) w->information[i * w->n + i] += 1 / (most * most);
}

/* Keeps the list sorted, the strongest first. */
static void insert(da_confused_pair pair, size_t room, da_confused_pair *pairs, size_t *n) {
  size_t at = *n;
  while (at > 0 && pairs[at - 1].correlation > pair.correlation) at--;
  if (at == room) return;
  if (*n < room) ++*n;
  memmove(pairs + at + 1, pairs + at, (*n - at - 1) * sizeof *pairs);
  pairs[at] = pair;
}

/* Sums over the kernels of campaigns a and b. covariance: all of it. */
static double covariance_of(const work *w, const double *covariance, size_t a, size_t b) {
  double sum = 0;
  for (size_t i = a * w->n_taus; i < (a + 1) * w->n_taus; i++) {
    for (size_t j = b * w->n_taus; j < (b + 1) * w->n_taus; j++) sum += covariance[i * w->n + j];
  }
  return sum;
}

static void find_pairs(const work *w, double *covariance, size_t room, da_confused_pair *pairs, size_t *n_pairs) {
  size_t n_campaigns = w->answer->data.exposure->n_campaigns;
  for (size_t i = 0; i < w->n; i++) {
    covariance[i * w->n + i] = 1;
    da_cholesky_solve(w->information, w->n, covariance + i * w->n);
  }
  for (size_t a = 0; a < n_campaigns; a++) {
    for (size_t b = a + 1; b < n_campaigns; b++) {
      if (w->total[a] + w->total[b] < LEAST_CONVERSIONS) continue;
      double variances = covariance_of(w, covariance, a, a) * covariance_of(w, covariance, b, b);
      double correlation = covariance_of(w, covariance, a, b) / sqrt(variances);
      if (correlation < CONFUSED) insert((da_confused_pair){(uint32_t)a, (uint32_t)b, correlation}, room, pairs, n_pairs);
    }
  }
}

da_status da_confusion_find(const da_answer *answer, size_t room, da_confused_pair *pairs, size_t *n_pairs, da_error *err) {
  const da_exposure *e = answer->data.exposure;
  work w = {.answer = answer, .n_taus = (size_t)e->n_taus, .n = e->n_campaigns * (size_t)e->n_taus + 1};
  *n_pairs = 0;
  if (answer->form != DA_FORM_HAZARD || w.n > DA_CONFUSION_MOST + 1 || e->n_rows == 0) return DA_OK;
  size_t n_numbers = 2 * w.n * w.n + 3 * w.n;
  double *block = da_mem_calloc(n_numbers, sizeof *block);
  if (!block) return da_mem_fail(err, n_numbers, sizeof *block, "the campaigns that resemble each other");
  w.information = block;
  w.mass = block + 2 * w.n * w.n;
  w.total = w.mass + w.n;
  w.score = w.total + w.n;
  measure(&w);
  for (uint64_t row = 0; row < e->n_rows; row++) add_row(&w, row);
  add_prior(&w);
  if (da_cholesky_factorise(w.information, w.n)) find_pairs(&w, block + w.n * w.n, room, pairs, n_pairs);
  da_mem_free(block);
  return DA_OK;
}
