/* Oracles: sums that are known exactly, among them Neumaier's own example; long double for random terms. */
#include "base/sum.h"

#include "base/random.h"
#include "support/testing.h"

static double sum_of(const double *terms, size_t n) {
  da_sum sum = {0};
  for (size_t i = 0; i < n; i++) da_sum_add(&sum, terms[i]);
  return da_sum_value(&sum);
}

static void keeps_what_plain_summation_loses(void **state) {
  (void)state;
  const double neumaier[] = {1, 1e100, 1, -1e100}; /* 0 by plain and by Kahan's summation */
  assert_true(sum_of(neumaier, 4) == 2);
  const double small_after_large[] = {1e16, 1, 1, 1, 1, -1e16};
  assert_true(sum_of(small_after_large, 6) == 4);
  assert_true(sum_of(NULL, 0) == 0);
}

static void a_million_cents_are_exact_to_the_last_digit(void **state) {
  (void)state;
  da_sum sum = {0};
  for (int i = 0; i < 1000000; i++) da_sum_add(&sum, 0.01);
  assert_true(fabs(da_sum_value(&sum) - 10000) < 1e-11); /* a plain sum is off by 2e-8 here; 0.01 itself by 2e-19 */
}

static void random_terms_agree_with_long_double(void **state) {
  (void)state;
  da_random random;
  da_random_init(&random, 1, 0);
  da_sum sum = {0};
  long double exact = 0;
  for (int i = 0; i < 100000; i++) {
    double term = da_random_normal(&random) * exp(10 * da_random_normal(&random));
    da_sum_add(&sum, term);
    exact += term;
  }
  assert_true(fabsl(da_sum_value(&sum) - exact) <= 1e-15L * fabsl(exact));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_what_plain_summation_loses),
      cmocka_unit_test(a_million_cents_are_exact_to_the_last_digit),
      cmocka_unit_test(random_terms_agree_with_long_double),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
