#include "credit/incremental/hazard.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "credit/incremental/cholesky.h"
#include "credit/incremental/information.h"
#include "credit/incremental/maximize.h"
#include "credit/incremental/pooling.h"

static const double RIDGE_USER = .01, FIRST_RIDGE = 30;
static const double TOLERANCE = .02;
enum { MAX_EM_CYCLES = 400, MAX_EVALUATIONS = 80 };

/* A fit under way. x of the search is g (when there is a user term), then gamma (when modulated). */
typedef struct {
  const da_hazard_data *data;
  const da_hazard_options *options;
  da_hazard *hazard;
  da_em em;
  da_em_space *em_space;
  da_em_point point;
  double em_tolerance;
  float *row_weight;      /* [n_rows], NULL without user weights */
  float *touch_weight;    /* [n_touches] w_j, NULL when not modulated */
  float *cell_kernel;     /* [cells * n_taus] */
  double *user_factor;    /* [n_users] e^(g.z), NULL without user term */
  double *row_base;       /* [n_rows] */
  double *mass;           /* [n_campaigns * n_taus] */
  double *responsibility; /* [n_rows] */
  double *sums;           /* [n_chunks * n_sums] */
  size_t n_sums;
} fitting;

static double weight_of(const fitting *fit, uint64_t user) {
  return fit->options->user_weight ? (double)fit->options->user_weight[user] : 1;
}

double da_hazard_user_factor(const da_exposure *e, const da_hazard *hazard, uint64_t user) {
  double sum = 0;
  for (uint64_t at = e->user_begin[user]; at < e->user_begin[user + 1]; at++) {
    sum += hazard->user[e->user_campaign[at]] * (double)e->user_log_count[at];
  }
  return exp(sum);
}

double da_hazard_touch_weight(const da_modulators *modulators, const da_hazard *hazard, uint64_t touch) {
  double sum = 0;
  for (uint64_t at = modulators->begin[touch]; at < modulators->begin[touch + 1]; at++) {
    sum += hazard->gamma[modulators->index[at]] * (double)modulators->value[at];
  }
  return exp(sum);
}

static void sum_chunks(const fitting *fit, size_t begin, size_t n, double *out) {
  for (size_t k = 0; k < n; k++) {
    double sum = 0;
    for (size_t chunk = 0; chunk < fit->data->exposure->timeline->n_chunks; chunk++) sum += fit->sums[chunk * fit->n_sums + begin + k];
    out[k] = sum;
  }
}

/* --- What stays fixed while theta and rate are fitted ------------------------------------------------------------------- */

static void weigh_user_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const fitting *fit = context;
  const da_exposure *e = fit->data->exposure;
  double *base = fit->sums + chunk * fit->n_sums;
  *base = 0;
  for (uint64_t user = e->timeline->chunk_user[chunk]; user < e->timeline->chunk_user[chunk + 1]; user++) {
    double factor = 1;
    if (fit->user_factor) factor = fit->user_factor[user] = da_hazard_user_factor(e, fit->hazard, user);
    *base += weight_of(fit, user) * factor * e->watch_days[user];
  }
  for (uint64_t row = e->chunk_row[chunk]; row < e->chunk_row[chunk + 1]; row++) {
    fit->row_base[row] = e->row_days[row] * (fit->user_factor ? fit->user_factor[e->row_user[row]] : 1);
  }
}

/* w_j of every touch, and the sums of w_j mass_j by campaign. */
static void weigh_touch_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const fitting *fit = context;
  const da_exposure *e = fit->data->exposure;
  const da_journeys *set = e->timeline->set;
  size_t n_taus = (size_t)e->n_taus;
  double *mass = fit->sums + chunk * fit->n_sums;
  memset(mass, 0, e->n_campaigns * n_taus * sizeof *mass);
  for (uint64_t user = e->timeline->chunk_user[chunk]; user < e->timeline->chunk_user[chunk + 1]; user++) {
    double count = weight_of(fit, user);
    if (count == 0) continue;
    for (uint64_t i = da_timeline_user_touch(set, user); i < da_timeline_user_touch(set, user + 1); i++) {
      double weight = count;
      if (fit->touch_weight) {
        fit->touch_weight[i] = (float)da_hazard_touch_weight(fit->data->modulators, fit->hazard, i);
        weight *= (double)fit->touch_weight[i];
      }
      double *to = mass + set->campaign[i] * n_taus;
      const float *own = e->mass + i * n_taus;
      for (size_t m = 0; m < n_taus; m++) to[m] += weight * (double)own[m];
    }
  }
}

