/* Oracle: the incremental method's own result, read directly; spreads from totals and resamples. */
#include "pipeline/intervals.h"

#include "credit/incremental.h"
#include "credit/pass.h"
#include "credit/resample.h"
#include "support/credit.h"

/* Gathers the intervals of five methods on a random log. */
static void check(double coverage) {
  da_error err = {0};
  da_config config = credit_config();
  config.credit.intervals = coverage;
  config.credit.bootstrap = 5;
  test_journeys *made = journeys_random(5, 300, 4, 5);
  da_credit_input input = {.set = &made->set, .config = &config};
  const da_method *methods[] = {&da_method_incremental, &da_method_removal, da_method_find("linear"), da_method_find("markov"),
                                da_method_find("logistic")};
  enum { LINEAR = 2, MARKOV, LOGISTIC, N };
  da_fitted fitted;
  assert_ok(da_fitted_open(&input, methods, N, &fitted, &err), err);
  da_pass *pass;
  da_pass_options options = {0};
  assert_ok(da_pass_open(&input, &fitted, &options, &pass, &err), err);
  assert_ok(da_pass_finish(pass, &err), err);
  const da_credit_totals *totals = da_pass_totals(pass);
  da_arena arena = {0};
  da_run_facts facts = {0};
  assert_ok(da_intervals_gather(&input, &fitted, totals, &arena, &facts, &err), err);
  if (coverage == 0) {
    assert_null(facts.intervals);
  } else {
    const da_incremental_result *result = da_incremental_result_of(fitted.states[0]);
    assert_near(facts.interval_coverage, coverage, 0);
    double spread[4];
    assert_ok(da_resample_spread(&input, methods[MARKOV], DA_RESAMPLE_MOST_TOUCHES, 5, spread, &err), err);
    assert_non_null(facts.intervals[LOGISTIC].low);
    for (int k = 0; k < 4; k++) {
      double half = 1.6448536 * totals->methods[LINEAR].spread[k], middle = totals->methods[LINEAR].conversions[k];
      assert_near(facts.intervals[LINEAR].low[k], middle - half, 1e-6 * half);
      assert_near(facts.intervals[LINEAR].high[k], middle + half, 1e-6 * half);
      assert_near(facts.intervals[MARKOV].high[k] - facts.intervals[MARKOV].low[k], 2 * 1.6448536 * spread[k], 1e-6 * spread[k]);
    }
    for (uint32_t k = 0; k < result->n_campaigns; k++) {
      assert_near(facts.intervals[0].low[k], result->campaigns[k].shapley.low, 0);
      assert_near(facts.intervals[0].high[k], result->campaigns[k].shapley.high, 0);
      assert_near(facts.intervals[1].low[k], result->campaigns[k].removal.low, 0);
      assert_near(facts.intervals[1].high[k], result->campaigns[k].removal.high, 0);
    }
  }
  da_arena_free(&arena);
  da_pass_close(pass);
  da_fitted_close(&fitted);
  journeys_free(made);
}

static void methods_have_intervals_of_their_kind(void **state) {
  (void)state;
  check(.9);
}

static void without_resamples_there_are_none(void **state) {
  (void)state;
  check(0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(methods_have_intervals_of_their_kind),
      cmocka_unit_test(without_resamples_there_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
