/* Sums of many doubles with what each addition rounds away kept beside (Neumaier 1974, improved Kahan-Babuska summation): the error is
 * at most eps |sum| + n^2 eps^2 sum |terms|, against n eps sum |terms| of a plain sum. Valid as {0}. */
#ifndef DA_BASE_SUM_H
#define DA_BASE_SUM_H

#include <math.h>

typedef struct {
  double sum;  /* of the terms, rounded at each step */
  double lost; /* what the roundings took away */
} da_sum;

static inline void da_sum_add(da_sum *sum, double term) {
  double grown = sum->sum + term;
  if (fabs(sum->sum) >= fabs(term)) {
    sum->lost += (sum->sum - grown) + term;
  } else {
    sum->lost += (term - grown) + sum->sum;
  }
  sum->sum = grown;
}

static inline double da_sum_value(const da_sum *sum) { return sum->sum + sum->lost; }

#endif
