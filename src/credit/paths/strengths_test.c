/* Oracle: credit that was shared by known strengths gives its own totals back; totals that no strengths have, worked by hand. */
#include "credit/paths/strengths.h"

#include "support/credit.h"

static void totals_are_met(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(9, 400, 7, 6);
  da_paths sets;
  assert_ok(da_paths_init(&made->set, DA_PATH_SET, DA_PATHS_ALL_SETS, NULL, &sets, &err), err);
  const double known[] = {1, 2, 5, .1, .7, 0, 3};
  double total[7] = {0}, strength[7], unplaced, scale;
  for (uint32_t p = 0; p < sets.path.n; p++) {
    size_t n;
    const uint32_t *campaign = da_sequence(&sets.path, p, &n);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += known[campaign[i]];
    for (size_t i = 0; i < n; i++) total[campaign[i]] += sets.converted[p] * (sum > 0 ? known[campaign[i]] / sum : 1 / (double)n);
  }
  total[0] += total[5], total[5] = 0; /* alone in its journeys, the fifth has some after all: ask for less than it must have */
  assert_ok(da_strengths_fit(&sets, total, strength, &unplaced, &err), err);
  total[0] = 0;
  assert_true(unplaced > 0);
  for (uint32_t p = 0; p < sets.path.n; p++) { /* now without the journeys where that one is alone */
    size_t n;
    const uint32_t *campaign = da_sequence(&sets.path, p, &n);
    if (n == 1 && campaign[0] == 5) sets.n_converted -= sets.converted[p], sets.converted[p] = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += known[campaign[i]];
    for (size_t i = 0; i < n; i++) total[0] += campaign[i] == 0 ? sets.converted[p] * known[0] / sum : 0;
  }
  assert_ok(da_strengths_fit(&sets, total, strength, &unplaced, &err), err);
  assert_near(unplaced, 0, 1e-9 * sets.n_converted);
  scale = known[0] / strength[0];
  for (int c = 0; c < 7; c++) assert_near(strength[c] * scale, known[c], 1e-6);
  da_paths_free(&sets);
  journeys_free(made);
}

static void what_cannot_be_placed_is_told(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0! | a@0! | a@0 b@1!");
  da_paths sets;
  assert_ok(da_paths_init(&made->set, DA_PATH_SET, DA_PATHS_ALL_SETS, NULL, &sets, &err), err);
  double strength[2], unplaced;
  assert_ok(da_strengths_fit(&sets, (const double[]){1, 2}, strength, &unplaced, &err), err);
  assert_near(unplaced, 1, 1e-3); /* b can have one conversion at most */
  assert_ok(da_strengths_fit(&sets, (const double[]){2.5, .5}, strength, &unplaced, &err), err);
  assert_near(unplaced, 0, 1e-9);
  assert_near(strength[0], strength[1], 1e-9 * strength[0]);
  da_paths_free(&sets);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(totals_are_met),
      cmocka_unit_test(what_cannot_be_placed_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
