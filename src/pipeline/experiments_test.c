/* Oracle: the rows as written, and moments of 2018 in microseconds since 1970, counted by hand. */
#include "pipeline/experiments.h"

#include <sys/stat.h>

#include "support/store.h"

static const int64_t JULY_1_US = 1530403200000000, DAY_US = 86400000000;

typedef struct {
  char *folder;
  da_db *db;
  da_bucket *bucket;
  da_arena arena;
  da_experiments found;
} room;

static void enter(room *r) {
  *r = (room){.folder = folder_make(), .db = store_db()};
  assert_int_equal(mkdir(folder_path(r->folder, "raw"), 0700), 0);
  expect_ok(da_bucket_open(r->folder, &r->bucket, err));
}

static void leave(room *r) {
  da_arena_free(&r->arena);
  da_bucket_close(r->bucket);
  da_db_close(r->db);
  folder_remove(r->folder);
}

static da_status read_text(room *r, const char *text, da_error *err) {
  store_write_text(r->folder, DA_KEY_LIFT, text);
  return da_experiments_read(r->db, r->bucket, NULL, &r->arena, &r->found, err);
}

static void rows_are_read(void **state) {
  (void)state;
  room r;
  enter(&r);
  expect_ok(da_experiments_read(r.db, r.bucket, NULL, &r.arena, &r.found, err));
  assert_int_equal(r.found.n, 0); /* a bucket without experiments */
  expect_ok(read_text(&r,
                      "Campaign,window,incremental_conversions,SE\n\"brand, search\",2018-07-01/2018-07-14,120,30\nretarget,,-3.5,0\n"
                      "video,2018-07-01T06:00:00/2018-07-02 06:00:00,1e1,2\n",
                      err));
  assert_int_equal(r.found.n, 3);
  const da_experiment *item = r.found.items;
  assert_int_equal(da_slice_compare(item[0].campaign, (da_slice){"brand, search", 13}), 0);
  assert_true(item[0].begin_us == JULY_1_US && item[0].end_us == JULY_1_US + 14 * DAY_US); /* the last day is included */
  assert_true(item[0].conversions == 120 && item[0].standard_error == 30);
  assert_true(item[1].begin_us == INT64_MIN && item[1].end_us == INT64_MAX && item[1].conversions == -3.5);
  assert_true(item[2].begin_us == JULY_1_US + DAY_US / 4 && item[2].end_us == JULY_1_US + DAY_US + DAY_US / 4);
  leave(&r);
}

static void a_file_elsewhere_may_leave_the_window_out(void **state) {
  (void)state;
  room r;
  enter(&r);
  store_write_text(r.folder, "mine.csv", "campaign,incremental_conversions,se\na,1,2\n");
  expect_ok(da_experiments_read(r.db, r.bucket, folder_path(r.folder, "mine.csv"), &r.arena, &r.found, err));
  assert_true(r.found.n == 1 && r.found.items[0].end_us == INT64_MAX && r.found.items[0].standard_error == 2);
  expect_fail(da_experiments_read(r.db, r.bucket, folder_path(r.folder, "yours.csv"), &r.arena, &r.found, err), DA_ERR_IO, "yours.csv");
  leave(&r);
}

static void what_makes_no_sense_is_refused(void **state) {
  (void)state;
  static const char head[] = "campaign,window,incremental_conversions,se\na,,1,1\n";
  static const struct {
    const char *row, *message;
  } cases[] = {
      {",,1,1\n", "expected the name of a campaign in row 2 of"},
      {"a,July,1,1\n", "or none, in row 2 of"},
      {"a,2018-07-14/2018-07-01,1,1\n", "but found '2018-07-14/2018-07-01'"},
      {"a,,many,1\n", "expected a number of conversions in row 2"},
      {"a,,nan,1\n", "but found 'nan'"},
      {"a,,1,\n", "expected a standard error, 0 or more, in row 2"},
      {"a,,1,-1\n", "but found '-1'"},
  };
  room r;
  enter(&r);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[200];
    snprintf(text, sizeof text, "%s%s", head, cases[i].row);
    expect_fail(read_text(&r, text, err), DA_ERR_DATA, cases[i].message);
  }
  expect_fail(read_text(&r, "campaign,se\na,1\n", err), DA_ERR_DATA, "but found no incremental_conversions");
  leave(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_read),
      cmocka_unit_test(a_file_elsewhere_may_leave_the_window_out),
      cmocka_unit_test(what_makes_no_sense_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
