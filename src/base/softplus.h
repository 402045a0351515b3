/* log(1 + e^x) without overflow: the loss of a logit x against an outcome of 0; softplus(-x) is that against 1. */
#ifndef DA_BASE_SOFTPLUS_H
#define DA_BASE_SOFTPLUS_H

#include <math.h>

static inline double da_softplus(double x) { return fmax(x, 0) + log1p(exp(-fabs(x))); }

#endif
