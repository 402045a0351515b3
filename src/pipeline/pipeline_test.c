/* Oracle: the run's own outputs, compared byte for byte between ways of getting to them, and the totals that must add up. */
#include "pipeline/pipeline.h"

#include <math.h>
#include <stdatomic.h>

#include "support/pipeline.h"

static const char *const outputs[] = {
    "feature_store/train.parquet",  "feature_store_preprocessed/journeys.pack", "campaign_nm_to_one_hot_index.json",
    "model/model.safetensors",      "attention_report/attention_score.parquet", "attention_report/campaign_credit.parquet",
    "attention_report/report.html",
};

typedef struct {
  atomic_int asked;
  int stop_at; /* from this question of the monitor's on the answer is yes; 0: never */
} impatience;

static bool ask(void *context) {
  impatience *i = context;
  int asked = atomic_fetch_add(&i->asked, 1) + 1;
  return i->stop_at > 0 && asked >= i->stop_at;
}

static da_status run(const char *folder, const char *threads, const char *setting, impatience *patience, cJSON **result, da_error *err) {
  da_monitor monitor = {.interrupted = ask, .context = patience};
  da_bucket *bucket = NULL;
  da_config config;
  da_config_init(&config);
  da_run_job job = {.config = &config, .monitor = &monitor, .first = DA_STAGE_JOURNEYS, .last = DA_STAGE_REPORT};
  da_status status = da_bucket_open(folder, &bucket, err);
  job.bucket = bucket;
  if (status == DA_OK) status = da_config_set(&config, threads, err);
  if (status == DA_OK) status = da_config_set(&config, "training.epochs=2", err);
  if (status == DA_OK && setting) status = da_config_set(&config, setting, err);
  if (status == DA_OK) status = da_run_stages(&job, result, err);
  da_config_free(&config);
  da_bucket_close(bucket);
  return status;
}

static cJSON *run_through(const char *folder, const char *threads, const char *setting) {
  impatience patience = {0};
  cJSON *result = NULL;
  expect_ok(run(folder, threads, setting, &patience, &result, err));
  return result;
}

static bool was_resumed(const cJSON *result, const char *stage) {
  const cJSON *record = cJSON_GetObjectItemCaseSensitive(result, stage);
  assert_non_null(record);
  return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "resumed"));
}

static void assert_same_outputs(const char *a, const char *b) {
  for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
    size_t n_a, n_b;
    unsigned char *of_a = folder_read(folder_path(a, outputs[i]), &n_a), *of_b = folder_read(folder_path(b, outputs[i]), &n_b);
    /* The page names its bucket: two folders of equal length differ in it only there. */
    bool same = n_a == n_b && (strstr(outputs[i], ".html") || memcmp(of_a, of_b, n_a) == 0);
    if (!same) fail_msg("%s differs (%zu and %zu bytes)", outputs[i], n_a, n_b);
    free(of_a);
    free(of_b);
  }
}

static void every_method_adds_up_to_the_conversions(void **state) {
  (void)state;
  char *folder = bucket_of_users(1500, 3);
  cJSON *result = run_through(folder, "threads=2", NULL);
  const cJSON *journeys = cJSON_GetObjectItemCaseSensitive(result, "journeys"),
              *attribute = cJSON_GetObjectItemCaseSensitive(result, "attribute");
  double conversions = cJSON_GetObjectItemCaseSensitive(journeys, "input_conversions")->valuedouble;
  assert_true(conversions > 10);
  const cJSON *method;
  int n_methods = 0;
  cJSON_ArrayForEach(method, cJSON_GetObjectItemCaseSensitive(attribute, "methods")) {
    double total = cJSON_GetObjectItemCaseSensitive(method, "total")->valuedouble;
    assert_true(fabs(total - conversions) <= 1e-9 * conversions);
    n_methods++;
  }
  assert_true(n_methods >= 6);
  cJSON_Delete(result);
  folder_remove(folder);
}

