/* Oracle: what was set is found again after a write and a read; a file that is no state counts as none. */
#include "pipeline/state.h"

#include <sys/stat.h>

#include "support/folder.h"
#include "support/store.h"

static void stages_are_found_again(void **unused) {
  (void)unused;
  char *folder = folder_make();
  da_bucket *bucket;
  da_run_state state;
  uint64_t fingerprint = 0;
  expect_ok(da_bucket_open(folder, &bucket, err));
  expect_ok(da_run_state_read(bucket, &state, err));
  assert_null(da_run_state_find(&state, "train", &fingerprint));
  cJSON *facts = cJSON_CreateObject();
  assert_non_null(cJSON_AddNumberToObject(facts, "rows", 7));
  expect_ok(da_run_state_set(&state, "train", UINT64_C(0xfedcba9876543210), facts, err));
  expect_ok(da_run_state_write(&state, bucket, err));
  da_run_state_free(&state);

  expect_ok(da_run_state_read(bucket, &state, err));
  const cJSON *found = da_run_state_find(&state, "train", &fingerprint);
  assert_non_null(found);
  assert_true(fingerprint == UINT64_C(0xfedcba9876543210));
  assert_int_equal(cJSON_GetObjectItemCaseSensitive(found, "rows")->valueint, 7);
  da_run_state_forget(&state, "train");
  assert_null(da_run_state_find(&state, "train", NULL));
  da_run_state_free(&state);
  da_bucket_close(bucket);
  folder_remove(folder);
}

static void what_is_no_state_is_an_empty_one(void **unused) {
  (void)unused;
  static const char *const files[] = {"", "{", "[]", "{\"format\": 99, \"stages\": {}}", "{\"format\": 1, \"stages\": 3}"};
  char *folder = folder_make();
  da_bucket *bucket;
  expect_ok(da_bucket_open(folder, &bucket, err));
  assert_int_equal(mkdir(folder_path(folder, ".deepattribution"), 0777), 0);
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    store_write_text(folder, ".deepattribution/stages.json", files[i]);
    da_run_state state;
    expect_ok(da_run_state_read(bucket, &state, err));
    assert_null(da_run_state_find(&state, "journeys", NULL));
    da_run_state_free(&state);
  }
  da_bucket_close(bucket);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(stages_are_found_again), cmocka_unit_test(what_is_no_state_is_an_empty_one)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
