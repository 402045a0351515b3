/* Oracle: shares by hand, of two methods that need no fit. */
#include "pipeline/evaluate.h"

#include "support/pipeline.h"

/* First touch: a and b earn one conversion each; last touch: b earns both. */
static const char log_text[] =
    "uid,timestamp,campaign,conversion\n1,1700000000,a,0\n1,1700086400,b,1\n2,1700000000,b,1\n3,1700000000,a,0\n";

static da_status run(const char *folder, da_stage last, cJSON **result, da_error *err) {
  da_bucket *bucket = NULL;
  da_config config;
  da_config_init(&config);
  da_run_job job = {.config = &config, .first = DA_STAGE_JOURNEYS, .last = DA_STAGE_JOURNEYS};
  cJSON *made = NULL;
  da_status status = da_bucket_open(folder, &bucket, err);
  job.bucket = bucket;
  if (status == DA_OK) status = da_config_set(&config, "credit.methods=[first_touch, last_touch]", err);
  if (status == DA_OK) status = da_run_stages(&job, &made, err);
  cJSON_Delete(made);
  made = NULL;
  job.first = job.last = last;
  if (status == DA_OK && last != DA_STAGE_JOURNEYS) status = da_run_stages(&job, &made, err);
  cJSON_Delete(made);
  if (status == DA_OK) status = da_evaluate_bucket(&job, result, err);
  da_config_free(&config);
  da_bucket_close(bucket);
  return status;
}

static double number(const cJSON *method, const char *name) { return cJSON_GetObjectItemCaseSensitive(method, name)->valuedouble; }

static void methods_are_compared(void **state) {
  (void)state;
  char *folder = bucket_of_text(log_text);
  cJSON *result = NULL;
  expect_ok(run(folder, DA_STAGE_ATTRIBUTE, &result, err));
  const cJSON *methods = cJSON_GetObjectItemCaseSensitive(result, "methods");
  assert_int_equal(cJSON_GetArraySize(methods), 2);
  for (int m = 0; m < 2; m++) {
    const cJSON *method = cJSON_GetArrayItem(methods, m);
    assert_float_equal(number(method, "agreement"), .5, 1e-12); /* shares 1/2, 1/2 and 0, 1 */
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(method, "share_error")));
  }
  assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(result, "network")));
  const char *why = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(result, "trust"), "why"));
  assert_non_null(strstr(why, "add incremental"));
  cJSON_Delete(result);
  folder_remove(folder);
}

static void without_credit_it_is_refused(void **state) {
  (void)state;
  char *folder = bucket_of_text(log_text);
  cJSON *result = NULL;
  da_error err = {0};
  assert_int_equal(run(folder, DA_STAGE_JOURNEYS, &result, &err), DA_ERR_DATA);
  assert_non_null(strstr(err.msg, "expected credit in"));
  assert_null(result);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(methods_are_compared),
      cmocka_unit_test(without_credit_it_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
