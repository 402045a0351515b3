/* Oracles: the first values of xoshiro256** and splitmix64 as published by Vigna, values of (seed, stream) computed by
 * a second implementation in Python, and the known moments of each distribution (bounds of five standard errors). */
#include "base/random.h"

#include <math.h>

#include "support/testing.h"

static void the_generator_is_xoshiro256starstar(void **state) {
  (void)state;
  da_random random = {{1, 2, 3, 4}};
  assert_int_equal(da_random_next(&random), 11520);
  assert_int_equal(da_random_next(&random), 0);
  assert_int_equal(da_random_next(&random), 1509978240);
  assert_int_equal(da_random_next(&random), UINT64_C(1215971899390074240));
  assert_int_equal(da_random_next(&random), UINT64_C(1216172134540287360));
}

static void seed_and_stream_give_the_same_values_for_ever(void **state) {
  (void)state;
  da_random random;
  da_random_init(&random, 42, 7);
  assert_int_equal(da_random_next(&random), UINT64_C(0x719e15cf3d4342f));
  assert_int_equal(da_random_next(&random), UINT64_C(0x40efa5d3e1980cd0));
  assert_int_equal(da_random_next(&random), UINT64_C(0x91756e0af06688e2));
  assert_int_equal(da_random_next(&random), UINT64_C(0x6133465113c74853));
  assert_int_equal(da_random_hash(42, 7), UINT64_C(0x16062d6c1339e500));
}

static void streams_and_seeds_differ(void **state) {
  (void)state;
  enum { N = 1000 };
  uint64_t first[2 * N];
  for (uint64_t i = 0; i < N; i++) {
    da_random random;
    da_random_init(&random, 1, i);
    first[i] = da_random_next(&random);
    da_random_init(&random, 2 + i, 0);
    first[N + i] = da_random_next(&random);
  }
  for (size_t i = 0; i < 2 * N; i++) {
    for (size_t j = 0; j < i; j++) assert_int_not_equal(first[i], first[j]);
  }
}

/* Draws 200,000 values and compares their mean and variance with the known ones. */
typedef double (*draw)(da_random *random);
static void check_moments(draw draw_one, double mean, double variance, double fourth_central_moment) {
  enum { N = 200000 };
  da_random random;
  da_random_init(&random, 11, 0);
  double sum = 0, squares = 0;
  for (int i = 0; i < N; i++) {
    double x = draw_one(&random);
    assert_true(isfinite(x));
    sum += x;
    squares += (x - mean) * (x - mean);
  }
  double mean_error = sqrt(variance / N);
  double variance_error = sqrt((fourth_central_moment - variance * variance) / N);
  assert_true(fabs(sum / N - mean) < 5 * mean_error);
  assert_true(fabs(squares / N - variance) < 5 * variance_error);
}

static double gamma_of_0_4(da_random *random) { return da_random_gamma(random, 0.4); }
static double gamma_of_3(da_random *random) { return da_random_gamma(random, 3); }
static double poisson_of_0_7(da_random *random) { return (double)da_random_poisson(random, 0.7); }
static double poisson_of_50(da_random *random) { return (double)da_random_poisson(random, 50); }
static double below_6(da_random *random) { return (double)da_random_below(random, 6); }

static void moments_are_those_of_the_distributions(void **state) {
  (void)state;
  check_moments(da_random_uniform, 0.5, 1.0 / 12, 1.0 / 80);
  check_moments(da_random_normal, 0, 1, 3);
  check_moments(da_random_exponential, 1, 1, 9);
  /* Gamma(a): variance a, fourth central moment 3a^2 + 6a. Poisson(m): m and 3m^2 + m. */
  check_moments(gamma_of_0_4, 0.4, 0.4, 3 * 0.16 + 2.4);
  check_moments(gamma_of_3, 3, 3, 27 + 18);
  check_moments(poisson_of_0_7, 0.7, 0.7, 3 * 0.49 + 0.7);
  check_moments(poisson_of_50, 50, 50, 3 * 2500 + 50);
  /* A fair die: variance 35/12, fourth central moment 707/48. */
  check_moments(below_6, 2.5, 35.0 / 12, 707.0 / 48);
}

static void uniform_and_below_stay_in_their_range(void **state) {
  (void)state;
  da_random random;
  da_random_init(&random, 5, 5);
  const uint64_t limits[] = {1, 2, 3, 1000, UINT64_C(1) << 63, UINT64_MAX};
  for (int i = 0; i < 20000; i++) {
    double u = da_random_uniform(&random);
    assert_true(u >= 0 && u < 1);
    uint64_t n = limits[i % 6];
    assert_true(da_random_below(&random, n) < n);
  }
}

static void a_shuffle_reaches_every_order_equally_often(void **state) {
  (void)state;
  enum { N = 60000 };
  int counts[4 * 4 * 4] = {0};
  da_random random;
  da_random_init(&random, 3, 0);
  for (int i = 0; i < N; i++) {
    uint32_t items[4] = {0, 1, 2, 3};
    da_random_shuffle_u32(&random, items, 4);
    assert_int_equal(items[0] + items[1] + items[2] + items[3], 6);
    counts[items[0] * 16 + items[1] * 4 + items[2]]++;
  }
  double expected = N / 24.0;
  int n_orders = 0;
  for (int i = 0; i < 64; i++) {
    if (counts[i] == 0) continue;
    n_orders++;
    assert_true(fabs(counts[i] - expected) < 5 * sqrt(expected));
  }
  assert_int_equal(n_orders, 24);
  da_random_shuffle_u32(&random, NULL, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_generator_is_xoshiro256starstar),
      cmocka_unit_test(seed_and_stream_give_the_same_values_for_ever),
      cmocka_unit_test(streams_and_seeds_differ),
      cmocka_unit_test(moments_are_those_of_the_distributions),
      cmocka_unit_test(uniform_and_below_stay_in_their_range),
      cmocka_unit_test(a_shuffle_reaches_every_order_equally_often),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
