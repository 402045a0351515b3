#include "credit/incremental/journey_form.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "credit/incremental/cholesky.h"
#include "credit/incremental/maximize.h"

static const double RIDGE = 3, TOLERANCE = .01;
/* Up to so many features the search knows the whole curvature, beyond only its diagonal. */
enum { MAX_EVALUATIONS = 100, MOST_FOR_FACTOR = 128 };

/* --- Decayed counts ----------------------------------------------------------------------------------------------------- */

/* stamp: the journey + 1 that last used the slot of this campaign. */
typedef struct {
  uint64_t stamp;
  uint64_t slot;
} mark;

typedef struct {
  da_journey_counts *counts;
  mark *marks; /* [threads * n_campaigns] */
  bool counting;
} pass;

static uint64_t count_campaigns(const da_journeys *set, uint64_t journey, mark *marks) {
  uint64_t n = 0;
  for (uint64_t i = set->first_touch[journey]; i < set->first_touch[journey + 1]; i++) {
    mark *at = &marks[set->campaign[i]];
    if (at->stamp != journey + 1) *at = (mark){.stamp = journey + 1, .slot = n++};
  }
  return n;
}

static void fill_journey(const da_journey_counts *counts, uint64_t journey, mark *marks) {
  const da_journeys *set = counts->timeline->set;
  const double *days = counts->timeline->days;
  uint64_t first = set->first_touch[journey], end = set->first_touch[journey + 1], n_taus = (uint64_t)counts->n_taus;
  uint64_t n = count_campaigns(set, journey, marks), begin = counts->begin[journey];
  memset(counts->value + begin, 0, n * n_taus * sizeof *counts->value);
  for (uint64_t i = first; i < end; i++) {
    uint64_t at = begin + marks[set->campaign[i]].slot * n_taus;
    for (uint64_t m = 0; m < n_taus; m++) {
      counts->index[at + m] = (uint32_t)(set->campaign[i] * n_taus + m);
      counts->value[at + m] += (float)exp(-(days[end - 1] - days[i]) / counts->tau[m]);
    }
  }
  counts->index[begin + n * n_taus] = (uint32_t)(counts->n_campaigns * n_taus + set->campaign[first]);
  counts->value[begin + n * n_taus] = 1;
}

static void count_chunk(void *context, size_t chunk, int thread) {
  const pass *all = context;
  da_journey_counts *counts = all->counts;
  const da_timeline *timeline = counts->timeline;
  mark *marks = all->marks + (size_t)thread * counts->n_campaigns;
  uint64_t end = timeline->set->first_journey[timeline->chunk_user[chunk + 1]];
  for (uint64_t j = timeline->set->first_journey[timeline->chunk_user[chunk]]; j < end; j++) {
    if (all->counting)
      counts->begin[j + 1] = count_campaigns(timeline->set, j, marks) * (uint64_t)counts->n_taus + 1;
    else
      fill_journey(counts, j, marks);
  }
}

static da_status fill(da_journey_counts *counts, pass *all, da_pool *pool, da_error *err) {
  uint64_t n_journeys = counts->timeline->set->n_journeys;
  size_t n_chunks = counts->timeline->n_chunks;
  counts->begin = da_mem_calloc(n_journeys + 1, sizeof *counts->begin);
  if (!counts->begin) return da_mem_fail(err, n_journeys + 1, sizeof *counts->begin, "the touches counted by journey");
  all->counting = true;
  da_pool_run(pool, n_chunks, count_chunk, all);
  for (uint64_t j = 0; j < n_journeys; j++) counts->begin[j + 1] += counts->begin[j];
  uint64_t n = counts->begin[n_journeys];
  counts->index = da_mem_alloc(n, sizeof *counts->index);
  counts->value = da_mem_alloc(n, sizeof *counts->value);
  if (!counts->index || !counts->value) return da_mem_fail(err, n, sizeof *counts->value, "the touches counted by journey");
  memset(all->marks, 0, (size_t)da_pool_n_threads(pool) * counts->n_campaigns * sizeof *all->marks);
  all->counting = false;
  da_pool_run(pool, n_chunks, count_chunk, all);
  return DA_OK;
}

da_status da_journey_counts_init(const da_timeline *timeline, const double *tau, int n_taus, da_pool *pool, da_journey_counts *counts,
                                 da_error *err) {
  *counts = (da_journey_counts){.timeline = timeline, .n_campaigns = (uint32_t)timeline->set->campaigns.n, .n_taus = n_taus};
  for (int m = 0; m < n_taus; m++) counts->tau[m] = tau[m];
  size_t n_marks = (size_t)da_pool_n_threads(pool) * counts->n_campaigns;
  pass all = {.counts = counts, .marks = da_mem_calloc(n_marks, sizeof(mark))};
  if (!all.marks) return da_mem_fail(err, n_marks, sizeof(mark), "the campaigns of a journey");
  da_status status = fill(counts, &all, pool, err);
  da_mem_free(all.marks);
  if (status != DA_OK) da_journey_counts_free(counts);
  return status;
}

