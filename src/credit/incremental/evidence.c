#include "credit/incremental/evidence.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { N_ROUNDS = 5 };
static const double LEAST_RIDGE = 3, MOST_RIDGE = 1e4;

/* Parameters in the order theta (as log theta), log rate, g, gamma. With many campaigns only gamma (see indices). */
typedef struct {
  const da_hazard_data *data;
  const da_hazard_options *options;
  const da_hazard *hazard;
  bool with_theta;
  size_t n, first_gamma;
  double *information; /* [n * n] lower triangle */
  double *score;       /* [n] of one conversion */
  double *total;       /* [n] sum of scores: for log theta, the conversions shared out to that kernel */
  uint32_t *touched;   /* [n] indices where score is not 0 */
  uint32_t n_touched;
} information;

static void add_score(information *all, size_t index, double amount) {
  if (amount == 0) return;
  if (all->score[index] == 0) all->touched[all->n_touched++] = (uint32_t)index;
  all->score[index] += amount;
}

static void score_touch(information *all, uint64_t touch, const float *kernel, double *hazard) {
  const da_exposure *e = all->data->exposure;
  const da_modulators *modulators = all->data->modulators;
  size_t n_taus = (size_t)e->n_taus, first = e->timeline->set->campaign[touch] * n_taus;
  double weight = da_hazard_touch_weight(modulators, all->hazard, touch), own = 0;
  for (size_t m = 0; m < n_taus; m++) {
    double part = weight * all->hazard->theta[first + m] * (double)kernel[m];
    own += part;
    if (all->with_theta) add_score(all, first + m, part);
  }
  for (uint64_t at = modulators->begin[touch]; at < modulators->begin[touch + 1]; at++) {
    add_score(all, all->first_gamma + modulators->index[at], own * (double)modulators->value[at]);
  }
  *hazard += own;
}

static void score_base(information *all, uint64_t row, double *hazard) {
  const da_exposure *e = all->data->exposure;
  size_t at_rate = e->n_campaigns * (size_t)e->n_taus;
  bool user_term = all->hazard->structure.user_term;
  uint64_t user = e->row_user[row];
  double base = all->hazard->rate * e->row_days[row] * (user_term ? da_hazard_user_factor(e, all->hazard, user) : 1);
  *hazard += base;
  if (!all->with_theta) return;
  add_score(all, at_rate, base);
  for (uint64_t at = e->user_begin[user]; user_term && at < e->user_begin[user + 1]; at++) {
    add_score(all, at_rate + 1 + e->user_campaign[at], base * (double)e->user_log_count[at]);
  }
}

static void add_row(information *all, uint64_t row) {
  const da_exposure *e = all->data->exposure;
  double count = all->options->user_weight ? (double)all->options->user_weight[e->row_user[row]] : 1, hazard = 1e-300;
  if (count == 0) return;
  all->n_touched = 0;
  uint64_t touch = da_exposure_first_touch(e, row);
  for (uint64_t i = e->row_touch[row]; i < e->row_touch[row + 1]; i++, touch++) {
    score_touch(all, touch, e->kernel + i * (uint64_t)e->n_taus, &hazard);
  }
  score_base(all, row, &hazard);
  for (uint32_t a = 0; a < all->n_touched; a++) all->total[all->touched[a]] += count * all->score[all->touched[a]] / hazard;
  for (uint32_t a = 0; a < all->n_touched; a++) {
    size_t i = all->touched[a];
    double from_i = count * all->score[i] / (hazard * hazard);
    for (uint32_t b = 0; b < all->n_touched; b++) {
      if (all->touched[b] <= i) all->information[i * all->n + all->touched[b]] += from_i * all->score[all->touched[b]];
    }
  }
  for (uint32_t a = 0; a < all->n_touched; a++) all->score[all->touched[a]] = 0;
}

/* In place: the lower triangle becomes L with L L' = it; false when not positive definite. */
static bool factorise(double *matrix, size_t n) {
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) {
      double sum = matrix[i * n + j];
      for (size_t k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
      if (i == j && !(sum > 0)) return false;
      matrix[i * n + j] = i == j ? sqrt(sum) : sum / matrix[j * n + j];
    }
  }
  return true;
}

/* V_aa: the squared length of L^-1 times unit vector a. */
static double inverse_diagonal(const double *factor, size_t n, size_t a, double *solution) {
  double sum = 0;
  for (size_t i = a; i < n; i++) {
    double value = i == a;
    for (size_t k = a; k < i; k++) value -= factor[i * n + k] * solution[k];
    solution[i] = value / factor[i * n + i];
    sum += solution[i] * solution[i];
  }
  return sum;
}

static void reset_ridge(information *all, da_hazard *hazard) {
  const double idle = 1; /* a kernel with hardly a conversion to its name has no say: held where it is */
  for (size_t i = 0; i < all->n; i++) {
    double *diagonal = &all->information[i * all->n + i];
    if (i >= all->first_gamma)
      *diagonal += hazard->ridge[i - all->first_gamma];
    else
      *diagonal += all->total[i] > 2 ? .01 : idle * 1e6;
  }
  if (!factorise(all->information, all->n)) return; /* keep the ridge there is */
  for (uint32_t k = 0; k < hazard->n_modulators; k++) {
    double variance = inverse_diagonal(all->information, all->n, all->first_gamma + k, all->score);
    double learnt = fmax(1 - hazard->ridge[k] * variance, 1e-3), gamma = hazard->gamma[k];
    hazard->ridge[k] = fmin(fmax(learnt / (gamma * gamma + 1e-8), LEAST_RIDGE), MOST_RIDGE);
  }
}

static da_status adapt(const da_hazard_data *data, const da_hazard_options *options, da_hazard *hazard, da_error *err) {
  const da_exposure *e = data->exposure;
  information all = {.data = data, .options = options, .hazard = hazard, .with_theta = data->modulators->scheme.by_campaign};
  if (all.with_theta) all.first_gamma = e->n_campaigns * (size_t)e->n_taus + 1 + (hazard->structure.user_term ? e->n_campaigns : 0);
  size_t n = all.n = all.first_gamma + hazard->n_modulators;
  double *block = da_mem_calloc(n * (n + 2), sizeof *block);
  all.touched = da_mem_alloc(n, sizeof *all.touched);
  if (!block || !all.touched) {
    da_mem_free(block);
    da_mem_free(all.touched);
    return da_mem_fail(err, n * (n + 2), sizeof *block, "the evidence for modulators");
  }
  all.information = block;
  all.score = block + n * n;
  all.total = all.score + n;
  for (uint64_t row = 0; row < e->n_rows; row++) add_row(&all, row);
  reset_ridge(&all, hazard);
  da_mem_free(block);
  da_mem_free(all.touched);
  return DA_OK;
}

da_status da_evidence_fit(const da_hazard_data *data, const da_hazard_options *options, da_hazard *hazard, da_error *err) {
  DA_TRY(da_hazard_fit(data, options, hazard, err));
  for (int round = 0; hazard->structure.modulated && round < N_ROUNDS; round++) {
    DA_TRY(adapt(data, options, hazard, err));
    DA_TRY(da_hazard_fit(data, options, hazard, err));
  }
  return DA_OK;
}
