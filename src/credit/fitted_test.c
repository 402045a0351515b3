/* Oracle: methods that write down how they were called. */
#include "credit/fitted.h"

#include "support/credit.h"

/* How often each method was fitted and closed; the tests' input carries it in the place of a config. */
typedef struct {
  int n_fits, n_closes;
} ledger;

static da_status fit(const da_credit_input *input, void **state, da_error *err) {
  (void)err;
  *state = (void *)input->config;
  ((ledger *)*state)->n_fits++;
  return DA_OK;
}

static da_status fail_to_fit(const da_credit_input *input, void **state, da_error *err) {
  (void)input, (void)state;
  return da_fail(err, DA_ERR_NUM, "no convergence");
}

static da_status credit_ones(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit,
                             double *baseline, da_error *err) {
  (void)state, (void)input, (void)range, (void)err;
  credit[0] += 1;
  baseline[0] += 1;
  return DA_OK;
}

static void close_ledger(void *state) { ((ledger *)state)->n_closes++; }

static const da_method counted = {.name = "counted", .fit = fit, .credit = credit_ones, .close = close_ledger};
static const da_method failing = {.name = "failing", .fit = fail_to_fit, .credit = credit_ones, .close = close_ledger};

static void each_method_is_fitted_and_closed_once(void **state) {
  (void)state;
  da_error err = {0};
  ledger book = {0};
  const da_credit_input input = {.config = (const da_config *)&book};
  const da_method *methods[] = {&counted, da_method_find("linear"), &counted};
  da_fitted fitted;
  assert_ok(da_fitted_open(&input, methods, 3, &fitted, &err), err);
  assert_int_equal(fitted.n, 3);
  assert_int_equal(book.n_fits, 2);
  da_fitted_close(&fitted);
  da_fitted_close(&fitted);
  assert_int_equal(book.n_closes, 2);
}

static void a_fit_that_fails_closes_those_before_it(void **state) {
  (void)state;
  da_error err = {0};
  ledger book = {0};
  const da_credit_input input = {.config = (const da_config *)&book};
  const da_method *methods[] = {&counted, &failing, &counted};
  da_fitted fitted;
  assert_fails_with(da_fitted_open(&input, methods, 3, &fitted, &err), DA_ERR_NUM, err, "no convergence");
  assert_int_equal(book.n_fits, 1);
  assert_int_equal(book.n_closes, 1);
}

static void credit_begins_at_zero(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1! ; a@2!");
  const da_credit_input input = {.set = &made->set};
  const da_method *method = &counted;
  void *no_state = NULL;
  const da_fitted fitted = {.methods = &method, .states = &no_state, .n = 1};
  double credit[3] = {9, 9, 9}, baseline[2] = {9, 9};
  assert_ok(da_fitted_credit(&fitted, 0, &input, &(da_credit_range){.begin = 0, .end = 1}, credit, baseline, &err), err);
  assert_true(credit[0] == 1 && credit[1] == 0 && credit[2] == 9); /* the range has two touches and one journey */
  assert_true(baseline[0] == 1 && baseline[1] == 9);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_method_is_fitted_and_closed_once),
      cmocka_unit_test(a_fit_that_fails_closes_those_before_it),
      cmocka_unit_test(credit_begins_at_zero),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
