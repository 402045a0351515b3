/* The hazard form: what each touch adds to the rate of converting, fitted on the intervals between touches (exposure.h).
 *
 * Parameters: theta (kernel weights, by EM), rate, g (user term), gamma (modulators). For given (g, gamma) the best theta and
 * rate follow from a concave problem (em.h); so the fit climbs the profile likelihood
 *   L(g, gamma) = max over theta, rate of log-likelihood  -  ridge_user/2 |g|^2 - sum over k of ridge_k/2 gamma_k^2
 * whose gradient needs no derivative of theta (envelope theorem):
 *   dL/dgamma = sum over converting touches of r_j x_j - sum over all touches of w_j theta.mass_j x_j - ridge gamma
 *   dL/dg     = sum over rows of r_B z_u               - sum over users of rate watch_u e^(g.z_u) z_u - ridge g
 * with r_j = w_j theta.kernel_j / (1 - e^-H_row) and r_B = base / (1 - e^-H_row), the shares of conversions. */
#ifndef DA_CREDIT_INCREMENTAL_HAZARD_H
#define DA_CREDIT_INCREMENTAL_HAZARD_H

#include "base/monitor.h"
#include "credit/incremental/em.h"
#include "credit/incremental/modulators.h"

/* What the hazard may depend on. */
typedef struct {
  bool user_term;
  bool modulated;
} da_hazard_structure;

typedef struct {
  const da_exposure *exposure;
  const da_modulators *modulators; /* NULL: no structure with modulators will be asked for */
  da_pool *pool;                   /* NULL allowed */
} da_hazard_data;

typedef struct {
  da_hazard_structure structure;
  uint32_t n_campaigns, n_modulators;
  int n_taus;
  double *theta; /* [n_campaigns * n_taus] */
  double rate;   /* conversions a day of a user with z = 0 */
  double *user;  /* [n_campaigns] g; zeros without user term */
  double *gamma; /* [n_modulators] */
  double *ridge; /* [n_modulators] how strongly each gamma is drawn to 0; evidence.h adapts it */
  double loglik; /* penalised, at the fit */
  int n_evaluations;
} da_hazard;

typedef struct {
  const float *user_weight; /* [n_users] how often each user counts; NULL: once */
  const double *drawn_to;   /* [n_modulators] where each gamma is drawn to by its ridge; NULL: to 0 */
} da_hazard_options;

/* A model without effects, every touch alike: the place to start from. Owned: give back with da_hazard_free. */
da_status da_hazard_init(const da_hazard_data *data, da_hazard_structure structure, da_hazard *hazard, da_error *err) DA_MUST_CHECK;
/* A copy of another model's parameters as the start of a fit with this structure; what it lacks begins at zero. */
da_status da_hazard_start_from(const da_hazard_data *data, da_hazard_structure structure, const da_hazard *from, da_hazard *hazard,
                               da_error *err) DA_MUST_CHECK;
void da_hazard_free(da_hazard *hazard); /* {0} allowed */

/* Fits from where *hazard stands. */
da_status da_hazard_fit(const da_hazard_data *data, const da_hazard_options *options, da_hazard *hazard, da_error *err) DA_MUST_CHECK;

/* Each user's log-likelihood under the model, unpenalised: user_loglik [n_users]. */
void da_hazard_user_loglik(const da_hazard_data *data, const da_hazard *hazard, double *user_loglik);

/* e^(g.z) of a user, and w_j of a touch. */
double da_hazard_user_factor(const da_exposure *exposure, const da_hazard *hazard, uint64_t user);
double da_hazard_touch_weight(const da_modulators *modulators, const da_hazard *hazard, uint64_t touch);

#endif
