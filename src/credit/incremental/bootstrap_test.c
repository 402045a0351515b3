/* Oracle: tables of the normal distribution; one number of threads against another. */
#include "credit/incremental/bootstrap.h"
#include "support/incremental.h"

static void reaches_are_those_of_the_normal(void **state) {
  (void)state;
  assert_near(da_bootstrap_reach(.9), 1.6448536, 1e-6);
  assert_near(da_bootstrap_reach(.95), 1.9599640, 1e-6);
}

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
    assert_ok(da_bootstrap_run(&answer, NULL, 8, 1, p->pool, NULL, &found, &err), err);
    assert_true(found.baseline > 0);
    sd[run][20] = found.baseline;
    assert_int_equal(found.n_done, 8);
    da_hazard_free(&answer.hazard);
    prepared_free(p);
  }
  assert_memory_equal(sd[0], sd[1], sizeof sd[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reaches_are_those_of_the_normal),
                                     cmocka_unit_test(spreads_are_positive_and_the_same_at_any_number_of_threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
