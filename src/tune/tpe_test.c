/* Oracle: a function whose minimum is known, and random search on it with as many draws. */
#include "tune/tpe.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/testing.h"

enum { D = 6, N = 60 };

static double bowl(const double *x) {
  double sum = 0;
  for (int d = 0; d < D; d++) sum += (x[d] - 0.7) * (x[d] - 0.7) * (d < 2 ? 10 : 1);
  return sum;
}

/* The lowest value after N draws; the points so far are kept in order of their values. */
static double search(uint64_t seed, uint64_t n_random) {
  const da_tpe tpe = {.seed = seed, .n_dimensions = D, .n_random = n_random};
  double points[N * D], values[N];
  for (size_t n = 0; n < N; n++) {
    double x[D];
    da_tpe_draw(&tpe, n, points, n, x);
    for (int d = 0; d < D; d++) assert_true(x[d] >= 0 && x[d] <= 1);
    const double value = bowl(x);
    size_t at = n;
    for (; at > 0 && values[at - 1] > value; at--) {
      values[at] = values[at - 1];
      memcpy(points + at * D, points + (at - 1) * D, D * sizeof *points);
    }
    values[at] = value;
    memcpy(points + at * D, x, D * sizeof *points);
  }
  return values[0];
}

static void it_finds_lower_values_than_spreading_evenly(void **state) {
  (void)state;
  double learned = 0, even = 0;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    learned += search(seed, 10);
    even += search(seed, N);
  }
  if (learned > 0.5 * even) fail_msg("expected half of %g but found %g", even / 20, learned / 20);
}

static void the_first_draws_fill_the_cube(void **state) {
  (void)state;
  const da_tpe tpe = {.seed = 4, .n_dimensions = D, .n_random = 32};
  for (int d = 0; d < D; d++) {
    bool seen[4] = {false};
    for (uint64_t i = 0; i < 32; i++) {
      double x[D];
      da_tpe_draw(&tpe, i, NULL, 0, x);
      seen[(int)(4 * x[d])] = true;
    }
    assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
  }
}

static void a_draw_depends_on_its_arguments_alone(void **state) {
  (void)state;
  const da_tpe tpe = {.seed = 4, .n_dimensions = 2, .n_random = 0};
  const double points[] = {0.1, 0.2, 0.9, 0.9, 0.5, 0.5};
  double a[2], b[2];
  da_tpe_draw(&tpe, 7, points, 3, a);
  da_tpe_draw(&tpe, 8, points, 3, b);
  assert_memory_not_equal(a, b, sizeof a);
  da_tpe_draw(&tpe, 7, points, 3, b);
  assert_memory_equal(a, b, sizeof a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_finds_lower_values_than_spreading_evenly),
      cmocka_unit_test(the_first_draws_fill_the_cube),
      cmocka_unit_test(a_draw_depends_on_its_arguments_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