static void weigh_cell_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const fitting *fit = context;
  const da_exposure *e = fit->data->exposure;
  size_t n_taus = (size_t)e->n_taus;
  uint64_t first_cell = e->row_cell[e->chunk_row[chunk]], end_cell = e->row_cell[e->chunk_row[chunk + 1]];
  memset(fit->cell_kernel + first_cell * n_taus, 0, (end_cell - first_cell) * n_taus * sizeof(float));
  for (uint64_t row = e->chunk_row[chunk]; row < e->chunk_row[chunk + 1]; row++) {
    if (fit->row_weight && fit->row_weight[row] == 0) continue;
    const float *weight = fit->touch_weight ? fit->touch_weight + da_exposure_first_touch(e, row) - e->row_touch[row] : NULL;
    for (uint64_t i = e->row_touch[row]; i < e->row_touch[row + 1]; i++) {
      float *cell = fit->cell_kernel + e->touch_cell[i] * n_taus;
      const float *kernel = e->kernel + i * n_taus;
      float w = weight ? weight[i] : 1;
      for (size_t m = 0; m < n_taus; m++) cell[m] += w * kernel[m];
    }
  }
}

static void weigh_users(fitting *fit) {
  da_pool_run(fit->data->pool, fit->data->exposure->timeline->n_chunks, weigh_user_chunk, fit);
  sum_chunks(fit, 0, 1, &fit->em.base);
}

static void weigh_touches(fitting *fit) {
  const da_exposure *e = fit->data->exposure;
  da_pool_run(fit->data->pool, e->timeline->n_chunks, weigh_touch_chunk, fit);
  sum_chunks(fit, 0, e->n_campaigns * (size_t)e->n_taus, fit->mass);
  da_pool_run(fit->data->pool, e->timeline->n_chunks, weigh_cell_chunk, fit);
}

/* --- The gradient of the profile likelihood ----------------------------------------------------------------------------- */

static double dot_taus(const double *theta, const float *values, size_t n_taus) {
  double sum = 0;
  for (size_t m = 0; m < n_taus; m++) sum += theta[m] * (double)values[m];
  return sum;
}

/* Adds amount times the features of user or touch. */
static void add_user(const da_exposure *e, uint64_t user, double amount, double *to) {
  for (uint64_t at = e->user_begin[user]; at < e->user_begin[user + 1]; at++) {
    to[e->user_campaign[at]] += amount * (double)e->user_log_count[at];
  }
}
static void add_touch(const da_modulators *modulators, uint64_t touch, double amount, double *to) {
  for (uint64_t at = modulators->begin[touch]; at < modulators->begin[touch + 1]; at++) {
    to[modulators->index[at]] += amount * (double)modulators->value[at];
  }
}

static void user_gradient_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const fitting *fit = context;
  const da_exposure *e = fit->data->exposure;
  double *to = fit->sums + chunk * fit->n_sums;
  memset(to, 0, e->n_campaigns * sizeof *to);
  for (uint64_t user = e->timeline->chunk_user[chunk]; user < e->timeline->chunk_user[chunk + 1]; user++) {
    double expected = weight_of(fit, user) * fit->point.rate * fit->user_factor[user] * e->watch_days[user];
    if (expected > 0) add_user(e, user, -expected, to);
  }
  for (uint64_t row = e->chunk_row[chunk]; row < e->chunk_row[chunk + 1]; row++) {
    double share = fit->responsibility[row] * fit->point.rate * fit->row_base[row];
    if (share > 0) add_user(e, e->row_user[row], share, to);
  }
}

