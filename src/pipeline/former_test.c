/* Oracle: the bucket itself: its journeys, its table of credit, the settings of the run. */
#include "pipeline/former.h"

#include "journey/build.h"
#include "report/publish.h"
#include "support/pipeline.h"

static void attribute(const char *folder) {
  da_bucket *bucket;
  da_config config;
  cJSON *result = NULL;
  da_config_init(&config);
  expect_ok(da_config_set(&config, "credit.methods=[linear, markov]", err));
  expect_ok(da_config_set(&config, "credit.position_weights=[0.3, 0.2]", err));
  expect_ok(da_config_set(&config, "credit.markov_order=2", err));
  expect_ok(da_config_set(&config, "seed=17", err));
  expect_ok(da_bucket_open(folder, &bucket, err));
  da_run_job job = {.bucket = bucket, .config = &config, .first = DA_STAGE_JOURNEYS, .last = DA_STAGE_JOURNEYS};
  expect_ok(da_run_stages(&job, &result, err));
  cJSON_Delete(result);
  job.first = job.last = DA_STAGE_ATTRIBUTE;
  expect_ok(da_run_stages(&job, &result, err));
  cJSON_Delete(result);
  da_bucket_close(bucket);
  da_config_free(&config);
}

/* What a run that comes now reads of the one before. */
typedef struct {
  da_bucket *bucket;
  da_config config;
  da_run_job job;
  da_run run;
  da_arena arena;
  da_former former;
} next_run;

static void read_former(const char *folder, next_run *next) {
  *next = (next_run){0};
  da_config_init(&next->config);
  expect_ok(da_bucket_open(folder, &next->bucket, err));
  next->job = (da_run_job){.bucket = next->bucket, .config = &next->config, .first = DA_STAGE_ATTRIBUTE, .last = DA_STAGE_ATTRIBUTE};
  expect_ok(da_run_open(&next->job, &next->run, err));
  expect_ok(da_run_need_db(&next->run, err));
  expect_ok(da_run_need_set(&next->run, err));
  expect_ok(da_former_read(&next->run, &next->arena, &next->former, err));
}

static void close_next(next_run *next) {
  da_former_free(&next->former);
  da_former_free(&next->former);
  da_run_close(&next->run);
  da_bucket_close(next->bucket);
  da_config_free(&next->config);
  da_arena_free(&next->arena);
}

static void a_run_is_remembered(void **state) {
  (void)state;
  char *folder = bucket_of_users(200, 3), sql[512];
  next_run next;
  attribute(folder);
  read_former(folder, &next);
  const da_former *former = &next.former;
  assert_true(former->is_there);
  assert_true(former->set.checksum == next.run.set.checksum);
  assert_null(former->model.params);
  assert_int_equal(former->fit.length, 0);
  assert_int_equal(former->config.credit.markov_order, 2);
  assert_true(former->config.credit.position_weights[0] == .3 && former->config.credit.position_weights[1] == .2);
  assert_int_equal(former->config.seed, 17);
  assert_int_equal(former->n_rows, 2 * 9); /* eight campaigns and the baseline of two methods */
  const da_former_row *row = da_former_find(former, "markov", (da_slice){"video", 5});
  snprintf(sql, sizeof sql, "SELECT conversions FROM '%s' WHERE method = 'markov' AND campaign_nm = 'video'",
           folder_path(folder, DA_KEY_CAMPAIGN_CREDIT));
  assert_true(row && row->conversions == strtod(store_query(next.run.db, sql), NULL));
  assert_null(da_former_find(former, "markov", (da_slice){"vide", 4}));
  assert_null(da_former_find(former, "last_touch", (da_slice){"video", 5}));
  close_next(&next);
  folder_remove(folder);
}

static void what_cannot_be_read_is_no_fault(void **state) {
  (void)state;
  char *folder = bucket_of_users(50, 3);
  next_run next;
  attribute(folder);
  store_write_text(folder, DA_KEY_FORMER_JOURNEYS, "no journeys");
  read_former(folder, &next);
  assert_false(next.former.is_there);
  close_next(&next);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_run_is_remembered),
      cmocka_unit_test(what_cannot_be_read_is_no_fault),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
