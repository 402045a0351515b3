/* Oracle: a chain drawn by hand; on random paths, counts made by reading every path again. */
#include "credit/markov/chain.h"

#include "base/mem.h"
#include "support/credit.h"

static double edge(const da_chain *chain, const uint32_t *from, size_t n_from, const uint32_t *to, size_t n_to) {
  uint32_t f, t, e;
  if (!da_sequences_find(&chain->state, from, n_from, &f) || !da_sequences_find(&chain->state, to, n_to, &t)) return 0;
  return da_sequences_find(&chain->edge, (const uint32_t[]){f, t}, 2, &e) ? chain->edge_count[e] : 0;
}

static void order_two_by_hand(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1 c@2! | a@0 b@1 | b@0 | a@0 b@1 c@2!");
  da_paths paths;
  da_chain chain;
  assert_ok(da_paths_init(&made->set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  assert_ok(da_chain_init(&paths, 2, &chain, &err), err);
  const uint32_t a = 0, b = 1, ab[] = {0, 1}, bc[] = {1, 2};
  assert_int_equal(chain.state.n, 5); /* start, a, ab, bc, b */
  assert_true(edge(&chain, NULL, 0, &a, 1) == 3 && edge(&chain, NULL, 0, &b, 1) == 1);
  assert_true(edge(&chain, &a, 1, ab, 2) == 3 && edge(&chain, ab, 2, bc, 2) == 2 && edge(&chain, &b, 1, bc, 2) == 0);
  uint32_t s;
  assert_true(da_sequences_find(&chain.state, ab, 2, &s));
  assert_true(chain.total[s] == 3 && chain.other[s] == 1 && chain.converted[s] == 0);
  assert_int_equal(da_chain_campaign(&chain, s), 1);
  assert_int_equal(chain.first_out[s + 1] - chain.first_out[s], 1);
  assert_true(chain.total[0] == 4);
  da_chain_free(&chain);
  da_paths_free(&paths);
  journeys_free(made);
}

static void as_much_flows_in_as_out(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(4, 500, 5, 7);
  da_paths paths;
  assert_ok(da_paths_init(&made->set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  for (int order = 1; order <= DA_CHAIN_MAX_ORDER; order++) {
    da_chain chain;
    assert_ok(da_chain_init(&paths, order, &chain, &err), err);
    double *in = journeys_zeroed(chain.state.n, sizeof *in), ends = 0;
    in[0] = (double)made->set.n_journeys;
    for (uint32_t e = 0; e < chain.edge.n; e++) in[da_chain_target(&chain, e)] += chain.edge_count[e];
    for (uint32_t s = 0; s < chain.state.n; s++) {
      assert_true(in[s] == chain.total[s]);
      ends += chain.converted[s] + chain.other[s];
      for (uint64_t i = chain.first_out[s]; i < chain.first_out[s + 1]; i++) assert_int_equal(chain.edge.item[2 * chain.out[i]], s);
    }
    assert_true(ends == (double)made->set.n_journeys);
    free(in);
    da_chain_free(&chain);
  }
  da_paths_free(&paths);
  journeys_free(made);
}

static void memory_that_runs_out_is_an_error(void **state) {
  (void)state;
  test_journeys *made = journeys_random(4, 50, 5, 7);
  da_paths paths;
  da_error err = {0};
  assert_ok(da_paths_init(&made->set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  da_status status = DA_ERR_MEM;
  for (uint64_t nth = 1; status != DA_OK; nth++) {
    da_chain chain;
    da_mem_fail_at(nth);
    status = da_chain_init(&paths, 2, &chain, &err);
    da_mem_fail_at(0);
    assert_true(status == DA_OK || status == DA_ERR_MEM);
    da_chain_free(&chain);
  }
  da_paths_free(&paths);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_two_by_hand),
      cmocka_unit_test(as_much_flows_in_as_out),
      cmocka_unit_test(memory_that_runs_out_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
