/* Which stages of a bucket are done, for which input and settings: what lets `run` go on where it stopped.
 *
 * .deepattribution/stages.json in the bucket:
 *   {"format": 1, "stages": {"journeys": {"fingerprint": "9f...", "facts": {...}}, "train": ...}}
 *
 * A stage's fingerprint is a hash of the program's version, the settings it depends on and its input (the raw files, or the
 * fingerprint of the stage before). A stage whose fingerprint is unchanged and whose outputs exist need not run again; the facts
 * it reported then (counts, seconds, metrics) are kept here, so that summary, page and manifest are the same after a resume. */
#ifndef DA_PIPELINE_STATE_H
#define DA_PIPELINE_STATE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/bucket.h"

typedef struct {
  cJSON *root;
} da_run_state;

/* A missing file is an empty state; one that cannot be understood is too (the stages then run again). */
da_status da_run_state_read(const da_bucket *bucket, da_run_state *state, da_error *err) DA_MUST_CHECK;
da_status da_run_state_write(const da_run_state *state, da_bucket *bucket, da_error *err) DA_MUST_CHECK;
void da_run_state_free(da_run_state *state);

/* The facts of a stage that was done, and the fingerprint it had then (NULL allowed); NULL when it was not. Stays the state's. */
const cJSON *da_run_state_find(const da_run_state *state, const char *stage, uint64_t *fingerprint);
/* Remembers a finished stage; takes facts over, whatever happens. */
da_status da_run_state_set(da_run_state *state, const char *stage, uint64_t fingerprint, cJSON *facts, da_error *err) DA_MUST_CHECK;
/* Forgets a stage: before its outputs change. */
void da_run_state_forget(da_run_state *state, const char *stage);

#endif
