#include "credit/cents.h"

#include <math.h>

static const double MOST_CENTS = 9007199254740992.; /* 2^53 */

/* The nearest whole number of cents, where the value is one but for the rounding of its last digit. */
static bool whole_cents(double value, int64_t *cents) {
  double nearest = round(value * 100);
  if (!(fabs(nearest) < MOST_CENTS) || nearest / 100 != value) return false;
  *cents = (int64_t)nearest;
  return true;
}

bool da_cents_total(const double *value, uint64_t n, double one_more, int64_t *cents) {
  int64_t one, sum;
  if (!whole_cents(one_more, &sum)) return false;
  for (uint64_t i = 0; i < n; i++) {
    if (!whole_cents(value[i], &one)) return false;
    sum += one;
    if (fabs((double)sum) >= MOST_CENTS) return false;
  }
  *cents = sum;
  return true;
}

bool da_cents_share(double *amounts, size_t n, int64_t cents, double *scratch) {
  int64_t missing = cents;
  for (size_t i = 0; i < n; i++) {
    scratch[i] = floor(amounts[i] * 100);
    if (!(fabs(scratch[i]) < MOST_CENTS)) return false;
    missing -= (int64_t)scratch[i];
  }
  /* Amounts that came to cents exactly would miss 0 .. n - 1; their own rounding may add one to either end. */
  if (missing < -1 || missing > (int64_t)n) return false;
  for (; missing != 0; missing += missing > 0 ? -1 : 1) {
    size_t most = 0;
    double sign = missing > 0 ? 1 : -1;
    for (size_t i = 1; i < n; i++) {
      if (sign * (amounts[i] * 100 - scratch[i]) > sign * (amounts[most] * 100 - scratch[most])) most = i;
    }
    scratch[most] += sign;
  }
  for (size_t i = 0; i < n; i++) amounts[i] = scratch[i] / 100;
  return true;
}
