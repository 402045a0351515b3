/* Methods that have seen the journeys they learn from, ready to credit any range of journeys from any thread. */
#ifndef DA_CREDIT_FITTED_H
#define DA_CREDIT_FITTED_H

#include "credit/method.h"

/* Valid as {0}. */
typedef struct {
  const da_method **methods; /* in the order given */
  void **states;             /* each method's own; NULL for those that fit nothing */
  const da_method **owners;  /* whose close gives the state back; NULL where it is another method's or there is none */
  size_t n;
} da_fitted;

/* Fits each method in turn on input->pool, and gives its caution to input->monitor. The methods and the input must outlive the result. */
da_status da_fitted_open(const da_credit_input *input, const da_method *const *methods, size_t n, da_fitted *fitted,
                         da_error *err) DA_MUST_CHECK;
void da_fitted_close(da_fitted *fitted); /* {0} and a second call allowed */

/* Zeroes credit [touches of the range] and baseline [journeys of the range], then lets method number m fill them. */
da_status da_fitted_credit(const da_fitted *fitted, size_t m, const da_credit_input *input, const da_credit_range *range, double *credit,
                           double *baseline, da_error *err) DA_MUST_CHECK;

#endif
