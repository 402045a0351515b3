#include "simulate/journeys.h"

#include <string.h>

#include "base/mem.h"

static const char what[] = "simulated journeys";

void da_simulated_journeys_free(da_simulated_journeys *made) {
  da_mem_free(made->campaign);
  da_mem_free(made->time_us);
  da_mem_free(made->first_touch);
  da_mem_free(made->first_journey);
  da_mem_free(made->flags);
  da_mem_free(made->uid);
  da_mem_free(made->names);
  da_truth_free(&made->truth);
  *made = (da_simulated_journeys){0};
}

/* Room for n touches more; every one of them may be a journey and a user of its own. */
static da_status reserve(da_simulated_journeys *made, size_t n, da_error *err) {
  size_t touches = made->set.n_touches + n, journeys = made->set.n_journeys + n + 1, users = made->set.n_users + n + 1;
  DA_TRY(da_mem_reserve((void **)&made->campaign, &made->touch_capacity, touches, sizeof *made->campaign, what, err));
  DA_TRY(da_mem_reserve((void **)&made->time_us, &made->time_capacity, touches, sizeof *made->time_us, what, err));
  DA_TRY(da_mem_reserve((void **)&made->first_touch, &made->first_touch_capacity, journeys, sizeof *made->first_touch, what, err));
  DA_TRY(da_mem_reserve((void **)&made->flags, &made->flags_capacity, journeys, sizeof *made->flags, what, err));
  DA_TRY(da_mem_reserve((void **)&made->first_journey, &made->first_journey_capacity, users, sizeof *made->first_journey, what, err));
  return da_mem_reserve((void **)&made->uid, &made->uid_capacity, users, sizeof *made->uid, what, err);
}

static void add_rows(da_simulated_journeys *made, const da_simulated_rows *rows, const uint32_t *rank) {
  da_journeys *set = &made->set;
  for (size_t i = 0; i < rows->n; i++) {
    bool new_user = set->n_users == 0 || made->uid[set->n_users - 1] != rows->uid[i];
    bool new_journey = new_user || made->flags[set->n_journeys - 1] == DA_JOURNEY_CONVERTED;
    if (new_user) {
      made->uid[set->n_users] = rows->uid[i];
      made->first_journey[set->n_users++] = set->n_journeys;
    }
    if (new_journey) {
      made->flags[set->n_journeys] = 0;
      made->first_touch[set->n_journeys++] = set->n_touches;
    }
    int64_t time_us = rows->timestamp_s[i] * 1000000;
    if (set->n_touches == 0 || time_us < set->log_start_us) set->log_start_us = time_us;
    if (set->n_touches == 0 || time_us > set->log_end_us) set->log_end_us = time_us;
    made->time_us[set->n_touches] = time_us;
    made->campaign[set->n_touches++] = rank[rows->campaign[i]];
    if (!rows->conversion[i]) continue;
    made->flags[set->n_journeys - 1] = DA_JOURNEY_CONVERTED;
    set->n_conversions++;
  }
}

static da_status close_set(da_simulated_journeys *made, const uint32_t *rank, da_error *err) {
  da_journeys *set = &made->set;
  size_t n_campaigns = made->truth.n_campaigns;
  made->names = da_mem_alloc(n_campaigns, sizeof *made->names);
  if (!made->names) return da_mem_fail(err, n_campaigns, sizeof *made->names, what);
  made->first_touch[set->n_journeys] = set->n_touches;
  made->first_journey[set->n_users] = set->n_journeys;
  for (size_t k = 0; k < n_campaigns; k++) {
    const char *name = made->truth.campaigns[k].name;
    made->names[rank[k]] = (da_slice){name, strlen(name)};
  }
  set->campaign = made->campaign;
  set->time_us = made->time_us;
  set->first_touch = made->first_touch;
  set->flags = made->flags;
  set->first_journey = made->first_journey;
  set->uid_int = made->uid;
  set->campaigns = (da_names){made->names, n_campaigns};
  return DA_OK;
}

da_status da_simulated_journeys_make(const da_simulation_options *options, da_pool *pool, da_simulated_journeys *made, da_error *err) {
  *made = (da_simulated_journeys){0};
  da_simulation *simulation = NULL;
  da_status status = da_simulation_open(options, pool, NULL, &simulation, err);
  if (status != DA_OK) return status;
  const da_world *world = da_simulation_world(simulation);
  uint32_t *rank = da_mem_alloc(world->n_campaigns, sizeof *rank);
  if (rank) da_world_rank_names(world, rank);
  status = rank ? reserve(made, 0, err) : da_mem_fail(err, world->n_campaigns, sizeof *rank, what);
  for (da_simulated_rows rows = {.n = 1}; status == DA_OK && rows.n > 0;) {
    status = da_simulation_next(simulation, &rows, err);
    if (status == DA_OK) status = reserve(made, rows.n, err);
    if (status == DA_OK) add_rows(made, &rows, rank);
  }
  if (status == DA_OK) status = da_simulation_truth(simulation, &made->truth, err);
  if (status == DA_OK) status = close_set(made, rank, err);
  da_simulation_close(simulation);
  da_mem_free(rank);
  if (status != DA_OK) da_simulated_journeys_free(made);
  return status;
}
