/* Oracle: attention_score.parquet, as the stage attribute writes it for the same journeys by the same network and fit. */
#include "serve/service.h"

#include "pipeline/known_fit.h"
#include "pipeline/pipeline.h"
#include "support/pipeline.h"

typedef struct {
  char *folder;
  da_bucket *bucket;
  da_config config;
  da_db *db;
  da_service service;
} fixture;

static void run(fixture *f, da_stage first, da_stage last) {
  cJSON *result = NULL;
  const da_run_job job = {.bucket = f->bucket, .config = &f->config, .first = first, .last = last};
  expect_ok(da_run_stages(&job, &result, err));
  cJSON_Delete(result);
}

static void open_service(fixture *f) {
  const char *model = folder_path(f->folder, DA_KEY_MODEL);
  da_text fit = {0};
  expect_ok(da_known_fit_read(model, &fit, err));
  expect_ok(da_service_open(model, &fit, &f->config, NULL, &f->service, err));
}

/* All that can be served. */
static const char methods[] =
    "credit.methods=[incremental, removal, first_touch, last_touch, linear, time_decay, position_based, removal_model, shapley_model]";

/* The service keeps a pointer to the settings: the fixture stays where it is. */
static void open_fixture(fixture *f) {
  *f = (fixture){.folder = bucket_of_users(400, 5), .db = store_db()};
  da_config_init(&f->config);
  expect_ok(da_config_set(&f->config, "training.epochs=1", err));
  expect_ok(da_config_set(&f->config, "credit.intervals=0", err));
  expect_ok(da_config_set(&f->config, methods, err));
  expect_ok(da_bucket_open(f->folder, &f->bucket, err));
  run(f, DA_STAGE_JOURNEYS, DA_STAGE_ATTRIBUTE);
  open_service(f);
}

static void close_fixture(fixture *f) {
  da_service_close(&f->service);
  da_config_free(&f->config);
  da_bucket_close(f->bucket);
  da_db_close(f->db);
  folder_remove(f->folder);
}

/* The table says of a method what the answers say, to a tolerance; and speaks of as many touches. */
static void assert_agrees(const fixture *f, const char *column, double tolerance) {
  char sql[2048];
  snprintf(sql, sizeof sql,
           "WITH served AS (SELECT journey_id, unnest(\"%s\") AS share, generate_subscripts(\"%s\", 1) AS place FROM "
           "read_json('%s', format = 'newline_delimited')) "
           "SELECT count(*) || ' ' || (SELECT count(*) FROM served) || ' ' || count(*) FILTER (abs(share - \"%s\") <= %g) || ' ' || "
           "max(abs(share - \"%s\")) "
           "FROM read_parquet('%s') t JOIN served s ON s.journey_id = t.journey_id AND s.place = t.touch_index",
           column, column, folder_path(f->folder, "answers.json"), column, tolerance, column,
           folder_path(f->folder, "attention_report/attention_score.parquet"));
  unsigned long touches, served, equal;
  assert_int_equal(sscanf(store_query(f->db, sql), "%lu %lu %lu", &touches, &served, &equal), 3);
  assert_true(touches > 1000);
  if (touches != served || touches != equal) fail_msg("%s: %s", column, store_query(f->db, sql));
}

static void answers_are_those_of_attribute(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  da_text answers = {0};
  static const char *const sets[] = {"feature_store/train.parquet", "feature_store/val.parquet", "feature_store/test.parquet"};
  for (int i = 0; i < 3; i++) {
    size_t n_bytes;
    unsigned char *bytes = folder_read(folder_path(f.folder, sets[i]), &n_bytes);
    expect_ok(da_service_answer(&f.service, f.db, DA_BODY_PARQUET, (da_slice){(char *)bytes, n_bytes}, DA_BODY_JSON, &answers, err));
    free(bytes);
  }
  store_write_text(f.folder, "answers.json", da_text_cstr(&answers));
  static const char *const exact[] = {"attention",          "attention_attribution",  "first_touch_attribution",   "last_touch_attribution",
                                      "linear_attribution", "time_decay_attribution", "position_based_attribution"};
  for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++) assert_agrees(&f, exact[i], 0);
  assert_agrees(&f, "incremental_attribution", 1e-9);
  assert_agrees(&f, "removal_attribution", 1e-9);
  assert_agrees(&f, "removal_model_attribution", 1e-6); /* the network's what-ifs, in other batches */
  assert_agrees(&f, "shapley_model_attribution", 1e-6);
  da_text_free(&answers);
  close_fixture(&f);
}

