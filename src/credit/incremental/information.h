/* What a log tells about the hazard form's parameters: the information matrix, from the conversions alone.
 *
 * For a point process the expected second derivatives are the sum over conversions of s s' with s the gradient of the log hazard
 * (Ogata, Ann. Inst. Statist. Math. 30, 1978). Parameters in the order log theta, log rate, g (with user term), gamma (modulated):
 * what the search does not see (theta, rate) comes first, so that the last block of the Cholesky factor belongs to the profile
 * likelihood in g and gamma. */
#ifndef DA_CREDIT_INCREMENTAL_INFORMATION_H
#define DA_CREDIT_INCREMENTAL_INFORMATION_H

#include "credit/incremental/hazard.h"

/* With more than MOST parameters theta is left out, as if it were known; with more than MOST_WITHOUT the matrix is too costly at all. */
enum { DA_INFORMATION_MOST = 400, DA_INFORMATION_MOST_WITHOUT = 1000 };

/* Valid as {0}. */
typedef struct {
  size_t n, first_rate, first_gamma; /* first_rate 0: without theta */
  double *matrix;                    /* [n * n] lower triangle */
  double *total;                     /* [n] sum of scores: for log theta, the conversions shared out to that kernel */
} da_information;

size_t da_information_size(const da_hazard *hazard);
static inline bool da_information_fits(const da_hazard *hazard) { return da_information_size(hazard) <= DA_INFORMATION_MOST_WITHOUT; }

/* user_weight: [n_users] how often each user counts; NULL: once. Owned: give back with da_information_free. */
da_status da_information_init(const da_hazard_data *data, const float *user_weight, const da_hazard *hazard, da_information *information,
                              da_error *err) DA_MUST_CHECK;
void da_information_free(da_information *information);

/* Adds what is known beforehand, the ridges, and factorises in place; a kernel with hardly a conversion to its name has no say: it is
 * held where it is. False when the matrix is not positive definite. */
bool da_information_factorise(da_information *information, const da_hazard *hazard);

#endif
