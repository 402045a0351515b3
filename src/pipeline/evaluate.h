/* evaluate: what speaks for and against each method on this bucket's own journeys. Changes nothing, and works beside a run.
 *
 *   {"network": {"log_loss", "auc", ...} of the test journeys, or null,
 *    "methods": [{"method", "title",
 *                 "share_error", "rank_correlation": against the true removal effects of a simulated world; null elsewhere,
 *                 "log_loss", "auc": of the test journeys, where the method has a model, fitted again without them; null elsewhere,
 *                 "deletion": what is left of the network's p without the half of the touches that the method credits most
 *                     (pipeline/evaluate_model.h); null without a network,
 *                 "halves": mean difference of a campaign's share between two random halves of the users,
 *                 "agreement": 1 - half the sum of differences of its shares to another method's, mean over the other methods,
 *                 "replay": [{"budget", "spend", "touches", "conversions", "cpa", "cvr"}]}],      credit/evaluate/replay.h
 *    "replay_of": {"touches", "journeys", "conversions", "money": whether costs came from raw/spend},
 *    "trust": {"method", "why"}}
 *
 * Halves are of the credit: fitted methods are not fitted again on each, so that theirs differ by the journeys alone. Shares: of a method's credit to campaigns, negative credit counted as none. Credit for replay is that of train and val journeys; a
 * method that was fitted has seen the test journeys as well. */
#ifndef DA_PIPELINE_EVALUATE_H
#define DA_PIPELINE_EVALUATE_H

#include "pipeline/pipeline.h"

/* job: bucket, config and monitor. result: as above, the caller's (cJSON_Delete); NULL on failure. DA_ERR_DATA when there is no credit. */
da_status da_evaluate_bucket(const da_run_job *job, cJSON **result, da_error *err) DA_MUST_CHECK;

#endif
