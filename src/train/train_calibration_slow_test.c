/* Oracle: what happened. On 100,000 journeys that training never saw, predicted and seen rates of conversion differ by at most 0.01 over
 * 15 bins, and the loss is near that of the true probabilities, whether conversions were oversampled or not. */
#include "support/training.h"
#include "train/train.h"

enum { N_TRAIN = 80000, N_VAL = 20000, N_HELD_OUT = 100000 };

/* The splits anew; returns the loss of the true probabilities, which planted_journeys gives for its own test split. */
static test_journeys *make_journeys(double bias, double *best_loss) {
  test_journeys *made = planted_journeys(61, N_TRAIN + N_VAL + N_HELD_OUT, bias, best_loss);
  for (uint64_t j = 0; j < made->set.n_journeys; j++) {
    const int which = j < N_TRAIN ? DA_SET_TRAIN : j < N_TRAIN + N_VAL ? DA_SET_VAL : DA_SET_TEST;
    made->flags[j] = (uint8_t)(which << 1 | (made->flags[j] & DA_JOURNEY_CONVERTED));
  }
  return made;
}

static void probabilities_are_rates(void **state) {
  (void)state;
  const double biases[] = {-1, -4};
  for (int i = 0; i < 4; i++) {
    da_error err = {0};
    double best_loss;
    test_journeys *made = make_journeys(biases[i / 2], &best_loss);
    da_config config; /* the defaults */
    da_config_init(&config);
    config.training.oversample = i % 2;
    da_model model;
    da_train_report report;
    const da_train_job job = {.set = &made->set, .config = &config};
    assert_ok(da_train(&job, &model, &report, &err), err);
    const da_metrics *held_out = &report.metrics[DA_SET_TEST];
    assert_int_equal(held_out->n_journeys, N_HELD_OUT);
    print_message("bias %g, oversample %d: calibration error %.4f, loss %.4f of %.4f\n", biases[i / 2], i % 2, held_out->calibration_error,
                  held_out->loss, best_loss);
    assert_true(held_out->calibration_error <= 0.01);
    assert_true(held_out->loss < 1.03 * best_loss);
    da_model_close(&model);
    da_train_report_free(&report);
    da_config_free(&config);
    journeys_free(made);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(probabilities_are_rates)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
