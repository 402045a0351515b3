/* One training run in pieces, for a search over settings: some epochs, a pause in which only its state is kept, more epochs. */
#ifndef DA_TRAIN_TRIAL_H
#define DA_TRAIN_TRIAL_H

#include "train/checkpoint.h"
#include "train/train.h"

typedef struct {
  bool diverged;            /* at this learning rate: nothing below means anything */
  uint32_t n_epochs;        /* trained so far; fewer than asked for when no better epoch came for `patience` */
  uint32_t best_epoch;      /* counted from 1 */
  double val_loss, val_auc; /* of the best epoch */
  uint64_t n_touches;       /* trained on so far */
} da_trial_result;

/* Trains until n_epochs are done, by the job's settings (its bucket is not used), from state, which is {0} at the beginning and is
 * given back with what the next call needs. No retry at a lower rate. */
da_status da_trial_run(const da_train_job *job, uint32_t n_epochs, da_train_state *state, da_trial_result *result,
                       da_error *err) DA_MUST_CHECK;

#endif
