/* Sharing one conversion among the campaigns of its journey: exactly, for any number of campaigns, without listing coalitions.
 *
 * A game v(S): what is left of the conversion's hazard (or expected number) when only the campaigns in S were shown, v(all) = 1.
 * Let every campaign be present independently with probability q_k, and f(q) = E v(S): Owen's multilinear extension
 * (Management Science 18, 1972). Then
 *   removal of k  = v(all) - v(all but k)     = df/dq_k at q = (1, ..., 1)            (f is linear in q_k)
 *   Shapley of k  = integral over t from 0 to 1 of df/dq_k at q = (t, ..., t)
 * and the integrand is a polynomial of degree n - 1 in t, so that ceil(n / 2) Gauss-Legendre nodes give it exactly; from 33
 * campaigns on 16 nodes stay, whose error was below a millionth of the value wherever it was looked at.
 *
 * Hazard game: touch j of campaign c counts when c is present, and its weight (modulators.h) depends on which campaigns were
 * present before it. Along the other campaigns sorted by their last touch before j, newest first, E w_j is a recursion of one
 * pass, and its derivatives one pass back: touches x campaigns x nodes operations instead of touches x 2^campaigns.
 *
 * Product game (journey form): v(S) = product over k not in S of e^-b_k.
 *
 * Where an experiment says that only a part of what the fit credits a campaign with is caused (pins.h), its touches are causes with
 * probability `kept`, and otherwise signs of a conversion that comes anyway: q_k = kept_k instead of 1 where it is shown, so that neither it nor
 * those whose touches it seems to strengthen are credited with the rest. */
#ifndef DA_CREDIT_INCREMENTAL_COALITION_H
#define DA_CREDIT_INCREMENTAL_COALITION_H

#include "credit/incremental/modulators.h"

/* What of a campaign's part of a conversion counts as caused. */
typedef struct {
  double kept;   /* of the part, 0 to 1; the rest is baseline */
  double gained; /* of the conversion's baseline, beyond the part; at most 1 */
} da_caused;

/* The same by method. */
typedef struct {
  da_caused shapley, removal;
} da_held;

/* One converted journey. hazard[j]: touch j's share theta . kernel_j before modulation; own_rate: the row's base. */
typedef struct {
  uint64_t n_touches;
  const uint32_t *campaign; /* [n_touches] */
  const double *days;       /* [n_touches] */
  const double *hazard;     /* [n_touches] */
  double base;
  const da_modulator_scheme *scheme; /* NULL: every touch counts as it is */
  const double *gamma;               /* [scheme->n] */
  const da_held *held;               /* by campaign; NULL: all of each is caused */
} da_hazard_game;

/* The campaigns of a journey, in order of first appearance, and their parts of the conversion. */
typedef struct {
  uint32_t n;
  uint32_t *campaign; /* [n] */
  double *shapley;    /* [n]; with the baseline, sum 1 */
  double *removal;    /* [n]; may add up to more or less than 1 - baseline where campaigns help or hinder each other */
  uint32_t *player;   /* [n_touches] index of each touch's campaign in the above */
  double *touch_part; /* [n_touches] each touch's part of its own campaign: its modulated hazard; sums to 1 a campaign */
  double baseline;
  double room; /* the baseline before anything was gained of it */
} da_shares;

/* Working memory; grows to the largest journey seen. One a thread. Valid as {0}. */
typedef struct {
  da_shares shares;
  double *gradient; /* [nodes * players] */
  void *seen;       /* campaigns so far, newest first */
  double *chain;    /* recursion over them */
  double *presence; /* [2 * players] kept, of Shapley and of removal */
  uint32_t *lookup; /* [n_campaigns] player + 1, 0 for none; all 0 between calls */
  uint32_t n_campaigns;
  uint64_t touch_capacity, player_capacity;
} da_coalition_space;

da_status da_coalition_space_init(uint32_t n_campaigns, da_coalition_space *space, da_error *err) DA_MUST_CHECK;
void da_coalition_space_free(da_coalition_space *space); /* {0} allowed */

/* The result lives in *space until its next use. */
da_status da_coalition_hazard(const da_hazard_game *game, da_coalition_space *space, const da_shares **shares, da_error *err) DA_MUST_CHECK;

/* log_factor[j]: touch j's part of b of its campaign. held: by campaign; NULL: all of each is caused. */
da_status da_coalition_product(uint64_t n_touches, const uint32_t *campaign, const double *log_factor, const da_held *held,
                               da_coalition_space *space, const da_shares **shares, da_error *err) DA_MUST_CHECK;

#endif
