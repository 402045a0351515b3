/* From totals to single conversions: for methods that say what each campaign earned in all, but not in which journey.
 *
 * Each campaign gets one strength b_c >= 0, and a conversion is shared among the campaigns of its journey in proportion to their strengths.
 * The strengths are those for which the campaigns' credits are the totals:
 *
 *   sum over converted journeys with campaigns P, c in P, of b_c / sum over c' in P of b_c'  =  total_c
 *
 * found by iterative proportional fitting (Deming and Stephan, Ann. Math. Stat. 11, 1940): b_c <- b_c total_c / credit_c. Of all ways to
 * share that have these totals it is the one nearest to sharing by the totals alone. Where totals are more than a campaign's journeys
 * hold, or less than those in which it is alone, no way has them; then the strengths come as near as ROUNDS rounds bring them, and `unplaced` tells how far that is off. */
#ifndef DA_CREDIT_STRENGTHS_H
#define DA_CREDIT_STRENGTHS_H

#include "credit/paths/paths.h"

/* sets: of kind DA_PATH_SET. total: [n_campaigns], none negative, with the sum of the conversions. strength: [n_campaigns]. unplaced: the
 * conversions (half the sum of absolute differences) that the credit by strengths gives to others than the totals do. */
da_status da_strengths_fit(const da_paths *sets, const double *total, double *strength, double *unplaced, da_error *err) DA_MUST_CHECK;

#endif
