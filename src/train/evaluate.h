/* Metrics of a model on one split of a journey set. */
#ifndef DA_TRAIN_EVALUATE_H
#define DA_TRAIN_EVALUATE_H

#include "base/team.h"
#include "model/score.h"
#include "train/metrics.h"

/* which: DA_SET_TRAIN, DA_SET_VAL or DA_SET_TEST. stage names it in progress ("scoring test"). Holds 5 bytes a journey of the split,
 * 13 while they are sorted. Each rank of a
 * team scores the journeys of its own part of the set, and all get the metrics. DA_ERR_NUM when a score is no number, DA_ERR_INTERRUPTED when the monitor asked to stop. */
da_status da_evaluate(da_scorer *scorer, const da_journeys *set, int which, double logit_shift, const da_team *team,
                      const da_monitor *monitor, const char *stage, da_metrics *metrics, da_error *err) DA_MUST_CHECK;

#endif
