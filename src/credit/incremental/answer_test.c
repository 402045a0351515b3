/* Oracle: without modulators every conversion is shared out in proportion to the causes' hazards. */
#include "credit/incremental/answer.h"
#include "support/incremental.h"

static void additive_credit_is_the_share_of_the_hazard(void **state) {
  (void)state;
  da_error err = {0};
  prepared *p = prepare_set(journeys_random(3, 100, 4, 6), 2);
  const da_exposure *e = &p->exposure;
  da_answer answer = {.form = DA_FORM_HAZARD, .data = p->data, .hazard = hazard_random(p, 1, 0, 3)};
  da_answer_space space;
  double wanted[4] = {0}, shapley[4], removal[4], wanted_base = 0;
  assert_ok(da_answer_space_init(&answer, &space, &err), err);
  for (uint64_t row = 0; row < e->n_rows; row++) {
    uint64_t journey = e->row_journey[row], last = p->made->first_touch[journey + 1] - 1;
    double all = naive_row_hazard(p, &answer.hazard, e->row_user[row], journey, last), rest = 1;
    for (uint32_t c = 0; c < 4; c++) {
      da_hazard without = answer.hazard;
      double theta[4 * DA_MAX_SCALES];
      memcpy(theta, answer.hazard.theta, 4 * (size_t)e->n_taus * sizeof *theta);
      memset(theta + c * (uint32_t)e->n_taus, 0, (size_t)e->n_taus * sizeof *theta);
      without.theta = theta;
      double share = 1 - naive_row_hazard(p, &without, e->row_user[row], journey, last) / all;
      wanted[c] += share;
      rest -= share;
    }
    wanted_base += rest;
    const da_shares *shares;
    assert_ok(da_answer_share(&answer, row, &space, &shares, &err), err);
    assert_near(shares->baseline, rest, 1e-6);
  }
  da_answer_totals totals = {.shapley = shapley, .removal = removal};
  assert_ok(da_answer_total(&answer, NULL, p->pool, &totals, &err), err);
  double sum = totals.baseline;
  for (int c = 0; c < 4; c++) {
    assert_near(shapley[c], wanted[c], 1e-4);
    assert_near(removal[c], wanted[c], 1e-4);
    sum += shapley[c];
  }
  assert_near(totals.baseline, wanted_base, 1e-4);
  assert_near(sum, (double)e->n_rows, 1e-9 * (double)e->n_rows);
  da_answer_space_free(&space);
  da_hazard_free(&answer.hazard);
  prepared_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(additive_credit_is_the_share_of_the_hazard)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
