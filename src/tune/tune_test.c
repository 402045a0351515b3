/* Oracle: the same search by one thread, never interrupted; a plain training run with the settings that it found. */
#include "tune/tune.h"

#include "store/table.h"
#include "support/training.h"
#include "train/train.h"

static test_journeys *journeys(void) { return planted_journeys(41, 200, -1, NULL); }

static da_config search_config(uint32_t n_trials) {
  da_config config = training_config();
  config.training.batch_size = 128;
  config.training.epochs = 10;
  config.training.clip_norm = 1;
  config.hp_tuning_nb_iterations = n_trials;
  return config;
}

/* tune/trials.parquet and tune/best.json of a search that is asked to stop at the stop_at-th look; false when it did stop. */
static bool search(const da_journeys *set, const da_config *config, const char *folder, int n_threads, uint64_t stop_at, da_text *bytes,
                   da_tune_report *report) {
  da_error err = {0};
  da_bucket *bucket;
  da_pool *pool;
  assert_ok(da_bucket_open(folder, &bucket, &err), err);
  assert_ok(da_pool_open(n_threads, &pool, &err), err);
  training_listener listener = {.stop_at = stop_at};
  const da_monitor monitor = listener_monitor(&listener);
  const da_tune_job job = {.set = set, .config = config, .bucket = bucket, .pool = pool, .monitor = &monitor};
  const da_status status = da_tune(&job, report, &err);
  if (status == DA_OK) {
    da_publication *publication;
    assert_ok(da_publication_begin(bucket, &publication, &err), err);
    assert_ok(da_tune_publish(&job, report, publication, &err), err);
    assert_ok(da_publication_commit(publication, &err), err);
    da_publication_close(publication);
    da_text_clear(bytes);
    const char *const keys[] = {DA_TUNE_KEY_TRIALS, DA_TUNE_KEY_BEST};
    for (int i = 0; i < 2; i++) {
      da_text object = {0};
      assert_ok(da_bucket_get(bucket, keys[i], &object, &err), err);
      da_text_append_n(bytes, object.data, object.length);
      da_text_free(&object);
    }
  } else {
    assert_int_equal(status, DA_ERR_INTERRUPTED);
  }
  da_pool_close(pool);
  da_bucket_close(bucket);
  return status == DA_OK;
}

static void threads_and_interruptions_change_no_byte(void **state) {
  (void)state;
  test_journeys *made = journeys();
  const da_config config = search_config(6);
  da_text alone = {0}, bytes = {0};
  da_tune_report report;
  char *folder = folder_make();
  assert_true(search(&made->set, &config, folder, 1, 0, &alone, &report));
  assert_int_equal(report.halving.n_started, 6);
  assert_int_equal(report.n_remembered, 0);
  const uint32_t n_rungs = report.halving.trials[report.best].n_rungs;
  assert_int_equal(n_rungs, DA_TUNE_N_RUNGS);
  da_tune_report_free(&report);
  for (int n_threads = 2; n_threads <= 3; n_threads++) {
    char *other = folder_make();
    int n_stops = 0;
    /* Ever later: a piece that was cut off begins again. */
    while (!search(&made->set, &config, other, n_threads, 20 + 30 * (uint64_t)n_stops, &bytes, &report)) n_stops++;
    assert_true(n_stops > 0);
    assert_true(report.n_remembered > 0);
    assert_int_equal(bytes.length, alone.length);
    assert_memory_equal(bytes.data, alone.data, alone.length);
    da_tune_report_free(&report);
    folder_remove(other);
  }
  folder_remove(folder);
  da_text_free(&alone), da_text_free(&bytes);
  journeys_free(made);
}

static void training_takes_up_what_was_found(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys();
  const da_config config = search_config(4);
  da_text bytes = {0};
  da_tune_report report;
  char *folder = folder_make();
  assert_true(search(&made->set, &config, folder, 1, 0, &bytes, &report));
  const da_tune_trial *best = &report.halving.trials[report.best];
  da_bucket *bucket;
  bool found;
  assert_ok(da_bucket_open(folder, &bucket, &err), err);
  da_config used;
  da_config_init(&used);
  used.training.batch_size = 128;
  used.training.patience = config.training.patience;
  used.model.time = DA_SWITCH_OFF;
  assert_ok(da_tune_use_best(bucket, &made->set, &used, &found, &err), err);
  assert_true(found);
  assert_int_equal(used.model.n_hidden, (uint32_t)best->point.value[DA_TUNE_LSTM]);
  da_model model;
  da_train_report trained;
  const da_train_job job = {.set = &made->set, .config = &used};
  assert_ok(da_train(&job, &model, &trained, &err), err);
  assert_true(trained.metrics[DA_SET_VAL].loss == best->results[DA_TUNE_N_RUNGS - 1].val_loss);
  da_model_close(&model);
  da_train_report_free(&trained);
  /* What the user says wins; another set has another search. */
  da_config_free(&used);
  da_config_init(&used);
  used.model.n_hidden = 33;
  assert_ok(da_tune_use_best(bucket, &made->set, &used, &found, &err), err);
  assert_int_equal(used.model.n_hidden, 33);
  made->set.checksum++;
  assert_ok(da_tune_use_best(bucket, &made->set, &used, &found, &err), err);
  assert_false(found);
  da_config_free(&used);
  da_bucket_close(bucket);
  folder_remove(folder);
  da_tune_report_free(&report);
  da_text_free(&bytes);
  journeys_free(made);
}

static void a_set_without_conversions_is_refused(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 b@1 | a@0 | b@1");
  const da_config config = search_config(4);
  const da_tune_job job = {.set = &made->set, .config = &config};
  da_tune_report report;
  assert_fails_with(da_tune(&job, &report, &err), DA_ERR_DATA, err, "in the train split");
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_and_interruptions_change_no_byte),
      cmocka_unit_test(training_takes_up_what_was_found),
      cmocka_unit_test(a_set_without_conversions_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
