/* Oracle: what must hold whatever the models are: changes add up, journeys that stay the same move nothing by the data, what has no model is
 * moved by nothing else, and what each method says of other journeys is the same by its former model as by a fit to the former log alone. */
#include "pipeline/changes.h"

#include "report/publish.h"
#include "support/pipeline.h"

static void run_stages(const char *folder, da_stage first, da_stage last, const char *methods, const char *setting) {
  da_bucket *bucket;
  da_config config;
  cJSON *result = NULL;
  da_config_init(&config);
  expect_ok(da_config_set(&config, methods, err));
  expect_ok(da_config_set(&config, "credit.intervals=0", err));
  expect_ok(da_config_set(&config, "training.epochs=1", err));
  expect_ok(da_config_set(&config, setting, err));
  expect_ok(da_bucket_open(folder, &bucket, err));
  da_run_job job = {.bucket = bucket, .config = &config, .first = first, .last = last};
  expect_ok(da_run_stages(&job, &result, err));
  cJSON_Delete(result);
  da_bucket_close(bucket);
  da_config_free(&config);
}

/* A query over the table of changes c and the credit k of now, of one method or of all (NULL). */
static double ask(const char *folder, const char *method, const char *select) {
  da_db *db = store_db();
  char changes[256], credit[256], sql[2048];
  snprintf(changes, sizeof changes, "%s", folder_path(folder, DA_KEY_CREDIT_CHANGES));
  snprintf(credit, sizeof credit, "%s", folder_path(folder, DA_KEY_CAMPAIGN_CREDIT));
  snprintf(sql, sizeof sql, "SELECT %s FROM '%s' c JOIN '%s' k USING (method, campaign_nm) WHERE method LIKE '%s'", select, changes, credit,
           method ? method : "%");
  double answer = strtod(store_query(db, sql), NULL);
  da_db_close(db);
  return answer;
}

static const char *const by_data = "max(abs(c.by_data))", *const by_model = "max(abs(c.by_model))";
static const char all_methods[] = "credit.methods=[incremental, removal, linear, time_decay, markov, shapley, shapley_ordered, shao_li, "
                                  "logistic, additive_hazard]";

static void check_sums(const char *folder, int n_methods) {
  assert_int_equal(ask(folder, NULL, "count(*)"), 9 * n_methods);
  assert_float_equal(ask(folder, NULL, "max(abs(c.after - k.conversions))"), 0, 1e-12);
  assert_float_equal(ask(folder, NULL, "max(abs(c.before + c.by_data + c.by_model - c.after))"), 0, 1e-9);
}

static void other_journeys_and_other_settings(void **state) {
  (void)state;
  char *folder = bucket_of_users(1500, 3), path[256];
  run_stages(folder, DA_STAGE_JOURNEYS, DA_STAGE_JOURNEYS, all_methods, "journey.gap_days=0");
  run_stages(folder, DA_STAGE_ATTRIBUTE, DA_STAGE_ATTRIBUTE, all_methods, "seed=1");
  snprintf(path, sizeof path, "%s", folder_path(folder, DA_KEY_CREDIT_CHANGES));
  assert_int_not_equal(access(path, F_OK), 0); /* nothing came before */
  run_stages(folder, DA_STAGE_JOURNEYS, DA_STAGE_JOURNEYS, all_methods, "journey.gap_days=2");
  run_stages(folder, DA_STAGE_ATTRIBUTE, DA_STAGE_ATTRIBUTE, all_methods, "seed=1");
  check_sums(folder, 10);
  assert_true(ask(folder, NULL, "max(abs(c.by_data))") > 1);
  assert_true(ask(folder, "markov", by_model) > .01);
  assert_true(ask(folder, "logistic", by_model) > .01);
  assert_float_equal(ask(folder, "linear", by_model), 0, 1e-9);
  /* the same journeys, and other settings */
  run_stages(folder, DA_STAGE_ATTRIBUTE, DA_STAGE_ATTRIBUTE, all_methods, "credit.half_life_days=1");
  check_sums(folder, 10);
  assert_float_equal(ask(folder, NULL, by_data), 0, 1e-6);
  assert_float_equal(ask(folder, "markov", by_model), 0, 1e-9);
  assert_true(ask(folder, "time_decay", by_model) > .1);
  run_stages(folder, DA_STAGE_ATTRIBUTE, DA_STAGE_ATTRIBUTE, all_methods, "credit.lift=[video=1]");
  assert_float_equal(ask(folder, NULL, by_data), 0, 1e-6);
  assert_true(ask(folder, "incremental", by_model) > 1e-3);
  folder_remove(folder);
}

static void another_network(void **state) {
  (void)state;
  static const char methods[] = "credit.methods=[attention, removal_model, linear]";
  char *folder = bucket_of_users(300, 3);
  run_stages(folder, DA_STAGE_JOURNEYS, DA_STAGE_ATTRIBUTE, methods, "training.epochs=1");
  run_stages(folder, DA_STAGE_TRAIN, DA_STAGE_ATTRIBUTE, methods, "training.epochs=3");
  check_sums(folder, 3);
  assert_float_equal(ask(folder, NULL, by_data), 0, 1e-6);
  assert_true(ask(folder, "attention", by_model) > 1e-4);
  assert_true(ask(folder, "removal_model", by_model) > 1e-4);
  assert_float_equal(ask(folder, "linear", by_model), 0, 1e-9);
  folder_remove(folder);
}

/* One campaign is gone and another is new. Both fits to the former log: kept by the bucket, and made here from its text. */
static void campaigns_come_and_go(void **state) {
  (void)state;
  static const char head[] = "uid,timestamp,campaign,conversion\n";
  static const char then[] = "1,100,gone,0\n1,200,stays,1\n2,100,stays,0\n3,100,gone,1\n4,100,late,1\n4,200,stays,0\n";
  static const char now[] = "5,100,new,0\n5,200,stays,1\n6,100,stays,1\n7,100,late,0\n7,200,stays,1\n";
  static const char methods[] = "credit.methods=[markov, shapley, shao_li, logistic, additive_hazard, linear]";
  char text[512];
  snprintf(text, sizeof text, "%s%s", head, then);
  char *folder = bucket_of_text(text);
  run_stages(folder, DA_STAGE_JOURNEYS, DA_STAGE_ATTRIBUTE, methods, "seed=1");
  snprintf(text, sizeof text, "%s%s", head, now);
  store_write_text(folder, "raw/log.csv", text);
  run_stages(folder, DA_STAGE_JOURNEYS, DA_STAGE_ATTRIBUTE, methods, "seed=1");
  assert_int_equal(ask(folder, NULL, "count(*)"), 7 * 4); /* attention too; joined with the credit of now: late, new, stays, (baseline) */
  assert_float_equal(ask(folder, NULL, "max(abs(c.before + c.by_data + c.by_model - c.after))"), 0, 1e-9);
  /* of late and stays the former log knows v(late) = 1, v(stays) = 0 of 2, both together 1 of 3: values 2/3 and -1/3 of 1/3 */
  assert_float_equal(ask(folder, "shapley", "sum(c.before + c.by_data) FILTER (campaign_nm = 'late')"), 2, 1e-9);
  assert_float_equal(ask(folder, "linear", "sum(c.before + c.by_data) FILTER (campaign_nm = 'late')"), .5, 1e-9);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(other_journeys_and_other_settings),
      cmocka_unit_test(another_network),
      cmocka_unit_test(campaigns_come_and_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