void da_journey_counts_free(da_journey_counts *counts) {
  da_mem_free(counts->begin);
  da_mem_free(counts->index);
  da_mem_free(counts->value);
  *counts = (da_journey_counts){0};
}

/* --- The fit ------------------------------------------------------------------------------------------------------------ */

/* Features that a form does not use come last in a journey: its first campaign. */
static uint64_t features_end(const da_journey_counts *counts, bool with_first, uint64_t journey) {
  return counts->begin[journey + 1] - (with_first ? 0 : 1);
}

static double score(const da_journey_counts *counts, bool with_first, const double *beta, double intercept, uint64_t journey) {
  double sum = intercept;
  uint64_t end = features_end(counts, with_first, journey);
  for (uint64_t at = counts->begin[journey]; at < end; at++) sum += beta[counts->index[at]] * (double)counts->value[at];
  return sum;
}

double da_journey_form_score(const da_journey_counts *counts, const da_journey_form *form, uint64_t journey) {
  return score(counts, form->with_first, form->beta, form->intercept, journey);
}

/* x of the search: beta and f, then the intercept. sums: per chunk a gradient of that length, then the value. */
typedef struct {
  const da_journey_counts *counts;
  const float *user_weight;
  da_pool *pool;
  bool with_first;
  bool for_curvature; /* sums of lambda x^2 in place of the gradient */
  size_t n;
  const double *x;
  double *sums;    /* [n_chunks * (n + 1)] */
  double *squares; /* [n_chunks * n * n] */
} fitting;

static void add_journey(const fitting *fit, uint64_t journey, double count, double *to) {
  const da_journey_counts *counts = fit->counts;
  bool converted = da_journey_converted(counts->timeline->set, journey);
  double log_lambda = score(counts, fit->with_first, fit->x, fit->x[fit->n - 1], journey), lambda = exp(log_lambda);
  double amount = count * (fit->for_curvature ? lambda : converted - lambda);
  uint64_t end = features_end(counts, fit->with_first, journey);
  for (uint64_t at = counts->begin[journey]; at < end; at++) {
    double value = (double)counts->value[at];
    to[counts->index[at]] += amount * (fit->for_curvature ? value * value : value);
  }
  to[fit->n - 1] += amount;
  to[fit->n] += count * ((converted ? log_lambda : 0) - lambda);
}

static void add_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const fitting *fit = context;
  const da_timeline *timeline = fit->counts->timeline;
  const da_journeys *set = timeline->set;
  double *to = fit->sums + chunk * (fit->n + 1);
  memset(to, 0, (fit->n + 1) * sizeof *to);
  for (uint64_t user = timeline->chunk_user[chunk]; user < timeline->chunk_user[chunk + 1]; user++) {
    double count = fit->user_weight ? (double)fit->user_weight[user] : 1;
    if (count == 0) continue;
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) add_journey(fit, j, count, to);
  }
}

/* Returns the value; out: gradient or curvature, the ridge not yet in it. */
static double add_up(fitting *fit, const double *x, double *out) {
  fit->x = x;
  size_t n_chunks = fit->counts->timeline->n_chunks, stride = fit->n + 1;
  da_pool_run(fit->pool, n_chunks, add_chunk, fit);
  double value = 0;
  memset(out, 0, fit->n * sizeof *out);
  for (size_t chunk = 0; chunk < n_chunks; chunk++) {
    for (size_t k = 0; k < fit->n; k++) out[k] += fit->sums[chunk * stride + k];
    value += fit->sums[chunk * stride + fit->n];
  }
  return value;
}

static double evaluate(void *context, const double *x, double *gradient) {
  fitting *fit = context;
  if (da_monitor_interrupted(fit->counts->timeline->monitor)) return -INFINITY; /* the search gives up, and says why */
  double value = add_up(fit, x, gradient);
  for (size_t k = 0; k + 1 < fit->n; k++) {
    value -= .5 * RIDGE * x[k] * x[k];
    gradient[k] -= RIDGE * x[k];
  }
  return value;
}

