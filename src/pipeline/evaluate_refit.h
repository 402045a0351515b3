/* What evaluate learns by fitting methods again: to all journeys but the held-out ones, and to each half of their users.
 *
 *   learnt    the credit of the journeys that are not held out, by a fit to them: it decides the budgets of the replay
 *   halves    the credit of each half of them, by a fit to that half alone
 *   held out  how well the fit to those that are not held out predicts those that are: which of them convert, and after which of their
 *             touches (credit/evaluate/prefixes.h)
 *
 * Methods that learn nothing, and those of the network, which is held as it is and has not been trained on held-out journeys, need no fit:
 * theirs is what `attribute` left. Experiments count by the part of their campaign's touches. */
#ifndef DA_PIPELINE_EVALUATE_REFIT_H
#define DA_PIPELINE_EVALUATE_REFIT_H

#include "pipeline/evaluate_credit.h"

typedef struct {
  double log_loss;                   /* after calibration (credit/evaluate/calibration.h) on the journeys that were learnt from */
  double auc, auc_error;             /* of journeys, and its standard error */
  double touch_auc, touch_auc_error; /* of touches */
} da_held_out;

typedef struct {
  double *learnt;         /* [methods][campaigns] */
  double *half[2];        /* [methods][campaigns] */
  da_held_out *held_out;  /* [methods]; NaN for a method that predicts nothing */
  da_held_out network;    /* touches alone: what it makes of journeys stands in its training's record */
  double rate_log_loss;   /* of who knows of held-out journeys only the rate of the others */
  uint64_t *touches;      /* [campaigns], of the journeys that are not held out */
  bool form_undetermined; /* of the incremental model fitted to them */
} da_refits;

/* credit: of the run, whose model is open if there is one. The arena owns the arrays. */
da_status da_refits_make(da_run *run, const da_evaluated_credit *credit, da_arena *arena, da_refits *refits, da_error *err) DA_MUST_CHECK;

#endif
