#include "credit/incremental/choice.h"

#include <math.h>

#include "base/mem.h"
#include "base/random.h"
#include "credit/incremental/evidence.h"
#include "credit/incremental/maximize.h"

static const uint64_t FOLD_SEED = 0x666f6c64;
/* Standard errors of held-out log-likelihood by which a part must improve on the structure without it. */
static const double ENOUGH_EVIDENCE = 2;
/* The normal quantile that chance exceeds once in a hundred times. */
static const double RARE = 2.326;
/* A log of more touches than this is judged by a part of its users: enough evidence, and the choice takes no longer than the fit. */
static const uint64_t MOST_TOUCHES = 1000000;
enum { FORM_FOLDS = 5, STRUCTURE_FOLDS = 3, N_DESIGNS = 4 };

/* Held-out users decide: users go to folds by a hash of their number, and of a large log only a part takes part. */
typedef struct {
  const da_journeys *set;
  uint32_t n_folds;
  uint64_t n_parts; /* one user in so many takes part */
} folds;

static folds folds_of(const da_journeys *set, uint32_t n_folds) { return (folds){set, n_folds, 1 + set->n_touches / MOST_TOUCHES}; }

/* The fold a user is held out in; n_folds: takes no part. */
static uint32_t fold_of(const folds *all, uint64_t user) {
  uint64_t hash = da_random_hash(FOLD_SEED, user);
  return hash / all->n_folds % all->n_parts == 0 ? (uint32_t)(hash % all->n_folds) : all->n_folds;
}

/* 1 for the users to fit on, 0 for those of the fold and those who take no part. */
static void leave_out(const folds *all, uint32_t fold, float *weight) {
  for (uint64_t user = 0; user < all->set->n_users; user++) {
    uint32_t own = fold_of(all, user);
    weight[user] = own != fold && own < all->n_folds;
  }
}

static da_evidence evidence_of(const double *difference, uint64_t n) {
  double sum = 0, squares = 0;
  for (uint64_t i = 0; i < n; i++) {
    sum += difference[i];
    squares += difference[i] * difference[i];
  }
  double variance = squares - sum * sum / (double)(n ? n : 1);
  return (da_evidence){.gain = sum, .z = variance > 0 ? sum / sqrt(variance) : 0};
}

/* --- Design of the journey form ----------------------------------------------------------------------------------------- */

/* Decay times as parts of the hazard form's longest: on a month 1, 4, 16 or 1, 7 days. */
static int design_taus(int design, double longest_days, double tau[DA_JOURNEY_FORM_MAX_TAUS]) {
  static const double part[2][3] = {{1. / 9, 4. / 9, 16. / 9}, {1. / 9, 7. / 9, 0}};
  int n = design / 2 == 0 ? 3 : 2;
  for (int m = 0; m < n; m++) tau[m] = part[design / 2][m] * longest_days;
  return n;
}

static double held_out_journeys(const da_journey_counts *counts, const da_journey_form *form, const folds *all, uint32_t fold) {
  const da_journeys *set = counts->timeline->set;
  double loglik = 0;
  for (uint64_t user = 0; user < set->n_users; user++) {
    if (fold_of(all, user) != fold) continue;
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) {
      double score = da_journey_form_score(counts, form, j);
      loglik += (da_journey_converted(set, j) ? score : 0) - exp(score);
    }
  }
  return loglik;
}

static da_status judge_design(const da_journey_counts *counts, const da_journey_form *whole, float *weight, da_pool *pool, double *loglik,
                              da_error *err) {
  folds all = folds_of(counts->timeline->set, STRUCTURE_FOLDS);
  *loglik = 0;
  for (uint32_t fold = 0; fold < STRUCTURE_FOLDS; fold++) {
    da_journey_form form;
    leave_out(&all, fold, weight);
    DA_TRY(da_journey_form_fit(counts, whole->with_first, weight, whole, pool, &form, err));
    *loglik += held_out_journeys(counts, &form, &all, fold);
    da_journey_form_free(&form);
  }
  return DA_OK;
}

