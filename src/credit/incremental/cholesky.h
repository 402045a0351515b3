/* Symmetric positive definite systems of a few hundred unknowns: L with L L' = A, and what follows from it.
 *
 * Matrices are [n * n], row by row; only the lower triangle is read and written. */
#ifndef DA_CREDIT_INCREMENTAL_CHOLESKY_H
#define DA_CREDIT_INCREMENTAL_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* In place: A becomes L; false when A is not positive definite. The last m rows and columns of L factorise the Schur complement of
 * the others: the curvature of a profile likelihood in its last m parameters. */
bool da_cholesky_factorise(double *matrix, size_t n);
/* In place: x becomes A^-1 x. */
void da_cholesky_solve(const double *factor, size_t n, double *x);
/* Diagonal element a of A^-1. scratch: [n]. */
double da_cholesky_inverse_diagonal(const double *factor, size_t n, size_t a, double *scratch);
/* block [m * m]: the last m rows and columns. */
void da_cholesky_last_block(const double *factor, size_t n, size_t m, double *block);

#endif