static void touch_gradient_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const fitting *fit = context;
  const da_exposure *e = fit->data->exposure;
  const da_journeys *set = e->timeline->set;
  const da_modulators *modulators = fit->data->modulators;
  const double *shared_by = da_em_geometric(fit->em_space, &fit->point);
  size_t n_taus = (size_t)e->n_taus;
  double *to = fit->sums + chunk * fit->n_sums;
  memset(to, 0, fit->hazard->n_modulators * sizeof *to);
  for (uint64_t user = e->timeline->chunk_user[chunk]; user < e->timeline->chunk_user[chunk + 1]; user++) {
    double count = weight_of(fit, user);
    if (count == 0) continue;
    for (uint64_t i = da_timeline_user_touch(set, user); i < da_timeline_user_touch(set, user + 1); i++) {
      double effect = dot_taus(fit->point.theta + set->campaign[i] * n_taus, e->mass + i * n_taus, n_taus);
      add_touch(modulators, i, -count * (double)fit->touch_weight[i] * effect, to);
    }
  }
  for (uint64_t row = e->chunk_row[chunk]; row < e->chunk_row[chunk + 1]; row++) {
    if (fit->responsibility[row] == 0) continue;
    uint64_t touch = da_exposure_first_touch(e, row);
    for (uint64_t i = e->row_touch[row]; i < e->row_touch[row + 1]; i++, touch++) {
      double effect = dot_taus(shared_by + set->campaign[touch] * n_taus, e->kernel + i * n_taus, n_taus);
      add_touch(modulators, touch, fit->responsibility[row] * (double)fit->touch_weight[touch] * effect, to);
    }
  }
}

/* Takes the penalty off the value and the gradient. */
static double penalise(double x, double ridge, double *gradient) {
  *gradient -= ridge * x;
  return .5 * ridge * x * x;
}

static double evaluate(void *context, const double *x, double *gradient) {
  if (da_monitor_interrupted(((const fitting *)context)->data->exposure->timeline->monitor))
    return -INFINITY; /* the search gives up, climb says why */
  fitting *fit = context;
  da_hazard *hazard = fit->hazard;
  size_t n_user = hazard->structure.user_term ? hazard->n_campaigns : 0;
  size_t n_chunks = fit->data->exposure->timeline->n_chunks;
  if (n_user > 0) {
    memcpy(hazard->user, x, n_user * sizeof *x);
    weigh_users(fit);
  }
  if (hazard->structure.modulated) {
    memcpy(hazard->gamma, x + n_user, hazard->n_modulators * sizeof *x);
    weigh_touches(fit);
  }
  double value = da_em_run(&fit->em, fit->em_space, fit->em_tolerance, MAX_EM_CYCLES, &fit->point, fit->responsibility);
  if (n_user > 0) {
    da_pool_run(fit->data->pool, n_chunks, user_gradient_chunk, fit);
    sum_chunks(fit, 0, n_user, gradient);
    for (size_t k = 0; k < n_user; k++) value -= penalise(x[k], RIDGE_USER, &gradient[k]);
  }
  if (hazard->structure.modulated) {
    da_pool_run(fit->data->pool, n_chunks, touch_gradient_chunk, fit);
    sum_chunks(fit, 0, hazard->n_modulators, gradient + n_user);
    const double *to = fit->options->drawn_to;
    for (size_t k = 0; k < hazard->n_modulators; k++) {
      value -= penalise(hazard->gamma[k] - (to ? to[k] : 0), hazard->ridge[k], &gradient[n_user + k]);
    }
  }
  return value;
}

/* --- The search --------------------------------------------------------------------------------------------------------- */

