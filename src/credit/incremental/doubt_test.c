/* Oracle: weights by hand; the credit of both structures, summed directly. */
#include "credit/incremental/doubt.h"
#include "support/incremental.h"

static void weights_follow_the_held_out_gains(void **state) {
  (void)state;
  double theta = 0, weight[DA_N_STRUCTURES];
  da_hazard fits[DA_N_STRUCTURES] = {{.theta = &theta}, {.theta = &theta}, {.theta = NULL}, {.theta = &theta}};
  da_evidence over_plain[DA_N_STRUCTURES] = {{0, 0, 0}, {1, 1, 0}, {50, 9, 0}, {-800, -9, 0}};
  da_doubt_weights(fits, over_plain, weight);
  assert_near(weight[1] / weight[0], exp(1), 1e-12);
  assert_near(weight[0] + weight[1], 1, 1e-12);
  assert_true(weight[2] == 0 && weight[3] == 0);
}

static void doubt_is_the_weighted_distance_to_the_others(void **state) {
  (void)state;
  da_error err = {0};
  prepared *p = prepare_set(journeys_random(3, 200, 4, 5), 2);
  da_hazard fits[DA_N_STRUCTURES] = {0};
  da_evidence over_plain[DA_N_STRUCTURES] = {{0, 0, 0}, {1.5, 1, 0}, {0, 0, 0}, {0, 0, 0}};
  double credit[2][2 * 4], numbers[4 * 4], baseline[2], weight[DA_N_STRUCTURES];
  for (int s = 0; s < 2; s++) {
    da_hazard_options options = {0};
    assert_ok(da_hazard_init(&p->data, da_structure_number(s), &fits[s], &err), err);
    assert_ok(da_hazard_fit(&p->data, &options, &fits[s], &err), err);
    da_answer answer = {.form = DA_FORM_HAZARD, .data = p->data, .hazard = fits[s]};
    da_answer_totals totals = {.shapley = credit[s], .removal = credit[s] + 4};
    assert_ok(da_answer_total(&answer, NULL, p->pool, &totals, &err), err);
    baseline[s] = totals.baseline;
  }
  da_answer chosen = {.form = DA_FORM_HAZARD, .data = p->data, .hazard = fits[0]};
  da_bootstrap doubt = {numbers, numbers + 4, numbers + 8, numbers + 12, 0, 0};
  assert_ok(da_doubt_measure(&chosen, fits, over_plain, &(da_pins){0}, p->pool, &doubt, &err), err);
  da_doubt_weights(fits, over_plain, weight);
  for (int k = 0; k < 4; k++) {
    assert_near(doubt.shapley[k], sqrt(weight[1]) * fabs(credit[1][k] - credit[0][k]), 1e-9);
    assert_near(doubt.removal[k], sqrt(weight[1]) * fabs(credit[1][4 + k] - credit[0][4 + k]), 1e-9);
  }
  assert_near(doubt.baseline, sqrt(weight[1]) * fabs(baseline[1] - baseline[0]), 1e-9);
  const da_pin pin = {.campaign = 1, .conversions = 4};
  assert_ok(da_doubt_measure(&chosen, fits, over_plain, &(da_pins){&pin, 1}, p->pool, &doubt, &err), err);
  assert_near(doubt.shapley[1], 0, 1e-7); /* an exact experiment leaves the structures nothing to differ about */
  assert_near(doubt.shapley[2], sqrt(weight[1]) * fabs(credit[1][2] - credit[0][2]), 1e-9);
  for (int s = 0; s < 2; s++) da_hazard_free(&fits[s]);
  prepared_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(weights_follow_the_held_out_gains),
                                     cmocka_unit_test(doubt_is_the_weighted_distance_to_the_others)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
