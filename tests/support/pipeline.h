/* For tests of the pipeline: a folder that is a bucket with a log. */
#ifndef DA_TESTS_PIPELINE_H
#define DA_TESTS_PIPELINE_H

#include <sys/stat.h>

#include "simulate/publish.h"
#include "support/store.h"

/* A bucket whose log is this CSV text. */
static inline char *bucket_of_text(const char *log) {
  char *folder = folder_make();
  assert_int_equal(mkdir(folder_path(folder, "raw"), 0700), 0);
  store_write_text(folder, "raw/log.csv", log);
  return folder;
}

/* A bucket with users of the world W1. */
static inline char *bucket_of_users(uint64_t n_users, uint64_t seed) {
  char *folder = folder_make();
  da_bucket *bucket;
  da_db *db = store_db();
  da_simulation_options options = {.world = "W1", .n_users = n_users, .seed = seed};
  expect_ok(da_bucket_open(folder, &bucket, err));
  expect_ok(da_simulate(&options, false, bucket, db, NULL, NULL, NULL, err));
  da_bucket_close(bucket);
  da_db_close(db);
  return folder;
}

#endif
