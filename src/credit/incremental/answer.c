#include "credit/incremental/answer.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

da_status da_answer_space_init(const da_answer *answer, da_answer_space *space, da_error *err) {
  *space = (da_answer_space){0};
  return da_coalition_space_init(answer->data.exposure->n_campaigns, &space->coalition, err);
}

void da_answer_space_free(da_answer_space *space) {
  da_coalition_space_free(&space->coalition);
  da_mem_free(space->scratch);
  *space = (da_answer_space){0};
}

static da_status reserve(da_answer_space *space, uint64_t n, da_error *err) {
  if (n <= space->capacity) return DA_OK;
  da_mem_free(space->scratch);
  space->capacity = 0;
  space->scratch = da_mem_alloc(n, sizeof *space->scratch);
  if (!space->scratch) return da_mem_fail(err, n, sizeof *space->scratch, "the touches of a journey");
  space->capacity = n;
  return DA_OK;
}

static da_status share_hazard(const da_answer *answer, uint64_t row, da_answer_space *space, const da_shares **shares, da_error *err) {
  const da_exposure *e = answer->data.exposure;
  const da_hazard *hazard = &answer->hazard;
  const da_journeys *set = e->timeline->set;
  uint64_t first = da_exposure_first_touch(e, row), n = e->row_touch[row + 1] - e->row_touch[row], n_taus = (uint64_t)e->n_taus;
  for (uint64_t j = 0; j < n; j++) {
    const double *theta = hazard->theta + set->campaign[first + j] * n_taus;
    const float *kernel = e->kernel + (e->row_touch[row] + j) * n_taus;
    space->scratch[j] = 0;
    for (uint64_t m = 0; m < n_taus; m++) space->scratch[j] += theta[m] * (double)kernel[m];
  }
  double factor = hazard->structure.user_term ? da_hazard_user_factor(e, hazard, e->row_user[row]) : 1;
  da_hazard_game game = {
      .n_touches = n,
      .campaign = set->campaign + first,
      .days = e->timeline->days + first,
      .hazard = space->scratch,
      .base = hazard->rate * e->row_days[row] * factor,
      .scheme = hazard->structure.modulated ? &answer->data.modulators->scheme : NULL,
      .gamma = hazard->gamma,
      .held = answer->held,
  };
  return da_coalition_hazard(&game, &space->coalition, shares, err);
}

static da_status share_journey(const da_answer *answer, uint64_t row, da_answer_space *space, const da_shares **shares, da_error *err) {
  const da_journey_counts *counts = answer->counts;
  const da_timeline *timeline = counts->timeline;
  uint64_t journey = answer->data.exposure->row_journey[row], n_taus = (uint64_t)counts->n_taus;
  uint64_t first = timeline->set->first_touch[journey], end = timeline->set->first_touch[journey + 1];
  for (uint64_t i = first; i < end; i++) {
    const double *beta = answer->journey.beta + timeline->set->campaign[i] * n_taus;
    double sum = 0;
    for (uint64_t m = 0; m < n_taus; m++) sum += beta[m] * exp(-(timeline->days[end - 1] - timeline->days[i]) / counts->tau[m]);
    space->scratch[i - first] = sum;
  }
  return da_coalition_product(end - first, timeline->set->campaign + first, space->scratch, answer->held, &space->coalition, shares, err);
}

da_status da_answer_share(const da_answer *answer, uint64_t row, da_answer_space *space, const da_shares **shares, da_error *err) {
  const da_exposure *e = answer->data.exposure;
  DA_TRY(reserve(space, e->row_touch[row + 1] - e->row_touch[row], err));
  return answer->form == DA_FORM_HAZARD ? share_hazard(answer, row, space, shares, err) : share_journey(answer, row, space, shares, err);
}

/* --- Totals ------------------------------------------------------------------------------------------------------------- */

typedef struct {
  const da_answer *answer;
  const float *user_weight;
  da_answer_space *spaces; /* [threads] */
  double *sums;            /* [n_chunks * (4 n_campaigns + 1)] shapley, removal, its squares, room, baseline */
  da_status *status;       /* [n_chunks] */
  da_error *errors;        /* [n_chunks] */
} totalling;

