/* Oracle: worked journeys by hand; on random journeys, every path is looked up among all journeys. */
#include "credit/paths/paths.h"

#include "base/mem.h"
#include "support/journeys.h"

static void assert_path(const da_paths *paths, uint32_t number, const char *wanted, double converted, double other, double value) {
  size_t length;
  const uint32_t *item = da_sequence(&paths->path, number, &length);
  assert_int_equal(length, strlen(wanted));
  for (size_t i = 0; i < length; i++) assert_int_equal(item[i], wanted[i] - 'a');
  assert_true(paths->converted[number] == converted && paths->other[number] == other && paths->value[number] == value);
}

static void the_three_kinds(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("b@0 a@1 b@2!5 ; b@3 a@4 b@5 | a@0 b@1!2 | c@0 ; b@1 a@2!1 | a@5 b@6");
  da_paths paths;
  assert_ok(da_paths_init(&made->set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  assert_int_equal(paths.path.n, 4);
  assert_path(&paths, 0, "bab", 1, 1, 5);
  assert_path(&paths, 1, "ab", 1, 1, 2);
  assert_path(&paths, 2, "c", 0, 1, 0);
  assert_path(&paths, 3, "ba", 1, 0, 1);
  assert_true(paths.n_converted == 3 && paths.n_other == 3);
  da_paths_free(&paths);
  assert_ok(da_paths_init(&made->set, DA_PATH_ORDER, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  assert_int_equal(paths.path.n, 3);
  assert_path(&paths, 0, "ba", 2, 1, 6);
  assert_path(&paths, 1, "ab", 1, 1, 2);
  da_paths_free(&paths);
  assert_ok(da_paths_init(&made->set, DA_PATH_SET, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  assert_int_equal(paths.path.n, 2);
  assert_path(&paths, 0, "ab", 3, 2, 8);
  assert_path(&paths, 1, "c", 0, 1, 0);
  da_paths_free(&paths);
  assert_ok(da_paths_init(&made->set, DA_PATH_SET, 1 << DA_SET_VAL, NULL, &paths, &err), err);
  assert_int_equal(paths.path.n, 1); /* users go to train, val, test in turn: the second one */
  assert_path(&paths, 0, "ab", 1, 0, 2);
  da_paths_free(&paths);
  journeys_free(made);
}

static void every_journey_is_in_its_path(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(5, 3000, 3, 4);
  const da_journeys *set = &made->set;
  da_pool *pool;
  assert_ok(da_pool_open(2, &pool, &err), err);
  da_paths paths;
  assert_ok(da_paths_init(set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, pool, &paths, &err), err);
  assert_true(paths.path.n <= 3 + 9 + 27 + 81);
  for (uint32_t p = 0; p < paths.path.n; p++) {
    size_t length;
    const uint32_t *item = da_sequence(&paths.path, p, &length);
    double converted = 0, other = 0;
    for (uint64_t j = 0; j < set->n_journeys; j++) {
      if (da_journey_length(set, j) != length || memcmp(set->campaign + set->first_touch[j], item, length * sizeof *item) != 0) continue;
      converted += da_journey_converted(set, j);
      other += !da_journey_converted(set, j);
    }
    assert_true(paths.converted[p] == converted && paths.other[p] == other);
  }
  assert_true(paths.n_converted + paths.n_other == (double)set->n_journeys);
  da_paths_free(&paths);
  da_pool_close(pool);
  journeys_free(made);
}

static void memory_that_runs_out_is_an_error(void **state) {
  (void)state;
  test_journeys *made = journeys_random(5, 50, 3, 4);
  da_status status = DA_ERR_MEM;
  for (uint64_t nth = 1; status != DA_OK; nth++) {
    da_error err = {0};
    da_paths paths;
    da_mem_fail_at(nth);
    status = da_paths_init(&made->set, DA_PATH_SET, DA_PATHS_ALL_SETS, NULL, &paths, &err);
    da_mem_fail_at(0);
    assert_true(status == DA_OK || status == DA_ERR_MEM);
    da_paths_free(&paths);
  }
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_three_kinds),
      cmocka_unit_test(every_journey_is_in_its_path),
      cmocka_unit_test(memory_that_runs_out_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
