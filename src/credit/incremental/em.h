/* The inner problem of the hazard form: kernel weights theta and base rate, all circumstances held fixed.
 *
 *   maximise over theta >= 0, rate >= 0:  sum over rows of f_i log(e^H_i - 1) - sum over c,m of theta[c,m] mass[c,m] - rate base
 *   H_i = rate base_i + sum over the row's cells of theta[cell's campaign] . kernel[cell]
 *
 * f: how often the row counts (0 held out, 1, or a bootstrap count). Concave; solved by EM (each conversion is shared out among
 * the causes in proportion to their hazard), accelerated by SQUAREM (Varadhan and Roland, Scand. J. Statist. 35, 2008, scheme S3)
 * with a fall back to the plain step wherever the extrapolation did not help. From DA_POOLING_LEAST_CAMPAIGNS campaigns on their
 * weights are pooled (pooling.h), theta is the mean of its posterior, and the log-likelihood is the variational bound. */
#ifndef DA_CREDIT_INCREMENTAL_EM_H
#define DA_CREDIT_INCREMENTAL_EM_H

#include <stdbool.h>

#include "base/threads.h"
#include "credit/incremental/exposure.h"

typedef struct {
  const da_exposure *exposure;
  const float *row_weight;  /* [n_rows] f; NULL: all 1 */
  const float *cell_kernel; /* [row_cell[n_rows] * n_taus] sum over the cell's touches of w_j kernel_j */
  const double *row_base;   /* [n_rows] d_i e^(g.z) */
  const double *mass;       /* [n_campaigns * n_taus] sum over touches of w_j mass_j, by campaign */
  double base;              /* sum over users of watch_days e^(g.z) */
  da_pool *pool;            /* NULL allowed */
} da_em;

typedef struct {
  double *theta; /* [n_campaigns * n_taus] */
  double rate;
} da_em_point;

/* Working memory for a problem of this size; reused from call to call. */
typedef struct da_em_space da_em_space;
da_status da_em_space_init(const da_exposure *exposure, da_em_space **space, da_error *err) DA_MUST_CHECK;
void da_em_space_free(da_em_space *space); /* NULL allowed */

/* Improves *point until a cycle gains less than tolerance in log-likelihood, or max_cycles (of three EM steps each).
 * Leaves per row f_i / (1 - e^-H_i) at the final point in responsibility [n_rows]. Returns the log-likelihood there. */
double da_em_run(const da_em *em, da_em_space *space, double tolerance, int max_cycles, da_em_point *point, double *responsibility);

/* Theta by which conversions are shared out after a run: the point's own, or its geometric mean where campaigns are pooled. */
const double *da_em_geometric(const da_em_space *space, const da_em_point *point);

/* One plain EM step from *from; returns the log-likelihood at *from (what the step starts from, not where it ends). */
double da_em_step(const da_em *em, da_em_space *space, const da_em_point *from, da_em_point *to, double *responsibility);

#endif