/* The two designs that share decay times are judged on one set of counts. */
static da_status judge_designs(const da_timeline *timeline, double longest_days, float *weight, da_pool *pool, int *best, da_error *err) {
  double best_loglik = -INFINITY;
  for (int design = 0; design < N_DESIGNS; design += 2) {
    double tau[DA_JOURNEY_FORM_MAX_TAUS];
    da_journey_counts counts;
    int n_taus = design_taus(design, longest_days, tau);
    DA_TRY(da_journey_counts_init(timeline, tau, n_taus, pool, &counts, err));
    da_status status = DA_OK;
    da_journey_form whole = {0};
    for (int with_first = 0; with_first < 2 && status == DA_OK; with_first++) {
      double loglik;
      da_journey_form start = whole;
      status = da_journey_form_fit(&counts, with_first, NULL, with_first ? &start : NULL, pool, &whole, err);
      da_journey_form_free(&start);
      if (status == DA_OK) status = judge_design(&counts, &whole, weight, pool, &loglik, err);
      if (status == DA_OK && loglik > best_loglik) {
        best_loglik = loglik;
        *best = design + with_first;
      }
    }
    da_journey_form_free(&whole);
    da_journey_counts_free(&counts);
    if (status != DA_OK) return status;
  }
  return DA_OK;
}

da_status da_choice_journey_design(const da_timeline *timeline, double longest_days, da_pool *pool, da_journey_counts *counts,
                                   bool *with_first, da_error *err) {
  *counts = (da_journey_counts){0};
  uint64_t n_users = timeline->set->n_users;
  float *weight = da_mem_alloc(n_users, sizeof *weight);
  if (!weight) return da_mem_fail(err, n_users, sizeof *weight, "the held-out users");
  int best = 0;
  da_status status = judge_designs(timeline, longest_days, weight, pool, &best, err);
  da_mem_free(weight);
  if (status != DA_OK) return status;
  double tau[DA_JOURNEY_FORM_MAX_TAUS];
  int n_taus = design_taus(best, longest_days, tau);
  *with_first = best % 2;
  return da_journey_counts_init(timeline, tau, n_taus, pool, counts, err);
}

/* --- Form --------------------------------------------------------------------------------------------------------------- */

/* log of the hazard of each user's last row. */
typedef struct {
  const da_hazard_data *data;
  const da_hazard *hazard;
  double *log_rate; /* [n_users] */
} last_rows;

static void last_row_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const last_rows *all = context;
  const da_exposure *e = all->data->exposure;
  const da_timeline *timeline = e->timeline;
  const da_journeys *set = timeline->set;
  size_t n_taus = (size_t)e->n_taus;
  for (uint64_t user = timeline->chunk_user[chunk]; user < timeline->chunk_user[chunk + 1]; user++) {
    uint64_t journey = set->first_journey[user + 1] - 1, first = set->first_touch[journey], end = set->first_touch[journey + 1];
    double last = timeline->days[end - 1], hazard = all->hazard->rate * (timeline->end - last);
    for (size_t m = 0; m < n_taus; m++) {
      double sum = 0, watched = -expm1(-(timeline->end - last) / e->tau[m]);
      for (uint64_t i = first; i < end; i++) {
        sum += all->hazard->theta[set->campaign[i] * n_taus + m] * exp(-(last - timeline->days[i]) / e->tau[m]);
      }
      hazard += watched * sum;
    }
    all->log_rate[user] = log(fmax(hazard, 1e-12));
  }
}

/* P(conversion) = 1 - exp(-exp(a + b x)). */
typedef struct {
  const da_journeys *set;
  const float *weight;
  const double *x; /* [n_users] */
} calibration;

static bool last_converted(const da_journeys *set, uint64_t user) { return da_journey_converted(set, set->first_journey[user + 1] - 1); }

static double row_loglik(double log_rate, bool converted, double *slope) {
  double rate = fmin(exp(log_rate), 1e3);
  if (!converted) {
    *slope = -rate;
    return -rate;
  }
  double p = -expm1(-rate);
  *slope = rate * (1 - p) / fmax(p, 1e-300);
  return log(fmax(p, 1e-300));
}

