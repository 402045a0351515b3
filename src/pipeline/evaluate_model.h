/* What evaluate asks of models: do they predict journeys they have not seen, and does the network follow a method's credit?
 *
 * Held out: methods with a model of their own are fitted again, on the journeys that are not in the test split; then they say how likely each
 * test journey is to convert.
 *
 * Deletion: of test journeys that converted and had two touches at least, the touches that a method credits most are taken away, and
 * the network is asked again. A method whose credit is where the network's evidence is makes p fall fastest. It says how the network
 * works, not what would have happened. */
#ifndef DA_PIPELINE_EVALUATE_MODEL_H
#define DA_PIPELINE_EVALUATE_MODEL_H

#include "pipeline/pipeline_run.h"
#include "train/metrics.h"

/* metrics: [n]; n_journeys 0 for a method that predicts nothing. */
da_status da_evaluate_held_out(da_run *run, const da_method *const *methods, size_t n, da_metrics *metrics, da_error *err) DA_MUST_CHECK;

/* credit: [touches of the journeys], end to end; journey: [n] of the set, each converted. kept: the mean of p without the most credited half of
 * the touches over p, NaN without such a journey. */
da_status da_evaluate_deletion(const da_run *run, const uint64_t *journey, uint64_t n, const float *credit, double *kept,
                               da_error *err) DA_MUST_CHECK;

#endif
