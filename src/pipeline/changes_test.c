/* Oracle: what must hold whatever the fits are: the changes add up, and journeys that stay the same move nothing by the data. */
#include "pipeline/changes.h"

#include "report/publish.h"
#include "support/pipeline.h"

static void attribute(const char *folder, const char *setting, const char *other_setting) {
  da_bucket *bucket;
  da_config config;
  cJSON *result = NULL;
  da_config_init(&config);
  expect_ok(da_config_set(&config, "credit.methods=[incremental]", err));
  expect_ok(da_config_set(&config, "credit.intervals=0", err));
  expect_ok(da_config_set(&config, setting, err));
  expect_ok(da_config_set(&config, other_setting, err));
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

/* A query over the table of changes c and the credit k of now. */
static double ask(const char *folder, const char *select) {
  da_db *db = store_db();
  char changes[256], credit[256], sql[2048];
  snprintf(changes, sizeof changes, "%s", folder_path(folder, DA_KEY_CREDIT_CHANGES));
  snprintf(credit, sizeof credit, "%s", folder_path(folder, DA_KEY_CAMPAIGN_CREDIT));
  snprintf(sql, sizeof sql, "SELECT %s FROM '%s' c JOIN '%s' k USING (campaign_nm)", select, changes, credit);
  double answer = strtod(store_query(db, sql), NULL);
  da_db_close(db);
  return answer;
}

static void other_journeys_and_another_fit(void **state) {
  (void)state;
  char *folder = bucket_of_users(1500, 3), path[256];
  attribute(folder, "seed=1", "journey.gap_days=0");
  snprintf(path, sizeof path, "%s", folder_path(folder, DA_KEY_CREDIT_CHANGES));
  assert_int_not_equal(access(path, F_OK), 0); /* nothing came before */
  attribute(folder, "seed=1", "journey.gap_days=2");
  assert_true(ask(folder, "count(*)") == 9);
  assert_float_equal(ask(folder, "max(abs(c.after - k.conversions))"), 0, 1e-12);
  assert_float_equal(ask(folder, "max(abs(c.before + c.by_data + c.by_model - c.after))"), 0, 1e-9);
  attribute(folder, "credit.lift=[video=1]", "journey.gap_days=2"); /* the same journeys, and another fit */
  assert_float_equal(ask(folder, "max(abs(c.by_data))"), 0, 1e-6);
  assert_true(ask(folder, "max(abs(c.by_model))") > 1e-3);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(other_journeys_and_another_fit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
