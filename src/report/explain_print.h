/* Explanations of journeys for a person and for a program.
 *
 * text: a table of the journey's touches, one column a method, then what the network would think without each campaign.
 * JSON: {"journeys": [{"journey_id", "uid" (number or text), "set", "converted", "value", "probability", "probability_without_touches",
 *          "touches": [{"touch_index", "timestamp_us", "campaign_nm", "attention", "probability_after", "credit": {method: conversions}}],
 *          "baseline": {method: conversions},
 *          "without": [{"campaign_nm", "touches", "probability"}]}]}; null where unknown */
#ifndef DA_REPORT_EXPLAIN_PRINT_H
#define DA_REPORT_EXPLAIN_PRINT_H

#include "base/text.h"
#include "credit/explain.h"

/* One journey; a long one shows its first and last touches. Names are cut to fit, control characters replaced. */
void da_explanation_print_text(const da_explanation *explanation, da_text *out);
/* Journeys of one user, or any. DA_ERR_MEM. */
da_status da_explanations_print_json(const da_explanation *explanations, size_t n, da_text *json, da_error *err) DA_MUST_CHECK;

#endif
