/* Oracle: maxima known in closed form. */
#include "credit/incremental/maximize.h"
#include "support/credit.h"

/* Minus Rosenbrock's valley, and a point out of bounds beyond x = 3. */
static double valley(void *context, const double *x, double *gradient) {
  ++*(int *)context;
  if (x[0] > 3) return NAN;
  double a = 1 - x[0], b = x[1] - x[0] * x[0];
  gradient[0] = 2 * a + 40 * x[0] * b;
  gradient[1] = -20 * b;
  return -(a * a + 10 * b * b);
}

static void the_end_of_a_curved_valley_is_found(void **state) {
  (void)state;
  da_error err = {0};
  int count = 0, reported;
  double x[2] = {-1.5, 2}, value, curvature[2] = {1, 1};
  da_maximize problem = {.n = 2, .evaluate = valley, .context = &count, .curvature = curvature, .tolerance = 1e-14, .max_evaluations = 300};
  assert_ok(da_maximize_run(&problem, x, &value, &reported, &err), err);
  assert_near(x[0], 1, 1e-5);
  assert_near(x[1], 1, 1e-5);
  assert_int_equal(count, reported);
}

static double nowhere(void *context, const double *x, double *gradient) {
  (void)context, (void)x;
  gradient[0] = 1;
  return NAN;
}

static void a_start_without_a_value_is_refused(void **state) {
  (void)state;
  da_error err = {0};
  double x = 0, value, curvature = 1;
  da_maximize problem = {.n = 1, .evaluate = nowhere, .curvature = &curvature, .max_evaluations = 5};
  assert_int_equal(da_maximize_run(&problem, &x, &value, NULL, &err), DA_ERR_NUM);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_end_of_a_curved_valley_is_found),
                                     cmocka_unit_test(a_start_without_a_value_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
