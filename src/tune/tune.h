/* A search over the settings of tune/space.h for the lowest log loss on the val split, in one process over one loaded set.
 *
 * Pieces of work (a rung of a trial) are given out as if by DA_TUNE_N_SLOTS workers whose speed is known: a piece takes as long as its
 * arithmetic. Which piece comes next depends on results in the order of that clock, so the same seed leads through the same search
 * whatever the real threads do: they train what is given out, the piece that is due first before others, and a result that is early
 * waits. A search that was interrupted or killed goes through the same decisions again and takes the results it had from its journal.
 *
 * In the bucket: tune/journal.json while it goes on; tune/trials.parquet and tune/best.json in the end. The test split is never read. */
#ifndef DA_TUNE_TUNE_H
#define DA_TUNE_TUNE_H

#include "tune/halving.h"

enum { DA_TUNE_N_SLOTS = 4 };

#define DA_TUNE_KEY_TRIALS "tune/trials.parquet"
#define DA_TUNE_KEY_BEST "tune/best.json"

typedef struct {
  const da_journeys *set;
  const da_config *config; /* hp_tuning_nb_iterations, the seed, and all that is not varied; what is varied begins the search */
  da_bucket *bucket;       /* where the journal is kept; NULL: none */
  da_pool *pool;
  const da_monitor *monitor; /* NULL allowed */
} da_tune_job;

/* Valid as {0}. */
typedef struct {
  da_halving halving;    /* the trials */
  uint32_t best;         /* number of the best trial */
  uint64_t n_touches;    /* trained on, over all trials */
  uint32_t n_remembered; /* pieces whose results came from the journal */
} da_tune_report;

/* DA_ERR_DATA without conversions and other journeys in train and val. DA_ERR_NUM when every trial diverged. DA_ERR_INTERRUPTED: the
 * same call goes on. */
da_status da_tune(const da_tune_job *job, da_tune_report *report, da_error *err) DA_MUST_CHECK;
void da_tune_report_free(da_tune_report *report); /* {0} and a second call allowed */

/* Adds tune/trials.parquet (a row a trial) and tune/best.json to a publication. */
da_status da_tune_publish(const da_tune_job *job, const da_tune_report *report, da_publication *publication, da_error *err) DA_MUST_CHECK;
/* Removes the journal: after the publication was committed, or to start over. */
da_status da_tune_forget(da_bucket *bucket, da_error *err) DA_MUST_CHECK;

/* The settings that the bucket's search found for this set, written into config where that still says what an empty config.yaml says:
 * what the user set stays. *found false: no search, or one over other journeys. */
da_status da_tune_use_best(const da_bucket *bucket, const da_journeys *set, da_config *config, bool *found, da_error *err) DA_MUST_CHECK;

#endif
