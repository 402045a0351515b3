/* Oracle: the derivative of log Gamma taken numerically; counts drawn from the model whose parameters are to be found. */
#include "credit/incremental/pooling.h"

#include "base/random.h"
#include "support/credit.h"

static void digamma_is_the_derivative_of_log_gamma(void **state) {
  (void)state;
  for (double x = .01; x < 50; x *= 1.3)
    assert_near(da_digamma(x), (lgamma(x * (1 + 1e-5)) - lgamma(x * (1 - 1e-5))) / (2e-5 * x), 1e-5 * (1 + 1 / x));
}

enum { N = 400, M = 2 };

/* Campaigns of worth Gamma(a, mean 1) with the same mass each: the counts' scatter tells a. */
static double found_alike(double a, double conversions_each) {
  da_error err = {0};
  da_random random;
  da_pooling pooling;
  static double shared[N * M], mass[N * M], mean[N * M], geometric[N * M];
  da_random_init(&random, 4, 0);
  assert_ok(da_pooling_init(N, M, &pooling, &err), err);
  for (int c = 0; c < N; c++) {
    double worth = da_random_gamma(&random, a) / a;
    for (int m = 0; m < M; m++) {
      mass[c * M + m] = 1000;
      shared[c * M + m] = (double)da_random_poisson(&random, worth * conversions_each * (m == 0 ? .75 : .25));
    }
  }
  for (int i = 0; i < 100; i++) da_pooling_update(&pooling, shared, mass, mean, geometric);
  assert_near(pooling.common[0] / pooling.common[1], 3, .5);
  double alike = pooling.alike;
  for (int i = 0; i < N * M; i++) assert_true(geometric[i] < mean[i] && mean[i] > 0);
  da_pooling_free(&pooling);
  return alike;
}

static void how_alike_campaigns_are_is_found(void **state) {
  (void)state;
  assert_near(log(found_alike(1, 40)), 0, .3);
  assert_near(log(found_alike(5, 40)), log(5), .4);
  assert_true(found_alike(1e6, 40) > 30);
}

/* A campaign with hardly a touch is worth what all are; one with many touches what its own conversions say. */
static void thin_campaigns_follow_the_others(void **state) {
  (void)state;
  da_error err = {0};
  da_pooling pooling;
  static double shared[N], mass[N], mean[N], geometric[N];
  assert_ok(da_pooling_init(N, 1, &pooling, &err), err);
  for (int c = 0; c < N; c++) mass[c] = 1000, shared[c] = c % 2 ? 8 : 12;
  mass[0] = 5, shared[0] = 1;
  mass[1] = 100000, shared[1] = 0;
  for (int i = 0; i < 100; i++) da_pooling_update(&pooling, shared, mass, mean, geometric);
  assert_true(mean[0] < .04); /* 1 of 5 would be .2 */
  assert_true(mean[1] < .001);
  da_pooling_free(&pooling);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(digamma_is_the_derivative_of_log_gamma),
      cmocka_unit_test(how_alike_campaigns_are_is_found),
      cmocka_unit_test(thin_campaigns_follow_the_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
