/* Oracle: the lengths themselves, sorted and counted one by one. */
#include "journey/lengths.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

static int compare_lengths(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* values: sorted by this call. */
static void check(uint64_t *values, size_t n) {
  da_error err = {0};
  static da_lengths lengths;
  for (size_t i = 0; i < n; i++) assert_ok(da_lengths_add(&lengths, values[i], &err), err);
  qsort(values, n, sizeof *values, compare_lengths);
  assert_int_equal(lengths.n_journeys, n);
  assert_int_equal(lengths.longest, n ? values[n - 1] : 0);
  const double shares[] = {0, .25, .5, .8, .95, 1};
  for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
    uint64_t found = da_lengths_covering(&lengths, shares[s]);
    size_t within = 0, below = 0;
    for (size_t i = 0; i < n; i++) {
      within += values[i] <= found;
      below += values[i] < found;
    }
    assert_true((double)within >= shares[s] * (double)n);
    if (n > 0 && found > values[0]) assert_true((double)below < shares[s] * (double)n); /* one less would not do */
    if (n > 0) assert_true(found >= values[0]);
  }
  da_length_bin bins[DA_LENGTHS_MAX_BINS];
  size_t n_bins = da_lengths_bins(&lengths, bins), i = 0;
  uint64_t end = 0;
  for (size_t b = 0; b < n_bins; b++) {
    assert_true(bins[b].first == end + 1 && bins[b].last >= bins[b].first);
    end = bins[b].last;
    if (b < DA_LENGTHS_EXACT_BINS) assert_int_equal(bins[b].first, bins[b].last);
    size_t begin = i;
    while (i < n && values[i] <= end) i++;
    assert_int_equal(bins[b].n, i - begin);
  }
  assert_int_equal(i, n);
  if (n_bins > 0) assert_true(bins[n_bins - 1].n > 0);
  da_lengths_free(&lengths);
}

static void random_lengths_are_counted(void **state) {
  (void)state;
  enum { N = 3000 };
  static uint64_t values[N];
  da_random random;
  da_random_init(&random, 1, 0);
  for (int round = 0; round < 60; round++) {
    size_t n = da_random_below(&random, round < 20 ? 6 : N);
    for (size_t i = 0; i < n; i++) {
      uint64_t most = UINT64_C(1) << (1 + da_random_below(&random, round % 3 == 0 ? 4 : 14));
      values[i] = 1 + da_random_below(&random, most);
    }
    check(values, n);
  }
}

static void extreme_lengths_are_counted(void **state) {
  (void)state;
  uint64_t ends[] = {1, 10, 11, 1024, 1025, 2000, 2001, UINT64_MAX, UINT64_MAX - 1};
  check(ends, sizeof ends / sizeof *ends);
  uint64_t one[] = {1000000};
  check(one, 1);
  check(one, 0);
}

static void bins_are_those_of_the_header(void **state) {
  (void)state;
  da_error err = {0};
  static da_lengths lengths;
  assert_ok(da_lengths_add(&lengths, 600, &err), err);
  da_length_bin bins[DA_LENGTHS_MAX_BINS];
  const uint64_t ends[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 50, 100, 200, 500, 1000};
  assert_int_equal(da_lengths_bins(&lengths, bins), sizeof ends / sizeof *ends);
  for (size_t b = 0; b < sizeof ends / sizeof *ends; b++) assert_int_equal(bins[b].last, ends[b]);
  da_lengths_free(&lengths);
}

static void missing_memory_is_said(void **state) {
  (void)state;
  da_error err = {0};
  static da_lengths lengths;
  da_mem_fail_at(1);
  assert_fails_with(da_lengths_add(&lengths, 5000, &err), DA_ERR_MEM, err, "lengths");
  da_mem_fail_at(0);
  assert_int_equal(lengths.n_journeys, 0);
  da_lengths_free(&lengths);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_lengths_are_counted),
      cmocka_unit_test(extreme_lengths_are_counted),
      cmocka_unit_test(bins_are_those_of_the_header),
      cmocka_unit_test(missing_memory_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