static void a_second_run_does_only_what_changed(void **state) {
  (void)state;
  char *folder = bucket_of_users(1500, 3);
  cJSON_Delete(run_through(folder, "threads=2", NULL));
  cJSON *again = run_through(folder, "threads=2", NULL);
  assert_true(was_resumed(again, "journeys") && was_resumed(again, "train") && was_resumed(again, "attribute") &&
              was_resumed(again, "report"));
  cJSON_Delete(again);
  cJSON *changed = run_through(folder, "threads=2", "credit.half_life_days=3");
  assert_true(was_resumed(changed, "journeys") && was_resumed(changed, "train"));
  assert_false(was_resumed(changed, "attribute") || was_resumed(changed, "report"));
  cJSON_Delete(changed);
  unlink(folder_path(folder, "model/model.safetensors"));
  cJSON *lost = run_through(folder, "threads=2", "credit.half_life_days=3");
  assert_true(was_resumed(lost, "journeys"));
  assert_false(was_resumed(lost, "train"));
  cJSON_Delete(lost);
  folder_remove(folder);
}

static void threads_and_interruptions_leave_no_trace(void **state) {
  (void)state;
  char *straight = bucket_of_users(1500, 3), *single = bucket_of_users(1500, 3), *stopped = bucket_of_users(1500, 3);
  cJSON_Delete(run_through(straight, "threads=2", NULL));
  cJSON_Delete(run_through(single, "threads=1", NULL));
  assert_same_outputs(straight, single);
  /* Stop at ever later moments until a run comes through; each goes on from the one before. */
  int n_stops = 0;
  for (int stop_at = 5;; stop_at = stop_at * 3 / 2 + 1) {
    impatience patience = {.stop_at = stop_at};
    da_error err = {0};
    cJSON *result = NULL;
    da_status status = run(stopped, "threads=2", NULL, &patience, &result, &err);
    cJSON_Delete(result);
    if (status == DA_OK) break;
    assert_fails_with(status, DA_ERR_INTERRUPTED, err, "again");
    n_stops++;
  }
  assert_true(n_stops > 2);
  assert_same_outputs(straight, stopped);
  folder_remove(straight);
  folder_remove(single);
  folder_remove(stopped);
}

static void stages_are_asked_for_in_order(void **state) {
  (void)state;
  da_stage stage;
  expect_ok(da_stage_find("attribute", &stage, err));
  assert_int_equal(stage, DA_STAGE_ATTRIBUTE);
  expect_fail(da_stage_find("atribute", &stage, err), DA_ERR_ARG, "expected a stage");
  char *folder = folder_make();
  da_bucket *bucket;
  da_config config;
  cJSON *result;
  da_config_init(&config);
  expect_ok(da_bucket_open(folder, &bucket, err));
  da_run_job job = {.bucket = bucket, .config = &config, .first = DA_STAGE_REPORT, .last = DA_STAGE_TRAIN};
  expect_fail(da_run_stages(&job, &result, err), DA_ERR_ARG, "expected --from a stage before --to");
  job.first = job.last = DA_STAGE_TRAIN;
  expect_fail(da_run_stages(&job, &result, err), DA_ERR_DATA, "run 'deepattribution journeys");
  job.first = job.last = DA_STAGE_REPORT;
  expect_fail(da_run_stages(&job, &result, err), DA_ERR_DATA, "run 'deepattribution attribute");
  job.first = job.last = DA_STAGE_JOURNEYS;
  expect_fail(da_run_stages(&job, &result, err), DA_ERR_DATA, "expected impressions in ");
  da_bucket_close(bucket);
  da_config_free(&config);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_method_adds_up_to_the_conversions),
      cmocka_unit_test(a_second_run_does_only_what_changed),
      cmocka_unit_test(threads_and_interruptions_leave_no_trace),
      cmocka_unit_test(stages_are_asked_for_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
