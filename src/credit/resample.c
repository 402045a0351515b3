#include "credit/resample.h"

#include <math.h>

#include "base/mem.h"
#include "base/random.h"
#include "credit/subset.h"

/* How often each user counts. */
static void draw_users(uint64_t n_users, double part, uint64_t seed, uint64_t number, uint8_t *times) {
  da_random random;
  da_random_init(&random, seed, number);
  for (uint64_t user = 0; user < n_users; user++) {
    uint64_t drawn = da_random_poisson(&random, part);
    times[user] = (uint8_t)(drawn < UINT8_MAX ? drawn : UINT8_MAX);
  }
}

typedef struct {
  const da_credit_input *input;
  const da_method *method;
  double part;
  double *totals; /* [n * campaigns] */
  da_status *status;
  da_error *errors;
} resampling;

static da_status credit_log(const da_credit_input *input, const da_method *method, double *totals, da_error *err) {
  const da_journeys *set = input->set;
  void *state = NULL;
  double *credit = da_mem_calloc(set->n_touches + set->n_journeys, sizeof *credit);
  if (!credit) return da_mem_fail(err, set->n_touches + set->n_journeys, sizeof *credit, "the credit of resampled users");
  da_credit_range range = {.begin = 0, .end = set->n_journeys};
  da_status status = method->fit(input, &state, err);
  if (status == DA_OK) {
    status = method->credit(state, input, &range, credit, credit + set->n_touches, err);
    method->close(state);
  }
  for (uint64_t i = 0; i < set->n_touches; i++) totals[set->campaign[i]] += credit[i];
  da_mem_free(credit);
  return status;
}

static da_status resample(const resampling *all, size_t number, uint8_t *times, da_error *err) {
  const da_journeys *from = all->input->set;
  draw_users(from->n_users, all->part, all->input->config->seed, number, times);
  da_subset drawn;
  DA_TRY(da_subset_init(from, NULL, times, &drawn, err));
  da_credit_input input = *all->input;
  input.set = &drawn.set;
  input.pool = NULL; /* we are inside a task of the pool */
  input.monitor = NULL;
  da_status status = DA_OK;
  if (drawn.set.n_conversions > 0) status = credit_log(&input, all->method, all->totals + number * from->campaigns.n, err);
  da_subset_free(&drawn);
  return status;
}

static void resample_task(void *context, size_t number, int thread) {
  (void)thread;
  const resampling *all = context;
  da_error *err = &all->errors[number];
  all->status[number] = da_monitor_check(all->input->monitor, "the bootstrap", err);
  if (all->status[number] != DA_OK) return;
  uint8_t *times = da_mem_alloc(all->input->set->n_users, sizeof *times);
  all->status[number] =
      times ? resample(all, number, times, err) : da_mem_fail(err, all->input->set->n_users, sizeof *times, "the resampled users");
  da_mem_free(times);
}

static double deviation(const double *x, size_t stride, uint32_t n) {
  double mean = 0, squares = 0;
  for (uint32_t i = 0; i < n; i++) mean += x[i * stride] / n;
  for (uint32_t i = 0; i < n; i++) squares += (x[i * stride] - mean) * (x[i * stride] - mean);
  return n > 1 ? sqrt(squares / (n - 1)) : 0;
}

da_status da_resample_spread(const da_credit_input *input, const da_method *method, uint64_t most_touches, uint32_t n, double *spread,
                             da_error *err) {
  size_t n_campaigns = input->set->campaigns.n;
  resampling all = {.input = input,
                    .method = method,
                    .part = fmin(1, (double)most_touches / ((double)input->set->n_touches + 1)),
                    .totals = da_mem_calloc(n * n_campaigns, sizeof(double)),
                    .status = da_mem_alloc(n, sizeof(da_status)),
                    .errors = da_mem_calloc(n, sizeof(da_error))};
  da_status status = DA_OK;
  if (!all.totals || !all.status || !all.errors) {
    status = da_mem_fail(err, n * n_campaigns, sizeof(double), "the bootstrap");
  } else {
    da_pool_run(input->pool, n, resample_task, &all);
    for (uint32_t b = 0; b < n && status == DA_OK; b++) {
      status = all.status[b];
      if (status != DA_OK && err) *err = all.errors[b];
    }
    for (size_t k = 0; k < n_campaigns; k++) spread[k] = deviation(all.totals + k, n_campaigns, n) / sqrt(all.part);
  }
  da_mem_free(all.totals);
  da_mem_free(all.status);
  da_mem_free(all.errors);
  return status;
}
