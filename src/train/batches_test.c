/* Oracle: counting. Every journey of the train split comes as often as it should, others never; what chance would do. */
#include "train/batches.h"

#include <math.h>

#include "base/mem.h"
#include "support/journeys.h"

/* One-touch journeys: every fifth is in val, of the rest one in `rarity` converts. */
static test_journeys *one_touch_journeys(uint64_t n, uint64_t rarity) {
  test_journeys *made = journeys_room(n, 1);
  da_journeys *set = &made->set;
  for (uint64_t j = 0; j < n; j++) {
    bool converted = j % rarity == 2;
    made->flags[j] = (uint8_t)((j % 5 == 0 ? DA_SET_VAL : DA_SET_TRAIN) << 1 | converted);
    made->first_touch[j + 1] = made->first_journey[j + 1] = j + 1;
    set->n_conversions += converted;
  }
  set->n_touches = set->n_journeys = set->n_users = n;
  journeys_finish(made, 1, false);
  return made;
}

/* times[j]: how often an epoch gave journey j; returns the number of batches. */
static uint64_t count_epoch(da_batches *batches, uint64_t epoch, uint32_t *times, uint64_t n) {
  da_error err = {0};
  const da_batches_info *info = da_batches_describe(batches);
  memset(times, 0, n * sizeof *times);
  assert_ok(da_batches_start(batches, epoch, 0, &err), err);
  uint64_t n_batches = 0;
  for (;; n_batches++) {
    const uint64_t *journeys;
    uint32_t size;
    assert_ok(da_batches_next(batches, &journeys, &size, &err), err);
    if (size == 0) break;
    assert_in_range(size, info->batch_size - 1, info->batch_size);
    for (uint32_t i = 0; i < size; i++) {
      assert_true(journeys[i] < n);
      times[journeys[i]]++;
    }
  }
  return n_batches;
}

static void an_epoch_gives_every_train_journey_once(void **state) {
  (void)state;
  da_error err = {0};
  const uint64_t sizes[] = {1, 7, 1024, 5000, 600000}; /* the last: three windows */
  for (int i = 0; i < 5; i++) {
    test_journeys *made = one_touch_journeys(sizes[i], 10);
    da_batches *batches;
    assert_ok(da_batches_open(&made->set, 1, false, 300, &batches, &err), err);
    uint32_t *times = malloc(sizes[i] * sizeof *times);
    uint64_t n_batches = count_epoch(batches, 3, times, sizes[i]), n_train = 0;
    for (uint64_t j = 0; j < sizes[i]; j++) {
      bool in_train = da_journey_set(&made->set, j) == DA_SET_TRAIN;
      n_train += in_train;
      assert_int_equal(times[j], in_train);
    }
    const da_batches_info *info = da_batches_describe(batches);
    assert_int_equal(info->n_journeys, n_train);
    assert_int_equal(info->n_samples, n_train);
    assert_int_equal(info->n_sample_touches, n_train);
    assert_true(info->sampling_ratio == 1);
    assert_int_equal(n_batches, (n_train + 299) / 300);
    assert_int_equal(info->n_batches, n_batches);
    free(times);
    da_batches_close(batches);
    journeys_free(made);
  }
}

static void oversampling_brings_both_outcomes_to_parity(void **state) {
  (void)state;
  da_error err = {0};
  enum { N = 30000 };
  test_journeys *made = one_touch_journeys(N, 23);
  da_batches *batches;
  assert_ok(da_batches_open(&made->set, 1, true, 256, &batches, &err), err);
  const da_batches_info *info = da_batches_describe(batches);
  const uint64_t n_others = info->n_journeys - info->n_converting;
  assert_true(fabs(info->sampling_ratio - (double)n_others / (double)info->n_converting) < 1e-12);
  assert_int_equal(info->n_samples, 2 * n_others);
  static uint32_t times[N], total[N];
  memset(total, 0, sizeof total);
  enum { EPOCHS = 40 };
  for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
    count_epoch(batches, epoch, times, N);
    uint64_t n_copies = 0;
    for (uint64_t j = 0; j < N; j++) {
      if (da_journey_set(&made->set, j) != DA_SET_TRAIN)
        assert_int_equal(times[j], 0);
      else if (!da_journey_converted(&made->set, j))
        assert_int_equal(times[j], 1);
      else {
        assert_in_range(times[j], (uint64_t)info->sampling_ratio, (uint64_t)info->sampling_ratio + 1);
        n_copies += times[j];
        total[j] += times[j];
      }
    }
    assert_int_equal(n_copies, n_others);
  }
  /* Over the epochs nobody is preferred: mean copies within five standard errors of the ratio. */
  double fraction = info->sampling_ratio - floor(info->sampling_ratio), tolerance = 5 * sqrt(fraction * (1 - fraction) / EPOCHS);
  for (uint64_t j = 0; j < N; j++) {
    if (da_journey_set(&made->set, j) == DA_SET_TRAIN && da_journey_converted(&made->set, j))
      assert_true(fabs((double)total[j] / EPOCHS - info->sampling_ratio) <= tolerance);
  }
  da_batches_close(batches);
  journeys_free(made);
}

