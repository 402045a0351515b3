/* Oracle: the pack that the stage journeys itself made, byte for byte, from the tables it wrote beside. */
#include "journey/store_pack.h"

#include <sys/stat.h>

#include "journey/build.h"
#include "support/store.h"

typedef struct {
  char *folder;
  da_bucket *bucket;
  da_db *db;
  unsigned char *pack;
  size_t n_bytes;
} fixture;

/* A log cut by the program, with the settings; what a log.json would say of it is written beside. */
static void open_fixture(fixture *f, const char *log, const char *const *settings, const char *facts) {
  *f = (fixture){.folder = folder_make(), .db = store_db()};
  assert_int_equal(mkdir(folder_path(f->folder, "raw"), 0700), 0);
  store_write_text(f->folder, "raw/log.csv", log);
  da_config config;
  da_config_init(&config);
  for (size_t i = 0; settings[i]; i++) expect_ok(da_config_set(&config, settings[i], err));
  da_impressions impressions = {0};
  da_journeys_report report;
  da_publication *publication;
  expect_ok(da_bucket_open(f->folder, &f->bucket, err));
  expect_ok(da_impressions_open(f->db, f->bucket, NULL, &config, &impressions, err));
  expect_ok(da_impressions_audit(f->db, &impressions, NULL, err));
  expect_ok(da_publication_begin(f->bucket, &publication, err));
  expect_ok(da_journeys_build(f->db, publication, &config, &impressions, NULL, &report, err));
  expect_ok(da_publication_commit(publication, err));
  da_publication_close(publication);
  da_impressions_free(&impressions);
  da_config_free(&config);
  store_write_text(f->folder, DA_STORE_LOG_KEY, facts);
  f->pack = folder_read(folder_path(f->folder, DA_JOURNEYS_KEY), &f->n_bytes);
}

static void close_fixture(fixture *f) {
  free(f->pack);
  da_bucket_close(f->bucket);
  da_db_close(f->db);
  folder_remove(f->folder);
}

static da_status pack(const fixture *f, da_error *err) {
  da_publication *publication;
  DA_TRY(da_publication_begin(f->bucket, &publication, err));
  da_status status = da_store_pack(f->db, f->bucket, publication, NULL, err);
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  return status;
}

static void assert_same_pack(const fixture *f) {
  assert_int_equal(unlink(folder_path(f->folder, DA_JOURNEYS_KEY)), 0);
  expect_ok(pack(f, err));
  size_t n_bytes;
  unsigned char *bytes = folder_read(folder_path(f->folder, DA_JOURNEYS_KEY), &n_bytes);
  assert_int_equal(n_bytes, f->n_bytes);
  assert_memory_equal(bytes, f->pack, n_bytes);
  free(bytes);
}

static const char log_text[] =
    "uid,timestamp,campaign,conversion,value\n1,1700000000,b,0,\n1,1700000001,a,1,2.5\n1,1700000005,c,0,\n2,1700000003,a,0,\n"
    "3,1700000002,b,1,\n5,1700000004,c,0,\n8,1700000004,a,0,\n8,1700000009,a,1,1\n9,1700000000,a,0,\n";
#define FACTS(uid_is_text, n_journeys)                                                                                         \
  "{\"uid_is_text\": " uid_is_text ", \"has_value\": true, \"has_conversion_us\": false, \"log_start_us\": 1700000000000000, " \
  "\"log_end_us\": 1700000009000000, \"n_unattributed\": 0, \"unattributed_value\": 0, \"n_journeys\": " n_journeys "}"
static const char *const by_time[] = {"split.by=time", "split.fractions=[0.5, 0.3, 0.2]", NULL};
static const char *const by_user[] = {NULL};

static void the_tables_give_the_same_pack(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, log_text, by_time, FACTS("false", "7"));
  bool exists = false;
  expect_ok(da_store_pack_exists(f.bucket, &exists, err));
  assert_true(exists);
  assert_same_pack(&f);
  close_fixture(&f);
}

