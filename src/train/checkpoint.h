/* Everything a training run must remember to go on as if it had never stopped.
 *
 * What happens next depends on the plan, the set and this state alone: the order of journeys, the dropout masks and the learning rate
 * are functions of (seed, epoch, step). In the bucket: model/checkpoint/state.safetensors, which a publication replaces as a whole. */
#ifndef DA_TRAIN_CHECKPOINT_H
#define DA_TRAIN_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/bucket.h"
#include "train/adam.h"
#include "train/train.h"

/* Valid as {0}. */
typedef struct {
  size_t n;      /* parameters */
  float *params; /* [n], as training moves them; owned */
  float *best;   /* [n], ready for scoring, of the best epoch so far; owned */
  da_adam adam;
  uint32_t n_retries;     /* times training diverged and began again */
  uint32_t n_epochs;      /* finished */
  uint32_t best_epoch;    /* counted from 1; 0: none yet */
  uint64_t n_batches;     /* done in the epoch after those */
  double loss;            /* summed over them */
  da_train_epoch *epochs; /* [max_epochs]; owned */
  uint32_t max_epochs;
} da_train_state;

da_status da_train_state_init(size_t n_params, uint32_t max_epochs, da_train_state *state, da_error *err) DA_MUST_CHECK;
void da_train_state_free(da_train_state *state); /* {0} and a second call allowed */

/* settings: the plan as JSON. */
da_status da_checkpoint_print(const da_train_state *state, const char *settings, uint64_t set_checksum, da_text *bytes,
                              da_error *err) DA_MUST_CHECK;
/* Into a state of the right size. Hostile until checked. DA_ERR_DATA, and state unchanged, when it is damaged or of other settings or
 * another set; the sentence says which. */
da_status da_checkpoint_parse(const void *bytes, size_t n_bytes, const char *settings, uint64_t set_checksum, da_train_state *state,
                              da_error *err) DA_MUST_CHECK;

da_status da_checkpoint_save(da_bucket *bucket, const da_train_state *state, const char *settings, uint64_t set_checksum,
                             da_error *err) DA_MUST_CHECK;
/* *found: one was there and fits. One that does not fit is left alone and told to the monitor. */
da_status da_checkpoint_load(da_bucket *bucket, const char *settings, uint64_t set_checksum, const da_monitor *monitor,
                             da_train_state *state, bool *found, da_error *err) DA_MUST_CHECK;

#endif
