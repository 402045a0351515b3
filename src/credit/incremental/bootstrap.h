/* How far the credit would move with other users: every user counted Poisson(1) times, the chosen form fitted again from where
 * it stands, credit summed again. What was chosen stays chosen: what other structures say is doubt.h.
 *
 * Modulators are drawn to 0 by their ridge, that is by a prior gamma_k ~ N(0, 1 / ridge_k), and the credit is off by as much as they are
 * drawn too far. So in each resample they are drawn to a number of that prior's instead (perturb and maximise: Papandreou and Yuille,
 * ICCV 2011): gammas then spread as their posterior does, which holds what shrinking may have cost (Nychka, JASA 83, 1988).
 *
 * What experiments found is drawn too, from a normal one with their standard errors, and held in the credit of the resample (pins.h).
 *
 * Spreads are root mean squares around the estimate itself, not around the resamples' own mean: where resamples are off on one side,
 * the estimate is likely to be as far off the truth on the same side (Efron and Tibshirani 1993, 10.2: the bootstrap's estimate of
 * bias), and the interval must hold that too. */
#ifndef DA_CREDIT_INCREMENTAL_BOOTSTRAP_H
#define DA_CREDIT_INCREMENTAL_BOOTSTRAP_H

#include "base/monitor.h"
#include "credit/incremental/pins.h"

/* Spreads of totals and of shares (negative effects clipped to 0, then sum 1). */
typedef struct {
  double *shapley, *removal;             /* [n_campaigns] conversions */
  double *shapley_share, *removal_share; /* [n_campaigns] */
  double baseline;
  uint32_t n_done;
} da_bootstrap;

/* Negative effects clipped to 0, then sum 1 (all 0 where nothing is positive). shares may be totals. */
void da_bootstrap_shares(const double *totals, size_t n, double *shares);

/* answer: with its pins held; pins may be none ({0}). spread's arrays are the caller's. The same bits at any number of threads. */
da_status da_bootstrap_run(const da_answer *answer, const da_pins *pins, uint32_t n_resamples, uint64_t seed, da_pool *pool,
                           const da_monitor *monitor, da_bootstrap *spread, da_error *err) DA_MUST_CHECK;

/* How many standard deviations a two-sided interval of this coverage reaches: .9 -> 1.645. */
double da_bootstrap_reach(double coverage);

#endif
