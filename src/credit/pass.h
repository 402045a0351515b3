/* One pass over all journeys of a set, in order, in bounded memory: the network's attention, every method's credit, and the totals.
 *
 *   journeys ──► blocks (some 100,000 touches) ──► score: attention, p      the network, on the whole pool
 *                                              ──► credit of each method    tasks: methods x ranges of the block
 *                                              ──► totals, checked          tasks: methods
 *                                              ──► the caller               e.g. the writer of the table of touches
 *
 * A block's content depends on its journeys alone, and the sums run in the order of journeys, so that the same set gives the same bytes
 * whatever the number of threads or the size of a block. */
#ifndef DA_CREDIT_PASS_H
#define DA_CREDIT_PASS_H

#include "credit/fitted.h"
#include "credit/totals.h"
#include "model/score.h"

/* The network over journeys begin .. end-1: attention [their touches] and probability [journeys]. Called between tasks: it may use the
 * pool. */
typedef da_status (*da_score_journeys)(void *context, uint64_t begin, uint64_t end, float *attention, float *probability, da_error *err);

/* The network itself, as score_context of da_pass_score_by_network. Valid as {0}. */
typedef struct {
  const da_model *model;
  da_scorer *scorer;
} da_pass_network;

/* model, set and pool must outlive the result. */
da_status da_pass_network_open(const da_model *model, const da_journeys *set, da_pool *pool, const da_monitor *monitor,
                               da_pass_network *network, da_error *err) DA_MUST_CHECK;
void da_pass_network_close(da_pass_network *network); /* {0} and a second call allowed */
/* A da_score_journeys. */
da_status da_pass_score_by_network(void *network, uint64_t begin, uint64_t end, float *attention, float *probability, da_error *err);

typedef struct {
  da_score_journeys score; /* NULL: no network */
  void *score_context;
  uint64_t block_touches;    /* 0: chosen; a journey that is longer makes its block longer */
  const da_monitor *monitor; /* NULL: silent, as for a pass that a table's writer drives, since that shows progress itself */
} da_pass_options;

typedef struct da_pass da_pass;

/* input and fitted must outlive the pass. input->pool is used; input->monitor is not. */
da_status da_pass_open(const da_credit_input *input, const da_fitted *fitted, const da_pass_options *options, da_pass **pass,
                       da_error *err) DA_MUST_CHECK;
void da_pass_close(da_pass *pass); /* NULL allowed */

/* The next journeys, credited and added to the totals; valid until the next call. begin = end when none are left: then the totals have
 * been checked as well. */
da_status da_pass_next(da_pass *pass, da_credit_block *block, da_error *err) DA_MUST_CHECK;
/* Runs through the blocks that are left. */
da_status da_pass_finish(da_pass *pass, da_error *err) DA_MUST_CHECK;

/* NULL before the end. Valid until the pass is closed. */
const da_credit_totals *da_pass_totals(const da_pass *pass);

#endif
