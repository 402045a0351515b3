/* Oracles: totals worked by hand, and methods that break the rules on purpose. */
#include "credit/totals.h"

#include "base/mem.h"
#include "support/credit.h"

/* One method over one block that holds all journeys. */
static da_status tally_one(const test_journeys *made, const double *credit, const double *baseline, da_credit_tally **tally,
                           const da_credit_totals **totals, da_error *err) {
  const da_method *method = da_method_find("linear");
  const da_credit_block block = {.end = made->set.n_journeys, .credit = &credit, .baseline = &baseline};
  DA_TRY(da_credit_tally_open(&made->set, &method, 1, tally, err));
  DA_TRY(da_credit_tally_add(*tally, &block, 0, err));
  DA_TRY(da_credit_tally_add(*tally, &block, 1, err));
  return da_credit_tally_finish(*tally, totals, err);
}

static void campaigns_get_what_their_touches_got(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1 a@2!10 ; b@3 | c@0 b@1!2.5 ; c@4!");
  made->set.n_unattributed = 2;
  made->set.unattributed_value = 7;
  const double credit[] = {.25, .5, .125, 0, .75, .5, 1}, baseline[] = {.125, 0, -.25, 0};
  da_credit_tally *tally;
  const da_credit_totals *totals;
  assert_ok(tally_one(made, credit, baseline, &tally, &totals, &err), err);
  const double conversions[] = {.375, 1, 1.75}, value[] = {3.75, 5 + 1.25, 1.88}; /* of 1.875, and .625 for the baseline: in cents */
  assert_memory_equal(totals->methods[0].conversions, conversions, sizeof conversions);
  assert_memory_equal(totals->methods[0].value, value, sizeof value);
  /* a: the first user .25 + .125; b: .5 by the first, .5 by the second; c: the second .75 + 1 */
  const double spread[] = {.375, sqrt(.5), 1.75};
  for (int k = 0; k < 3; k++) assert_near(totals->methods[0].spread[k], spread[k], 1e-15);
  assert_true(totals->methods[0].baseline == -.125 && totals->methods[0].baseline_value == .62);
  const uint64_t touches[] = {2, 3, 2}, converting_touches[] = {2, 2, 2}, converting_journeys[] = {1, 2, 2};
  assert_memory_equal(totals->touches, touches, sizeof touches);
  assert_memory_equal(totals->converting_touches, converting_touches, sizeof converting_touches);
  assert_memory_equal(totals->converting_journeys, converting_journeys, sizeof converting_journeys);
  assert_int_equal(totals->n_conversions, 3);
  assert_int_equal(totals->n_unattributed, 2);
  assert_true(totals->has_value && totals->value == 12.5 && totals->unattributed_value == 7);
  da_credit_tally_close(tally);
  journeys_free(made);
}

static void without_values_there_are_none(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1! | b@1!");
  const double credit[] = {.5, .5, 1}, baseline[2] = {0};
  da_credit_tally *tally;
  const da_credit_totals *totals;
  assert_ok(tally_one(made, credit, baseline, &tally, &totals, &err), err);
  assert_false(totals->has_value);
  assert_null(totals->methods[0].value);
  assert_true(totals->methods[0].conversions[1] == 1.5);
  da_credit_tally_close(tally);
  journeys_free(made);
}

/* The credit and baseline of "a@0 b@1! ; b@2" must be refused with words in the message. */
static void assert_refused(const double *credit, const double *baseline, const char *words) {
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1! ; b@2");
  da_credit_tally *tally;
  const da_credit_totals *totals = NULL;
  assert_fails_with(tally_one(made, credit, baseline, &tally, &totals, &err), DA_ERR_NUM, err, words);
  assert_null(totals);
  da_credit_tally_close(tally);
  journeys_free(made);
}

static void credit_that_does_not_sum_to_its_conversion_is_refused(void **state) {
  (void)state;
  const double none[] = {0, 0};
  assert_refused((const double[]){.5, .4, 0}, none,
                 "linear: expected the credit and baseline of the conversion of journey 0 to sum to 1 but found 0.9");
  assert_refused((const double[]){.5, .5 + 2e-9, 0}, none, "sum to 1");
  assert_refused((const double[]){.5, .5, 0}, (const double[]){.1, 0}, "sum to 1");
  assert_refused((const double[]){.5, NAN, 0}, none, "nan");
  assert_refused((const double[]){INFINITY, -INFINITY, 0}, none, "nan");
}

static void credit_without_a_conversion_is_refused(void **state) {
  (void)state;
  const double none[] = {0, 0};
  assert_refused((const double[]){.5, .5, -.25}, none, "expected no credit for journey 1, which did not convert, but found 0.25");
  assert_refused((const double[]){.5, .5, NAN}, none, "journey 1");
  assert_refused((const double[]){.5, .5, 0}, (const double[]){0, .1}, "journey 1");
}

static void totals_that_miss_a_conversion_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1!5 ; b@2");
  made->set.n_conversions = 2; /* one more than the flags say */
  const double credit[] = {.5, .5, 0}, baseline[] = {0, 0};
  da_credit_tally *tally;
  const da_credit_totals *totals;
  assert_fails_with(tally_one(made, credit, baseline, &tally, &totals, &err), DA_ERR_NUM, err,
                    "linear: expected credit, baseline and unattributed to sum to the conversions of the input, 2, but found 1");
  da_credit_tally_close(tally);
  made->set.n_conversions = 1;
  made->value[0] = NAN;
  assert_fails_with(tally_one(made, credit, baseline, &tally, &totals, &err), DA_ERR_NUM, err, "value");
  da_credit_tally_close(tally);
  journeys_free(made);
}

static void memory_that_runs_out_is_an_error_at_every_allocation(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@0 b@1!5");
  const da_method *method = da_method_find("linear");
  da_credit_tally *tally = NULL;
  da_error err = {0};
  uint64_t nth = 0;
  do {
    da_mem_fail_at(++nth);
    err.code = da_credit_tally_open(&made->set, &method, 1, &tally, &err);
    if (err.code != DA_OK) assert_int_equal(err.code, DA_ERR_MEM);
  } while (err.code != DA_OK);
  da_mem_fail_at(0);
  assert_true(nth > 1);
  da_credit_tally_close(tally);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(campaigns_get_what_their_touches_got),
      cmocka_unit_test(without_values_there_are_none),
      cmocka_unit_test(credit_that_does_not_sum_to_its_conversion_is_refused),
      cmocka_unit_test(credit_without_a_conversion_is_refused),
      cmocka_unit_test(totals_that_miss_a_conversion_are_refused),
      cmocka_unit_test(memory_that_runs_out_is_an_error_at_every_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
