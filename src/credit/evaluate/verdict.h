/* Which method to trust on a log, and why: what was measured of each, put into one word and one sentence.
 *
 *   where the truth is known (a simulated world), it decides: the method with the smallest error is trusted, one with more than
 *   MOST_TIMES its error is not
 *
 *   elsewhere a method is not trusted that
 *     takes more than MOST_NEGATIVE of all conversions away from campaigns,
 *     whose own model orders held-out touches worse than a coin would: conversions follow those that it says they do not follow, or
 *     whose credit moves by more than MOST_MOVED of all conversions a campaign from one half of the users to the other;
 *   of the others those are trusted that model what would have happened without a campaign (da_method.counterfactual), unless held-out users
 *   left open which of their forms is right; all others describe journeys as they were: with care.
 *
 * The limits are judgements, not theorems; the numbers stand beside them. */
#ifndef DA_CREDIT_EVALUATE_VERDICT_H
#define DA_CREDIT_EVALUATE_VERDICT_H

#include "credit/method.h"

typedef enum { DA_TRUST_YES, DA_TRUST_WITH_CARE, DA_TRUST_NO } da_trust;

/* NaN: not known. */
typedef struct {
  const da_method *method;
  double share_error;                /* against the truth */
  double least_error;                /* of all methods */
  double log_loss;                   /* of held-out journeys */
  double rate_loss;                  /* of who knows nothing but the rate of conversions */
  double auc;                        /* of held-out journeys */
  double touch_auc, touch_auc_error; /* of held-out touches, and its standard error */
  double halves;                     /* mean difference of a campaign's part of all conversions between the halves */
  double negative;                   /* part of all conversions that campaigns get with a minus sign */
  bool form_undetermined;            /* of the methods that choose a form on held-out users */
} da_measured;

typedef struct {
  da_trust trust;
  char why[400]; /* a sentence without its full stop */
} da_verdict;

const char *da_trust_name(da_trust trust); /* "yes", "with care", "no" */

da_verdict da_verdict_of(const da_measured *measured);

/* Standard error of an AUC (Hanley and McNeil, Radiology 143, 1982); NaN where one of the classes is empty. */
double da_auc_error(double auc, uint64_t n_converted, uint64_t n_other);

#endif