static void total_chunk(void *context, size_t chunk, int thread) {
  const totalling *all = context;
  const da_exposure *e = all->answer->data.exposure;
  size_t n = e->n_campaigns;
  double *shapley = all->sums + chunk * (4 * n + 1), *removal = shapley + n, *squares = removal + n, *room = squares + n;
  memset(shapley, 0, (4 * n + 1) * sizeof *shapley);
  all->status[chunk] = DA_OK;
  for (uint64_t row = e->chunk_row[chunk]; row < e->chunk_row[chunk + 1]; row++) {
    double count = all->user_weight ? (double)all->user_weight[e->row_user[row]] : 1;
    if (count == 0) continue;
    const da_shares *shares;
    all->status[chunk] = da_answer_share(all->answer, row, &all->spaces[thread], &shares, &all->errors[chunk]);
    if (all->status[chunk] != DA_OK) return;
    for (uint32_t k = 0; k < shares->n; k++) {
      uint32_t campaign = shares->campaign[k];
      shapley[campaign] += count * shares->shapley[k];
      removal[campaign] += count * shares->removal[k];
      squares[campaign] += count * shares->removal[k] * shares->removal[k];
      room[campaign] += count * shares->room;
    }
    room[n] += count * shares->baseline;
  }
}

/* Of all chunks. to: NULL allowed. */
static void add_chunks(const double *sums, size_t stride, size_t n_chunks, size_t n, double *to) {
  for (size_t k = 0; to && k < n; k++) {
    to[k] = 0;
    for (size_t chunk = 0; chunk < n_chunks; chunk++) to[k] += sums[chunk * stride + k];
  }
}

static da_status run(totalling *all, da_pool *pool, int n_threads, da_answer_totals *totals, da_error *err) {
  const da_exposure *e = all->answer->data.exposure;
  size_t n = e->n_campaigns, n_chunks = e->timeline->n_chunks;
  for (int t = 0; t < n_threads; t++) DA_TRY(da_answer_space_init(all->answer, &all->spaces[t], err));
  da_pool_run(pool, n_chunks, total_chunk, all);
  for (size_t chunk = 0; chunk < n_chunks; chunk++) {
    if (all->status[chunk] != DA_OK) {
      if (err) *err = all->errors[chunk];
      return all->status[chunk];
    }
  }
  const double *sums = all->sums;
  size_t stride = 4 * n + 1;
  add_chunks(sums, stride, n_chunks, n, totals->shapley);
  add_chunks(sums + n, stride, n_chunks, n, totals->removal);
  add_chunks(sums + 2 * n, stride, n_chunks, n, totals->removal_squares);
  add_chunks(sums + 3 * n, stride, n_chunks, n, totals->room);
  add_chunks(sums + 4 * n, stride, n_chunks, 1, &totals->baseline);
  return DA_OK;
}

da_status da_answer_total(const da_answer *answer, const float *user_weight, da_pool *pool, da_answer_totals *totals, da_error *err) {
  size_t n_chunks = answer->data.exposure->timeline->n_chunks, n_sums = n_chunks * (4 * (size_t)answer->data.exposure->n_campaigns + 1);
  int n_threads = da_pool_n_threads(pool);
  totalling all = {.answer = answer,
                   .user_weight = user_weight,
                   .sums = da_mem_alloc(n_sums, sizeof(double)),
                   .spaces = da_mem_calloc((size_t)n_threads, sizeof(da_answer_space)),
                   .status = da_mem_alloc(n_chunks, sizeof(da_status)),
                   .errors = da_mem_alloc(n_chunks, sizeof(da_error))};
  da_status status;
  if (!all.sums || !all.spaces || !all.status || !all.errors)
    status = da_mem_fail(err, n_sums, sizeof(double), "the credit of campaigns");
  else
    status = run(&all, pool, n_threads, totals, err);
  for (int t = 0; all.spaces && t < n_threads; t++) da_answer_space_free(&all.spaces[t]);
  da_mem_free(all.sums);
  da_mem_free(all.spaces);
  da_mem_free(all.status);
  da_mem_free(all.errors);
  return status;
}
