#include "credit/evaluate/replay.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

typedef struct {
  int64_t time_us;
  uint64_t touch, journey;
} event;

static int by_time(const void *a, const void *b) {
  const event *x = a, *y = b;
  if (x->time_us != y->time_us) return x->time_us < y->time_us ? -1 : 1;
  return x->touch < y->touch ? -1 : x->touch > y->touch;
}

static uint64_t count(const da_journeys *set, int which, da_replay_log *log) {
  uint64_t n = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    if (da_journey_set(set, j) != which) continue;
    n += da_journey_length(set, j);
    log->n_journeys++;
    log->n_conversions += da_journey_converted(set, j);
  }
  return n;
}

static void gather(const da_journeys *set, int which, event *events) {
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    if (da_journey_set(set, j) != which) continue;
    for (uint64_t i = set->first_touch[j]; i < set->first_touch[j + 1]; i++) *events++ = (event){set->time_us[i], i, j};
  }
}

da_status da_replay_log_init(const da_journeys *set, int which, da_replay_log *log, da_error *err) {
  *log = (da_replay_log){0};
  log->n = count(set, which, log);
  event *events = da_mem_alloc(log->n, sizeof *events);
  log->touch = da_mem_alloc(log->n, sizeof *log->touch);
  log->journey = da_mem_alloc(log->n, sizeof *log->journey);
  if (!events || !log->touch || !log->journey) {
    da_mem_free(events);
    da_status status = da_mem_fail(err, log->n, sizeof *events, "the replay of a budget");
    da_replay_log_free(log);
    return status;
  }
  gather(set, which, events);
  qsort(events, log->n, sizeof *events, by_time);
  for (uint64_t e = 0; e < log->n; e++) {
    log->touch[e] = events[e].touch;
    log->journey[e] = events[e].journey;
  }
  da_mem_free(events);
  return DA_OK;
}

void da_replay_log_free(da_replay_log *log) {
  da_mem_free(log->touch);
  da_mem_free(log->journey);
  *log = (da_replay_log){0};
}

static double cost_of(const double *cost, size_t campaign) { return cost ? cost[campaign] : 1; }

/* budget: [campaigns]. */
static da_status share_out(const da_journeys *set, const da_replay_log *log, const double *credit, const uint64_t *touches,
                           const double *cost, double fraction, double *budget, da_error *err) {
  double roi_of_all = 0, cost_of_all = 0;
  for (size_t k = 0; k < set->campaigns.n; k++) {
    budget[k] = touches[k] && credit[k] > 0 ? credit[k] / ((double)touches[k] * cost_of(cost, k)) : 0;
    roi_of_all += budget[k];
  }
  if (!(roi_of_all > 0)) return da_fail(err, DA_ERR_DATA, "expected a campaign with credit, to give the budget to, but found none");
  for (uint64_t e = 0; e < log->n; e++) cost_of_all += cost_of(cost, set->campaign[log->touch[e]]);
  for (size_t k = 0; k < set->campaigns.n; k++) budget[k] *= fraction * cost_of_all / roi_of_all;
  return DA_OK;
}

enum { REACHED = 1, ENDED = 2 };

/* budget: what is left of it; state: [journeys] zero. */
static void replay(const da_journeys *set, const da_replay_log *log, const double *cost, double *budget, uint8_t *state,
                   da_replay_result *result) {
  const double rounding = 1e-9;
  for (uint64_t e = 0; e < log->n; e++) {
    uint64_t journey = log->journey[e];
    uint32_t campaign = set->campaign[log->touch[e]];
    double price = cost_of(cost, campaign);
    if (state[journey] & ENDED) continue;
    if (budget[campaign] < price * (1 - rounding)) {
      state[journey] |= ENDED;
      continue;
    }
    budget[campaign] -= price;
    result->spend += price;
    result->n_touches++;
    result->n_reached += !(state[journey] & REACHED);
    state[journey] |= REACHED;
    bool is_last = log->touch[e] + 1 == set->first_touch[journey + 1];
    result->n_conversions += is_last && da_journey_converted(set, journey);
  }
}

da_status da_replay_run(const da_journeys *set, const da_replay_log *log, const double *credit, const uint64_t *touches, const double *cost,
                        double fraction, da_replay_result *result, da_error *err) {
  *result = (da_replay_result){0};
  double *budget = da_mem_alloc(set->campaigns.n, sizeof *budget);
  uint8_t *state = da_mem_calloc(set->n_journeys, 1);
  da_status status = budget && state ? DA_OK : da_mem_fail(err, set->n_journeys, 1, "the replay of a budget");
  if (status == DA_OK) status = share_out(set, log, credit, touches, cost, fraction, budget, err);
  if (status == DA_OK) replay(set, log, cost, budget, state, result);
  result->cost_per_conversion = result->n_conversions ? result->spend / (double)result->n_conversions : NAN;
  result->conversions_of_reached = result->n_reached ? (double)result->n_conversions / (double)result->n_reached : NAN;
  da_mem_free(state);
  da_mem_free(budget);
  return status;
}
