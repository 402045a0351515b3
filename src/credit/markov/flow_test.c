/* Oracle: the probability to convert from each state that is left, which must be what it was before, by repeated substitution. */
#include "credit/markov/flow.h"

#include "base/mem.h"
#include "support/credit.h"

/* chance: [n] to convert from each state. */
static void conversion_chances(const da_flow *flow, double *chance) {
  for (uint32_t s = 0; s < flow->n; s++) chance[s] = 0;
  for (int round = 0; round < 3000; round++) {
    for (uint32_t s = 0; s < flow->n; s++) {
      double sum = flow->convert[s], total = da_flow_total(flow, s);
      for (uint64_t i = flow->first[s]; i < flow->first[s + 1]; i++) sum += flow->flow[i] * chance[flow->to[i]];
      chance[s] = total > 0 ? sum / total : 0;
    }
  }
}

static da_flow flow_of(const test_journeys *made, int order) {
  da_error err = {0};
  da_paths paths;
  da_chain chain;
  da_flow flow;
  assert_ok(da_paths_init(&made->set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  assert_ok(da_chain_init(&paths, order, &chain, &err), err);
  assert_ok(da_flow_of_chain(&chain, &flow, &err), err);
  assert_int_equal(flow.n, chain.state.n - 1);
  da_chain_free(&chain);
  da_paths_free(&paths);
  return flow;
}

static size_t count_of(const da_flow *flow, uint32_t campaign) {
  size_t n = 0;
  for (uint32_t s = 0; s < flow->n; s++) n += flow->campaign[s] == campaign;
  return n;
}

/* States of the kept campaigns stay, in their order, and convert as they did; of the others some are gone. */
static void assert_reduced(const da_flow *whole, uint32_t first, uint32_t end, bool is_sparse) {
  da_error err = {0};
  da_flow reduced;
  assert_ok(da_flow_reduce(whole, first, end, &reduced, &err), err);
  assert_true(reduced.n < whole->n || !is_sparse);
  assert_true(reduced.first[reduced.n] <= whole->first[whole->n]);
  double *before = journeys_zeroed(whole->n, sizeof *before), *after = journeys_zeroed(whole->n, sizeof *after);
  conversion_chances(whole, before);
  conversion_chances(&reduced, after);
  for (uint32_t campaign = first; campaign < end; campaign++) {
    assert_int_equal(count_of(whole, campaign), count_of(&reduced, campaign));
    uint32_t r = 0;
    for (uint32_t s = 0; s < whole->n; s++) {
      if (whole->campaign[s] != campaign) continue;
      while (reduced.campaign[r] != campaign) r++;
      assert_near(after[r++], before[s], 1e-12);
    }
  }
  free(before), free(after);
  da_flow_free(&reduced);
}

static void what_is_left_converts_as_before(void **state) {
  (void)state;
  for (int order = 1; order <= 3; order++) {
    test_journeys *made = journeys_random(70 + (uint64_t)order, 60, 12, 6);
    da_flow flow = flow_of(made, order);
    for (uint32_t first = 0; first < 12; first += 5) assert_reduced(&flow, first, first + 2, order > 1);
    da_flow_free(&flow);
    journeys_free(made);
  }
}

/* (e) has one way in and two out: a -> e -> b and e -> conversion, as drawn in flow.h. */
static void a_state_between_two(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 e@1 b@2 | a@0 e@1 b@2 | a@0 e@1 b@2 | a@0 e@1!");
  da_flow flow = flow_of(made, 1), reduced;
  assert_ok(da_flow_reduce(&flow, 0, 1, &reduced, &err), err);
  assert_int_equal(reduced.n, 1);
  assert_true(reduced.convert[0] == 1 && reduced.end[0] == 3);
  da_flow_free(&reduced);
  da_flow_free(&flow);
  journeys_free(made);
}

static void memory_that_runs_out_is_an_error(void **state) {
  (void)state;
  test_journeys *made = journeys_random(9, 60, 12, 6);
  da_flow flow = flow_of(made, 2);
  da_status status = DA_ERR_MEM;
  for (uint64_t nth = 1; status != DA_OK; nth++) {
    da_error err = {0};
    da_flow reduced = {0};
    da_mem_fail_at(nth);
    status = da_flow_reduce(&flow, 0, 3, &reduced, &err);
    da_mem_fail_at(0);
    assert_true(status == DA_OK || status == DA_ERR_MEM);
    da_flow_free(&reduced);
  }
  da_flow_free(&flow);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_left_converts_as_before),
      cmocka_unit_test(a_state_between_two),
      cmocka_unit_test(memory_that_runs_out_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
