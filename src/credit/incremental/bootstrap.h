/* How far the credit would move with other users: every user counted Poisson(1) times, the chosen form fitted again from where
 * it stands, credit summed again. What was chosen stays chosen: the spread is that of sampling, not of the choice. */
#ifndef DA_CREDIT_INCREMENTAL_BOOTSTRAP_H
#define DA_CREDIT_INCREMENTAL_BOOTSTRAP_H

#include "base/monitor.h"
#include "credit/incremental/answer.h"

/* Standard deviations over the resamples, of totals and of shares (negative effects clipped to 0, then sum 1). */
typedef struct {
  double *shapley, *removal;             /* [n_campaigns] conversions */
  double *shapley_share, *removal_share; /* [n_campaigns] */
  double baseline;
  uint32_t n_done;
} da_bootstrap;

/* sd's arrays are the caller's. The same bits at any number of threads. */
da_status da_bootstrap_run(const da_answer *answer, const da_prior *prior, uint32_t n_resamples, uint64_t seed, da_pool *pool,
                           const da_monitor *monitor, da_bootstrap *sd, da_error *err) DA_MUST_CHECK;

/* How many standard deviations a two-sided interval of this coverage reaches: .9 -> 1.645. */
double da_bootstrap_reach(double coverage);

#endif
