/* Oracle: the bytes of a run that was never interrupted. */
#include "train/trainer.h"

#include "support/training.h"

static test_journeys *journeys(void) { return planted_journeys(21, 700, -1, NULL); }

static da_config config_with_everything(void) {
  da_config config = training_config();
  config.model.time = DA_SWITCH_ON;
  config.training.oversample = true;
  config.training.epochs = 4;
  config.training.patience = 4;
  config.training.batch_size = 50;
  return config;
}

/* One call of da_train that is asked to stop at the stop_at-th look. True when it finished; then *bytes is its result. */
static bool train_until(da_bucket *bucket, const da_journeys *set, const da_config *config, uint64_t stop_at, da_text *bytes,
                        uint64_t *n_looks, bool *resumed) {
  da_error err = {0};
  training_listener listener = {.stop_at = stop_at};
  const da_monitor monitor = listener_monitor(&listener);
  const da_train_job job = {.set = set, .config = config, .bucket = bucket, .monitor = &monitor};
  da_model model;
  da_train_report report;
  da_status status = da_train(&job, &model, &report, &err);
  if (n_looks) *n_looks = listener.n_looks;
  if (status != DA_OK) {
    assert_int_equal(status, DA_ERR_INTERRUPTED);
    assert_non_null(strstr(err.msg, "run the same command again"));
    assert_null(model.params);
    return false;
  }
  if (resumed) *resumed = report.resumed;
  *bytes = training_bytes(&model, &report);
  da_model_close(&model);
  da_train_report_free(&report);
  return true;
}

static da_bucket *open_bucket(char *folder) {
  da_error err = {0};
  da_bucket *bucket;
  assert_ok(da_bucket_open(folder, &bucket, &err), err);
  return bucket;
}

static void an_interrupted_run_ends_with_the_same_bytes(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys();
  const da_config config = config_with_everything();
  da_text whole = {0};
  uint64_t n_looks;
  assert_true(train_until(NULL, &made->set, &config, 0, &whole, &n_looks, NULL));
  assert_true(n_looks > 50);
  char *folder = folder_make();
  da_bucket *bucket = open_bucket(folder);
  da_random random;
  da_random_init(&random, 1, 0);
  for (int round = 0; round < 6; round++) { /* stopped again and again, in steps, in validation, in the last scoring */
    da_text bytes = {0};
    int n_stops = 0;
    bool resumed;
    while (!train_until(bucket, &made->set, &config, 1 + da_random_below(&random, n_looks / 2), &bytes, NULL, &resumed)) n_stops++;
    assert_true(n_stops > 0 && resumed);
    assert_int_equal(bytes.length, whole.length);
    assert_memory_equal(bytes.data, whole.data, whole.length);
    da_text_free(&bytes);
    assert_ok(da_train_forget(bucket, &err), err);
  }
  da_bucket_close(bucket);
  folder_remove(folder);
  da_text_free(&whole);
  journeys_free(made);
}

static void an_older_checkpoint_leads_to_the_same_end(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys();
  const da_config config = config_with_everything();
  da_text whole = {0}, bytes = {0}, old = {0};
  char *folder = folder_make();
  da_bucket *bucket = open_bucket(folder);
  assert_false(train_until(bucket, &made->set, &config, 20, &whole, NULL, NULL));
  assert_ok(da_bucket_get(bucket, "model/checkpoint/state.safetensors", &old, &err), err);
  assert_true(train_until(bucket, &made->set, &config, 0, &whole, NULL, NULL));
  /* As after a crash that lost all that came later. */
  da_publication *publication;
  assert_ok(da_publication_begin(bucket, &publication, &err), err);
  assert_ok(da_publication_put(publication, "model/checkpoint/state.safetensors", old.data, old.length, &err), err);
  assert_ok(da_publication_commit(publication, &err), err);
  da_publication_close(publication);
  assert_true(train_until(bucket, &made->set, &config, 0, &bytes, NULL, NULL));
  assert_int_equal(bytes.length, whole.length);
  assert_memory_equal(bytes.data, whole.data, whole.length);
  da_bucket_close(bucket);
  folder_remove(folder);
  da_text_free(&whole), da_text_free(&bytes), da_text_free(&old);
  journeys_free(made);
}

static void a_checkpoint_of_other_settings_is_not_taken_up(void **state) {
  (void)state;
  test_journeys *made = journeys();
  da_config config = config_with_everything();
  da_text whole = {0}, bytes = {0};
  char *folder = folder_make();
  da_bucket *bucket = open_bucket(folder);
  assert_false(train_until(bucket, &made->set, &config, 20, &bytes, NULL, NULL));
  config.training.learning_rate = 0.005;
  bool resumed = true;
  assert_true(train_until(NULL, &made->set, &config, 0, &whole, NULL, NULL));
  assert_true(train_until(bucket, &made->set, &config, 0, &bytes, NULL, &resumed));
  assert_false(resumed);
  assert_memory_equal(bytes.data, whole.data, whole.length);
  da_bucket_close(bucket);
  folder_remove(folder);
  da_text_free(&whole), da_text_free(&bytes);
  journeys_free(made);
}

static void divergence_is_retried_at_a_lower_rate(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys();
  da_config config = config_with_everything();
  config.training.learning_rate = 100;
  training_listener listener = {0};
  const da_monitor monitor = listener_monitor(&listener);
  const da_train_job job = {.set = &made->set, .config = &config, .monitor = &monitor};
  da_model model;
  da_train_report report;
  assert_ok(da_train(&job, &model, &report, &err), err);
  assert_true(report.n_retries > 0);
  assert_true(report.learning_rate == 100 * pow(0.25, report.n_retries));
  assert_non_null(strstr(listener.notes, "diverged in epoch 1 at learning rate 100"));
  assert_true(isfinite(report.metrics[DA_SET_TEST].loss));
  da_model_close(&model);
  da_train_report_free(&report);
  /* Where no rate helps, the run ends with a sentence. */
  config.training.learning_rate = 1e30;
  assert_fails_with(da_train(&job, &model, &report, &err), DA_ERR_NUM, err, "set training.learning_rate lower");
  assert_null(model.params);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_interrupted_run_ends_with_the_same_bytes),
      cmocka_unit_test(an_older_checkpoint_leads_to_the_same_end),
      cmocka_unit_test(a_checkpoint_of_other_settings_is_not_taken_up),
      cmocka_unit_test(divergence_is_retried_at_a_lower_rate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
