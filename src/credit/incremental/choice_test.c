/* Oracle: logs whose form and structure are plain: conversions that need time at risk, or that do not; users whose demand brings
 * touches and conversions alike, or who are all the same. */
#include "credit/incremental/choice.h"
#include "support/incremental.h"

static void held_out_users_tell_the_forms_apart(void **state) {
  (void)state;
  da_error err = {0};
  for (int hazard = 0; hazard < 2; hazard++) {
    prepared *p = prepare_set(draw_log(hazard, 1), 2);
    da_journey_counts counts;
    da_hazard plain;
    da_hazard_options options = {0};
    da_evidence evidence;
    bool with_first;
    assert_ok(da_choice_journey_design(&p->timeline, 9, p->pool, &counts, &with_first, &err), err);
    assert_ok(da_hazard_init(&p->data, (da_hazard_structure){0}, &plain, &err), err);
    assert_ok(da_hazard_fit(&p->data, &options, &plain, &err), err);
    assert_ok(da_choice_form(&p->data, &plain, &counts, with_first, &evidence, &err), err);
    assert_true(hazard ? evidence.z > 2 : evidence.z < -2);
    da_hazard_free(&plain);
    da_journey_counts_free(&counts);
    prepared_free(p);
  }
}

static void structures_that_are_not_allowed_are_not_fitted(void **state) {
  (void)state;
  da_error err = {0};
  prepared *p = prepare_set(draw_log(true, 2), 2);
  da_hazard fits[DA_N_STRUCTURES];
  da_evidence evidence[DA_N_STRUCTURES];
  const bool allowed[] = {true, true, false, false};
  int best = -1;
  assert_ok(da_choice_structure(&p->data, allowed, NULL, fits, evidence, &best, &err), err);
  assert_true(best == 0 || best == 1);
  assert_true(fits[0].theta && fits[1].theta && !fits[2].theta && !fits[3].theta);
  assert_true(evidence[1].z != 0 && evidence[2].z == 0);
  for (int s = 0; s < DA_N_STRUCTURES; s++) da_hazard_free(&fits[s]);
  prepared_free(p);
}

/* draw_log's conversions come at one rate: no part can have more than chance to show for itself. */
static void without_evidence_the_plain_structure_stays(void **state) {
  (void)state;
  da_error err = {0};
  int n_plain = 0;
  for (uint64_t seed = 1; seed <= 4; seed++) {
    prepared *p = prepare_set(draw_log(true, seed), 2);
    da_hazard fits[DA_N_STRUCTURES];
    da_evidence evidence[DA_N_STRUCTURES];
    const bool allowed[] = {true, false, true, false};
    int best = -1;
    assert_ok(da_choice_structure(&p->data, allowed, NULL, fits, evidence, &best, &err), err);
    assert_true((best == 2) == (evidence[2].z > 2));
    n_plain += best == 0;
    for (int s = 0; s < DA_N_STRUCTURES; s++) da_hazard_free(&fits[s]);
    prepared_free(p);
  }
  assert_true(n_plain >= 3);
}

/* Touches do nothing. Every other user wants to buy: he converts at five times the rate, and most of his touches are of c00002. */
static test_journeys *draw_demand(uint64_t seed) {
  enum { N = 2000, MOST = 6 };
  test_journeys *made = journeys_room(N * MOST, 3);
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, seed, 9);
  for (uint32_t c = 0; c < 3; c++) snprintf(made->name_text[c], sizeof made->name_text[c], "c%05u", c);
  for (int user = 0; user < N; user++) {
    bool wants = user % 2;
    uint64_t n = 1 + da_random_below(&random, wants ? MOST : MOST / 2);
    double step = 30 / (double)n, shift = da_random_uniform(&random);
    for (uint64_t i = 0; i < n; i++) {
      made->campaign[set->n_touches] = da_random_uniform(&random) < (wants ? .7 : .1) ? 2 : (uint32_t)da_random_below(&random, 2);
      made->time_us[set->n_touches++] = (int64_t)(step * ((double)i + shift) * (double)DAY_US);
      bool converted = da_random_uniform(&random) < 1 - exp(-(wants ? .02 : .004) * step);
      if (converted || i + 1 == n) journeys_end_one(made, DA_SET_TRAIN, converted);
    }
    made->first_journey[++set->n_users] = set->n_journeys;
  }
  journeys_finish(made, 3, false);
  return made;
}

static bool takes_user_term(test_journeys *made) {
  da_error err = {0};
  prepared *p = prepare_set(made, 2);
  da_hazard fits[DA_N_STRUCTURES];
  da_evidence evidence[DA_N_STRUCTURES];
  const bool allowed[] = {true, true, false, false};
  int best = -1;
  assert_ok(da_choice_structure(&p->data, allowed, NULL, fits, evidence, &best, &err), err);
  assert_near(evidence[1].fitted, fits[1].loglik - fits[0].loglik, 1e-9);
  for (int s = 0; s < DA_N_STRUCTURES; s++) da_hazard_free(&fits[s]);
  prepared_free(p);
  return best == 1;
}

static void hidden_demand_is_seen_and_not_made_up(void **state) {
  (void)state;
  int n_made_up = 0;
  for (uint64_t seed = 1; seed <= 6; seed++) {
    assert_true(takes_user_term(draw_demand(seed)));
    n_made_up += takes_user_term(draw_log(true, seed));
  }
  assert_true(n_made_up <= 1); /* each with a chance of .01 */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(held_out_users_tell_the_forms_apart), cmocka_unit_test(without_evidence_the_plain_structure_stays),
      cmocka_unit_test(hidden_demand_is_seen_and_not_made_up), cmocka_unit_test(structures_that_are_not_allowed_are_not_fitted)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
