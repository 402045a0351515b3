/* Oracle: the files read back by DuckDB and as bytes, against the rows and the truth of the same simulation. */
#include "simulate/publish.h"

#include <stdlib.h>

#include "support/disk.h"
#include "support/store.h"

static const da_simulation_options wanted = {.world = "W3", .n_users = 3000, .seed = 4, .truth = true};

static da_bucket *make_bucket(const char *folder) {
  da_bucket *bucket;
  expect_ok(da_bucket_create(folder_path(folder, "bucket"), &bucket, err));
  return bucket;
}

/* Row by row, what the simulation gives is what the file holds. */
static void compare_log(da_db *db, const da_bucket *bucket, const da_simulation_options *options) {
  da_simulation *simulation;
  da_rows *found;
  da_chunk chunk = {0};
  size_t i = 0;
  char *url = da_bucket_url(bucket, DA_SIMULATED_LOG_KEY);
  da_text sql = {0};
  da_text_append(&sql, "SELECT uid, \"timestamp\", campaign, conversion FROM ");
  da_sql_literal(&sql, url);
  expect_ok(da_simulation_open(options, NULL, NULL, &simulation, err));
  expect_ok(da_db_query(db, da_text_cstr(&sql), &found, err));
  const da_world_campaign *campaigns = da_simulation_world(simulation)->campaigns;
  const da_type types[] = {DA_TYPE_INT64, DA_TYPE_INT64, DA_TYPE_TEXT, DA_TYPE_BOOL};
  for (size_t c = 0; c < 4; c++) assert_int_equal(da_rows_column_type(found, c), types[c]);
  for (da_simulated_rows rows = {.n = 1}; rows.n > 0;) {
    expect_ok(da_simulation_next(simulation, &rows, err));
    for (size_t row = 0; row < rows.n; row++, i++) {
      if (i == chunk.n_rows) {
        expect_ok(da_rows_next(found, NULL, "test", &chunk, err));
        assert_true(chunk.n_rows > 0);
        i = 0;
      }
      const char *name = campaigns[rows.campaign[row]].name;
      assert_int_equal(((const int64_t *)chunk.columns[0].values)[i], rows.uid[row]);
      assert_int_equal(((const int64_t *)chunk.columns[1].values)[i], rows.timestamp_s[row]);
      assert_int_equal(da_slice_compare(((const da_slice *)chunk.columns[2].values)[i], (da_slice){name, strlen(name)}), 0);
      assert_int_equal(((const uint8_t *)chunk.columns[3].values)[i], rows.conversion[row]);
    }
  }
  assert_int_equal(i, chunk.n_rows);
  expect_ok(da_rows_next(found, NULL, "test", &chunk, err));
  assert_int_equal(chunk.n_rows, 0);
  da_rows_close(found);
  da_simulation_close(simulation);
  da_text_free(&sql);
  da_mem_free(url);
}

static void compare_truth(const da_bucket *bucket, const da_truth *truth) {
  da_text found = {0}, printed = {0};
  da_truth_print(truth, &printed);
  expect_ok(da_bucket_get(bucket, DA_TRUTH_KEY, &found, err));
  assert_string_equal(da_text_cstr(&found), da_text_cstr(&printed));
  da_text_free(&found);
  da_text_free(&printed);
}

static void a_log_and_its_truth_are_published(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  da_bucket *bucket = make_bucket(folder);
  da_truth truth;
  expect_ok(da_simulate(&wanted, false, bucket, db, NULL, NULL, &truth, err));
  compare_log(db, bucket, &wanted);
  compare_truth(bucket, &truth);
  assert_true(truth.n_touches > 15000 && truth.expected > truth.baseline);
  da_truth_free(&truth);
  da_bucket_close(bucket);
  da_db_close(db);
  folder_remove(folder);
}

static void the_same_bytes_each_time(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  da_bucket *bucket = make_bucket(folder);
  da_text first = {0};
  for (int n_threads = 1; n_threads <= 3; n_threads++) {
    da_pool *pool;
    da_text now = {0};
    expect_ok(da_pool_open(n_threads, &pool, err));
    expect_ok(da_simulate(&wanted, true, bucket, db, pool, NULL, NULL, err));
    expect_ok(da_bucket_get(bucket, DA_SIMULATED_LOG_KEY, &now, err));
    if (n_threads > 1) {
      assert_int_equal(now.length, first.length);
      assert_memory_equal(now.data, first.data, now.length);
    }
    da_text_free(&first);
    first = now;
    da_pool_close(pool);
  }
  da_text_free(&first);
  da_bucket_close(bucket);
  da_db_close(db);
  folder_remove(folder);
}

static void a_log_that_is_there_is_not_lost(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  da_bucket *bucket = make_bucket(folder);
  da_simulation_options other = {.world = "S1", .n_users = 500};
  bool exists;
  expect_ok(da_simulate(&wanted, false, bucket, db, NULL, NULL, NULL, err));
  expect_fail(da_simulate(&other, false, bucket, db, NULL, NULL, NULL, err), DA_ERR_ARG, "--force");
  compare_log(db, bucket, &wanted);
  expect_ok(da_simulate(&other, true, bucket, db, NULL, NULL, NULL, err));
  compare_log(db, bucket, &other);
  expect_ok(da_bucket_exists(bucket, DA_TRUTH_KEY, &exists, err));
  assert_false(exists); /* it was that of the log before */
  store_write_text(folder, "bucket/raw/mine.csv", "uid\n1\n");
  expect_fail(da_simulate(&other, true, bucket, db, NULL, NULL, NULL, err), DA_ERR_ARG, "raw/mine.csv");
  da_bucket_close(bucket);
  da_db_close(db);
  folder_remove(folder);
}

static bool later(void *context) { return --*(int *)context < 0; }

static void after_a_fault_all_is_as_before(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  da_bucket *bucket = make_bucket(folder);
  da_simulation_options large = {.world = "W1", .n_users = 2000000, .truth = true};
  da_truth truth, unchanged;
  expect_ok(da_simulate(&wanted, false, bucket, db, NULL, NULL, &truth, err));
  int calls = 6;
  da_monitor monitor = {.interrupted = later, .context = &calls};
  expect_fail(da_simulate(&large, true, bucket, db, NULL, &monitor, &unchanged, err), DA_ERR_INTERRUPTED, "");
  assert_null(unchanged.campaigns);
  compare_log(db, bucket, &wanted);
  compare_truth(bucket, &truth);
  large.world = "W17";
  expect_fail(da_simulate(&large, true, bucket, db, NULL, NULL, NULL, err), DA_ERR_ARG, "W17");
  compare_truth(bucket, &truth);
  da_truth_free(&truth);
  da_bucket_close(bucket);
  da_db_close(db);
  folder_remove(folder);
}

static void a_full_disk_is_said(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  da_bucket *bucket = make_bucket(folder);
  disk_small disk = disk_make_small(folder_path(folder, "bucket"), 64 << 10);
  da_simulation_options large = {.world = "W1", .n_users = 60000};
  expect_fail(da_simulate(&large, true, bucket, db, NULL, NULL, NULL, err), DA_ERR_IO, "");
  da_bucket_close(bucket);
  disk_restore(&disk);
  da_db_close(db);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_log_and_its_truth_are_published),
      cmocka_unit_test(the_same_bytes_each_time),
      cmocka_unit_test(a_log_that_is_there_is_not_lost),
      cmocka_unit_test(after_a_fault_all_is_as_before),
      cmocka_unit_test(a_full_disk_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
