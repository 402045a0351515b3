/* Oracle: the definition. Of many units a share of `rate` is off, the others are scaled so that the mean is 1, and one unit
 * tells nothing of the next. */
#include "model/dropout.h"

#include <math.h>
#include <string.h>

#include "support/testing.h"

enum { N_MASKS = 4000, N_UNITS = 50 };

static void a_share_of_rate_is_off_and_the_mean_is_one(void **state) {
  (void)state;
  const float rates[] = {0.001f, 0.1f, 0.5f, 0.9f};
  for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
    double n_off = 0, sum = 0, both_off = 0;
    for (uint64_t number = 0; number < N_MASKS; number++) {
      float scale[N_UNITS];
      da_mask_fill(99, number, rates[r], N_UNITS, scale);
      for (int k = 0; k < N_UNITS; k++) {
        n_off += scale[k] == 0;
        sum += scale[k];
        both_off += k > 0 && scale[k] == 0 && scale[k - 1] == 0;
        if (scale[k] != 0) assert_true(fabsf(scale[k] * (1 - rates[r]) - 1) < 1e-4f);
      }
    }
    const double n = N_MASKS * (double)N_UNITS, sigma = sqrt(rates[r] * (1 - rates[r]) / n);
    assert_true(fabs(n_off / n - rates[r]) < 4 * sigma + 1e-5);
    assert_true(fabs(sum / n - 1) < 5 * sigma / (1 - rates[r]));
    const double pairs = N_MASKS * (double)(N_UNITS - 1), p = rates[r] * rates[r];
    assert_true(fabs(both_off / pairs - p) < 5 * sqrt(p / pairs) + 1e-5);
  }
}

static void a_mask_depends_on_seed_and_number_alone(void **state) {
  (void)state;
  float a[N_UNITS], b[N_UNITS];
  da_mask_fill(5, 3, 0.5f, N_UNITS, a);
  da_mask_fill(5, 3, 0.5f, N_UNITS / 2, b); /* a shorter mask is the beginning of the longer */
  assert_memory_equal(a, b, N_UNITS / 2 * sizeof *a);
  da_mask_fill(5, 4, 0.5f, N_UNITS, b);
  assert_true(memcmp(a, b, sizeof a) != 0);
  da_mask_fill(6, 3, 0.5f, N_UNITS, b);
  assert_true(memcmp(a, b, sizeof a) != 0);
  assert_true(da_mask_seed(1, DA_MASK_INPUT) != da_mask_seed(1, DA_MASK_RECURRENT));
}

static void rate_zero_keeps_all(void **state) {
  (void)state;
  float scale[N_UNITS];
  da_mask_fill(5, 3, 0, N_UNITS, scale);
  for (int k = 0; k < N_UNITS; k++) assert_true(scale[k] == 1.0f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_share_of_rate_is_off_and_the_mean_is_one),
      cmocka_unit_test(a_mask_depends_on_seed_and_number_alone),
      cmocka_unit_test(rate_zero_keeps_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