static double evaluate_calibration(void *context, const double *ab, double *gradient) {
  const calibration *all = context;
  double value = 0;
  gradient[0] = gradient[1] = 0;
  for (uint64_t user = 0; user < all->set->n_users; user++) {
    if (all->weight[user] == 0) continue;
    double slope;
    value += row_loglik(ab[0] + ab[1] * all->x[user], last_converted(all->set, user), &slope);
    gradient[0] += slope;
    gradient[1] += slope * all->x[user];
  }
  return value;
}

static double mean_of(const double *x, uint64_t n) {
  double sum = 0;
  for (uint64_t i = 0; i < n; i++) sum += x[i];
  return n > 0 ? sum / (double)n : 0;
}

typedef struct {
  folds all;
  uint32_t fold;
  float *weight;
  double *x, *difference; /* [n_users] */
} form_space;

/* Recalibrates x on the users that count, and adds sign times the log-likelihood of those that do not. */
static da_status add_held_out(const form_space *space, double sign, da_error *err) {
  const da_journeys *set = space->all.set;
  double *x = space->x;
  double mean = mean_of(x, set->n_users), ab[2] = {mean, 1}, value, n = (double)set->n_conversions + 1;
  for (uint64_t user = 0; user < set->n_users; user++) x[user] -= mean; /* a and b apart */
  calibration all = {set, space->weight, x};
  double curvature[2] = {n, n};
  da_maximize problem = {
      .n = 2, .evaluate = evaluate_calibration, .context = &all, .curvature = curvature, .tolerance = 1e-4, .max_evaluations = 60};
  DA_TRY(da_maximize_run(&problem, ab, &value, NULL, err));
  for (uint64_t user = 0; user < set->n_users; user++) {
    double slope;
    if (fold_of(&space->all, user) != space->fold) continue;
    space->difference[user] += sign * row_loglik(ab[0] + ab[1] * x[user], last_converted(set, user), &slope);
  }
  return DA_OK;
}

static da_status hazard_fold(const da_hazard_data *data, const da_hazard *plain, form_space *space, da_error *err) {
  const da_timeline *timeline = data->exposure->timeline;
  da_hazard fit;
  da_hazard_options options = {.user_weight = space->weight};
  DA_TRY(da_hazard_start_from(data, da_structure_number(0), plain, &fit, err));
  da_status status = da_hazard_fit(data, &options, &fit, err);
  if (status == DA_OK) {
    last_rows rows = {data, &fit, space->x};
    da_pool_run(data->pool, timeline->n_chunks, last_row_chunk, &rows);
    status = add_held_out(space, 1, err);
  }
  da_hazard_free(&fit);
  return status;
}

static da_status journey_fold(const da_journey_counts *counts, const da_journey_form *whole, da_pool *pool, form_space *space,
                              da_error *err) {
  const da_journeys *set = counts->timeline->set;
  da_journey_form form;
  DA_TRY(da_journey_form_fit(counts, whole->with_first, space->weight, whole, pool, &form, err));
  for (uint64_t user = 0; user < set->n_users; user++) {
    space->x[user] = da_journey_form_score(counts, &form, set->first_journey[user + 1] - 1);
  }
  da_journey_form_free(&form);
  return add_held_out(space, -1, err);
}

