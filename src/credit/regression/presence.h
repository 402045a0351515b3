/* Logistic regression of conversion on which campaigns a journey met, on aggregated sets of campaigns:
 *
 *   log odds(P) = a + sum over c in P of b_c,   maximising  sum over paths of w (y log p + (1 - y) log(1 - p)) - ridge / 2 sum of b_c^2
 *
 * by coordinate descent: each b_c, and a, in turn takes one Newton step of its own, until no step is larger than 1e-6. */
#ifndef DA_CREDIT_PRESENCE_H
#define DA_CREDIT_PRESENCE_H

#include <stdbool.h>

#include "credit/paths/paths.h"

/* Which journeys and campaigns a fit sees. */
typedef struct {
  const double *converted, *other; /* [path.n]: how often each path counts */
  const bool *uses;                /* [n_campaigns]; the coefficients of others stay 0. NULL: all */
  double ridge;                    /* > 0 */
} da_presence_data;

/* sets: of kind DA_PATH_SET. Starts from *intercept and coefficient [n_campaigns]. */
da_status da_presence_fit(const da_paths *sets, const da_presence_data *data, double *intercept, double *coefficient,
                          da_error *err) DA_MUST_CHECK;

#endif
