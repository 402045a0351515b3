/* The log-odds of a rate that was counted, with one journey of the log's own rate added: what was seen once is not certain. */
#ifndef DA_CREDIT_EVALUATE_ODDS_H
#define DA_CREDIT_EVALUATE_ODDS_H

#include <math.h>

static inline float da_log_odds(double converted, double other, double rate) {
  const double least = 1e-6; /* a log without any conversion has a rate of 0 */
  double p = fmin(fmax((converted + rate) / (converted + other + 1), least), 1 - least);
  return (float)log(p / (1 - p));
}

#endif