da_status da_choice_form(const da_hazard_data *data, const da_hazard *plain, const da_journey_counts *counts, bool with_first,
                         da_evidence *hazard_over_journey, da_error *err) {
  uint64_t n_users = data->exposure->timeline->set->n_users;
  form_space space = {.all = folds_of(data->exposure->timeline->set, FORM_FOLDS),
                      .weight = da_mem_alloc(n_users, sizeof *space.weight),
                      .x = da_mem_alloc(n_users, sizeof *space.x),
                      .difference = da_mem_calloc(n_users, sizeof *space.difference)};
  da_status status = DA_OK;
  if (!space.weight || !space.x || !space.difference) status = da_mem_fail(err, n_users, sizeof *space.x, "the held-out users");
  da_journey_form whole = {0};
  if (status == DA_OK) status = da_journey_form_fit(counts, with_first, NULL, NULL, data->pool, &whole, err);
  for (space.fold = 0; space.fold < FORM_FOLDS && status == DA_OK; space.fold++) {
    leave_out(&space.all, space.fold, space.weight);
    status = hazard_fold(data, plain, &space, err);
    if (status == DA_OK) status = journey_fold(counts, &whole, data->pool, &space, err);
  }
  da_journey_form_free(&whole);
  if (status == DA_OK) *hazard_over_journey = evidence_of(space.difference, n_users);
  da_mem_free(space.weight);
  da_mem_free(space.x);
  da_mem_free(space.difference);
  return status;
}

/* --- Structure ---------------------------------------------------------------------------------------------------------- */

/* From the richest structure fitted before that this one contains. */
static da_status fit_structure(const da_hazard_data *data, int number, da_hazard fits[], da_error *err) {
  da_hazard_structure structure = da_structure_number(number);
  int from = number == 3 && fits[2].theta ? 2 : 0;
  if (number == 0)
    DA_TRY(da_hazard_init(data, structure, &fits[0], err));
  else
    DA_TRY(da_hazard_start_from(data, structure, &fits[from], &fits[number], err));
  da_hazard_options options = {0};
  return da_evidence_fit(data, &options, &fits[number], err);
}

typedef struct {
  const da_hazard_data *data;
  const bool *allowed;
  const da_monitor *monitor;
  folds all;
  da_hazard *fits;
  float *weight;                      /* [n_users] */
  double *scratch;                    /* [n_users] */
  double *loglik[DA_N_STRUCTURES];    /* [n_users] held out */
  uint32_t n_judged[DA_N_STRUCTURES]; /* folds for which loglik is known */
} contest;

static da_evidence compare(const contest *c, int number, int with) {
  uint32_t n_judged = c->n_judged[number] < c->n_judged[with] ? c->n_judged[number] : c->n_judged[with];
  uint64_t n = 0;
  for (uint64_t user = 0; user < c->all.set->n_users; user++) {
    if (fold_of(&c->all, user) < n_judged) c->scratch[n++] = c->loglik[number][user] - c->loglik[with][user];
  }
  return evidence_of(c->scratch, n);
}

static da_status judge_fold(contest *c, int number, uint32_t fold, da_error *err) {
  da_hazard fit;
  leave_out(&c->all, fold, c->weight);
  da_hazard_options options = {.user_weight = c->weight};
  DA_TRY(da_hazard_start_from(c->data, da_structure_number(number), &c->fits[number], &fit, err));
  da_status status = da_hazard_fit(c->data, &options, &fit, err);
  if (status == DA_OK) da_hazard_user_loglik(c->data, &fit, c->scratch);
  da_hazard_free(&fit);
  for (uint64_t user = 0; status == DA_OK && user < c->all.set->n_users; user++) {
    if (fold_of(&c->all, user) == fold) c->loglik[number][user] = c->scratch[user];
  }
  c->n_judged[number] = fold + 1;
  return status;
}

/* 2 (log-likelihood gained) that n parameters without any meaning reach once in a hundred times: a quantile of chi^2 with n degrees of
 * freedom, by Wilson and Hilferty (1931). */
static double chance_gain(double n) {
  double spread = 2 / (9 * n), root = 1 - spread + RARE * sqrt(spread);
  return n * root * root * root;
}

static bool adds_user_term(int number, int from) { return number == (from | 1) && number != from; }

/* Log-likelihood that a structure gains over another one, each on the users it was fitted on. */
static double fitted_gain(const contest *c, int number, int over) { return c->fits[number].loglik - c->fits[over].loglik; }

static bool user_term_proven(const contest *c, int number, int from) {
  return 2 * fitted_gain(c, number, from) > chance_gain((double)c->fits[number].n_campaigns);
}

/* Fits the structure and judges it against a simpler one, fold by fold; one that is behind after a fold is not followed further, unless
 * it stands already. */
