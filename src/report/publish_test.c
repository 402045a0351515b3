/* Oracle: the bucket, looked at before and after the commit; its files as the other tests of this room judge them. */
#include "report/publish.h"

#include "report/manifest.h"
#include "report/page.h"
#include "support/folder.h"
#include "support/report.h"
#include "support/store.h"

static const char *const keys[] = {DA_KEY_TOUCHES, DA_KEY_CAMPAIGN_ATTENTION, DA_KEY_CAMPAIGN_CREDIT, DA_KEY_PAGE, DA_KEY_MANIFEST};
enum { N_KEYS = sizeof keys / sizeof keys[0] };

static int count_outputs(const da_bucket *bucket) {
  int n = 0;
  for (size_t i = 0; i < N_KEYS; i++) {
    bool exists;
    expect_ok(da_bucket_exists(bucket, keys[i], &exists, err));
    n += exists;
  }
  return n;
}

static void assert_holds(const da_bucket *bucket, const char *key, const da_text *wanted) {
  da_text found = {0};
  expect_ok(da_bucket_get(bucket, key, &found, err));
  assert_int_equal(found.length, wanted->length);
  assert_memory_equal(found.data, wanted->data, wanted->length);
  da_text_free(&found);
}

static void all_outputs_appear_together(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *bucket;
  da_publication *publication;
  da_db *db = store_db();
  report_run run;
  report_open(&run, journeys_random(1, 100, 5, 6), true, 2);
  expect_ok(da_bucket_open(folder, &bucket, err));
  expect_ok(da_publication_begin(bucket, &publication, err));
  expect_ok(da_publish_touches(publication, db, &run.made->set, &run.fitted, run.pass, NULL, err));
  run.report.totals = da_pass_totals(run.pass);
  expect_ok(da_publish_campaigns(publication, db, &run.report, NULL, err));
  expect_ok(da_publish_page(publication, &run.report, err));
  assert_int_equal(count_outputs(bucket), 0);
  expect_ok(da_publication_commit(publication, err));
  da_publication_close(publication);
  assert_int_equal(count_outputs(bucket), N_KEYS);
  da_text html = {0}, json = {0};
  expect_ok(da_page_print(&run.report, &html, err));
  expect_ok(da_manifest_print(&run.report, &json, err));
  assert_holds(bucket, DA_KEY_PAGE, &html);
  assert_holds(bucket, DA_KEY_MANIFEST, &json);
  char sql[5000];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM '%s'", folder_path(folder, DA_KEY_TOUCHES));
  assert_int_equal(strtoull(store_query(db, sql), NULL, 10), run.made->set.n_touches);
  da_text_free(&html);
  da_text_free(&json);
  da_bucket_close(bucket);
  report_close(&run);
  da_db_close(db);
  folder_remove(folder);
}

static void what_is_not_committed_leaves_nothing(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *bucket;
  da_publication *publication;
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@1!"), false, 1);
  report_finish(&run);
  expect_ok(da_bucket_open(folder, &bucket, err));
  expect_ok(da_publication_begin(bucket, &publication, err));
  expect_ok(da_publish_page(publication, &run.report, err));
  da_publication_close(publication);
  assert_int_equal(count_outputs(bucket), 0);
  da_bucket_close(bucket);
  report_close(&run);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_outputs_appear_together),
      cmocka_unit_test(what_is_not_committed_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
