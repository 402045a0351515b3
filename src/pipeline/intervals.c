#include "pipeline/intervals.h"

#include "credit/incremental.h"

/* The estimates that method m gives with intervals; NULL: it gives none. */
static const da_incremental_result *result_of(const da_fitted *fitted, size_t m) {
  if (fitted->methods[m] != &da_method_incremental && fitted->methods[m] != &da_method_removal) return NULL;
  const da_incremental_result *result = da_incremental_result_of(fitted->states[m]);
  return result->coverage > 0 ? result : NULL;
}

static void copy(const da_incremental_result *result, bool removal, double *low, double *high) {
  for (uint32_t k = 0; k < result->n_campaigns; k++) {
    const da_incremental_campaign *campaign = &result->campaigns[k];
    const da_estimate *estimate = removal ? &campaign->removal : &campaign->shapley;
    low[k] = estimate->low;
    high[k] = estimate->high;
  }
}

da_status da_intervals_gather(const da_fitted *fitted, size_t n_campaigns, da_arena *arena, da_run_facts *facts, da_error *err) {
  facts->intervals = NULL;
  size_t n_known = 0;
  for (size_t m = 0; m < fitted->n; m++) n_known += result_of(fitted, m) != NULL;
  if (n_known == 0) return DA_OK;
  da_interval_facts *intervals = da_arena_alloc(arena, fitted->n, sizeof *intervals);
  double *numbers = da_arena_alloc(arena, n_known * 2 * n_campaigns, sizeof *numbers);
  if (!intervals || !numbers) return da_mem_fail(err, n_known * 2 * n_campaigns, sizeof *numbers, "the intervals of the credit");
  for (size_t m = 0; m < fitted->n; m++) {
    const da_incremental_result *result = result_of(fitted, m);
    intervals[m] = (da_interval_facts){0};
    if (!result) continue;
    intervals[m] = (da_interval_facts){.low = numbers, .high = numbers + n_campaigns};
    copy(result, fitted->methods[m] == &da_method_removal, numbers, numbers + n_campaigns);
    facts->interval_coverage = result->coverage;
    numbers += 2 * n_campaigns;
  }
  facts->intervals = intervals;
  return DA_OK;
}