static da_status try_structure(contest *c, int number, int against, da_error *err) {
  if (c->n_judged[number] > 0) return DA_OK;
  da_monitor_progress(c->monitor, "incremental", "models", (uint64_t)number, DA_N_STRUCTURES);
  DA_TRY(da_monitor_check(c->monitor, "the incremental method", err));
  DA_TRY(fit_structure(c->data, number, c->fits, err));
  bool stands = number == against || (adds_user_term(number, against) && user_term_proven(c, number, against));
  for (uint32_t fold = 0; fold < STRUCTURE_FOLDS; fold++) {
    DA_TRY(judge_fold(c, number, fold, err));
    if (!stands && compare(c, number, against).gain < 0) return DA_OK;
  }
  return DA_OK;
}

/* Whether a part gains more than chance would, and what held-out users gain by it: for the user term as Akaike's criterion expects it. */
static bool part_proven(const contest *c, int number, int from, double *gain) {
  if (adds_user_term(number, from)) {
    *gain = (fitted_gain(c, number, from) - (double)c->fits[number].n_campaigns) / (double)c->all.n_parts;
    return user_term_proven(c, number, from);
  }
  da_evidence evidence = compare(c, number, from);
  *gain = evidence.gain;
  return evidence.z > ENOUGH_EVIDENCE;
}

/* The best of the structures that add one part to this one, where it has proved itself; this one where none has. */
static da_status step_up(contest *c, int from, int *to, da_error *err) {
  double best_gain = 0;
  *to = from;
  for (int part = 1; part < DA_N_STRUCTURES; part *= 2) {
    int number = from | part;
    if (number == from || !c->allowed[number]) continue;
    DA_TRY(try_structure(c, number, from, err));
    double gain;
    if (!part_proven(c, number, from, &gain) || gain <= best_gain) continue;
    best_gain = gain;
    *to = number;
  }
  return DA_OK;
}

static da_status choose(contest *c, da_evidence over_plain[], int *best, da_error *err) {
  bool alone = true;
  for (int s = 1; s < DA_N_STRUCTURES; s++) alone = alone && !c->allowed[s];
  *best = 0;
  if (alone) return fit_structure(c->data, 0, c->fits, err);
  DA_TRY(try_structure(c, 0, 0, err));
  for (int from = -1; from != *best;) {
    from = *best;
    DA_TRY(step_up(c, from, best, err));
  }
  for (int s = 1; s < DA_N_STRUCTURES; s++) {
    if (c->n_judged[s] == 0) continue;
    over_plain[s] = compare(c, s, 0);
    over_plain[s].fitted = fitted_gain(c, s, 0);
  }
  return DA_OK;
}

da_status da_choice_structure(const da_hazard_data *data, const bool allowed[DA_N_STRUCTURES], const da_monitor *monitor,
                              da_hazard fits[DA_N_STRUCTURES], da_evidence over_plain[DA_N_STRUCTURES], int *best, da_error *err) {
  uint64_t n_users = data->exposure->timeline->set->n_users, n_numbers = n_users * (DA_N_STRUCTURES + 1);
  double *block = da_mem_calloc(n_numbers, sizeof *block);
  contest c = {.data = data, .allowed = allowed, .monitor = monitor, .fits = fits};
  c.all = folds_of(data->exposure->timeline->set, STRUCTURE_FOLDS);
  c.weight = da_mem_alloc(n_users, sizeof *c.weight);
  for (int s = 0; s < DA_N_STRUCTURES; s++) {
    fits[s] = (da_hazard){0};
    over_plain[s] = (da_evidence){0};
    if (block) c.loglik[s] = block + (uint64_t)s * n_users;
  }
  da_status status;
  if (!block || !c.weight) {
    status = da_mem_fail(err, n_numbers, sizeof *block, "the held-out users");
  } else {
    c.scratch = block + DA_N_STRUCTURES * n_users;
    status = choose(&c, over_plain, best, err);
  }
  da_mem_free(block);
  da_mem_free(c.weight);
  return status;
}
