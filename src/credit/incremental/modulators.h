/* What makes one touch of a campaign worth more or less than another: the features x_j of its weight w_j = exp(x_j . gamma).
 *
 *   repeat      -log(1 + earlier touches of the same campaign in the journey)       saturation
 *   gap         e^(-days since the previous touch / gap_days)                        crowding
 *   recency k   e^(-days since the last touch of campaign k / recency_days),         synergy, one a campaign k other than
 *               0 where k did not appear before                                      the touch's own
 *   first k     1 for the journey's first touch, one a campaign k                    order
 *
 * With more than DA_MODULATORS_MAX_CAMPAIGNS campaigns the last two are shared by all: `other`, the recency of the last
 * touch of any other campaign, and `first`. Only earlier touches of the same journey count, so that the weight of a touch
 * in a coalition of campaigns follows from deleting the others' touches (coalition.h). */
#ifndef DA_CREDIT_INCREMENTAL_MODULATORS_H
#define DA_CREDIT_INCREMENTAL_MODULATORS_H

#include <stdbool.h>

#include "base/threads.h"
#include "credit/incremental/timeline.h"

enum { DA_MODULATORS_MAX_CAMPAIGNS = 20, DA_MAX_MODULATORS = 2 + 2 * DA_MODULATORS_MAX_CAMPAIGNS };

/* The meaning of each index into gamma; enough to compute features of any journey. */
typedef struct {
  uint32_t n_campaigns;
  bool by_campaign;
  double gap_days, recency_days;
  uint32_t n; /* length of x and gamma */
} da_modulator_scheme;

enum { DA_MODULATOR_REPEAT, DA_MODULATOR_GAP, DA_MODULATOR_OTHER, DA_MODULATOR_FIRST };
/* Index of "recency of other, seen from a touch of any campaign but other". */
static inline uint32_t da_modulator_recency(const da_modulator_scheme *scheme, uint32_t other) {
  return scheme->by_campaign ? 2 + other : DA_MODULATOR_OTHER;
}
static inline uint32_t da_modulator_first(const da_modulator_scheme *scheme, uint32_t campaign) {
  return scheme->by_campaign ? 2 + scheme->n_campaigns + campaign : DA_MODULATOR_FIRST;
}

/* longest_days: the longest decay time of the kernels; recency fades 7/9 as slowly, crowding in 1/6 of it. */
da_modulator_scheme da_modulator_scheme_for(uint32_t n_campaigns, double longest_days);

/* The features of every touch of a set, those that are not zero. */
typedef struct {
  da_modulator_scheme scheme;
  uint64_t *begin; /* [n_touches + 1] into index and value */
  uint16_t *index;
  float *value;
} da_modulators;

da_status da_modulators_init(const da_timeline *timeline, const da_modulator_scheme *scheme, da_pool *pool, da_modulators *modulators,
                             da_error *err) DA_MUST_CHECK;
void da_modulators_free(da_modulators *modulators); /* {0} allowed */

#endif
