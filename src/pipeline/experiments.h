/* Results of experiments, from a file: raw/lift.csv of the bucket, or the one that credit.lift_file names.
 *
 *   campaign,window,incremental_conversions,se
 *   brand_search,2018-07-01/2018-07-14,120,30        days of the window: the first and the last, both included
 *   retarget,,0,15                                   no window: the whole log
 *
 * Moments (2018-07-01T06:00:00) are taken too; without a zone they are UTC. A window's column may be missing. */
#ifndef DA_PIPELINE_EXPERIMENTS_H
#define DA_PIPELINE_EXPERIMENTS_H

#include "base/mem.h"
#include "credit/experiment.h"
#include "store/bucket.h"

#define DA_KEY_LIFT "raw/lift.csv"

/* path: credit.lift_file, or NULL for the bucket's own, which may be missing: no experiments then. Names live in the arena.
 * DA_ERR_DATA names the row and the column that make no sense. */
da_status da_experiments_read(da_db *db, const da_bucket *bucket, const char *path, da_arena *arena, da_experiments *experiments,
                              da_error *err) DA_MUST_CHECK;
/* The file as it stands, to be hashed; empty when there is none. */
da_status da_experiments_text(const da_bucket *bucket, const char *path, da_text *text, da_error *err) DA_MUST_CHECK;

#endif
