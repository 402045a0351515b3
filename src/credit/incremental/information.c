#include "credit/incremental/information.h"

#include "base/mem.h"
#include "credit/incremental/cholesky.h"

/* The score of the row at hand, where it is not 0. */
typedef struct {
  const da_hazard_data *data;
  const da_hazard *hazard;
  da_information *out;
  double *score;     /* [n] */
  uint32_t *touched; /* [n] indices where score is not 0 */
  uint32_t n_touched;
} scoring;

static size_t size_without_theta(const da_hazard *hazard) {
  return 1 + (hazard->structure.user_term ? hazard->n_campaigns : 0) + (hazard->structure.modulated ? hazard->n_modulators : 0);
}

static size_t first_rate(const da_hazard *hazard) {
  size_t n_theta = hazard->n_campaigns * (size_t)hazard->n_taus;
  return n_theta + size_without_theta(hazard) <= DA_INFORMATION_MOST ? n_theta : 0;
}

size_t da_information_size(const da_hazard *hazard) { return first_rate(hazard) + size_without_theta(hazard); }

static void add_score(scoring *row, size_t index, double amount) {
  if (amount == 0) return;
  if (row->score[index] == 0) row->touched[row->n_touched++] = (uint32_t)index;
  row->score[index] += amount;
}

static void score_touch(scoring *row, uint64_t touch, const float *kernel, double *hazard) {
  const da_exposure *e = row->data->exposure;
  const da_modulators *modulators = row->hazard->structure.modulated ? row->data->modulators : NULL;
  size_t n_taus = (size_t)e->n_taus, first = e->timeline->set->campaign[touch] * n_taus;
  double weight = modulators ? da_hazard_touch_weight(modulators, row->hazard, touch) : 1, own = 0;
  for (size_t m = 0; m < n_taus; m++) {
    double part = weight * row->hazard->theta[first + m] * (double)kernel[m];
    own += part;
    if (row->out->first_rate > 0) add_score(row, first + m, part);
  }
  for (uint64_t at = modulators ? modulators->begin[touch] : 0; modulators && at < modulators->begin[touch + 1]; at++) {
    add_score(row, row->out->first_gamma + modulators->index[at], own * (double)modulators->value[at]);
  }
  *hazard += own;
}

static void score_base(scoring *row, uint64_t number, double *hazard) {
  const da_exposure *e = row->data->exposure;
  size_t at_rate = row->out->first_rate;
  bool user_term = row->hazard->structure.user_term;
  uint64_t user = e->row_user[number];
  double base = row->hazard->rate * e->row_days[number] * (user_term ? da_hazard_user_factor(e, row->hazard, user) : 1);
  *hazard += base;
  add_score(row, at_rate, base);
  for (uint64_t at = e->user_begin[user]; user_term && at < e->user_begin[user + 1]; at++) {
    add_score(row, at_rate + 1 + e->user_campaign[at], base * (double)e->user_log_count[at]);
  }
}

static void add_row(scoring *row, uint64_t number, double count) {
  const da_exposure *e = row->data->exposure;
  da_information *out = row->out;
  double hazard = 1e-300;
  row->n_touched = 0;
  uint64_t touch = da_exposure_first_touch(e, number);
  for (uint64_t i = e->row_touch[number]; i < e->row_touch[number + 1]; i++, touch++) {
    score_touch(row, touch, e->kernel + i * (uint64_t)e->n_taus, &hazard);
  }
  score_base(row, number, &hazard);
  for (uint32_t a = 0; a < row->n_touched; a++) {
    size_t i = row->touched[a];
    out->total[i] += count * row->score[i] / hazard;
    double from_i = count * row->score[i] / (hazard * hazard);
    for (uint32_t b = 0; b < row->n_touched; b++) {
      if (row->touched[b] <= i) out->matrix[i * out->n + row->touched[b]] += from_i * row->score[row->touched[b]];
    }
  }
  for (uint32_t a = 0; a < row->n_touched; a++) row->score[row->touched[a]] = 0;
}

da_status da_information_init(const da_hazard_data *data, const float *user_weight, const da_hazard *hazard, da_information *information,
                              da_error *err) {
  size_t n = da_information_size(hazard);
  *information = (da_information){
      .n = n, .first_rate = first_rate(hazard), .first_gamma = n - (hazard->structure.modulated ? hazard->n_modulators : 0)};
  scoring row = {.data = data, .hazard = hazard, .out = information};
  information->matrix = da_mem_calloc(n * (n + 2), sizeof *information->matrix);
  row.touched = da_mem_alloc(n, sizeof *row.touched);
  if (!information->matrix || !row.touched) {
    da_mem_free(row.touched);
    da_information_free(information);
    return da_mem_fail(err, n * (n + 2), sizeof *information->matrix, "the information about the hazard form");
  }
  information->total = information->matrix + n * n;
  row.score = information->total + n;
  const da_exposure *e = data->exposure;
  for (uint64_t number = 0; number < e->n_rows; number++) {
    double count = user_weight ? (double)user_weight[e->row_user[number]] : 1;
    if (count > 0) add_row(&row, number, count);
  }
  da_mem_free(row.touched);
  return DA_OK;
}

void da_information_free(da_information *information) {
  da_mem_free(information->matrix);
  *information = (da_information){0};
}

bool da_information_factorise(da_information *information, const da_hazard *hazard) {
  const double faint = .01, held = 1e6;
  for (size_t i = 0; i < information->n; i++) {
    double *diagonal = &information->matrix[i * information->n + i];
    if (i >= information->first_gamma)
      *diagonal += hazard->ridge[i - information->first_gamma];
    else
      *diagonal += information->total[i] > 2 ? faint : held;
  }
  return da_cholesky_factorise(information->matrix, information->n);
}
