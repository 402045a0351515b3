#include "credit/incremental/bootstrap.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"

typedef struct {
  const da_answer *answer;
  const da_pins *pins;
  uint64_t seed;
  const da_monitor *monitor;
  size_t n;          /* campaigns */
  double *totals;    /* [(resamples + 1) * (2 n + 1)] shapley, removal, baseline; the last are those of the estimate */
  da_status *status; /* [resamples] */
  da_error *errors;
} resampling;

static da_status refit(const da_answer *answer, const float *weight, const double *drawn_to, da_answer *again, da_error *err) {
  *again = *answer;
  again->data.pool = NULL; /* we are inside a task of the pool */
  if (answer->form == DA_FORM_JOURNEY) {
    again->journey = (da_journey_form){0};
    return da_journey_form_fit(answer->counts, answer->journey.with_first, weight, &answer->journey, NULL, &again->journey, err);
  }
  again->hazard = (da_hazard){0};
  DA_TRY(da_hazard_start_from(&again->data, answer->hazard.structure, &answer->hazard, &again->hazard, err));
  da_hazard_options options = {.user_weight = weight, .drawn_to = drawn_to};
  return da_hazard_fit(&again->data, &options, &again->hazard, err);
}

/* The credit of a refit, with what the experiments might have found instead. */
static da_status total_again(const resampling *all, da_answer *again, const float *weight, da_random *random, da_answer_totals *totals,
                             da_error *err) {
  uint32_t n = all->pins->n;
  da_pin *drawn = da_mem_alloc(n, sizeof *drawn);
  da_held *held = da_mem_alloc(all->n, sizeof *held);
  da_status status = drawn && held ? DA_OK : da_mem_fail(err, all->n, sizeof *held, "the experiments of a resample");
  for (uint32_t p = 0; status == DA_OK && p < n; p++) {
    drawn[p] = all->pins->items[p];
    drawn[p].conversions += drawn[p].standard_error * da_random_normal(random);
  }
  if (status == DA_OK) status = da_pins_hold(again, &(da_pins){drawn, n}, weight, NULL, held, NULL, err);
  again->held = held;
  if (status == DA_OK) status = da_answer_total(again, weight, NULL, totals, err);
  da_mem_free(drawn);
  da_mem_free(held);
  return status;
}

static da_status resample(const resampling *all, size_t number, float *weight, da_error *err) {
  uint64_t n_users = all->answer->data.exposure->timeline->set->n_users;
  da_random random;
  da_random_init(&random, all->seed, number);
  for (uint64_t user = 0; user < n_users; user++) weight[user] = (float)da_random_poisson(&random, 1);
  const da_hazard *hazard = &all->answer->hazard; /* of the journey form: without modulators */
  double drawn_to[DA_MAX_MODULATORS];
  for (uint32_t k = 0; k < hazard->n_modulators; k++) drawn_to[k] = da_random_normal(&random) / sqrt(hazard->ridge[k]);
  da_answer again;
  da_status status = refit(all->answer, weight, drawn_to, &again, err);
  double *to = all->totals + number * (2 * all->n + 1);
  da_answer_totals totals = {.shapley = to, .removal = to + all->n};
  if (status == DA_OK) status = total_again(all, &again, weight, &random, &totals, err);
  to[2 * all->n] = totals.baseline;
  if (all->answer->form == DA_FORM_JOURNEY)
    da_journey_form_free(&again.journey);
  else
    da_hazard_free(&again.hazard);
  return status;
}

static void resample_task(void *context, size_t number, int thread) {
  (void)thread;
  const resampling *all = context;
  uint64_t n_users = all->answer->data.exposure->timeline->set->n_users;
  da_error *err = &all->errors[number];
  all->status[number] = da_monitor_check(all->monitor, "the bootstrap", err);
  if (all->status[number] != DA_OK) return;
  float *weight = da_mem_alloc(n_users, sizeof *weight);
  all->status[number] = weight ? resample(all, number, weight, err) : da_mem_fail(err, n_users, sizeof *weight, "the resampled users");
  da_mem_free(weight);
}

