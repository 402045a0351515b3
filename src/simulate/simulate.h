/* A raw impression log with known truth.
 *
 *   world, users, seed  ->  rows (uid, timestamp, campaign, conversion), user by user, in time order inside a user
 *                       ->  truth.json
 *
 * Each user has a random stream of its own, (seed, user), and blocks of users meet in the order of their numbers: the same bytes
 * at any number of threads. Memory does not grow with the number of users. Users who saw nothing have no row. */
#ifndef DA_SIMULATE_SIMULATE_H
#define DA_SIMULATE_SIMULATE_H

#include "base/monitor.h"
#include "base/threads.h"
#include "simulate/truth.h"
#include "simulate/world.h"

typedef struct {
  const char *world; /* see da_world_find */
  uint64_t n_users;  /* at least 1 */
  uint64_t seed;
  bool cut;   /* the log of a user ends with the first conversion: the touches after it are not logged, and in the truth too
                        only first conversions count */
  bool truth; /* try the coalitions; otherwise only what the log itself tells is known */
} da_simulation_options;

/* Rows of some users. */
typedef struct {
  size_t n;
  const int64_t *uid;         /* user number, from 0 */
  const int64_t *timestamp_s; /* unix seconds */
  const uint32_t *campaign;   /* index into the world's campaigns */
  const uint8_t *conversion;  /* 1: a conversion followed this touch */
} da_simulated_rows;

typedef struct da_simulation da_simulation;

/* options, pool and monitor must outlive the simulation; pool and monitor may be NULL. DA_ERR_ARG on an unknown world or no users. */
da_status da_simulation_open(const da_simulation_options *options, da_pool *pool, const da_monitor *monitor, da_simulation **simulation,
                             da_error *err) DA_MUST_CHECK;
void da_simulation_close(da_simulation *simulation); /* NULL allowed */
const da_world *da_simulation_world(const da_simulation *simulation);

/* The next rows, valid until the next call; n = 0 after the last user. */
da_status da_simulation_next(da_simulation *simulation, da_simulated_rows *rows, da_error *err) DA_MUST_CHECK;

/* What is known after the last row; without options.truth only the counts. The caller frees truth. */
da_status da_simulation_truth(const da_simulation *simulation, da_truth *truth, da_error *err) DA_MUST_CHECK;

#endif
