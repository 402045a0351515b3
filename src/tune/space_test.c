/* Oracle: the ranges of the issue, written out again; each way is the other's inverse. */
#include "tune/space.h"

#include <math.h>

#include "support/training.h"

static void ends_and_middles_are_where_they_belong(void **state) {
  (void)state;
  const double low[] = {0.001, 10, 20, 64, 0.001, 0.001}, high[] = {0.2, 50, 100, 256, 0.3, 0.3};
  const double middle[] = {sqrt(0.001 * 0.2), 30, 60, 160, sqrt(0.001 * 0.3), sqrt(0.001 * 0.3)};
  for (int i = 0; i < 3; i++) {
    double unit[DA_TUNE_N_DIMENSIONS];
    for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) unit[d] = i / 2.0;
    da_tune_point point;
    da_tune_point_from_unit(unit, &point);
    for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) {
      const double wanted = i == 0 ? low[d] : i == 1 ? middle[d] : high[d];
      if (fabs(point.value[d] - wanted) > 1e-12 * wanted) fail_msg("dimension %d: expected %g but found %g", d, wanted, point.value[d]);
    }
  }
}

static void there_and_back(void **state) {
  (void)state;
  da_random random;
  da_random_init(&random, 1, 0);
  for (int i = 0; i < 1000; i++) {
    double unit[DA_TUNE_N_DIMENSIONS], back[DA_TUNE_N_DIMENSIONS];
    for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) unit[d] = da_random_uniform(&random);
    da_tune_point point, again;
    da_tune_point_from_unit(unit, &point);
    da_tune_point_to_unit(&point, back);
    da_tune_point_from_unit(back, &again);
    for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) {
      const double values = da_tune_space()[d].high - da_tune_space()[d].low + 1;
      assert_true(fabs(again.value[d] - point.value[d]) <= 1e-12 * point.value[d]);
      assert_true(fabs(back[d] - unit[d]) <= (da_tune_space()[d].whole ? 0.5 / values + 1e-12 : 1e-12));
    }
  }
}

static void a_config_says_what_the_point_says(void **state) {
  (void)state;
  test_journeys *made = planted_journeys(1, 9000, -1, NULL);
  da_config config = training_config();
  config.training.batch_size = 0; /* chosen: 64 */
  da_tune_point point, back;
  double unit[DA_TUNE_N_DIMENSIONS] = {0.3, 0.2, 0.9, 0.4, 0.5, 0.6};
  da_tune_point_from_unit(unit, &point);
  da_tune_point_apply(&made->set, &point, &config);
  assert_true(fabs(config.training.learning_rate * sqrt(64 / 16.0) - point.value[DA_TUNE_LEARNING_RATE]) < 1e-15);
  assert_int_equal(config.model.n_hidden, (uint32_t)point.value[DA_TUNE_LSTM]);
  da_tune_point_from_config(&made->set, &config, &back);
  for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) assert_true(fabs(back.value[d] - point.value[d]) <= 1e-12 * point.value[d]);
  config.model.n_hidden = 8; /* below the range */
  da_tune_point_from_config(&made->set, &config, &back);
  assert_true(back.value[DA_TUNE_LSTM] == 64);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ends_and_middles_are_where_they_belong),
      cmocka_unit_test(there_and_back),
      cmocka_unit_test(a_config_says_what_the_point_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
