/* Oracle: sums by hand, and integers. */
#include "credit/cents.h"

#include "support/credit.h"

static void cents_that_are_missing_go_to_the_largest_remainders(void **state) {
  (void)state;
  double thirds[] = {10. / 3, 10. / 3, 10. / 3}, scratch[4];
  assert_true(da_cents_share(thirds, 3, 1000, scratch));
  assert_true(thirds[0] == 3.34 && thirds[1] == 3.33 && thirds[2] == 3.33);
  double mixed[] = {1.006, -2.004, 5.998, 0};
  assert_true(da_cents_share(mixed, 4, 500, scratch));
  assert_true(mixed[0] == 1.01 && mixed[1] == -2.01 && mixed[2] == 6 && mixed[3] == 0);
  double exact[] = {.1 + .2, .7};
  assert_true(da_cents_share(exact, 2, 100, scratch));
  assert_true(exact[0] == .3 && exact[1] == .7);
}

static void random_sums_come_to_the_cent(void **state) {
  (void)state;
  enum { N = 50 };
  da_random random;
  da_random_init(&random, 3, 1);
  for (int round_number = 0; round_number < 200; round_number++) {
    double amounts[N], before[N], scratch[N], sum = 0;
    int64_t cents = (int64_t)da_random_below(&random, 100000000), found = 0;
    for (int i = 0; i < N; i++) sum += amounts[i] = da_random_uniform(&random);
    for (int i = 0; i < N; i++) before[i] = amounts[i] *= (double)cents / 100 / sum;
    assert_true(da_cents_share(amounts, N, cents, scratch));
    for (int i = 0; i < N; i++) {
      assert_true(fabs(amounts[i] - before[i]) < .0100001);
      found += llround(amounts[i] * 100);
    }
    assert_int_equal(found, cents);
  }
}

static void what_is_no_whole_number_of_cents_is_told(void **state) {
  (void)state;
  int64_t cents;
  const double prices[] = {9.99, .1, 19.9}, finer[] = {9.99, .005}, huge[] = {1e15};
  assert_true(da_cents_total(prices, 3, 1, &cents));
  assert_int_equal(cents, 999 + 10 + 1990 + 100);
  assert_false(da_cents_total(finer, 2, 0, &cents));
  assert_false(da_cents_total(huge, 1, 0, &cents));
  assert_false(da_cents_total(NULL, 0, NAN, &cents));
  double far[] = {1, 2}, scratch[2];
  assert_false(da_cents_share(far, 2, 500, scratch));
  assert_true(far[0] == 1 && far[1] == 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cents_that_are_missing_go_to_the_largest_remainders),
      cmocka_unit_test(random_sums_come_to_the_cent),
      cmocka_unit_test(what_is_no_whole_number_of_cents_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
