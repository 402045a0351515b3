/* Oracle: Gauss-Jordan elimination of the whole matrix. */
#include "credit/incremental/cholesky.h"

#include <string.h>

#include "base/random.h"
#include "support/credit.h"

enum { N = 7, M = 3 };

/* The inverse of a small matrix, without any structure. */
static void invert(const double *a, size_t n, double *inverse) {
  double work[N][2 * N] = {{0}};
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) work[i][j] = a[i * n + j];
    work[i][n + i] = 1;
  }
  for (size_t p = 0; p < n; p++) {
    double pivot = work[p][p];
    for (size_t j = 0; j < 2 * n; j++) work[p][j] /= pivot;
    for (size_t i = 0; i < n; i++) {
      double times = i == p ? 0 : work[i][p];
      for (size_t j = 0; j < 2 * n; j++) work[i][j] -= times * work[p][j];
    }
  }
  for (size_t i = 0; i < n; i++) memcpy(inverse + i * n, &work[i][n], n * sizeof(double));
}

static void make_matrix(uint64_t seed, double *a) {
  da_random random;
  double root[N * N];
  da_random_init(&random, seed, 0);
  for (size_t i = 0; i < N * N; i++) root[i] = da_random_uniform(&random) - .5;
  for (size_t i = 0; i < N; i++) {
    for (size_t j = 0; j < N; j++) {
      a[i * N + j] = i == j ? .1 : 0;
      for (size_t k = 0; k < N; k++) a[i * N + j] += root[i * N + k] * root[j * N + k];
    }
  }
}

static void solutions_and_diagonals_are_those_of_the_inverse(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 20; seed++) {
    double a[N * N], factor[N * N], inverse[N * N], scratch[N];
    make_matrix(seed, a);
    invert(a, N, inverse);
    memcpy(factor, a, sizeof a);
    assert_true(da_cholesky_factorise(factor, N));
    for (size_t k = 0; k < N; k++) {
      double x[N] = {0};
      x[k] = 1;
      da_cholesky_solve(factor, N, x);
      for (size_t i = 0; i < N; i++) assert_near(x[i], inverse[i * N + k], 1e-7);
      assert_near(da_cholesky_inverse_diagonal(factor, N, k, scratch), inverse[k * N + k], 1e-7);
    }
  }
}

/* The Schur complement's inverse is the last block of the whole inverse. */
static void the_last_block_belongs_to_the_profile(void **state) {
  (void)state;
  double a[N * N], inverse[N * N], block[M * M];
  make_matrix(3, a);
  invert(a, N, inverse);
  assert_true(da_cholesky_factorise(a, N));
  da_cholesky_last_block(a, N, M, block);
  for (size_t k = 0; k < M; k++) {
    double x[M] = {0};
    x[k] = 1;
    da_cholesky_solve(block, M, x);
    for (size_t i = 0; i < M; i++) assert_near(x[i], inverse[(N - M + i) * N + (N - M + k)], 1e-7);
  }
}

static void an_indefinite_matrix_is_refused(void **state) {
  (void)state;
  double a[4] = {1, 0, 2, 1};
  assert_false(da_cholesky_factorise(a, 2));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(solutions_and_diagonals_are_those_of_the_inverse),
      cmocka_unit_test(the_last_block_belongs_to_the_profile),
      cmocka_unit_test(an_indefinite_matrix_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