/* Information of the Poisson regressions behind g and gamma at the start, as far as it is diagonal: sum of expected x^2. */
static void curvature_at_start(const fitting *fit, double *curvature) {
  const da_exposure *e = fit->data->exposure;
  const da_hazard *hazard = fit->hazard;
  size_t n_user = hazard->structure.user_term ? hazard->n_campaigns : 0, n_taus = (size_t)e->n_taus;
  for (size_t k = 0; k < n_user; k++) curvature[k] = RIDGE_USER + 1e-3;
  for (uint64_t user = 0; n_user > 0 && user < e->timeline->set->n_users; user++) {
    double expected = weight_of(fit, user) * fit->point.rate * e->watch_days[user];
    for (uint64_t at = e->user_begin[user]; at < e->user_begin[user + 1]; at++) {
      curvature[e->user_campaign[at]] += expected * (double)(e->user_log_count[at] * e->user_log_count[at]);
    }
  }
  if (!hazard->structure.modulated) return;
  const da_modulators *modulators = fit->data->modulators;
  for (size_t k = 0; k < hazard->n_modulators; k++) curvature[n_user + k] = hazard->ridge[k];
  for (uint64_t i = 0; i < e->timeline->set->n_touches; i++) {
    double expected = dot_taus(fit->point.theta + e->timeline->set->campaign[i] * n_taus, e->mass + i * n_taus, n_taus);
    for (uint64_t at = modulators->begin[i]; at < modulators->begin[i + 1]; at++) {
      curvature[n_user + modulators->index[at]] += expected * (double)(modulators->value[at] * modulators->value[at]);
    }
  }
}

/* The factor of the profile likelihood's curvature where the fit stands; *found false where it is not to be had. */
static da_status profile_factor(fitting *fit, size_t n, double *factor, bool *found, da_error *err) {
  da_hazard *hazard = fit->hazard;
  da_information information;
  hazard->rate = fit->point.rate;
  DA_TRY(da_information_init(fit->data, fit->options->user_weight, hazard, &information, err));
  size_t first_user = information.n - n;
  for (size_t k = 0; k < (hazard->structure.user_term ? hazard->n_campaigns : 0); k++) {
    information.matrix[(first_user + k) * (information.n + 1)] += RIDGE_USER;
  }
  *found = da_information_factorise(&information, hazard);
  if (*found) da_cholesky_last_block(information.matrix, information.n, n, factor);
  da_information_free(&information);
  return DA_OK;
}

/* room: [3 n + n n where the information fits]. */
static da_status climb(fitting *fit, size_t n, double *room, da_error *err) {
  da_hazard *hazard = fit->hazard;
  size_t n_user = hazard->structure.user_term ? hazard->n_campaigns : 0;
  double *x = room, *gradient = room + n;
  memcpy(x, hazard->user, n_user * sizeof *x);
  memcpy(x + n_user, hazard->gamma, (n - n_user) * sizeof *x);
  da_maximize problem = {
      .n = n, .evaluate = evaluate, .context = fit, .curvature = room + 2 * n, .tolerance = TOLERANCE, .max_evaluations = MAX_EVALUATIONS};
  bool found = false;
  if (da_information_fits(hazard)) DA_TRY(profile_factor(fit, n, room + 3 * n, &found, err));
  if (found)
    problem.factor = room + 3 * n;
  else
    curvature_at_start(fit, room + 2 * n);
  da_status status = da_maximize_run(&problem, x, &hazard->loglik, &hazard->n_evaluations, err);
  DA_TRY(da_monitor_check(fit->data->exposure->timeline->monitor, "the incremental method", err));
  DA_TRY(status);
  fit->em_tolerance = 1e-4;
  hazard->loglik = evaluate(fit, x, gradient); /* leaves parameters, weights and responsibilities at x */
  return DA_OK;
}

static da_status search(fitting *fit, da_error *err) {
  da_hazard *hazard = fit->hazard;
  size_t n = (hazard->structure.user_term ? hazard->n_campaigns : 0) + (hazard->structure.modulated ? hazard->n_modulators : 0);
  weigh_users(fit);
  weigh_touches(fit);
  double slack = hazard->n_campaigns >= DA_POOLING_LEAST_CAMPAIGNS ? 10 : 1; /* pooled steps gain little for long */
  fit->em_tolerance = (n > 0 ? 1e-3 : 1e-4) * slack;
  hazard->loglik = da_em_run(&fit->em, fit->em_space, fit->em_tolerance, MAX_EM_CYCLES, &fit->point, fit->responsibility);
  hazard->n_evaluations = 1;
  if (n == 0) return DA_OK;
  size_t n_room = 3 * n + (da_information_fits(hazard) ? n * n : 0);
  double *room = da_mem_alloc(n_room, sizeof *room);
  if (!room) return da_mem_fail(err, n_room, sizeof *room, "the fit of the hazard form");
  da_status status = climb(fit, n, room, err);
  da_mem_free(room);
  return status;
}