void da_bootstrap_shares(const double *totals, size_t n, double *shares) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += fmax(totals[k], 0);
  for (size_t k = 0; k < n; k++) shares[k] = sum > 0 ? fmax(totals[k], 0) / sum : 0;
}

/* Of x[0], x[stride] ... around x[n * stride]. */
static double spread_of(const double *x, size_t stride, size_t n) {
  double squares = 0;
  for (size_t i = 0; i < n; i++) squares += (x[i * stride] - x[n * stride]) * (x[i * stride] - x[n * stride]);
  return n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
}

static void summarise(double *totals, size_t n, uint32_t n_resamples, da_bootstrap *spread) {
  size_t stride = 2 * n + 1;
  for (size_t k = 0; k < n; k++) {
    spread->shapley[k] = spread_of(totals + k, stride, n_resamples);
    spread->removal[k] = spread_of(totals + n + k, stride, n_resamples);
  }
  spread->baseline = spread_of(totals + 2 * n, stride, n_resamples);
  for (uint32_t b = 0; b <= n_resamples; b++) {
    da_bootstrap_shares(totals + b * stride, n, totals + b * stride);
    da_bootstrap_shares(totals + b * stride + n, n, totals + b * stride + n);
  }
  for (size_t k = 0; k < n; k++) {
    spread->shapley_share[k] = spread_of(totals + k, stride, n_resamples);
    spread->removal_share[k] = spread_of(totals + n + k, stride, n_resamples);
  }
  spread->n_done = n_resamples;
}

static da_status total_estimate(const resampling *all, uint32_t n_resamples, da_pool *pool, da_error *err) {
  double *to = all->totals + n_resamples * (2 * all->n + 1);
  da_answer_totals totals = {.shapley = to, .removal = to + all->n};
  DA_TRY(da_answer_total(all->answer, NULL, pool, &totals, err));
  to[2 * all->n] = totals.baseline;
  return DA_OK;
}

da_status da_bootstrap_run(const da_answer *answer, const da_pins *pins, uint32_t n_resamples, uint64_t seed, da_pool *pool,
                           const da_monitor *monitor, da_bootstrap *spread, da_error *err) {
  size_t n = answer->data.exposure->n_campaigns, n_totals = (n_resamples + (size_t)1) * (2 * n + 1);
  resampling all = {.answer = answer,
                    .pins = pins,
                    .seed = seed,
                    .monitor = monitor,
                    .n = n,
                    .totals = da_mem_calloc(n_totals, sizeof(double)),
                    .status = da_mem_alloc(n_resamples, sizeof(da_status)),
                    .errors = da_mem_calloc(n_resamples, sizeof(da_error))};
  da_status status = DA_OK;
  if (!all.totals || !all.status || !all.errors) {
    status = da_mem_fail(err, n_totals, sizeof(double), "the bootstrap");
  } else {
    da_pool_run(pool, n_resamples, resample_task, &all);
    for (uint32_t b = 0; b < n_resamples && status == DA_OK; b++) {
      status = all.status[b];
      if (status != DA_OK && err) *err = all.errors[b];
    }
    if (status == DA_OK) status = total_estimate(&all, n_resamples, pool, err);
    if (status == DA_OK) summarise(all.totals, n, n_resamples, spread);
  }
  da_mem_free(all.totals);
  da_mem_free(all.status);
  da_mem_free(all.errors);
  return status;
}

double da_bootstrap_reach(double coverage) {
  double low = 0, high = 10;
  for (int i = 0; i < 60; i++) {
    double middle = .5 * (low + high);
    if (erf(middle / sqrt(2)) < coverage)
      low = middle;
    else
      high = middle;
  }
  return high;
}
