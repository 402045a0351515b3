/* Oracle: logs whose form is plain: conversions that need time at risk, or that do not. */
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
  assert_ok(da_choice_structure(&p->data, NULL, allowed, NULL, fits, evidence, &best, &err), err);
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
    assert_ok(da_choice_structure(&p->data, NULL, allowed, NULL, fits, evidence, &best, &err), err);
    assert_true((best == 2) == (evidence[2].z > 2));
    n_plain += best == 0;
    for (int s = 0; s < DA_N_STRUCTURES; s++) da_hazard_free(&fits[s]);
    prepared_free(p);
  }
  assert_true(n_plain >= 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(held_out_users_tell_the_forms_apart),
                                     cmocka_unit_test(without_evidence_the_plain_structure_stays),
                                     cmocka_unit_test(structures_that_are_not_allowed_are_not_fitted)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
