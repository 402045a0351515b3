/* Oracle: journeys drawn with known a and b; a grid; the log's own rate. */
#include "credit/evaluate/calibration.h"

#include <math.h>

#include "support/credit.h"

enum { N = 20000 };
static float x[N];
static uint8_t converted[N];

static void draw(double a, double b) {
  da_random random;
  da_random_init(&random, 7, 1);
  for (int i = 0; i < N; i++) {
    x[i] = (float)(2 * da_random_normal(&random));
    converted[i] = da_random_uniform(&random) < 1 / (1 + exp(-(a + b * (double)x[i])));
  }
}

static double loss(double a, double b) {
  double sum = 0;
  for (int i = 0; i < N; i++) {
    double p = 1 / (1 + exp(-(a + b * (double)x[i])));
    sum -= converted[i] ? log(p) : log(1 - p);
  }
  return sum;
}

static void known_numbers_are_found(void **state) {
  (void)state;
  draw(-2, .6);
  da_calibration c = da_calibration_fit(x, converted, N);
  assert_near(c.a, -2, .1);
  assert_near(c.b, .6, .05);
  for (int i = -1; i <= 1; i++) {
    for (int j = -1; j <= 1; j++) assert_true(loss(c.a, c.b) <= loss(c.a + .05 * i, c.b + .05 * j) + 1e-6);
  }
}

static void the_wrong_way_round_is_not_rewarded(void **state) {
  (void)state;
  draw(-1, -.5);
  da_calibration c = da_calibration_fit(x, converted, N);
  double n = 0;
  for (int i = 0; i < N; i++) n += converted[i];
  assert_near(c.b, 0, 0);
  assert_near(1 / (1 + exp(-c.a)), n / N, 1e-3);
}

static void odd_logs_give_finite_numbers(void **state) {
  (void)state;
  const float alike[] = {1, 1, 1}, apart[] = {-5, -4, 6, 7};
  const uint8_t two[] = {1, 0, 1}, split[] = {0, 0, 1, 1}, none[] = {0, 0, 0, 0};
  da_calibration c = da_calibration_fit(alike, two, 3);
  assert_true(isfinite(c.a) && isfinite(c.b));
  c = da_calibration_fit(apart, split, 4);
  assert_true(isfinite(c.a) && c.b > 0 && c.b < 10);
  c = da_calibration_fit(apart, none, 4);
  assert_true(isfinite(c.a) && isfinite(c.b));
  c = da_calibration_fit(apart, none, 0);
  assert_true(isfinite(c.a) && c.b >= 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_numbers_are_found),
      cmocka_unit_test(the_wrong_way_round_is_not_rewarded),
      cmocka_unit_test(odd_logs_give_finite_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
