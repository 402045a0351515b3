/* Asynchronous successive halving (ASHA; Li et al. 2020, algorithm 2), fed by TPE: which trial goes on, and what a new one tries.
 *
 * A trial trains in rungs: 2 epochs, 6, 18, all. Of the trials that finished a rung, the best third goes on to the next, as soon as
 * that can be said; while it cannot, new trials begin. A trial that is not taken further was stopped. The rungs are the same for a
 * trial of 10 epochs and one of 50: early stopping ends most within 4 to 9, so that a share of the epochs asked for would be all.
 * Only decides: trials are trained, and their results reported, by tune/tune_search.h. Losses are of the val split. */
#ifndef DA_TUNE_HALVING_H
#define DA_TUNE_HALVING_H

#include "train/trial.h"
#include "tune/space.h"

enum { DA_TUNE_N_RUNGS = 4, DA_TUNE_REDUCTION = 3, DA_TUNE_FIRST_RUNG_EPOCHS = 2 };

typedef struct {
  da_tune_point point;
  uint32_t n_rungs; /* done */
  bool running;     /* in the rung after those */
  da_trial_result results[DA_TUNE_N_RUNGS];
} da_tune_trial;

/* Valid as {0}. */
typedef struct {
  uint64_t seed;
  da_tune_point first;   /* what the first trial tries */
  da_tune_trial *trials; /* [n_trials], of which n_started mean something; owned */
  double *units;         /* [n_trials][DA_TUNE_N_DIMENSIONS]: scratch */
  uint32_t *order;       /* [n_trials]: scratch */
  uint32_t n_trials, n_started, n_running;
} da_halving;

da_status da_halving_init(uint32_t n_trials, uint64_t seed, const da_tune_point *first, da_halving *halving, da_error *err) DA_MUST_CHECK;
void da_halving_free(da_halving *halving); /* {0} and a second call allowed */

/* Takes the next piece of work: *trial is to be trained through its rung number trials[*trial].n_rungs. False: none now; and none ever,
 * when nothing is running. */
bool da_halving_next(da_halving *halving, uint32_t *trial);
void da_halving_report(da_halving *halving, uint32_t trial, const da_trial_result *result);

/* Epochs after which a rung of a trial is done. */
uint32_t da_halving_epochs(const da_tune_trial *trial, uint32_t rung);
/* Nothing more would be trained of it: its epochs are done, or it stopped early by itself. Of a trial that has finished a rung. */
bool da_halving_is_complete(const da_tune_trial *trial);
/* The trial with the lowest loss, which training it further can only lower; n_trials when every trial diverged. */
uint32_t da_halving_best(const da_halving *halving);

#endif
