#include "credit/resample.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"

/* A log of users drawn from another; its arrays are its own. */
typedef struct {
  da_journeys set;
  uint32_t *campaign;
  int64_t *time_us, *conversion_us;
  uint64_t *first_touch, *first_journey;
  uint8_t *flags;
  double *value;
} drawn_log;

static void close_log(drawn_log *log) {
  da_mem_free(log->campaign);
  da_mem_free(log->time_us);
  da_mem_free(log->conversion_us);
  da_mem_free(log->first_touch);
  da_mem_free(log->first_journey);
  da_mem_free(log->flags);
  da_mem_free(log->value);
}

/* How often each user counts, and what the drawn log has room for. */
static void draw_users(const da_journeys *from, double part, uint64_t seed, uint64_t number, uint8_t *times, da_journeys *size) {
  da_random random;
  da_random_init(&random, seed, number);
  for (uint64_t user = 0; user < from->n_users; user++) {
    uint64_t drawn = da_random_poisson(&random, part);
    times[user] = (uint8_t)(drawn < UINT8_MAX ? drawn : UINT8_MAX);
    uint64_t first = from->first_journey[user], end = from->first_journey[user + 1];
    size->n_users += times[user];
    size->n_journeys += times[user] * (end - first);
    size->n_touches += times[user] * (from->first_touch[end] - from->first_touch[first]);
  }
}

static da_status make_room(const da_journeys *from, drawn_log *log, da_error *err) {
  const da_journeys *size = &log->set;
  log->campaign = da_mem_alloc(size->n_touches, sizeof *log->campaign);
  log->time_us = da_mem_alloc(size->n_touches, sizeof *log->time_us);
  log->first_touch = da_mem_calloc(size->n_journeys + 1, sizeof *log->first_touch);
  log->first_journey = da_mem_calloc(size->n_users + 1, sizeof *log->first_journey);
  log->flags = da_mem_alloc(size->n_journeys, sizeof *log->flags);
  bool ok = log->campaign && log->time_us && log->first_touch && log->first_journey && log->flags;
  if (from->value) ok = (log->value = da_mem_alloc(size->n_journeys, sizeof *log->value)) && ok;
  if (from->conversion_us) ok = (log->conversion_us = da_mem_alloc(size->n_journeys, sizeof *log->conversion_us)) && ok;
  return ok ? DA_OK : da_mem_fail(err, size->n_touches, sizeof *log->time_us, "the resampled users");
}

static void copy_journey(const da_journeys *from, uint64_t journey, uint64_t conversion, drawn_log *log) {
  da_journeys *to = &log->set;
  uint64_t first = from->first_touch[journey], n = da_journey_length(from, journey);
  memcpy(log->campaign + to->n_touches, from->campaign + first, n * sizeof *from->campaign);
  memcpy(log->time_us + to->n_touches, from->time_us + first, n * sizeof *from->time_us);
  if (da_journey_converted(from, journey)) {
    if (log->value) log->value[to->n_conversions] = from->value[conversion];
    if (log->conversion_us) log->conversion_us[to->n_conversions] = from->conversion_us[conversion];
    to->n_conversions++;
  }
  log->flags[to->n_journeys++] = from->flags[journey];
  to->n_touches += n;
  log->first_touch[to->n_journeys] = to->n_touches;
}

static void copy_users(const da_journeys *from, const uint8_t *times, drawn_log *log) {
  da_journeys *to = &log->set;
  to->n_users = to->n_journeys = to->n_touches = 0;
  for (uint64_t user = 0, conversion = 0; user < from->n_users; user++) {
    uint64_t n_conversions = 0;
    for (uint64_t j = from->first_journey[user]; j < from->first_journey[user + 1]; j++) n_conversions += da_journey_converted(from, j);
    for (uint8_t time = 0; time < times[user]; time++) {
      uint64_t at = conversion;
      for (uint64_t j = from->first_journey[user]; j < from->first_journey[user + 1]; j++) {
        copy_journey(from, j, at, log);
        at += da_journey_converted(from, j);
      }
      log->first_journey[++to->n_users] = to->n_journeys;
    }
    conversion += n_conversions;
  }
}

static da_status open_log(const da_journeys *from, const uint8_t *times, drawn_log *log, da_error *err) {
  da_journeys *to = &log->set;
  to->log_start_us = from->log_start_us;
  to->log_end_us = from->log_end_us;
  to->campaigns = from->campaigns;
  DA_TRY(make_room(from, log, err));
  to->campaign = log->campaign;
  to->time_us = log->time_us;
  to->conversion_us = log->conversion_us;
  to->first_touch = log->first_touch;
  to->first_journey = log->first_journey;
  to->flags = log->flags;
  to->value = log->value;
  copy_users(from, times, log);
  return DA_OK;
}

/* --- Fitting and crediting ------------------------------------------------------------------------------------------------ */

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
  drawn_log log = {0};
  draw_users(from, all->part, all->input->config->seed, number, times, &log.set);
  da_status status = open_log(from, times, &log, err);
  da_credit_input input = *all->input;
  input.set = &log.set;
  input.pool = NULL; /* we are inside a task of the pool */
  input.monitor = NULL;
  if (status == DA_OK && log.set.n_conversions > 0) {
    status = credit_log(&input, all->method, all->totals + number * from->campaigns.n, err);
  }
  close_log(&log);
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
