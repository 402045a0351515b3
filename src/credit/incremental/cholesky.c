#include "credit/incremental/cholesky.h"

#include <math.h>
#include <string.h>

bool da_cholesky_factorise(double *matrix, size_t n) {
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) {
      double sum = matrix[i * n + j];
      for (size_t k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
      if (i == j && !(sum > 0)) return false;
      matrix[i * n + j] = i == j ? sqrt(sum) : sum / matrix[j * n + j];
    }
  }
  return true;
}

void da_cholesky_solve(const double *factor, size_t n, double *x) {
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < i; k++) x[i] -= factor[i * n + k] * x[k];
    x[i] /= factor[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    x[i] /= factor[i * n + i];
    for (size_t k = 0; k < i; k++) x[k] -= factor[i * n + k] * x[i];
  }
}

/* The squared length of L^-1 times unit vector a. */
double da_cholesky_inverse_diagonal(const double *factor, size_t n, size_t a, double *scratch) {
  double sum = 0;
  for (size_t i = a; i < n; i++) {
    double value = i == a;
    for (size_t k = a; k < i; k++) value -= factor[i * n + k] * scratch[k];
    scratch[i] = value / factor[i * n + i];
    sum += scratch[i] * scratch[i];
  }
  return sum;
}

void da_cholesky_last_block(const double *factor, size_t n, size_t m, double *block) {
  for (size_t i = 0; i < m; i++) memcpy(block + i * m, factor + (n - m + i) * n + (n - m), m * sizeof *block);
}