/* Adds lambda x x' of the journeys to the lower triangle. */
static void inform_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const fitting *fit = context;
  const da_journey_counts *counts = fit->counts;
  const da_journeys *set = counts->timeline->set;
  size_t n = fit->n;
  double *to = fit->squares + chunk * n * n;
  memset(to, 0, n * n * sizeof *to);
  for (uint64_t user = counts->timeline->chunk_user[chunk]; user < counts->timeline->chunk_user[chunk + 1]; user++) {
    double count = fit->user_weight ? (double)fit->user_weight[user] : 1;
    for (uint64_t j = set->first_journey[user]; count > 0 && j < set->first_journey[user + 1]; j++) {
      double lambda = count * exp(score(counts, fit->with_first, fit->x, fit->x[n - 1], j));
      uint64_t end = features_end(counts, fit->with_first, j);
      for (uint64_t a = counts->begin[j]; a < end; a++) {
        double from_a = lambda * (double)counts->value[a];
        for (uint64_t b = counts->begin[j]; b < end; b++) {
          if (counts->index[b] <= counts->index[a]) to[counts->index[a] * n + counts->index[b]] += from_a * (double)counts->value[b];
        }
        to[(n - 1) * n + counts->index[a]] += from_a;
      }
      to[n * n - 1] += lambda;
    }
  }
}

/* The factor of the curvature at x; *found false where it is not positive definite. */
static da_status find_factor(fitting *fit, const double *x, double *factor, bool *found, da_error *err) {
  size_t n = fit->n, n_chunks = fit->counts->timeline->n_chunks;
  fit->x = x;
  fit->squares = da_mem_alloc(n_chunks * n * n, sizeof *fit->squares);
  if (!fit->squares) return da_mem_fail(err, n_chunks * n * n, sizeof *fit->squares, "the curvature of the journey form");
  da_pool_run(fit->pool, n_chunks, inform_chunk, fit);
  for (size_t i = 0; i < n * n; i++) {
    factor[i] = i % (n + 1) == 0 && i + 1 < n * n ? RIDGE : 0;
    for (size_t chunk = 0; chunk < n_chunks; chunk++) factor[i] += fit->squares[chunk * n * n + i];
  }
  da_mem_free(fit->squares);
  *found = da_cholesky_factorise(factor, n);
  return DA_OK;
}

static double start_intercept(const da_journeys *set) { return log(((double)set->n_conversions + .5) / ((double)set->n_journeys + 1)); }

/* room: [n, or n n where the whole curvature is kept]. */
static da_status search(fitting *fit, double *x, double *room, da_journey_form *form, da_error *err) {
  da_maximize problem = {
      .n = fit->n, .evaluate = evaluate, .context = fit, .curvature = room, .tolerance = TOLERANCE, .max_evaluations = MAX_EVALUATIONS};
  const da_monitor *monitor = fit->counts->timeline->monitor;
  DA_TRY(da_monitor_check(monitor, "the incremental method", err));
  bool found = false;
  if (fit->n <= MOST_FOR_FACTOR) DA_TRY(find_factor(fit, x, room, &found, err));
  if (found) {
    problem.factor = room;
  } else {
    fit->for_curvature = true;
    add_up(fit, x, room);
    fit->for_curvature = false;
    for (size_t k = 0; k < fit->n; k++) room[k] += RIDGE;
  }
  da_status status = da_maximize_run(&problem, x, &form->loglik, NULL, err);
  DA_TRY(da_monitor_check(monitor, "the incremental method", err));
  return status;
}

da_status da_journey_form_fit(const da_journey_counts *counts, bool with_first, const float *user_weight, const da_journey_form *start,
                              da_pool *pool, da_journey_form *form, da_error *err) {
  size_t n = counts->n_campaigns * (size_t)(counts->n_taus + with_first), n_sums = counts->timeline->n_chunks * (n + 2);
  *form = (da_journey_form){.with_first = with_first, .n = n};
  fitting fit = {.counts = counts, .user_weight = user_weight, .pool = pool, .with_first = with_first, .n = n + 1};
  size_t n_room = (n + 1) * (fit.n <= MOST_FOR_FACTOR ? n + 1 : 1);
  form->beta = da_mem_calloc(n + 1, sizeof *form->beta);
  double *room = da_mem_alloc(n_room, sizeof *room);
  fit.sums = da_mem_alloc(n_sums, sizeof *fit.sums);
  da_status status = DA_OK;
  if (!form->beta || !room || !fit.sums) {
    status = da_mem_fail(err, n_sums, sizeof *fit.sums, "the fit of the journey form");
  } else {
    if (start) memcpy(form->beta, start->beta, start->n * sizeof *form->beta);
    form->beta[n] = start ? start->intercept : start_intercept(counts->timeline->set);
    status = search(&fit, form->beta, room, form, err);
    form->intercept = form->beta[n];
  }
  da_mem_free(room);
  da_mem_free(fit.sums);
  if (status != DA_OK) da_journey_form_free(form);
  return status;
}

void da_journey_form_free(da_journey_form *form) {
  da_mem_free(form->beta);
  *form = (da_journey_form){0};
}