static da_status allocate(fitting *fit, da_error *err) {
  const da_exposure *e = fit->data->exposure;
  const da_journeys *set = e->timeline->set;
  const da_hazard *hazard = fit->hazard;
  size_t n_weights = e->n_campaigns * (size_t)e->n_taus, n_cell_kernel = e->row_cell[e->n_rows] * (size_t)e->n_taus;
  fit->n_sums = n_weights > hazard->n_modulators ? n_weights : hazard->n_modulators;
  fit->cell_kernel = da_mem_alloc(n_cell_kernel, sizeof *fit->cell_kernel);
  fit->row_base = da_mem_alloc(e->n_rows, sizeof *fit->row_base);
  fit->responsibility = da_mem_calloc(e->n_rows, sizeof *fit->responsibility);
  fit->mass = da_mem_alloc(n_weights, sizeof *fit->mass);
  fit->sums = da_mem_alloc(e->timeline->n_chunks * fit->n_sums, sizeof *fit->sums);
  bool ok = fit->cell_kernel && fit->row_base && fit->responsibility && fit->mass && fit->sums;
  if (hazard->structure.modulated) ok = (fit->touch_weight = da_mem_alloc(set->n_touches, sizeof *fit->touch_weight)) && ok;
  if (hazard->structure.user_term) ok = (fit->user_factor = da_mem_alloc(set->n_users, sizeof *fit->user_factor)) && ok;
  if (fit->options->user_weight) ok = (fit->row_weight = da_mem_alloc(e->n_rows, sizeof *fit->row_weight)) && ok;
  if (!ok) return da_mem_fail(err, n_cell_kernel, sizeof *fit->cell_kernel, "the fit of the hazard form");
  for (uint64_t row = 0; fit->row_weight && row < e->n_rows; row++) {
    fit->row_weight[row] = fit->options->user_weight[e->row_user[row]];
  }
  return da_em_space_init(e, &fit->em_space, err);
}

da_status da_hazard_fit(const da_hazard_data *data, const da_hazard_options *options, da_hazard *hazard, da_error *err) {
  fitting fit = {.data = data, .options = options, .hazard = hazard, .point = {.theta = hazard->theta, .rate = hazard->rate}};
  da_status status = allocate(&fit, err);
  if (status == DA_OK) {
    fit.em = (da_em){.exposure = data->exposure,
                     .row_weight = fit.row_weight,
                     .cell_kernel = fit.cell_kernel,
                     .row_base = fit.row_base,
                     .mass = fit.mass,
                     .pool = data->pool};
    status = search(&fit, err);
  }
  hazard->rate = fit.point.rate;
  da_mem_free(fit.cell_kernel);
  da_mem_free(fit.row_base);
  da_mem_free(fit.responsibility);
  da_mem_free(fit.mass);
  da_mem_free(fit.sums);
  da_mem_free(fit.touch_weight);
  da_mem_free(fit.user_factor);
  da_mem_free(fit.row_weight);
  da_em_space_free(fit.em_space);
  return status;
}

/* --- Judging a model on users it has not seen --------------------------------------------------------------------------- */

typedef struct {
  const da_hazard_data *data;
  const da_hazard *hazard;
  double *user_loglik;
} judging;

/* Hazard of the touches of a converted row. */
static double row_hazard(const da_hazard_data *data, const da_hazard *hazard, uint64_t row) {
  const da_exposure *e = data->exposure;
  size_t n_taus = (size_t)e->n_taus;
  uint64_t touch = da_exposure_first_touch(e, row);
  double sum = 0;
  for (uint64_t i = e->row_touch[row]; i < e->row_touch[row + 1]; i++, touch++) {
    double weight = hazard->structure.modulated ? da_hazard_touch_weight(data->modulators, hazard, touch) : 1;
    sum += weight * dot_taus(hazard->theta + e->timeline->set->campaign[touch] * n_taus, e->kernel + i * n_taus, n_taus);
  }
  return sum;
}

