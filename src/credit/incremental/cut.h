/* Logs that end at the conversion: the time until the user's next touch is missing there, and is integrated out.
 *
 * Taking that gap to the end of the log ruins the hazard form. Instead: a user's touches come at a rate ~ Gamma(A, b), fitted
 * to the users who never convert (their counts are negative binomial, without zeros). After n touches by t_last the next one
 * is later than s with probability G(s) = (1 + s / (b + t_last))^-(A + n); so on the conversion's row, E = end of log - t_last:
 *   d -> integral from 0 to E of G(s) ds,   1 - e^(-d/tau) -> integral from 0 to E of e^(-s/tau) / tau G(s) ds */
#ifndef DA_CREDIT_INCREMENTAL_CUT_H
#define DA_CREDIT_INCREMENTAL_CUT_H

#include "credit/incremental/exposure.h"

/* The share of conversions after which the same user has another touch; near 0 in a log that was cut. 1 without conversions. */
double da_cut_followed_share(const da_journeys *set);

typedef struct {
  double shape; /* A */
  double days;  /* b */
} da_touch_rate;

/* n_with_more[i]: users with more than i touches, for i < most touches of a user; days_watched: the window of their counts.
 * A fixed guess where fewer than two users are known. */
da_status da_cut_fit_rate(const double *n_with_more, uint64_t most, double days_watched, da_touch_rate *rate, da_error *err) DA_MUST_CHECK;

/* The two integrals for one conversion: *days, and decay [n_taus]. */
void da_cut_expect(const da_touch_rate *rate, uint64_t n_touches, double last_days, double end_days, const double *tau, int n_taus,
                   double *days, double *decay);

/* Puts expected gaps in place of those that the cut took away. */
da_status da_cut_fill_gaps(da_exposure *exposure, da_pool *pool, da_error *err) DA_MUST_CHECK;

#endif
