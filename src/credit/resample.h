/* How far a fitted method's totals would move with other users, by fitting it again and again.
 *
 * Log b of n: every user counts Poisson(part) times. The method is fitted to that log and credits it. part is 1 up to
 * most_touches touches and less beyond, so that the work does not grow with the log: totals of a part of the users spread
 * as their number's root does (the m out of n bootstrap: Bickel, Goetze and van Zwet, Statistica Sinica 7, 1997), and the result is
 * divided by the root of part. */
#ifndef DA_CREDIT_RESAMPLE_H
#define DA_CREDIT_RESAMPLE_H

#include "credit/method.h"

enum { DA_RESAMPLE_MOST_TOUCHES = 500000 }; /* a good number for most_touches */

/* spread: [campaigns] standard deviations of the method's conversions. For methods that fit something, and need no network. The same
 * bits at any number of threads. */
da_status da_resample_spread(const da_credit_input *input, const da_method *method, uint64_t most_touches, uint32_t n, double *spread,
                             da_error *err) DA_MUST_CHECK;

#endif
