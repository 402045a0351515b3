#include "credit/paths/strengths.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { ROUNDS = 1000 };
static const double NEAR_ENOUGH = 1e-12; /* of all conversions */
static const double LARGEST = 1e100;     /* strengths of totals that cannot be reached grow without end */

static void credit_by_strength(const da_paths *sets, const double *strength, double *credit) {
  memset(credit, 0, sets->n_campaigns * sizeof *credit);
  for (uint32_t p = 0; p < sets->path.n; p++) {
    if (sets->converted[p] == 0) continue;
    size_t n;
    const uint32_t *campaign = da_sequence(&sets->path, p, &n);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += strength[campaign[i]];
    for (size_t i = 0; i < n; i++) credit[campaign[i]] += sets->converted[p] * (sum > 0 ? strength[campaign[i]] / sum : 1 / (double)n);
  }
}

static double half_distance(const double *a, const double *b, uint32_t n) {
  double sum = 0;
  for (uint32_t c = 0; c < n; c++) sum += fabs(a[c] - b[c]);
  return sum / 2;
}

da_status da_strengths_fit(const da_paths *sets, const double *total, double *strength, double *unplaced, da_error *err) {
  uint32_t n = sets->n_campaigns;
  double *credit = da_mem_alloc(n, sizeof *credit);
  if (!credit) return da_mem_fail(err, n, sizeof *credit, "the credit of campaigns");
  memcpy(strength, total, n * sizeof *strength);
  for (int round = 0; round <= ROUNDS; round++) {
    credit_by_strength(sets, strength, credit);
    *unplaced = half_distance(credit, total, n);
    if (*unplaced <= NEAR_ENOUGH * sets->n_converted || round == ROUNDS) break;
    for (uint32_t c = 0; c < n; c++) {
      if (credit[c] > 0 && total[c] > 0) strength[c] = fmin(fmax(strength[c] * total[c] / credit[c], 1 / LARGEST), LARGEST);
    }
  }
  da_mem_free(credit);
  return DA_OK;
}
