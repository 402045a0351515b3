/* feature_store/{train,val,test}.parquet: the packed journeys as tables that anything can read, one row a journey in the order of
 * journey_id; columns as docs/journey.md lists them. */
#ifndef DA_JOURNEY_FEATURE_STORE_H
#define DA_JOURNEY_FEATURE_STORE_H

#include "base/monitor.h"
#include "base/status.h"
#include "base/threads.h"
#include "journey/set.h"

/* Keys of the bucket, by DA_SET_... */
extern const char *const da_feature_store_keys[DA_N_SETS];

/* What one set holds. */
typedef struct {
  uint64_t n_users, n_journeys, n_touches, n_conversions; /* a user may be in several sets, unless the split is by user */
  double value;                                           /* of the conversions; 1 each without values */
} da_set_totals;

/* Writes the journeys of one set to path, and counts them. The bytes do not depend on the pool (NULL: this thread alone). Memory: some row
 * groups a thread, of 122,880 journeys or a million touches each. */
da_status da_feature_store_write(const da_journeys *set, int which, const char *path, da_pool *pool, const da_monitor *monitor,
                                 da_set_totals *totals, da_error *err) DA_MUST_CHECK;

#endif
