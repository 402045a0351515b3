/* Many campaigns, few conversions each: their kernel weights are drawn towards each other, as far as the log says that they are alike.
 *
 *   theta[c,m] ~ Gamma(shape b_m, mean s_c P_m),   s_c ~ Gamma(a, mean 1),   b_m = STRENGTH P_m / sum of P
 *
 * P: the common kernel, conversions a touch by decay time; s_c: how much campaign c is worth of it; a: how alike campaigns are, by
 * empirical Bayes (counts n_c of expectation E_c are negative binomial). Given the conversions n_cm shared out to each weight, theta is
 * Gamma(alpha = b_m + n_cm, rate beta = b_m / (s_c P_m) + mass_cm) again: credit counts with its mean alpha / beta, and conversions are
 * shared out in proportion to its geometric mean e^digamma(alpha) / beta (variational Bayes; Beal 2003). */
#ifndef DA_CREDIT_INCREMENTAL_POOLING_H
#define DA_CREDIT_INCREMENTAL_POOLING_H

#include "base/status.h"
#include "credit/incremental/timeline.h"

/* From this many campaigns on. */
enum { DA_POOLING_LEAST_CAMPAIGNS = 30 };

/* Valid as {0}. */
typedef struct {
  uint32_t n_campaigns;
  int n_taus;
  double alike;                 /* a */
  double common[DA_MAX_SCALES]; /* P */
  double *worth;                /* [n_campaigns] s */
  double *count, *expected;     /* [n_campaigns] n_c and E_c of the last update */
} da_pooling;

da_status da_pooling_init(uint32_t n_campaigns, int n_taus, da_pooling *pooling, da_error *err) DA_MUST_CHECK;
void da_pooling_free(da_pooling *pooling); /* {0} allowed */

/* shared, mass: [n_campaigns * n_taus]. Updates what campaigns have in common, then mean and geometric [n_campaigns * n_taus].
 * Returns how far the weights' posterior is from their prior (Kullback-Leibler), a penalty to the log-likelihood. */
double da_pooling_update(da_pooling *pooling, const double *shared, const double *mass, double *mean, double *geometric);

/* The derivative of log Gamma; x > 0. */
double da_digamma(double x);

#endif
