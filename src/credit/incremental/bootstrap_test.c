/* Oracle: tables of the normal distribution; one number of threads against another. */
#include "credit/incremental/bootstrap.h"
#include "support/incremental.h"

static void reaches_are_those_of_the_normal(void **state) {
  (void)state;
  assert_near(da_bootstrap_reach(.9), 1.6448536, 1e-6);
  assert_near(da_bootstrap_reach(.95), 1.9599640, 1e-6);
}

static const da_pins no_pins = {0};

static void spreads_are_positive_and_the_same_at_any_number_of_threads(void **state) {
  (void)state;
  da_error err = {0};
  double sd[2][5 * 4 + 1] = {{0}};
  for (int run = 0; run < 2; run++) {
    prepared *p = prepare_set(journeys_random(3, 200, 4, 5), 1 + 2 * run);
    da_answer answer = {.form = DA_FORM_HAZARD, .data = p->data};
    da_hazard_options options = {0};
    assert_ok(da_hazard_init(&p->data, (da_hazard_structure){.user_term = true}, &answer.hazard, &err), err);
    assert_ok(da_hazard_fit(&p->data, &options, &answer.hazard, &err), err);
    da_bootstrap found = {sd[run], sd[run] + 4, sd[run] + 8, sd[run] + 12, 0, 0};
    assert_ok(da_bootstrap_run(&answer, &no_pins, 8, 1, p->pool, NULL, &found, &err), err);
    assert_true(found.baseline > 0);
    sd[run][20] = found.baseline;
    assert_int_equal(found.n_done, 8);
    da_hazard_free(&answer.hazard);
    prepared_free(p);
  }
  assert_memory_equal(sd[0], sd[1], sizeof sd[0]);
}

static void an_experiment_is_as_unsure_as_its_standard_error(void **state) {
  (void)state;
  da_error err = {0};
  double sd[2][4 * 4];
  prepared *p = prepare_set(journeys_random(3, 400, 4, 5), 2);
  da_answer answer = {.form = DA_FORM_HAZARD, .data = p->data};
  da_hazard_options options = {0};
  assert_ok(da_hazard_init(&p->data, (da_hazard_structure){0}, &answer.hazard, &err), err);
  assert_ok(da_hazard_fit(&p->data, &options, &answer.hazard, &err), err);
  for (int exact = 0; exact < 2; exact++) {
    const da_pin pin = {.campaign = 2, .conversions = 5, .standard_error = exact ? 0 : 1.5}; /* surer than the log by far */
    const da_pins pins = {&pin, 1};
    da_held held[4];
    assert_ok(da_pins_hold(&answer, &pins, NULL, p->pool, held, NULL, &err), err);
    answer.held = held;
    da_bootstrap found = {sd[exact], sd[exact] + 4, sd[exact] + 8, sd[exact] + 12, 0, 0};
    assert_ok(da_bootstrap_run(&answer, &pins, 60, 1, p->pool, NULL, &found, &err), err);
  }
  assert_true(sd[0][2] > .9 && sd[0][2] < 2.1);
  assert_near(sd[1][2], 0, 1e-7);
  assert_true(sd[1][1] > 0);
  da_hazard_free(&answer.hazard);
  prepared_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reaches_are_those_of_the_normal),
                                     cmocka_unit_test(spreads_are_positive_and_the_same_at_any_number_of_threads),
                                     cmocka_unit_test(an_experiment_is_as_unsure_as_its_standard_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
