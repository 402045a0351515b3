/* The journey form: one decision at a journey's last touch, whatever the time that passes afterwards.
 *
 *   log lambda = b0 + f[first touch's campaign] + sum over touches j of sum_m beta[c_j,m] e^(-(t_last - t_j)/tau_m)
 *   maximise sum over journeys of y log lambda - lambda  -  ridge/2 (|beta|^2 + |f|^2),  y = 1 where the journey converted
 *
 * Right where touches follow a state machine and the user's log ends with the journey: then there is no time at risk, and the
 * hazard form fails. f tells who the user is when the journey begins; it stays in the baseline. */
#ifndef DA_CREDIT_INCREMENTAL_JOURNEY_FORM_H
#define DA_CREDIT_INCREMENTAL_JOURNEY_FORM_H

#include <stdbool.h>

#include "base/threads.h"
#include "credit/incremental/timeline.h"

enum { DA_JOURNEY_FORM_MAX_TAUS = 3 };

/* Decayed counts of every journey, those that are not zero; the last feature of a journey is its first campaign. */
typedef struct {
  const da_timeline *timeline;
  uint32_t n_campaigns;
  int n_taus;
  double tau[DA_JOURNEY_FORM_MAX_TAUS];
  uint64_t *begin; /* [n_journeys + 1] */
  uint32_t *index; /* c * n_taus + m, or n_campaigns * n_taus + first campaign */
  float *value;
} da_journey_counts;

da_status da_journey_counts_init(const da_timeline *timeline, const double *tau, int n_taus, da_pool *pool, da_journey_counts *counts,
                                 da_error *err) DA_MUST_CHECK;
void da_journey_counts_free(da_journey_counts *counts); /* {0} allowed */

typedef struct {
  bool with_first;  /* f */
  size_t n;         /* features in use: n_campaigns * (n_taus + with_first) */
  double intercept; /* b0 */
  double *beta;     /* [n]: beta, then f */
  double loglik;    /* penalised */
} da_journey_form;

/* user_weight: [n_users] how often each user counts; NULL: once. start: a fit of the same counts without, or with the same, first
 * campaign, to begin from; NULL: from no effects. Owned: give back with da_journey_form_free. */
da_status da_journey_form_fit(const da_journey_counts *counts, bool with_first, const float *user_weight, const da_journey_form *start,
                              da_pool *pool, da_journey_form *form, da_error *err) DA_MUST_CHECK;
void da_journey_form_free(da_journey_form *form); /* {0} allowed */

/* log lambda of a journey. */
double da_journey_form_score(const da_journey_counts *counts, const da_journey_form *form, uint64_t journey);

#endif
