/* evaluate: what speaks for and against each method on this bucket's own journeys. Changes nothing, and works beside a run.
 *
 *   {"network": {"loss", "auc", ...} of the test journeys, or null,
 *    "methods": [{"method", "title",
 *                 "rank": from 1, "trust": "yes", "with care" or "no", "why":       credit/evaluate/verdict.h
 *                 "share_error", "rank_correlation": against the true removal effects of a simulated world; null elsewhere,
 *                 "log_loss", "auc", "auc_error": of the test journeys, where the method has a model, fitted again without them; those of the
 *                     network for methods that ask it; null elsewhere,                pipeline/evaluate_refit.h
 *                 "touch_auc", "touch_auc_error": the same of test touches: does a conversion follow,
 *                 "deletion": area under "deletion_curve": what is left of the network's p without 10, 20, .. 100 % of the touches, those
 *                     that the method credits most first; null without a network,    credit/evaluate/deletion.h
 *                 "halves": mean difference of a campaign's part of all conversions between two random halves of the users, by a fit to each,
 *                 "negative": part of all conversions that campaigns get with a minus sign,
 *                 "agreement": mean of "agreement_with": 1 - half the sum of differences of its shares to each other method's,
 *                 "replay": [{"budget", "spend", "touches", "conversions", "cpa", "cvr"}]}],      credit/evaluate/replay.h
 *    "rate": {"log_loss"}: of who knows of test journeys only the rate of the others,
 *    "random": {"deletion", "deletion_curve"}: without touches taken at random; null without a network,
 *    "replay_of": {"touches", "journeys", "conversions", "money": whether costs came from raw/spend},
 *    "trust": {"method", "why"}: the first in rank}
 *
 * Shares: of a method's credit to campaigns, negative credit counted as none. Credit for replay is that of train and val journeys, by methods
 * fitted to them alone. */
#ifndef DA_PIPELINE_EVALUATE_H
#define DA_PIPELINE_EVALUATE_H

#include "pipeline/pipeline.h"

/* job: bucket, config and monitor. result: as above, the caller's (cJSON_Delete); NULL on failure. DA_ERR_DATA when there is no credit. */
da_status da_evaluate_bucket(const da_run_job *job, cJSON **result, da_error *err) DA_MUST_CHECK;

#endif
