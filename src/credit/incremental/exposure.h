/* What the hazard form needs to know of a journey set, computed once: how long every touch's kernel was watched, and the
 * kernel values where conversions happened.
 *
 * The hazard of a user at time t is rate x e^(g.z) + sum over touches j of the running journey of w_j sum_m theta[c_j,m]
 * e^(-(t - t_j)/tau_m) / tau_m. Row i is the interval from touch i to the user's next touch (or the end of the log):
 *   H_i = d_i rate e^(g.z) + sum_j w_j sum_m theta[c_j,m] e^(-(t_i - t_j)/tau_m) (1 - e^(-d_i/tau_m)),  P(y_i) = 1 - e^(-H_i)
 *   log-likelihood = sum over converted rows of log(e^H_i - 1)  -  sum over all rows of H_i
 * The second sum needs no rows: touch j adds w_j theta . mass_j with mass_jm = 1 - e^(-(end of the watch - t_j)/tau_m), and a
 * user adds watch_days x rate e^(g.z). Only converted rows need kernel values. So the cost of a likelihood is touches x taus,
 * whatever the number of campaigns.
 *
 *   conversions ("rows")    row 0              row 1
 *   touches                 0    1    2    |   3    4          row_touch = 0 3 5
 *   cells (by campaign)     A    B    A    |   C    C          touch_cell = 0 1 0 2 2; row_cell = 0 2 3
 *   kernel                  [5 x n_taus]: e^(-(t_i - t_j)/tau_m) (1 - e^(-d_i/tau_m)) */
#ifndef DA_CREDIT_INCREMENTAL_EXPOSURE_H
#define DA_CREDIT_INCREMENTAL_EXPOSURE_H

#include "base/threads.h"
#include "credit/incremental/timeline.h"

typedef struct {
  const da_timeline *timeline;
  uint32_t n_campaigns;
  int n_taus;
  double tau[DA_MAX_SCALES];
  float *mass;        /* [n_touches * n_taus] */
  double *watch_days; /* [n_users] first touch to end of the log */

  uint64_t n_rows; /* conversions */
  uint64_t chunk_row[DA_TIMELINE_MAX_CHUNKS + 1];
  uint64_t *row_journey; /* [n_rows] */
  uint64_t *row_user;    /* [n_rows] */
  double *row_days;      /* [n_rows] d_i */
  uint64_t *row_touch;   /* [n_rows + 1] into kernel and touch_cell */
  float *kernel;         /* [row_touch[n_rows] * n_taus] */
  uint64_t *touch_cell;  /* [row_touch[n_rows]] */
  uint64_t *row_cell;    /* [n_rows + 1] into cell_campaign */
  uint32_t *cell_campaign;

  /* The user term's z: log(1 + the user's touches of a campaign), before and after any conversion. */
  uint64_t *user_begin; /* [n_users + 1] */
  uint32_t *user_campaign;
  float *user_log_count;
} da_exposure;

/* Replaces d_i and 1 - e^(-d_i/tau_m) on converted rows where the log was cut there (cut.h); NULL: the gap is in the log. */
typedef struct {
  const double *days;  /* [n_rows] */
  const double *decay; /* [n_rows * n_taus] */
} da_expected_gap;

da_status da_exposure_init(const da_timeline *timeline, const double *tau, int n_taus, da_pool *pool, da_exposure *exposure,
                           da_error *err) DA_MUST_CHECK;
void da_exposure_free(da_exposure *exposure); /* {0} allowed */
/* Takes the expected gaps in place of those in the log. */
void da_exposure_set_gaps(da_exposure *exposure, const da_expected_gap *gaps, da_pool *pool);

/* The touches of a row's journey. */
static inline uint64_t da_exposure_first_touch(const da_exposure *exposure, uint64_t row) {
  return exposure->timeline->set->first_touch[exposure->row_journey[row]];
}

#endif