static void judge_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const judging *all = context;
  const da_exposure *e = all->data->exposure;
  const da_hazard *hazard = all->hazard;
  const da_journeys *set = e->timeline->set;
  size_t n_taus = (size_t)e->n_taus;
  uint64_t row = e->chunk_row[chunk];
  for (uint64_t user = e->timeline->chunk_user[chunk]; user < e->timeline->chunk_user[chunk + 1]; user++) {
    double base = hazard->rate * (hazard->structure.user_term ? da_hazard_user_factor(e, hazard, user) : 1);
    double loglik = -base * e->watch_days[user];
    for (uint64_t i = da_timeline_user_touch(set, user); i < da_timeline_user_touch(set, user + 1); i++) {
      double weight = hazard->structure.modulated ? da_hazard_touch_weight(all->data->modulators, hazard, i) : 1;
      loglik -= weight * dot_taus(hazard->theta + set->campaign[i] * n_taus, e->mass + i * n_taus, n_taus);
    }
    for (; row < e->chunk_row[chunk + 1] && e->row_user[row] == user; row++) {
      double h = fmax(base * e->row_days[row] + row_hazard(all->data, hazard, row), 1e-300);
      loglik += h + log(-expm1(-h));
    }
    all->user_loglik[user] = loglik;
  }
}

void da_hazard_user_loglik(const da_hazard_data *data, const da_hazard *hazard, double *user_loglik) {
  judging all = {data, hazard, user_loglik};
  da_pool_run(data->pool, data->exposure->timeline->n_chunks, judge_chunk, &all);
}

/* --- Parameters --------------------------------------------------------------------------------------------------------- */

da_status da_hazard_init(const da_hazard_data *data, da_hazard_structure structure, da_hazard *hazard, da_error *err) {
  const da_exposure *e = data->exposure;
  uint32_t n_modulators = structure.modulated ? data->modulators->scheme.n : 0;
  size_t n_weights = e->n_campaigns * (size_t)e->n_taus, n = n_weights + e->n_campaigns + 2 * n_modulators;
  *hazard = (da_hazard){.structure = structure, .n_campaigns = e->n_campaigns, .n_modulators = n_modulators, .n_taus = e->n_taus};
  hazard->theta = da_mem_calloc(n, sizeof *hazard->theta);
  if (!hazard->theta) return da_mem_fail(err, n, sizeof *hazard->theta, "the parameters of the hazard form");
  hazard->user = hazard->theta + n_weights;
  hazard->gamma = hazard->user + e->n_campaigns;
  hazard->ridge = hazard->gamma + n_modulators;
  for (uint32_t k = 0; k < n_modulators; k++) hazard->ridge[k] = FIRST_RIDGE;
  /* As if half of the conversions were due to touches, all alike. */
  double days = 0;
  for (uint64_t user = 0; user < e->timeline->set->n_users; user++) days += e->watch_days[user];
  double n_conversions = (double)e->n_rows + 1, n_touches = (double)e->timeline->set->n_touches + 1;
  hazard->rate = .5 * n_conversions / (days + 1e-9);
  for (size_t k = 0; k < n_weights; k++) hazard->theta[k] = .5 * n_conversions / n_touches / e->n_taus;
  return DA_OK;
}

da_status da_hazard_start_from(const da_hazard_data *data, da_hazard_structure structure, const da_hazard *from, da_hazard *hazard,
                               da_error *err) {
  DA_TRY(da_hazard_init(data, structure, hazard, err));
  size_t n_weights = hazard->n_campaigns * (size_t)hazard->n_taus;
  hazard->rate = from->rate;
  for (size_t k = 0; k < n_weights; k++) hazard->theta[k] = fmax(from->theta[k], 1e-4 * hazard->theta[k]); /* 0 could not grow */
  if (structure.user_term && from->structure.user_term) memcpy(hazard->user, from->user, hazard->n_campaigns * sizeof(double));
  if (structure.modulated && from->structure.modulated) memcpy(hazard->gamma, from->gamma, 2 * hazard->n_modulators * sizeof(double));
  return DA_OK;
}

void da_hazard_free(da_hazard *hazard) {
  da_mem_free(hazard->theta);
  *hazard = (da_hazard){0};
}
