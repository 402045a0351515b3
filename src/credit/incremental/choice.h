/* Which model this log calls for, decided on users that were not fitted on.
 *
 * 1. Form. Target: does the user's last row end in a conversion? The hazard form and the journey form are fitted on the other
 *    users, both recalibrated there (log rate -> a + b log rate), and the summed log-likelihood difference on the held-out users
 *    decides; below two standard errors it is undetermined, and the hazard form is taken.
 * 2. Structure of the hazard form: plain, with user term, modulated, or both. It grows from the plain one part by part. Modulators are
 *    taken when held-out log-likelihood (of all rows) gains more than two standard errors over the structure without them: taking
 *    whatever gains anything cost accuracy where the plain one is true (docs/credit.md). The user term is taken when the likelihood of all
 *    users gains more than chance does once in a hundred times (likelihood-ratio test, one parameter a campaign): held-out users
 *    see much less, and leaving it out where it is true costs far more than having it where it is not.
 * 3. Design of the journey form: its decay times, and whether the first touch's campaign counts.
 * Users are assigned to folds by a hash of their number: the same every time. Of a log with millions of touches a part of the users
 * decides (about a million touches); the fits themselves see all. */
#ifndef DA_CREDIT_INCREMENTAL_CHOICE_H
#define DA_CREDIT_INCREMENTAL_CHOICE_H

#include "base/monitor.h"
#include "credit/incremental/hazard.h"
#include "credit/incremental/journey_form.h"

enum { DA_N_STRUCTURES = 4 }; /* bit 0: user term, bit 1: modulated */

static inline da_hazard_structure da_structure_number(int number) {
  return (da_hazard_structure){.user_term = number & 1, .modulated = number & 2};
}

/* A difference of held-out log-likelihoods and how many standard errors (over users) it is away from 0. */
typedef struct {
  double gain, z;
  double fitted; /* the same of structures on the users they were fitted on; 0 for forms */
} da_evidence;

/* Fits the journey form in each design on 2 of 3 folds; *counts and *with_first: the best. */
da_status da_choice_journey_design(const da_timeline *timeline, double longest_days, da_pool *pool, da_journey_counts *counts,
                                   bool *with_first, da_error *err) DA_MUST_CHECK;

/* *hazard_over_journey > 0: the time after touches is time at risk. plain: the hazard form without extras fitted to all, as a start. */
da_status da_choice_form(const da_hazard_data *data, const da_hazard *plain, const da_journey_counts *counts, bool with_first,
                         da_evidence *hazard_over_journey, da_error *err) DA_MUST_CHECK;

/* Fits structures to all users (fits[s], {0} for those that were not tried; the caller frees), compares them, *best is the winner.
 * over_plain[s]: evidence of structure s against structure 0; gain 0 for those that were not tried. */
da_status da_choice_structure(const da_hazard_data *data, const bool allowed[DA_N_STRUCTURES], const da_monitor *monitor,
                              da_hazard fits[DA_N_STRUCTURES], da_evidence over_plain[DA_N_STRUCTURES], int *best,
                              da_error *err) DA_MUST_CHECK;

#endif
