/* Oracle: the fitted method's own result, read directly. */
#include "pipeline/intervals.h"

#include "credit/incremental.h"
#include "support/credit.h"

/* Gathers the intervals of linear, incremental and removal on a random log. */
static void check(double coverage) {
  da_error err = {0};
  da_config config = credit_config();
  config.credit.intervals = coverage;
  config.credit.bootstrap = 5;
  test_journeys *made = journeys_random(5, 300, 4, 5);
  da_credit_input input = {.set = &made->set, .config = &config};
  const da_method *methods[] = {&da_method_incremental, &da_method_removal, da_method_find("linear")};
  da_fitted fitted;
  assert_ok(da_fitted_open(&input, methods, 3, &fitted, &err), err);
  da_arena arena = {0};
  da_run_facts facts = {0};
  assert_ok(da_intervals_gather(&fitted, made->set.campaigns.n, &arena, &facts, &err), err);
  if (coverage == 0) {
    assert_null(facts.intervals);
  } else {
    const da_incremental_result *result = da_incremental_result_of(fitted.states[0]);
    assert_near(facts.interval_coverage, coverage, 0);
    assert_null(facts.intervals[2].low);
    for (uint32_t k = 0; k < result->n_campaigns; k++) {
      assert_near(facts.intervals[0].low[k], result->campaigns[k].shapley.low, 0);
      assert_near(facts.intervals[0].high[k], result->campaigns[k].shapley.high, 0);
      assert_near(facts.intervals[1].low[k], result->campaigns[k].removal.low, 0);
      assert_near(facts.intervals[1].high[k], result->campaigns[k].removal.high, 0);
    }
  }
  da_arena_free(&arena);
  da_fitted_close(&fitted);
  journeys_free(made);
}

static void both_incremental_methods_have_intervals(void **state) {
  (void)state;
  check(.9);
}

static void without_resamples_there_are_none(void **state) {
  (void)state;
  check(0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_incremental_methods_have_intervals),
      cmocka_unit_test(without_resamples_there_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
