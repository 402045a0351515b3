/* The credit of a run in the record of its stage: totals of every method, and the campaigns that earned most. */
#ifndef DA_PIPELINE_RECORD_CREDIT_H
#define DA_PIPELINE_RECORD_CREDIT_H

#include <cjson/cJSON.h>

#include "credit/totals.h"
#include "simulate/truth.h"

enum { DA_N_TOP_CAMPAIGNS = 12 };

/* Adds
 *   "campaigns": their number, "conversions", "value" (null without values), "unattributed"
 *   "methods": [{"method", "title", "conversions" and "value" credited to campaigns, "baseline", "baseline_value", "total",
 *               "share_error" (with truth): mean absolute error of the campaigns' shares against those of the true removal effects}]
 *   "top_campaigns": [{"campaign", "touches", "credit": [conversions by each method], "truth" (with truth)}]
 * truth: of the same log, or NULL. */
da_status da_record_add_credit(cJSON *record, const da_journeys *set, const da_credit_totals *totals, const da_truth *truth,
                               da_error *err) DA_MUST_CHECK;

/* True incremental conversions (removal) of each campaign of the set: truth_of [campaigns]; 0 for one that the truth does not name. */
void da_truth_of_campaigns(const da_truth *truth, const da_names *campaigns, double *truth_of);

#endif
