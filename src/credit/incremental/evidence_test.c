/* Oracle: a log in which nothing modulates anything: conversions need time at risk alone. */
#include "credit/incremental/evidence.h"
#include "support/incremental.h"

static void modulators_without_evidence_fade(void **state) {
  (void)state;
  da_error err = {0};
  prepared *p = prepare_set(draw_log(true, 3), 2);
  da_hazard hazard;
  da_hazard_options options = {0};
  assert_ok(da_hazard_init(&p->data, (da_hazard_structure){.modulated = true}, &hazard, &err), err);
  assert_ok(da_evidence_fit(&p->data, &options, &hazard, &err), err);
  int n_faded = 0;
  for (uint32_t k = 0; k < hazard.n_modulators; k++) {
    assert_true(isfinite(hazard.gamma[k]) && hazard.ridge[k] >= 3 && hazard.ridge[k] <= 1e4);
    n_faded += fabs(hazard.gamma[k]) < .1;
  }
  assert_true(n_faded >= (int)hazard.n_modulators / 2);
  da_hazard_free(&hazard);
  prepared_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(modulators_without_evidence_fade)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
