/* The moving part of training: steps, epochs, checkpoints, and beginning again where it diverged. Used by train.c and trial.c. */
#ifndef DA_TRAIN_TRAINER_H
#define DA_TRAIN_TRAINER_H

#include "model/engine.h"
#include "model/score.h"
#include "train/assembly.h"
#include "train/batches.h"
#include "train/checkpoint.h"
#include "train/plan.h"
#include "train/train.h"

/* A batch that has been read, perhaps planned. */
typedef struct {
  da_assembly assembly;
  uint8_t *converted; /* [batch_size] */
  da_batch batch;
  da_status status; /* of reading and planning it */
  da_error err;
} da_ready_batch;

/* While one is computed, a thread plans the next; the one after is read beside it, or after it (several ranks). */
enum { DA_N_READY = 3 };

/* Valid as {0}. */
typedef struct {
  const da_train_job *job;
  da_train_plan plan;
  da_model *model; /* the caller's; its params are what is scored: the state's, with unseen rows settled */
  da_scorer *scorer;
  da_engine *engine;
  da_batches *batches;
  da_input_reader reader;
  da_ready_batch ready[DA_N_READY]; /* batch n of an epoch at n % DA_N_READY */
  uint64_t *row_count;              /* [R + U]: touches, or journeys, of the train split that read each row */
  float *gradient;                  /* [n] */
  da_train_state state;
  bool resumed;
  uint64_t n_touches; /* trained on in this run ... */
  double seconds;     /* ... and the time it took */
  double saved_at;    /* da_clock_seconds of the last checkpoint */
} da_trainer;

/* A model of the set's vocabulary and the plan's shape, its parameters not yet set. */
da_status da_trainer_make_model(const da_train_job *job, const da_train_plan *plan, da_model *model, da_error *err) DA_MUST_CHECK;
/* job and model must outlive the trainer. Takes up the bucket's checkpoint if one fits. */
da_status da_trainer_open(const da_train_job *job, const da_train_plan *plan, da_model *model, da_trainer *trainer,
                          da_error *err) DA_MUST_CHECK;
void da_trainer_close(da_trainer *trainer); /* {0} and a second call allowed */
/* All epochs that are left; then model->params are the best ones. */
da_status da_trainer_run(da_trainer *trainer, da_error *err) DA_MUST_CHECK;
/* Goes on until n_epochs are done in all, or training is over. DA_ERR_NUM where it diverges: it does not begin again. */
da_status da_trainer_run_to(da_trainer *trainer, uint32_t n_epochs, da_error *err) DA_MUST_CHECK;

/* The rate that training uses now: a quarter for each time it diverged. */
double da_trainer_peak_rate(const da_trainer *trainer);

#endif
