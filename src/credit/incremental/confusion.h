/* Which campaigns the log cannot tell apart: those that are followed by the same conversions, so that only their sum is known.
 *
 * The information about the conversions phi[c,m] = theta[c,m] mass[c,m] of each kernel and of the baseline, sum over conversions of s s'
 * with s = (kernel / mass) / hazard (information.h, in phi itself so that kernels which got nothing have a say too), gives their
 * covariance and that of the campaigns' sums over m. A correlation near -1 means that what one campaign loses the other gains at hardly
 * any cost in likelihood. */
#ifndef DA_CREDIT_INCREMENTAL_CONFUSION_H
#define DA_CREDIT_INCREMENTAL_CONFUSION_H

#include "credit/incremental/answer.h"

enum { DA_CONFUSION_MOST = 500 }; /* campaigns x kernels */

typedef struct {
  uint32_t first, second; /* campaigns, first < second */
  double correlation;     /* of their effects */
} da_confused_pair;

/* The pairs below -.8, the strongest first, at most `room`. Hazard form only, of up to DA_CONFUSION_MOST kernels: *n is 0 otherwise. */
da_status da_confusion_find(const da_answer *answer, size_t room, da_confused_pair *pairs, size_t *n, da_error *err) DA_MUST_CHECK;

#endif