/* All in train, so that val and test have no table at all; and train a folder of two files. */
static void folders_of_files_and_text_uids_do(void **state) {
  (void)state;
  char text[sizeof log_text + 64];
  size_t n = 0;
  for (const char *c = log_text; *c; c++) { /* every row's uid gets a letter */
    text[n++] = *c;
    if (*c == '\n' && c[1]) text[n++] = 'u';
  }
  text[n] = 0;
  static const char *const all_in_train[] = {"split.fractions=[1, 0, 0]", NULL};
  fixture f;
  open_fixture(&f, text, all_in_train, FACTS("true", "7"));
  da_text sql = {0};
  const char *table = folder_path(f.folder, "feature_store/train.parquet"), *aside = folder_path(f.folder, "feature_store/aside");
  assert_int_equal(rename(table, aside), 0);
  assert_int_equal(mkdir(table, 0700), 0);
  for (int part = 0; part < 2; part++) {
    da_text_clear(&sql);
    da_text_printf(&sql, "COPY (FROM read_parquet('%s') WHERE (journey_id < 4) = (%d = 0) ORDER BY journey_id) TO '%s/part-%d.parquet'",
                   aside, part, table, part);
    expect_ok(da_db_run(f.db, da_text_cstr(&sql), err));
  }
  da_text_free(&sql);
  unlink(aside);
  unlink(folder_path(f.folder, "feature_store/val.parquet"));
  unlink(folder_path(f.folder, "feature_store/test.parquet"));
  assert_same_pack(&f);
  close_fixture(&f);
}

static void moments_of_conversions_come_along(void **state) {
  (void)state;
  static const char *const settings[] = {"journey.transforms=[first]", NULL};
  static const char facts[] =
      "{\"uid_is_text\": false, \"has_value\": true, \"has_conversion_us\": true, \"log_start_us\": 1700000000000000, "
      "\"log_end_us\": 1700000009000000, \"n_unattributed\": 0, \"unattributed_value\": 0, \"n_journeys\": 7}";
  fixture f;
  open_fixture(&f, log_text, settings, facts);
  da_text sql = {0};
  for (int which = 0; which < DA_N_SETS; which++) { /* journeys 0, 3 and 5 convert, at these moments */
    const char *table = folder_path(f.folder, da_feature_store_keys[which]);
    da_text_clear(&sql);
    da_text_printf(
        &sql,
        "COPY (SELECT *, CASE WHEN conversion_status THEN 1700000000000000 + CASE journey_id WHEN 0 THEN 1 WHEN 3 THEN 2 ELSE 9 END "
        "* 1000000 END AS conversion_us FROM read_parquet('%s')) TO '%s.new' (FORMAT parquet)",
        table, table);
    expect_ok(da_db_run(f.db, da_text_cstr(&sql), err));
    char from[4200];
    snprintf(from, sizeof from, "%s.new", table);
    assert_int_equal(rename(from, table), 0);
  }
  da_text_free(&sql);
  assert_same_pack(&f);
  close_fixture(&f);
}

static void what_does_not_fit_is_refused(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, log_text, by_user, FACTS("false", "9"));
  expect_fail(pack(&f, err), DA_ERR_DATA, "expected 9 journeys in feature_store/, numbered from 0, but found no journey 7");
  store_write_text(f.folder, DA_STORE_LOG_KEY, "{}");
  expect_fail(pack(&f, err), DA_ERR_DATA, "expected the facts of a log");
  store_write_text(f.folder, DA_STORE_LOG_KEY, "[1]");
  expect_fail(pack(&f, err), DA_ERR_DATA, "expected a JSON object");
  store_write_text(f.folder, DA_STORE_LOG_KEY, FACTS("false", "7"));
  store_write_text(f.folder, DA_CAMPAIGN_INDEX_KEY, "{\"a\": 0, \"b\": 1}");
  expect_fail(pack(&f, err), DA_ERR_DATA, "a campaign of " DA_CAMPAIGN_INDEX_KEY);
  unlink(folder_path(f.folder, DA_CAMPAIGN_INDEX_KEY));
  bool exists = true;
  expect_ok(da_store_pack_exists(f.bucket, &exists, err));
  assert_false(exists);
  close_fixture(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_tables_give_the_same_pack),
      cmocka_unit_test(folders_of_files_and_text_uids_do),
      cmocka_unit_test(moments_of_conversions_come_along),
      cmocka_unit_test(what_does_not_fit_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
