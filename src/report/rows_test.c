/* Oracle: rows worked by hand. */
#include "report/rows.h"

#include "support/report.h"

static void a_campaign_has_its_credit_and_quotients(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@1!30 ; b@3 a@4 | a@1! | b@2!10"), false, 1);
  run.made->set.n_unattributed = 1;
  run.made->set.unattributed_value = 5;
  const double spend[] = {6, NAN}, low[] = {1, 2}, high[] = {3, 4}, truth[] = {.5, .25};
  da_interval_facts intervals[64] = {{0}};
  report_finish(&run);
  size_t linear = report_method(&run, "linear");
  intervals[linear] = (da_interval_facts){low, high};
  run.facts.spend = spend;
  run.facts.truth = truth;
  run.facts.intervals = intervals;
  da_credit_row a = da_row_of_campaign(&run.report, linear, 0);
  assert_true(a.touches == 3 && a.journeys == 2);
  assert_true(a.conversions == 1.5 && a.value == 15 && a.share == 1.5 / 4);
  assert_true(a.spend == 6 && a.cpa == 4 && a.roas == 2.5);
  assert_true(a.low == 1 && a.high == 3 && a.truth == .5);
  assert_true(a.cpa_low == 2 && a.cpa_high == 6 && a.roas_low == 2.5 / 1.5 && a.roas_high == 5);
  da_credit_row b = da_row_of_campaign(&run.report, report_method(&run, "last_touch"), 1);
  assert_true(b.conversions == 2 && b.value == 40 && isnan(b.spend) && isnan(b.cpa) && isnan(b.roas) && isnan(b.low));
  da_credit_row unattributed = da_row_of_unattributed(&run.report);
  assert_true(unattributed.conversions == 1 && unattributed.value == 5 && unattributed.share == .25 && unattributed.touches == 0);
  const uint32_t order[] = {1, 0};
  da_credit_row both = da_row_of_campaigns(&run.report, linear, order, 2);
  assert_true(both.conversions == 3 && both.value == 40 && both.spend == 6 && both.touches == 6 && both.truth == .75);
  da_credit_row all = da_row_of_all_campaigns(&run.report, linear);
  assert_memory_equal(&all, &both, sizeof all);
  da_credit_row none = da_row_of_campaigns(&run.report, linear, order, 1);
  assert_true(isnan(none.spend) && isnan(none.roas));
  report_close(&run);
}

static void a_baseline_is_a_row_of_its_own(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@0!8");
  const da_method *method = da_method_find("linear");
  double conversions[] = {.75}, value[] = {6};
  uint64_t touches[] = {1};
  da_method_totals credit = {.method = method, .conversions = conversions, .value = value, .baseline = .25, .baseline_value = 2};
  const da_credit_totals totals = {.n_campaigns = 1,
                                   .n_methods = 1,
                                   .touches = touches,
                                   .converting_touches = touches,
                                   .converting_journeys = touches,
                                   .methods = &credit,
                                   .n_conversions = 1,
                                   .has_value = true,
                                   .value = 8};
  const da_run_facts facts = {0};
  const da_report report = {&made->set, &totals, &facts};
  da_credit_row baseline = da_row_of_baseline(&report, 0);
  assert_true(baseline.conversions == .25 && baseline.value == 2 && baseline.share == .25 && isnan(baseline.spend));
  journeys_free(made);
}

static void what_is_unknown_is_nan(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@1"), false, 1); /* no conversion, no value */
  report_finish(&run);
  da_credit_row a = da_row_of_campaign(&run.report, 0, 0);
  assert_true(a.conversions == 0 && isnan(a.share) && isnan(a.value) && isnan(a.cpa) && isnan(a.roas) && isnan(a.truth));
  report_close(&run);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_campaign_has_its_credit_and_quotients),
      cmocka_unit_test(a_baseline_is_a_row_of_its_own),
      cmocka_unit_test(what_is_unknown_is_nan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
