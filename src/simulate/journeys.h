/* A simulated log as the packed journey set that methods read, in memory and without files: for tests and benches of methods. */
#ifndef DA_SIMULATE_JOURNEYS_H
#define DA_SIMULATE_JOURNEYS_H

#include "journey/set.h"
#include "simulate/simulate.h"

/* Valid as {0}; give back with da_simulated_journeys_free. The arrays of set live in the fields below it. */
typedef struct {
  da_journeys set; /* a journey ends at its conversion; all journeys are of DA_SET_TRAIN; every campaign of the world has a name */
  da_truth truth;  /* without options.truth only counts */
  uint32_t *campaign;
  int64_t *time_us;
  uint64_t *first_touch, *first_journey;
  uint8_t *flags;
  int64_t *uid;
  da_slice *names;
  size_t touch_capacity, time_capacity, first_touch_capacity, flags_capacity, first_journey_capacity, uid_capacity;
} da_simulated_journeys;

/* pool may be NULL. */
da_status da_simulated_journeys_make(const da_simulation_options *options, da_pool *pool, da_simulated_journeys *made,
                                     da_error *err) DA_MUST_CHECK;
void da_simulated_journeys_free(da_simulated_journeys *made);

#endif
