/* Heuristics: rules that share out one converting journey among its touches by position, time or name alone, knowing nothing of
 * other journeys. Each is one function of a path, in a file of its own; da_rule_credit applies it to a range. */
#ifndef DA_CREDIT_RULE_H
#define DA_CREDIT_RULE_H

#include "credit/method.h"

/* The touches of one converting journey. */
typedef struct {
  uint64_t n; /* at least 1 */
  const uint32_t *campaign;
  const int64_t *time_us;
  const float *attention; /* NULL without a network */
} da_path;

/* Fills share[path->n], which is zero at the start; the shares sum to 1. */
typedef void (*da_rule)(const da_credit_input *input, const da_path *path, double *share);

void da_rule_credit(da_rule rule, const da_credit_input *input, const da_credit_range *range, double *credit);

/* Defines `credit`, the da_method.credit of a rule: a heuristic has no state, no baseline, and cannot fail. */
#define DA_RULE_CREDIT(rule)                                                                                                   \
  static da_status credit(const void *state, const da_credit_input *input, const da_credit_range *range, double *touch_credit, \
                          double *baseline, da_error *err) {                                                                   \
    (void)state, (void)baseline, (void)err;                                                                                    \
    da_rule_credit(rule, input, range, touch_credit);                                                                          \
    return DA_OK;                                                                                                              \
  }

#endif
