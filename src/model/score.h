/* Scores journeys: attention of every touch and the logit of every journey, in batches, so that memory does not grow with the set.
 *
 * The set may be another than the model was trained on: campaigns and the values of features go by name, and those that the model does
 * not know share one row. */
#ifndef DA_MODEL_SCORE_H
#define DA_MODEL_SCORE_H

#include "base/monitor.h"
#include "base/threads.h"
#include "model/model.h"

typedef struct da_scorer da_scorer;

/* model, set and pool must outlive the scorer; model->params may change between calls. pool NULL: the caller's thread alone, for
 * scoring inside a task of a pool (one scorer a thread). monitor: told of campaigns and values that the model does not know; NULL allowed. */
da_status da_scorer_open(const da_model *model, const da_journeys *set, da_pool *pool, const da_monitor *monitor, da_scorer **scorer,
                         da_error *err) DA_MUST_CHECK;
void da_scorer_close(da_scorer *scorer); /* NULL allowed */

/* Journeys begin .. end-1. attention: [touches of the range] or NULL, sums to 1 in each journey; logit: [end - begin] or NULL, for
 * da_model_probability. */
da_status da_scorer_score(da_scorer *scorer, uint64_t begin, uint64_t end, float *attention, float *logit, da_error *err) DA_MUST_CHECK;

/* Any journeys, in the order of their numbers in journeys [n]. attention: laid end to end in that order, or NULL; logit: [n] or NULL. */
da_status da_scorer_score_some(da_scorer *scorer, const uint64_t *journeys, uint64_t n, float *attention, float *logit,
                               da_error *err) DA_MUST_CHECK;

/* What-ifs: n journeys of which only some touches are kept. Part i keeps touches kept[first[i]] .. kept[first[i + 1] - 1], positions in
 * the set's touch arrays, ascending, all of one journey, at least one (without any: da_scorer_empty_logit). logit: [n]. */
da_status da_scorer_score_parts(da_scorer *scorer, uint32_t n, const uint32_t *first, const uint64_t *kept, float *logit,
                                da_error *err) DA_MUST_CHECK;

/* The logit of a journey whose touches are all taken away: what the output says of its user alone. */
float da_scorer_empty_logit(const da_scorer *scorer, uint64_t journey);

/* Touches of the set whose campaign the model does not know. */
uint64_t da_scorer_n_unknown_touches(const da_scorer *scorer);

#endif
