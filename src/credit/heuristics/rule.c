#include "credit/heuristics/rule.h"

void da_rule_credit(da_rule rule, const da_credit_input *input, const da_credit_range *range, double *credit) {
  const da_journeys *set = input->set;
  uint64_t range_first = set->first_touch[range->begin];
  for (uint64_t journey = range->begin; journey < range->end; journey++) {
    if (!da_journey_converted(set, journey)) continue;
    uint64_t first = set->first_touch[journey];
    const da_path path = {
        .n = da_journey_length(set, journey),
        .campaign = set->campaign + first,
        .time_us = set->time_us + first,
        .attention = range->attention ? range->attention + (first - range_first) : NULL,
    };
    rule(input, &path, credit + (first - range_first));
  }
}
