#include "pipeline/intervals.h"

#include <string.h>

#include "credit/incremental.h"
#include "credit/incremental/bootstrap.h"
#include "credit/resample.h"

/* What the incremental model says of method m; NULL: it is another's. */
static const da_incremental_result *result_of(const da_fitted *fitted, size_t m) {
  if (fitted->methods[m] != &da_method_incremental && fitted->methods[m] != &da_method_removal) return NULL;
  return da_incremental_result_of(fitted->states[m]);
}

static void copy(const da_incremental_result *result, bool removal, double *low, double *high) {
  for (uint32_t k = 0; k < result->n_campaigns; k++) {
    const da_incremental_campaign *campaign = &result->campaigns[k];
    const da_estimate *estimate = removal ? &campaign->removal : &campaign->shapley;
    low[k] = estimate->low;
    high[k] = estimate->high;
  }
}

static bool learns_nothing(const da_method *method) { return !method->fit && !method->state_of; }

/* Fills low and high [campaigns]; *known false where the method has no intervals. */
static da_status bound(const da_credit_input *input, const da_fitted *fitted, const da_credit_totals *totals, size_t m, double *low,
                       double *high, bool *known, da_error *err) {
  const da_method *method = fitted->methods[m];
  const da_incremental_result *result = result_of(fitted, m);
  size_t n = totals->n_campaigns;
  *known = result ? result->coverage > 0 : learns_nothing(method) || method->learns;
  if (!*known) return DA_OK;
  if (result) {
    copy(result, method == &da_method_removal, low, high);
    return DA_OK;
  }
  double *spread = low; /* until it becomes one */
  if (learns_nothing(method))
    memcpy(spread, totals->methods[m].spread, n * sizeof *spread);
  else
    DA_TRY(da_resample_spread(input, method, DA_RESAMPLE_MOST_TOUCHES, input->config->credit.bootstrap, spread, err));
  double reach = da_bootstrap_reach(input->config->credit.intervals);
  for (size_t k = 0; k < n; k++) {
    double half = reach * spread[k];
    low[k] = totals->methods[m].conversions[k] - half;
    high[k] = totals->methods[m].conversions[k] + half;
  }
  return DA_OK;
}

da_status da_intervals_gather(const da_credit_input *input, const da_fitted *fitted, const da_credit_totals *totals, da_arena *arena,
                              da_run_facts *facts, da_error *err) {
  const da_config_credit *config = &input->config->credit;
  size_t n = totals->n_campaigns, n_known = 0;
  facts->intervals = NULL;
  if (!(config->intervals > 0) || config->bootstrap < 2) return DA_OK;
  da_interval_facts *intervals = da_arena_alloc(arena, fitted->n, sizeof *intervals);
  double *numbers = da_arena_alloc(arena, fitted->n * 2 * n, sizeof *numbers);
  if (!intervals || !numbers) return da_mem_fail(err, fitted->n * 2 * n, sizeof *numbers, "the intervals of the credit");
  for (size_t m = 0; m < fitted->n; m++, numbers += 2 * n) {
    bool known;
    DA_TRY(bound(input, fitted, totals, m, numbers, numbers + n, &known, err));
    intervals[m] = known ? (da_interval_facts){.low = numbers, .high = numbers + n} : (da_interval_facts){0};
    n_known += known;
  }
  if (n_known == 0) return DA_OK;
  facts->intervals = intervals;
  facts->interval_coverage = config->intervals;
  return DA_OK;
}
