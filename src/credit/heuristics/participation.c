#include "base/mem.h"
#include "credit/method.h"

/* A campaign that took part with m of a journey's touches, beside n - 1 others: each of its touches gets 1 / (n m). count: all zero
 * before and after. */
static void share_by_campaign(const uint32_t *campaign, uint64_t n_touches, uint64_t *count, double *share) {
  uint64_t n_campaigns = 0;
  for (uint64_t i = 0; i < n_touches; i++) n_campaigns += count[campaign[i]]++ == 0;
  for (uint64_t i = 0; i < n_touches; i++) share[i] = 1 / ((double)n_campaigns * (double)count[campaign[i]]);
  for (uint64_t i = 0; i < n_touches; i++) count[campaign[i]] = 0;
}

static da_status credit(const void *state, const da_credit_input *input, const da_credit_range *range, double *touch_credit,
                        double *baseline, da_error *err) {
  (void)state, (void)baseline;
  const da_journeys *set = input->set;
  uint64_t *count = da_mem_calloc(set->campaigns.n, sizeof *count);
  if (!count) return da_mem_fail(err, set->campaigns.n, sizeof *count, "the touches of each campaign in a journey");
  for (uint64_t journey = range->begin; journey < range->end; journey++) {
    if (!da_journey_converted(set, journey)) continue;
    uint64_t first = set->first_touch[journey];
    double *share = touch_credit + (first - set->first_touch[range->begin]);
    share_by_campaign(set->campaign + first, da_journey_length(set, journey), count, share);
  }
  da_mem_free(count);
  return DA_OK;
}

const da_method da_method_participation = {
    .name = "participation",
    .title = "Participation",
    .explanation = "Shares each conversion equally among the campaigns that took part in its journey, however often each was seen: it"
                   " counts who was there and cannot tell who mattered.",
    .default_on = false,
    .credit = credit,
};
