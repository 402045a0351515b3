/* Oracle: credits that must add up to the conversion, and a bucket that nobody may have changed. */
#include "pipeline/explain.h"

#include "support/pipeline.h"

/* Three journeys: user 1 converts after two touches and comes back, user 2 does not convert. */
static const char log_text[] =
    "uid,timestamp,campaign,conversion\n1,1700000000,a,0\n1,1700086400,b,1\n1,1700172800,a,0\n2,1700000000,b,0\n";

static da_status with_bucket(const char *folder, const da_explain_wish *wish, bool cut, da_text *out, da_error *err) {
  da_bucket *bucket = NULL;
  da_config config;
  da_config_init(&config);
  da_run_job job = {.config = &config, .first = DA_STAGE_JOURNEYS, .last = DA_STAGE_JOURNEYS};
  cJSON *result = NULL;
  da_status status = da_bucket_open(folder, &bucket, err);
  job.bucket = bucket;
  if (status == DA_OK && cut) status = da_run_stages(&job, &result, err);
  if (status == DA_OK) status = da_explain_bucket(&job, wish, out, err);
  cJSON_Delete(result);
  da_config_free(&config);
  da_bucket_close(bucket);
  return status;
}

static void credits_of_a_conversion_add_up_to_one(void **state) {
  (void)state;
  char *folder = bucket_of_text(log_text);
  da_text out = {0};
  expect_ok(with_bucket(folder, &(da_explain_wish){.uid = "1", .as_json = true}, true, &out, err));
  cJSON *json = cJSON_Parse(da_text_cstr(&out));
  const cJSON *journeys = cJSON_GetObjectItemCaseSensitive(json, "journeys"), *first = cJSON_GetArrayItem(journeys, 0), *baseline, *touch;
  assert_int_equal(cJSON_GetArraySize(journeys), 2);
  int n_methods = 0;
  cJSON_ArrayForEach(baseline, cJSON_GetObjectItemCaseSensitive(first, "baseline")) {
    double sum = baseline->valuedouble;
    cJSON_ArrayForEach(touch, cJSON_GetObjectItemCaseSensitive(first, "touches")) {
      sum += cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(touch, "credit"), baseline->string)->valuedouble;
    }
    assert_float_equal(sum, 1, 1e-9);
    n_methods++;
  }
  assert_true(n_methods >= 5);
  cJSON_Delete(json);
  da_text_free(&out);
  folder_remove(folder);
}

static void what_is_not_there_is_refused(void **state) {
  (void)state;
  char *folder = bucket_of_text(log_text);
  da_text out = {0};
  da_error err = {0};
  assert_int_equal(with_bucket(folder, &(da_explain_wish){.journey = 0}, false, &out, &err), DA_ERR_DATA);
  assert_int_equal(with_bucket(folder, &(da_explain_wish){.journey = 3}, true, &out, &err), DA_ERR_ARG);
  assert_int_equal(with_bucket(folder, &(da_explain_wish){.uid = "3"}, true, &out, &err), DA_ERR_ARG);
  assert_int_equal(out.length, 0);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(credits_of_a_conversion_add_up_to_one),
      cmocka_unit_test(what_is_not_there_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
