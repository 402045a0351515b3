/* Oracle: counts by hand; a plain search through all cells before each. */
#include "journey/feature_tally.h"

#include "support/features.h"
#include "support/testing.h"

static void categories_by_hand(void **state) {
  (void)state;
  da_error err = {0};
  da_feature_tally tally = {.is_number = false};
  assert_ok(da_feature_tally_add(&tally, (const uint32_t[]){2, 0, 2}, 3, &err), err);
  assert_ok(da_feature_tally_add(&tally, (const uint32_t[]){900, 1, 0}, 3, &err), err); /* 900: further than what was seen */
  assert_true(tally.n_cells == 6 && tally.n_missing == 2 && tally.n_values == 3);
  da_feature_tally_free(&tally);
  da_feature_tally_free(&tally);
}

static void numbers_by_hand(void **state) {
  (void)state;
  da_error err = {0};
  da_feature_tally tally = {.is_number = true};
  const uint32_t none[] = {DA_MISSING_NUMBER, DA_MISSING_NUMBER};
  assert_ok(da_feature_tally_add(&tally, none, 2, &err), err);
  assert_true(tally.n_cells == 2 && tally.n_missing == 2);
  const uint32_t some[] = {da_feature_cell(5), DA_MISSING_NUMBER, da_feature_cell(-2.5f), da_feature_cell(0)};
  assert_ok(da_feature_tally_add(&tally, some, 4, &err), err);
  assert_true(tally.n_cells == 6 && tally.n_missing == 3 && tally.n_values == 0);
  assert_true(tally.low == -2.5f && tally.high == 5);
  da_feature_tally_free(&tally);
}

static uint64_t count_new(const uint32_t *code, uint64_t n) {
  uint64_t found = 0;
  for (uint64_t i = 0; i < n; i++) {
    bool before = code[i] == 0;
    for (uint64_t k = 0; k < i && !before; k++) before = code[k] == code[i];
    found += !before;
  }
  return found;
}

static void features_of_a_set(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(5, 200, 3, 4);
  test_features *features = features_draw(made, 3);
  for (int f = 0; f < N_TEST_FEATURES; f++) {
    const da_feature *feature = &features->items[f];
    const uint64_t n = feature->of_user ? made->set.n_journeys : made->set.n_touches;
    uint64_t n_missing = 0;
    for (uint64_t i = 0; i < n; i++) n_missing += feature->number ? isnan(feature->number[i]) != 0 : feature->code[i] == 0;
    da_feature_tally tally;
    assert_ok(da_feature_tally_set(feature, n, &tally, &err), err);
    assert_true(tally.n_cells == n && tally.n_missing == n_missing && n_missing > 0);
    assert_int_equal(tally.n_values, feature->code ? count_new(feature->code, n) : 0);
    da_feature_tally_free(&tally);
  }
  features_free(features);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(categories_by_hand),
      cmocka_unit_test(numbers_by_hand),
      cmocka_unit_test(features_of_a_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
