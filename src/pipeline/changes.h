/* What moved the credit since the run before: other journeys, or another model. For every method of both runs: what the run before was made
 * from is kept (pipeline/former.h), so that it can be asked about the journeys of now.
 *
 *   before    the former model on the former journeys: the table that is about to be replaced
 *   between   the former model on the journeys of now
 *   after     the model of now on the journeys of now
 *
 *   by_data = between - before, by_model = after - between
 *
 * The model is all that turns a journey into credit: the fit to the journeys of its run, the network, the settings of `credit`. A rule without
 * settings has none, so that whatever moved it is the data. Left out are methods that read a file of the user's (`shapley_predictions`), those
 * of the network where there was none, and those that learn where the former journeys were too many to be kept.
 *
 * attention_report/credit_changes.parquet: method, campaign_nm, before, after, by_data, by_model DOUBLE (conversions); by method the campaigns of
 * now, those that are gone (what they had is lost by the data), then "(baseline)". It stays as it is while neither changes. */
#ifndef DA_PIPELINE_CHANGES_H
#define DA_PIPELINE_CHANGES_H

#include "pipeline/former.h"

#define DA_KEY_CREDIT_CHANGES "attention_report/credit_changes.parquet"

/* input: of the run now; totals: its credit; fit: that of `incremental`, empty when it has none; made_from: see da_former_describe. Where
 * something came before, and it is not the same: puts the table into the publication and tells which campaigns moved most. */
da_status da_changes_publish(da_run *run, const da_credit_input *input, const da_former *former, const da_credit_totals *totals,
                             const da_text *fit, const da_text *made_from, da_publication *publication, da_error *err) DA_MUST_CHECK;

#endif
