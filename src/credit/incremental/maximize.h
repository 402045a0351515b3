/* The maximum of a smooth function of n numbers, from its values and gradients: L-BFGS with backtracking.
 *
 * Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 7.4 and 7.5; the first guess of the inverse curvature
 * is the caller's, because here it is known well (information of a Poisson regression or point process plus ridge). */
#ifndef DA_CREDIT_INCREMENTAL_MAXIMIZE_H
#define DA_CREDIT_INCREMENTAL_MAXIMIZE_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
  size_t n;
  /* Value at x, and its gradient [n]. Not finite: x is out of bounds, a shorter step is tried. */
  double (*evaluate)(void *context, const double *x, double *gradient);
  void *context;
  const double *curvature; /* [n] > 0: minus the second derivatives, roughly, as far as they are diagonal */
  const double *factor;    /* [n * n] in place of curvature: the Cholesky factor (cholesky.h) of the whole matrix; NULL allowed */
  double tolerance;        /* stop when the step promises less gain in value than this */
  int max_evaluations;
} da_maximize;

/* x: the start, then the best point found; *value: its value. *n_evaluations may be NULL.
 * The last evaluation was not always at x: call evaluate again if it leaves something behind. */
da_status da_maximize_run(const da_maximize *problem, double *x, double *value, int *n_evaluations, da_error *err) DA_MUST_CHECK;

#endif
