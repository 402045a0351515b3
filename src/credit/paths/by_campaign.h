/* Credit of methods that know what each campaign of a journey is worth, and nothing of its single touches: a campaign's part of a
 * conversion is shared equally among its touches in the journey; what the campaigns leave of it is baseline. */
#ifndef DA_CREDIT_BY_CAMPAIGN_H
#define DA_CREDIT_BY_CAMPAIGN_H

#include "credit/method.h"
#include "credit/paths/paths.h"

/* Fills part[n], the parts of one conversion that belong to the n different campaigns of its journey, in the order of `kind`. */
typedef da_status (*da_campaign_parts)(const void *context, const uint32_t *campaign, uint32_t n, double *part, da_error *err);

/* The da_method.credit of a range. */
da_status da_credit_by_campaign(const da_credit_input *input, const da_credit_range *range, da_path_kind kind, da_campaign_parts parts,
                                const void *context, double *credit, double *baseline, da_error *err) DA_MUST_CHECK;

/* Parts in proportion to a positive weight of each campaign, 1 in sum: equal parts where all weights are 0. */
void da_parts_by_weight(const double *weight, const uint32_t *campaign, uint32_t n, double *part);

#endif
