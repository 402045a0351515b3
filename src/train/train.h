/* Trains the network on a journey set: journeys of the train split in, a model and its metrics out.
 *
 * Early stopping on the log loss of the val split; the best epoch's weights are kept; the test split is read once, at the end.
 * Same set, settings and seed: the same model, byte for byte, at any number of threads and ranks, and after any number of
 * interruptions.
 *
 * Several ranks (train/dist.h) share the work of each batch: each reads the touches of its own part of the set and differentiates its
 * share of the batch; all then hold the same gradient, and make the same step. */
#ifndef DA_TRAIN_TRAIN_H
#define DA_TRAIN_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/monitor.h"
#include "base/team.h"
#include "base/threads.h"
#include "journey/set.h"
#include "model/model.h"
#include "store/bucket.h"
#include "store/config.h"
#include "train/metrics.h"

typedef struct {
  const da_journeys *set;
  const da_config *config; /* model, training, seed */
  da_bucket *bucket;       /* where model/checkpoint/ is kept; NULL: no checkpoint. Of a team, rank 0's alone */
  da_pool *pool;
  const da_team *team;       /* NULL: alone; otherwise all ranks call da_train at the same time, with the same set and config */
  const da_monitor *monitor; /* NULL allowed */
} da_train_job;

typedef struct {
  double learning_rate;     /* at the epoch's end */
  double train_loss;        /* mean over the epoch's journeys while their weights moved, dropout on, as sampled */
  double val_loss, val_auc; /* NaN without a val set */
} da_train_epoch;

/* Valid as {0}. */
typedef struct {
  da_metrics metrics[DA_N_SETS]; /* of the kept weights, calibrated */
  uint32_t n_epochs, best_epoch; /* trained; the one that was kept, counted from 1; 0: nothing was trained */
  da_train_epoch *epochs;        /* [n_epochs]; owned */
  uint32_t batch_size;           /* journeys */
  double learning_rate;          /* at its highest, after any retry */
  uint32_t n_retries;            /* training diverged and began again at a lower rate */
  bool uses_time;
  bool resumed;       /* a checkpoint was taken up; not in score.json */
  uint64_t n_touches; /* trained on in this run, over all epochs; not in score.json */
  double seconds;     /* spent on them; not in score.json */
} da_train_report;

/* DA_ERR_INTERRUPTED when the monitor asked to stop: all progress is in the checkpoint, and the same call goes on from there.
 * DA_ERR_NUM when training diverges at every rate tried. A train split without both outcomes is no error: the model then gives every
 * journey the split's conversion rate and every touch the same attention, and the monitor is told why. */
da_status da_train(const da_train_job *job, da_model *model, da_train_report *report, da_error *err) DA_MUST_CHECK;
void da_train_report_free(da_train_report *report); /* {0} and a second call allowed */

/* score.json: metrics of the three sets, epochs, choices; the same bytes for the same training. */
void da_train_report_print_json(const da_train_report *report, da_text *json);
/* Adds model/model.safetensors, model/score.json and model/model.onnx (not for a network beyond DA_ONNX_MAX_PARAMS) to a publication. */
da_status da_train_publish(const da_model *model, const da_train_report *report, da_publication *publication, da_error *err) DA_MUST_CHECK;
/* Removes the checkpoint: after the model's publication was committed, or to start over. Without one: DA_OK. */
da_status da_train_forget(da_bucket *bucket, da_error *err) DA_MUST_CHECK;

#endif
