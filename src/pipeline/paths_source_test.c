/* Oracle: the rows of a log, written out by hand, that a file of paths stands for. */
#include "pipeline/paths_source.h"

#include "support/store.h"

typedef struct {
  char *folder;
  char file[256];
  da_db *db;
  da_config config;
} fixture;

static void open_fixture(fixture *f, const char *content) {
  *f = (fixture){.folder = folder_make(), .db = store_db()};
  store_write_text(f->folder, "paths.csv", content);
  snprintf(f->file, sizeof f->file, "%s", folder_path(f->folder, "paths.csv"));
  da_config_init(&f->config);
}

static void close_fixture(fixture *f) {
  da_config_free(&f->config);
  da_db_close(f->db);
  folder_remove(f->folder);
}

static const char *rows_of(fixture *f) {
  da_text sql = {0};
  da_text_printf(&sql, "SELECT string_agg(concat_ws(' ', *COLUMNS(*)), ', ' ORDER BY uid, timestamp) FROM (%s)", f->config.source);
  const char *rows = store_query(f->db, da_text_cstr(&sql));
  da_text_free(&sql);
  return rows;
}

static void a_path_becomes_its_journeys(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "path,conversions,value,nulls\na>b c > a,2,19.8,1\n b ,0,,1\n");
  expect_ok(da_paths_settings(f.db, f.file, &f.config, err));
  assert_string_equal(rows_of(&f), "0 1700000060 a false 9.9, 0 1700000120 b c false 9.9, 0 1700000180 a true 9.9, "
                                   "1 1700000060 a false 9.9, 1 1700000120 b c false 9.9, 1 1700000180 a true 9.9, "
                                   "2 1700000060 a false 9.9, 2 1700000120 b c false 9.9, 2 1700000180 a false 9.9, "
                                   "3 1700000060 b false");
  assert_true(f.config.journey.max_len == 0 && f.config.credit.methods.n > 4);
  for (size_t i = 0; i < f.config.credit.methods.n; i++) assert_string_not_equal(f.config.credit.methods.items[i], "time_decay");
  close_fixture(&f);
}

static void names_and_columns_of_the_field(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "total_conversions,path\n1,x\n");
  expect_ok(da_paths_settings(f.db, f.file, &f.config, err));
  assert_string_equal(rows_of(&f), "0 1700000060 x true");
  close_fixture(&f);
}

static void what_is_no_table_of_paths_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *content, *sentence;
  } cases[] = {
      {"way,conversions\na,1\n", "but found no path"},     {"path,nulls\na,1\n", "but found no conversions"},
      {"path,conversions\na,1\n>,2\n", "in row 2 of"},     {"path,conversions\na,-1\n", "in row 1 of"},
      {"path,conversions,nulls\na,1,.5\n", "in row 1 of"}, {"path,conversions,value\na,1,-3\n", "in row 1 of"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fixture f;
    open_fixture(&f, cases[i].content);
    expect_fail(da_paths_settings(f.db, f.file, &f.config, err), DA_ERR_DATA, cases[i].sentence);
    close_fixture(&f);
  }
}

static void methods_that_need_times_are_refused(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "path,conversions\na,1\n");
  expect_ok(da_config_set(&f.config, "credit.methods=[linear, time_decay]", err));
  expect_fail(da_paths_settings(f.db, f.file, &f.config, err), DA_ERR_CONFIG, "but found time_decay");
  close_fixture(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_path_becomes_its_journeys),
      cmocka_unit_test(names_and_columns_of_the_field),
      cmocka_unit_test(what_is_no_table_of_paths_is_refused),
      cmocka_unit_test(methods_that_need_times_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
