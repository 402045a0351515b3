/* Budget replay: what would have come of held-out journeys, had a method's credit decided where the money goes.
 *
 * The held-out touches pass by in the order of time. Each costs what its campaign charges; a campaign pays until its budget is used up.
 * A journey that meets a touch nobody pays for ends there: its conversion is lost. A method that gives money to campaigns which carry
 * conversions keeps more of them.
 *
 *   budget of campaign k = fraction * cost of all held-out touches * roi_k / sum of roi,   roi_k = credit_k / (touches_k * cost_k)
 *
 * Ren et al., Learning multi-touch conversion attribution with dual-attention mechanisms (CIKM 2018), section 5.4. It judges by what was
 * observed, so it rewards campaigns that meet people who buy anyway: not a proof of incrementality. */
#ifndef DA_CREDIT_EVALUATE_REPLAY_H
#define DA_CREDIT_EVALUATE_REPLAY_H

#include "journey/set.h"

typedef struct {
  uint64_t *touch;   /* [n] of the journeys of one split, by time; ties in the order of the set */
  uint64_t *journey; /* [n] of each */
  uint64_t n, n_journeys, n_conversions;
} da_replay_log;

/* which: DA_SET_TRAIN, DA_SET_VAL or DA_SET_TEST. */
da_status da_replay_log_init(const da_journeys *set, int which, da_replay_log *log, da_error *err) DA_MUST_CHECK;
void da_replay_log_free(da_replay_log *log); /* {0} and a second call allowed */

typedef struct {
  double spend;                  /* what was paid */
  uint64_t n_touches;            /* that were paid for */
  uint64_t n_reached;            /* journeys with at least one of them */
  uint64_t n_conversions;        /* of journeys that were paid for to their end */
  double cost_per_conversion;    /* NaN without a conversion */
  double conversions_of_reached; /* n_conversions / n_reached; NaN */
} da_replay_result;

/* credit, touches: [campaigns], of the journeys that the method learnt from; negative credit counts as none. cost: [campaigns] of one
 * touch, > 0; NULL: 1 each. fraction: of the cost of all touches of the log. DA_ERR_DATA when no campaign has credit. */
da_status da_replay_run(const da_journeys *set, const da_replay_log *log, const double *credit, const uint64_t *touches, const double *cost,
                        double fraction, da_replay_result *result, da_error *err) DA_MUST_CHECK;

#endif
