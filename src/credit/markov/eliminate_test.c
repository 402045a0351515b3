/* Oracle: walks that are followed until they end, on chains of as many campaigns as make all sizes of halves. */
#include "credit/markov/eliminate.h"

#include "base/mem.h"
#include "credit/markov/removal.h"
#include "support/credit.h"

static void halves_of_all_sizes(void **state) {
  (void)state;
  da_error err = {0};
  for (uint32_t n = 1; n <= 40; n += n < 12 ? 1 : 7) {
    test_journeys *made = journeys_random(n, 80, n, 9);
    da_paths paths;
    da_chain chain;
    assert_ok(da_paths_init(&made->set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
    assert_ok(da_chain_init(&paths, 1, &chain, &err), err);
    double eliminated[40], walked[40];
    assert_ok(da_chain_eliminate(&chain, NULL, eliminated, &err), err);
    assert_ok(da_chain_walk(&chain, NULL, walked, &err), err);
    for (uint32_t c = 0; c < n; c++) assert_near(eliminated[c], walked[c], 1e-11 * (double)made->set.n_journeys);
    da_chain_free(&chain);
    da_paths_free(&paths);
    journeys_free(made);
  }
}

static void memory_that_runs_out_is_an_error(void **state) {
  (void)state;
  test_journeys *made = journeys_random(4, 50, 5, 7);
  da_paths paths;
  da_chain chain;
  da_error err = {0};
  double through[5];
  assert_ok(da_paths_init(&made->set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  assert_ok(da_chain_init(&paths, 1, &chain, &err), err);
  da_status status = DA_ERR_MEM;
  for (uint64_t nth = 1; status != DA_OK; nth++) {
    da_mem_fail_at(nth);
    status = da_chain_eliminate(&chain, NULL, through, &err);
    da_mem_fail_at(0);
    assert_true(status == DA_OK || status == DA_ERR_MEM);
  }
  da_chain_free(&chain);
  da_paths_free(&paths);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(halves_of_all_sizes),
      cmocka_unit_test(memory_that_runs_out_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