static void nothing_is_repeated_where_conversions_are_none_or_most(void **state) {
  (void)state;
  da_error err = {0};
  const uint64_t rarities[] = {1000000, 1};
  for (int i = 0; i < 2; i++) {
    test_journeys *made = one_touch_journeys(500, rarities[i]);
    if (i == 1) memset(made->flags, DA_JOURNEY_CONVERTED, 500);
    if (i == 0) memset(made->flags, 0, 500);
    da_batches *batches;
    assert_ok(da_batches_open(&made->set, 1, true, 64, &batches, &err), err);
    assert_int_equal(da_batches_describe(batches)->n_samples, 500);
    assert_true(da_batches_describe(batches)->sampling_ratio == 1);
    da_batches_close(batches);
    journeys_free(made);
  }
}

/* The first n journeys of an epoch, after skipping batches. */
static void first_journeys(da_batches *batches, uint64_t epoch, uint64_t n_skipped, uint64_t *out, uint64_t n) {
  da_error err = {0};
  assert_ok(da_batches_start(batches, epoch, n_skipped, &err), err);
  for (uint64_t filled = 0; filled < n;) {
    const uint64_t *journeys;
    uint32_t size;
    assert_ok(da_batches_next(batches, &journeys, &size, &err), err);
    assert_true(size > 0);
    for (uint32_t i = 0; i < size && filled < n; i++) out[filled++] = journeys[i];
  }
}

static void the_order_is_a_function_of_seed_and_epoch(void **state) {
  (void)state;
  da_error err = {0};
  enum { N = 300000, HEAD = 2000 };
  test_journeys *made = one_touch_journeys(N, 10);
  static uint64_t a[HEAD], b[HEAD];
  da_batches *batches, *again, *other;
  assert_ok(da_batches_open(&made->set, 1, true, 100, &batches, &err), err);
  assert_ok(da_batches_open(&made->set, 1, true, 100, &again, &err), err);
  assert_ok(da_batches_open(&made->set, 2, true, 100, &other, &err), err);
  first_journeys(batches, 5, 0, a, HEAD);
  first_journeys(again, 2, 7, b, HEAD); /* has run another epoch before */
  first_journeys(again, 5, 0, b, HEAD);
  assert_memory_equal(a, b, sizeof a);
  first_journeys(again, 5, 3, b, HEAD); /* the first three batches skipped */
  assert_memory_equal(a + 300, b, sizeof a - 300 * sizeof *a);
  first_journeys(again, 6, 0, b, HEAD);
  assert_memory_not_equal(a, b, sizeof a);
  first_journeys(other, 5, 0, b, HEAD);
  assert_memory_not_equal(a, b, sizeof a);
  da_batches_close(batches), da_batches_close(again), da_batches_close(other);
  journeys_free(made);
}

static void a_shuffled_head_is_a_fair_sample(void **state) {
  (void)state;
  da_error err = {0};
  enum { N = 200000, HEAD = 20000, TENTHS = 10 };
  test_journeys *made = one_touch_journeys(N, 10);
  da_batches *batches;
  assert_ok(da_batches_open(&made->set, 9, false, 100, &batches, &err), err);
  static uint64_t head[HEAD];
  first_journeys(batches, 0, 0, head, HEAD);
  uint32_t count[TENTHS] = {0};
  for (int i = 0; i < HEAD; i++) count[head[i] * TENTHS / N]++;
  for (int i = 0; i < TENTHS; i++) assert_true(fabs(count[i] - HEAD / 10.0) < 5 * sqrt(HEAD * 0.1 * 0.9));
  da_batches_close(batches);
  journeys_free(made);
}

static void failed_allocations_leave_nothing_behind(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = one_touch_journeys(3000, 10);
  for (uint64_t nth = 1;; nth++) {
    da_batches *batches = NULL;
    const uint64_t *journeys;
    uint32_t size;
    da_mem_fail_at(nth);
    da_status status = da_batches_open(&made->set, 1, true, 100, &batches, &err);
    if (status == DA_OK) status = da_batches_start(batches, 0, 0, &err);
    if (status == DA_OK) status = da_batches_next(batches, &journeys, &size, &err);
    bool failed = da_mem_count() >= nth;
    da_mem_fail_at(0);
    da_batches_close(batches);
    assert_int_equal(status, failed ? DA_ERR_MEM : DA_OK);
    if (!failed) break;
  }
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_epoch_gives_every_train_journey_once),
      cmocka_unit_test(oversampling_brings_both_outcomes_to_parity),
      cmocka_unit_test(nothing_is_repeated_where_conversions_are_none_or_most),
      cmocka_unit_test(the_order_is_a_function_of_seed_and_epoch),
      cmocka_unit_test(a_shuffled_head_is_a_fair_sample),
      cmocka_unit_test(failed_allocations_leave_nothing_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
