/* Oracle: the same training in one go (da_train). */
#include "train/trial.h"

#include "support/training.h"

static void pieces_are_the_whole(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = planted_journeys(51, 900, -1, NULL);
  da_config config = training_config();
  config.training.oversample = true;
  const da_train_job job = {.set = &made->set, .config = &config};
  da_model model;
  da_train_report whole;
  assert_ok(da_train(&job, &model, &whole, &err), err);
  da_train_state paused = {0};
  da_trial_result result;
  const uint32_t ends[] = {1, 3, 3, 100};
  for (int i = 0; i < 4; i++) {
    assert_ok(da_trial_run(&job, ends[i], &paused, &result, &err), err);
    assert_false(result.diverged);
    assert_int_equal(result.n_epochs, ends[i] < whole.n_epochs ? ends[i] : whole.n_epochs);
    assert_true(result.val_loss == whole.epochs[result.best_epoch - 1].val_loss);
    assert_true(result.val_auc == whole.epochs[result.best_epoch - 1].val_auc);
  }
  assert_int_equal(result.best_epoch, whole.best_epoch);
  /* The mean over epochs, which differ in the journeys that are sampled once more. */
  assert_true(fabs((double)result.n_touches / (double)whole.n_touches - 1) < 0.02);
  assert_memory_equal(paused.best, model.params, paused.n * sizeof *paused.best);
  da_train_state_free(&paused);
  da_model_close(&model);
  da_train_report_free(&whole);
  journeys_free(made);
}

static void divergence_is_told_and_not_tried_again(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = planted_journeys(53, 400, -1, NULL);
  da_config config = training_config();
  config.training.learning_rate = 1e30;
  const da_train_job job = {.set = &made->set, .config = &config};
  da_train_state paused = {0};
  da_trial_result result;
  assert_ok(da_trial_run(&job, 3, &paused, &result, &err), err);
  assert_true(result.diverged);
  da_train_state_free(&paused);
  journeys_free(made);
}

static void an_interruption_ends_it(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = planted_journeys(55, 400, -1, NULL);
  const da_config config = training_config();
  training_listener listener = {.stop_at = 3};
  const da_monitor monitor = listener_monitor(&listener);
  const da_train_job job = {.set = &made->set, .config = &config, .monitor = &monitor};
  da_train_state paused = {0};
  da_trial_result result;
  assert_fails_with(da_trial_run(&job, 3, &paused, &result, &err), DA_ERR_INTERRUPTED, err, "run the same command again");
  da_train_state_free(&paused);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_are_the_whole),
      cmocka_unit_test(divergence_is_told_and_not_tried_again),
      cmocka_unit_test(an_interruption_ends_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
