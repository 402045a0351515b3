/* Oracle: H summed over every row one by one, where exposure.h says that masses and watches are enough. */
#include "credit/incremental/exposure.h"
#include "support/incremental.h"

static void masses_stand_for_all_rows(void **state) {
  (void)state;
  prepared *p = prepare_set(journeys_random(3, 60, 4, 8), 2);
  const da_exposure *e = &p->exposure;
  const da_journeys *set = &p->made->set;
  da_hazard hazard = hazard_random(p, 0, 0, 1);
  for (uint64_t user = 0; user < set->n_users; user++) {
    double rows = 0, masses = hazard.rate * e->watch_days[user];
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) {
      for (uint64_t i = set->first_touch[j]; i < set->first_touch[j + 1]; i++) {
        rows += naive_row_hazard(p, &hazard, user, j, i);
        for (int m = 0; m < e->n_taus; m++) {
          masses +=
              hazard.theta[set->campaign[i] * (uint32_t)e->n_taus + (uint32_t)m] * (double)e->mass[i * (uint64_t)e->n_taus + (uint64_t)m];
        }
      }
    }
    assert_near(masses, rows, 1e-5 * rows);
  }
  da_hazard_free(&hazard);
  prepared_free(p);
}

static void cells_are_the_campaigns_of_a_conversion(void **state) {
  (void)state;
  prepared *p = prepare_set(journeys_from_text("a@0 b@1 a@2! ; b@3 | c@1 c@2!"), 1);
  const da_exposure *e = &p->exposure;
  assert_int_equal(e->n_rows, 2);
  const uint64_t cells[] = {0, 1, 0, 2, 2};
  for (size_t i = 0; i < 5; i++) assert_int_equal(e->touch_cell[i], cells[i]);
  assert_int_equal(e->row_cell[2], 3);
  assert_int_equal(e->cell_campaign[2], 2);
  assert_near(e->row_days[0], 1, 1e-12);
  assert_int_equal(e->user_begin[1], 2);
  assert_near(e->user_log_count[0], log(3), 1e-6); /* a twice, b twice, before and after the conversion */
  assert_near(e->user_log_count[1], log(3), 1e-6);
  prepared_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(masses_stand_for_all_rows),
                                     cmocka_unit_test(cells_are_the_campaigns_of_a_conversion)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
