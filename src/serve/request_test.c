/* Oracle: arrays written out by hand, and da_journeys_check; for Parquet, a file that DuckDB wrote of the same journeys. */
#include "serve/request.h"

#include "support/store.h"

static const da_slice names[] = {{"email", 5}, {"video", 5}, {"\xff\xff", 2}};
static const da_names campaigns = {names, 3};

static da_slice slice(const char *text) { return (da_slice){text, strlen(text)}; }

static const char three[] =
    "{\"journey_id\": 7, \"uid\": \"a\", \"campaigns\": [\"video\", \"new\"], \"timestamps\": [1700000000000000, 1700000000000001], "
    "\"conversion_status\": true, \"anything\": {\"else\": []}}\r\n"
    "\n"
    "{\"uid\":\"a\",\"campaigns\":[\"email\"],\"timestamps\":[1700000000000001],\"conversion_status\":0}\n"
    "{\"journey_id\":\"x\\\"y\",\"campaigns\":[\"email\"],\"timestamps\":[5]}";

static void assert_three(const da_request *request) {
  const da_journeys *set = &request->set;
  expect_ok(da_journeys_check(set, err));
  assert_int_equal(set->n_journeys, 3);
  assert_int_equal(set->n_users, 2);
  assert_int_equal(set->n_conversions, 1);
  const uint32_t campaign[] = {1, 2, 0, 0};
  const uint64_t first_touch[] = {0, 2, 3, 4}, first_journey[] = {0, 2, 3};
  assert_memory_equal(set->campaign, campaign, sizeof campaign);
  assert_memory_equal(set->first_touch, first_touch, sizeof first_touch);
  assert_memory_equal(set->first_journey, first_journey, sizeof first_journey);
  assert_true(set->time_us[1] == INT64_C(1700000000000001) && set->time_us[3] == 5);
  assert_true(da_journey_converted(set, 0) && !da_journey_converted(set, 1));
  assert_true(set->log_start_us == 5 && set->log_end_us == INT64_C(1700000000000001));
}

static void lines_become_journeys(void **state) {
  (void)state;
  da_request request = {0};
  expect_ok(da_request_read_json(slice(three), &campaigns, &request, err));
  assert_three(&request);
  const char *const echo[] = {"\"journey_id\":7,\"uid\":\"a\",", "\"uid\":\"a\",", "\"journey_id\":\"x\\\"y\","};
  for (uint64_t j = 0; j < 3; j++) {
    da_slice found = da_request_echo(&request, j);
    assert_int_equal(found.length, strlen(echo[j]));
    assert_memory_equal(found.data, echo[j], found.length);
  }
  da_request_free(&request);
  da_request_free(&request);
}

static void parquet_says_the_same(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  store_write_text(folder, "rows.json", three);
  da_text sql = {0};
  da_text_printf(&sql, "COPY (SELECT * EXCLUDE anything FROM read_json('%s')) TO '%s' (FORMAT parquet)", folder_path(folder, "rows.json"),
                 folder_path(folder, "rows.parquet"));
  expect_ok(da_db_run(db, da_text_cstr(&sql), err));
  size_t n_bytes;
  unsigned char *bytes = folder_read(folder_path(folder, "rows.parquet"), &n_bytes);
  da_request request = {0};
  expect_ok(da_request_read_parquet(db, (da_slice){(char *)bytes, n_bytes}, &campaigns, &request, err));
  assert_three(&request);
  da_request_free(&request);
  expect_fail(da_request_read_parquet(db, (da_slice){(char *)bytes, n_bytes / 2}, &campaigns, &request, err), DA_ERR_DATA, "expected");
  da_request_free(&request);
  expect_fail(da_request_read_parquet(db, slice("no such thing"), &campaigns, &request, err), DA_ERR_DATA, "expected");
  da_request_free(&request);
  free(bytes);
  da_text_free(&sql);
  da_db_close(db);
  folder_remove(folder);
}

static void faults_are_named(void **state) {
  (void)state;
  static const struct {
    const char *body, *words;
  } cases[] = {
      {"", "expected at least one journey"},
      {"\n \n", "expected at least one journey"},
      {"{\"campaigns\":[\"a\"],\"timestamps\":[1]", "journey 1: expected one JSON object on a line"},
      {"{\"campaigns\":[\"a\"],\"timestamps\":[1]} {}", "journey 1: expected one JSON object on a line"},
      {"{\"campaigns\":[\"a\"],\"timestamps\":[1]}\n[]", "journey 2: expected a JSON object but found an empty list"},
      {"\"\xff\"", "expected UTF-8"},
      {"{}", "\"campaigns\" to be a list of at least one text but found nothing"},
      {"{\"campaigns\":[],\"timestamps\":[]}", "at least one text but found an empty list"},
      {"{\"campaigns\":[1],\"timestamps\":[1]}", "\"campaigns\" to be a list of texts"},
      {"{\"campaigns\":[\"a\"],\"timestamps\":\"now\"}", "\"timestamps\" to be a list of numbers but found a text"},
      {"{\"campaigns\":[\"a\"],\"timestamps\":[1.5]}", "whole microseconds"},
      {"{\"campaigns\":[\"a\"],\"timestamps\":[1e300]}", "whole microseconds"},
      {"{\"campaigns\":[\"a\",\"b\"],\"timestamps\":[1]}", "as many timestamps as campaigns but found 1 and 2"},
      {"{\"campaigns\":[\"a\",\"b\"],\"timestamps\":[2,1]}", "never decrease but found 1 after 2"},
      {"{\"campaigns\":[\"a\"],\"timestamps\":[1],\"conversion_status\":2}",
       "\"conversion_status\" to be true or false but found a number"},
      {"{\"campaigns\":[\"a\"],\"timestamps\":[1],\"uid\":[1]}", "\"uid\" to be a text"},
      {"{\"campaigns\":[\"a\"],\"timestamps\":[2],\"uid\":1}\n{\"campaigns\":[\"a\"],\"timestamps\":[1],\"uid\":1}",
       "journey 2: expected it after the journey before it"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    da_request request = {0};
    expect_fail(da_request_read_json(slice(cases[i].body), &campaigns, &request, err), DA_ERR_DATA, cases[i].words);
    da_request_free(&request);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_become_journeys),
      cmocka_unit_test(parquet_says_the_same),
      cmocka_unit_test(faults_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
