/* A simulated log in a bucket: raw/impressions.parquet, and truth.json beside it. */
#ifndef DA_SIMULATE_PUBLISH_H
#define DA_SIMULATE_PUBLISH_H

#include "simulate/simulate.h"
#include "store/bucket.h"
#include "store/db.h"

#define DA_SIMULATED_LOG_KEY "raw/impressions.parquet"
#define DA_TRUTH_KEY "truth.json"

/* Simulates into the bucket: the log with columns uid, timestamp (unix seconds), campaign, conversion, and truth.json where
 * options.truth; a truth.json of an earlier log is removed. Both appear together, or nothing changes.
 * replace: a raw/impressions.parquet that is there may be replaced. Without it, and whenever raw/ holds anything else, DA_ERR_ARG: a
 * log that somebody collected must not be lost, and two logs must not be mixed.
 * pool and monitor may be NULL. truth: NULL, or filled; the caller frees it. */
da_status da_simulate(const da_simulation_options *options, bool replace, da_bucket *bucket, da_db *db, da_pool *pool,
                      const da_monitor *monitor, da_truth *truth, da_error *err) DA_MUST_CHECK;

#endif