/* Oracle: the same answer as JSON lines. */
static void parquet_says_what_json_lines_say(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  static const struct {
    const char *body, *types;
  } cases[] = {{"{\"journey_id\":7,\"uid\":-3,\"campaigns\":[\"a\"],\"timestamps\":[5]}\n"
                "{\"campaigns\":[\"email\",\"video\"],\"timestamps\":[1700000000000000,1700000360000000],\"conversion_status\":true}",
                "BIGINT BIGINT"},
               {"{\"journey_id\":7,\"uid\":\"2018-07-01\",\"campaigns\":[\"a\"],\"timestamps\":[5]}\n"
                "{\"journey_id\":\"x\",\"uid\":8,\"campaigns\":[\"a\"],\"timestamps\":[5]}",
                "VARCHAR VARCHAR"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    da_text lines = {0}, parquet = {0};
    const da_slice body = {cases[i].body, strlen(cases[i].body)};
    expect_ok(da_service_answer(&f.service, f.db, DA_BODY_JSON, body, DA_BODY_JSON, &lines, err));
    expect_ok(da_service_answer(&f.service, f.db, DA_BODY_JSON, body, DA_BODY_PARQUET, &parquet, err));
    store_write_text(f.folder, "answers.json", da_text_cstr(&lines));
    folder_write(folder_path(f.folder, "answers.parquet"), parquet.data, parquet.length);
    char sql[2048];
    const char *columns = "* EXCLUDE (journey_id, uid) REPLACE (conversion_probability::FLOAT AS conversion_probability, "
                          "attention::FLOAT[] AS attention, linear_attribution::DOUBLE[] AS linear_attribution, "
                          "last_touch_attribution::DOUBLE[] AS last_touch_attribution)";
    snprintf(
        sql, sizeof sql,
        "WITH lines AS (SELECT %s FROM read_json('%s', format = 'newline_delimited')), "
        "file AS (SELECT %s FROM read_parquet('%s')) "
        "SELECT (SELECT count(*) FROM file) || ' ' || (SELECT count(*) FROM ((FROM lines EXCEPT FROM file) UNION ALL (FROM file EXCEPT "
        "FROM lines)))",
        columns, folder_path(f.folder, "answers.json"), columns, folder_path(f.folder, "answers.parquet"));
    assert_string_equal(store_query(f.db, sql), "2 0");
    snprintf(sql, sizeof sql, "SELECT typeof(journey_id) || ' ' || typeof(uid) FROM read_parquet('%s') LIMIT 1",
             folder_path(f.folder, "answers.parquet"));
    assert_string_equal(store_query(f.db, sql), cases[i].types);
    da_text_free(&lines);
    da_text_free(&parquet);
  }
  close_fixture(&f);
}

static void a_method_that_cannot_be_served_is_refused(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  da_service_close(&f.service);
  da_text fit = {0};
  const char *model = folder_path(f.folder, DA_KEY_MODEL);
  expect_ok(da_config_set(&f.config, "credit.methods=[incremental]", err));
  expect_fail(da_service_open(model, &fit, &f.config, NULL, &f.service, err), DA_ERR_CONFIG, "but found incremental");
  expect_ok(da_config_set(&f.config, "credit.methods=[markov]", err));
  expect_fail(da_service_open(model, &fit, &f.config, NULL, &f.service, err), DA_ERR_CONFIG, "but found markov");
  expect_fail(da_service_open("/nowhere", &fit, &f.config, NULL, &f.service, err), DA_ERR_IO, "/nowhere");
  close_fixture(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_are_those_of_attribute),
      cmocka_unit_test(parquet_says_what_json_lines_say),
      cmocka_unit_test(a_method_that_cannot_be_served_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
