/* Oracle: small logs written by the test, whose rows are known literally; for the shared files, numbers that their README gives. */
#include "store/impressions.h"

#include "base/mem.h"
#include "support/log.h"

#define HEAD "uid,timestamp,campaign,conversion\n"

static void the_originals_schema_needs_no_mapping(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_parquet(&w, "raw/impressions.parquet",
                    "SELECT 1065304::BIGINT AS timestamp, 13647430::BIGINT AS uid, '18975823' AS campaign, false AS conversion");
  log_expect(&w, LOG_COLUMNS, "13647430,1065304000000,18975823,false");
  assert_true(w.impressions.has_conversion && !w.impressions.has_value && !w.impressions.has_cost && !w.impressions.has_split);
  assert_false(w.impressions.uid_is_text || w.impressions.has_conversions_table);
  assert_string_equal(w.notes, "the times of raw/ in column timestamp are read as unix seconds\n");
  log_close(&w);
}

static void names_known_in_the_field_need_no_mapping(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/log.csv",
                 "Customer_ID,time,channel,conversion,conversion_value,interaction\nx,2023-11-14T22:13:20Z,a,1,2.5,click\n");
  log_expect(&w, LOG_COLUMNS ", value", "x,1700000000000000,a,true,2.5");
  assert_non_null(strstr(w.notes, "the column 'Customer_ID' of raw/ is taken as uid\n"));
  assert_non_null(strstr(w.notes, "the column 'conversion_value' of raw/ is taken as value\n"));
  log_close(&w);
}

static void columns_that_are_missing_or_in_doubt(void **state) {
  (void)state;
  static const struct {
    const char *head, *set, *words;
  } cases[] = {
      {"uid,timestamp,kampagne,conversion\n", NULL,
       "expected a column 'campaign' (campaign) in raw/ but found only: uid, timestamp, kampagne, conversion; name yours, perhaps "
       "--set columns.campaign=kampagne"},
      {"shopper,timestamp,campaign,conversion\n", NULL, "expected a column 'uid' (uid) in raw/ but found only: shopper"},
      {"uid,timestamp,campaign\n", NULL, "expected a column 'conversion' (conversion)"},
      {"uid,timestamp,channel,channel_name,conversion\n", NULL,
       "expected one column for campaign in raw/ but found 'channel' and 'channel_name'; choose by --set columns.campaign=channel"},
      {"uid,timestamp,campaign,conversion,revenue,order_value\n", NULL, "choose by --set columns.value=revenue"},
      {HEAD, "columns.uid=nobody", "expected a column 'nobody' (uid)"},
      {HEAD, "split.column=part", "expected the column 'part' of split.column in raw/ but found only: "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    log_world w;
    log_open(&w);
    if (cases[i].set) log_set(&w, cases[i].set);
    log_write_text(&w, "raw/log.csv", cases[i].head);
    expect_fail(log_audit(&w, err), DA_ERR_DATA, cases[i].words);
    log_close(&w);
  }
}

static void the_exact_name_wins(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/log.csv", "uid,user_id,timestamp,time,campaign,channel,conversion,part\n1,9,10,90,a,z,1,val\n");
  log_set(&w, "split.column=part");
  log_expect(&w, LOG_COLUMNS ", split", "1,10000000,a,true,val");
  log_set(&w, "columns.uid=user_id");
  log_set(&w, "columns.campaign=channel");
  log_expect(&w, LOG_COLUMNS, "9,10000000,z,true");
  log_close(&w);
}

/* ---- Conversions, spend ---- */

static void conversions_as_events(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/log.csv", "uid,timestamp,campaign\n1,10,a\n2,20,b\n");
  log_write_text(&w, "raw/conversions.csv", "user_id,time,revenue\n1,2023-11-14,9.5\n,2023-11-14,1\n2,,1\n");
  log_expect(&w, LOG_COLUMNS, "1,10000000,a,false;2,20000000,b,false");
  const da_impressions *i = &w.impressions;
  assert_true(i->has_conversions_table && i->conversions_have_value && !i->has_conversion && !i->uid_is_text);
  assert_string_equal(log_rows(&w, &i->conversions, "uid, time_us, value"), "1,1699920000000000,9.5");
  assert_int_equal(i->n_missing_conversions, 2);
  assert_int_equal(i->n_conversions, 1);
  assert_true(i->value == 9.5);

  log_write_text(&w, "raw/conversions.csv", "uid,timestamp\n1,15\n"); /* worth 1 each */
  expect_ok(log_audit(&w, err));
  assert_false(i->conversions_have_value);
  assert_string_equal(log_rows(&w, &i->conversions, "uid, time_us, value"), "1,15000000,1.0");

  log_write_text(&w, "raw/conversions.csv", "uid,timestamp\nx,15\n"); /* users must meet: numbers become text */
  log_expect(&w, "uid, typeof(uid)", "1,VARCHAR;2,VARCHAR");
  assert_true(i->uid_is_text);
  log_write_text(&w, "raw/log.csv", "uid,timestamp,campaign\nx,10,a\n");
  log_write_text(&w, "raw/conversions.csv", "uid,timestamp\n1,15\n");
  expect_ok(log_audit(&w, err));
  assert_string_equal(log_rows(&w, &i->conversions, "uid, typeof(uid)"), "1,VARCHAR");

  log_write_text(&w, "raw/conversions.csv", "uid,timestamp,value\n1,15,1\n2,soon,1\n"); /* no conversion is lost in silence */
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "in column timestamp but found 'soon' in row 2 of ");
  log_write_text(&w, "raw/conversions.csv", "uid,value\n1,15\n");
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "in raw/conversions but found only: uid, value");
  log_close(&w);
}

static void spend_by_day(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/log.csv", HEAD "1,10,a,1\n");
  log_write_text(&w, "raw/spend/2023.csv", "date,campaign,cost\n2023-11-14,a,10.5\n2023-11-15,a,1\n2023-11-15,,1\n");
  log_expect(&w, "uid", "1");
  assert_string_equal(log_rows(&w, &w.impressions.spend, "campaign, cost"), "a,1.0;a,10.5");
  log_write_text(&w, "raw/lift.csv", "campaign,window,incremental_conversions,se\na,,1,1\n"); /* of experiments: no impressions */
  log_expect(&w, "uid", "1");
  log_write_text(&w, "raw/spend/2023.csv", "date,campaign,cost\n2023-11-14,a,lots\n");
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "expected a finite number in column cost but found 'lots' in row 1");
  log_close(&w);
}

/* ---- Queries ---- */

static void a_query_runs_once(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_set(
      &w,
      "source=SELECT i AS uid, i + 1700000000 AS timestamp, random()::VARCHAR AS campaign, i % 2 AS conversion FROM range(50) t(i) -- x");
  expect_ok(log_audit(&w, err));
  char *first = strdup(log_rows(&w, &w.impressions.relation, LOG_COLUMNS));
  assert_string_equal(log_rows(&w, &w.impressions.relation, LOG_COLUMNS), first);
  free(first);
  assert_int_equal(w.impressions.n_rows, 50);
  assert_non_null(strstr(da_text_cstr(&w.impressions.fingerprint), "random()"));
  log_close(&w);
}

static void a_query_that_is_none(void **state) {
  (void)state;
  static const struct {
    const char *set;
    da_status code;
    const char *words;
  } cases[] = {
      {"source=SELEC 1", DA_ERR_CONFIG, "source: "},
      {"source=SELECT nothing FROM range(3)", DA_ERR_CONFIG, "\"nothing\" not found"},
      {"source=SELECT 1) ; DROP TABLE x; --", DA_ERR_CONFIG, "source: "},
      {"source=SELECT * FROM 'no-such.parquet'", DA_ERR_IO, "no-such.parquet"},
      {"source=SELECT 1 AS uid", DA_ERR_DATA, "in the query of source but found only: uid"},
      {"source=SELECT 1 AS uid, 'x' AS timestamp, 'a' AS campaign, 1 AS conversion", DA_ERR_DATA,
       "but found 'x' in row 1, and 1 such rows"},
      {"source=SELECT 1 AS uid, 'x'::BIGINT AS timestamp, 'a' AS campaign, 1 AS conversion", DA_ERR_DATA, "Could not convert string 'x'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    log_world w;
    log_open(&w);
    log_set(&w, cases[i].set);
    expect_fail(log_audit(&w, err), cases[i].code, cases[i].words);
    log_close(&w);
  }
}

/* ---- Places ---- */

static void a_file_or_folder_instead_of_a_bucket(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  da_impressions i;
  const char *folder = w.folder;
  log_write_text(&w, "some/log.csv", HEAD "1,10,a,1\n");
  const char *places[] = {"some/log.csv", "some", "some/"};
  for (int k = 0; k < 3; k++) {
    expect_ok(da_impressions_open(w.db, NULL, folder_path(folder, places[k]), &w.config, &i, err));
    expect_ok(da_impressions_audit(w.db, &i, NULL, err));
    assert_string_equal(log_rows(&w, &i.relation, LOG_COLUMNS), "1,10000000,a,true");
    da_impressions_free(&i);
  }
  log_write_text(&w, "raw/log.csv", HEAD "2,20,b,1\n"); /* a bucket named as a folder: its raw/ */
  expect_ok(da_impressions_open(w.db, NULL, folder, &w.config, &i, err));
  expect_ok(da_impressions_audit(w.db, &i, NULL, err));
  assert_string_equal(log_rows(&w, &i.relation, "uid"), "2");
  da_impressions_free(&i);
  expect_fail(da_impressions_open(w.db, NULL, folder_path(folder, "nowhere"), &w.config, &i, err), DA_ERR_IO, "nowhere");
  log_write_text(&w, "some/log.doc", "x");
  expect_fail(da_impressions_open(w.db, NULL, folder_path(folder, "some/log.doc"), &w.config, &i, err), DA_ERR_DATA, "ends in .parquet");
  log_close(&w);
}

static void an_empty_bucket_or_log(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "/raw but found no .parquet");
  log_write_text(&w, "raw/conversions.csv", "uid,timestamp\n1,2\n");
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "/raw but found no .parquet");
  log_write_text(&w, "raw/log.csv", HEAD);
  log_expect(&w, LOG_COLUMNS, "");
  assert_int_equal(w.impressions.n_rows, 0);
  log_close(&w);
}

static void the_fingerprint_tells_of_every_change(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  da_impressions i;
  char before[512] = "";
  static const char *const contents[][2] = {
      {"raw/log.csv", HEAD "1,10,a,1\n"}, {"raw/log.csv", HEAD "1,10,a,1\n2,20,b,1\n"}, {"raw/more.csv", HEAD}};
  for (int k = 0; k < 3; k++) {
    log_write_text(&w, contents[k][0], contents[k][1]);
    expect_ok(da_impressions_open(w.db, w.bucket, NULL, &w.config, &i, err));
    const char *now = da_text_cstr(&i.fingerprint);
    assert_string_not_equal(now, before);
    assert_non_null(strstr(now, "raw/log.csv"));
    snprintf(before, sizeof before, "%s", now);
    da_impressions_free(&i);
    expect_ok(da_impressions_open(w.db, w.bucket, NULL, &w.config, &i, err));
    assert_string_equal(da_text_cstr(&i.fingerprint), before);
    da_impressions_free(&i);
  }
  da_impressions_free(&i); /* a second time does nothing */
  log_close(&w);
}

/* ---- The session ---- */

static void tables_go_with_the_impressions(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/log.csv", HEAD "1,10,a,1\n");
  for (int k = 0; k < 3; k++) expect_ok(log_audit(&w, err));
  assert_string_equal(store_query(w.db, "SELECT count(*) FROM duckdb_tables()"), "1");
  da_impressions_free(&w.impressions);
  assert_string_equal(store_query(w.db, "SELECT count(*) FROM duckdb_tables()"), "0");
  log_close(&w);
}

static bool at_once(void *context) {
  (void)context;
  return true;
}

static void it_can_be_interrupted(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  da_monitor monitor = {.interrupted = at_once};
  log_write_text(&w, "raw/log.csv", HEAD "1,10,a,1\n");
  expect_ok(log_audit(&w, err));
  expect_fail(da_impressions_audit(w.db, &w.impressions, &monitor, err), DA_ERR_INTERRUPTED, "interrupted");
  expect_ok(da_impressions_audit(w.db, &w.impressions, NULL, err)); /* and may be tried again */
  assert_string_equal(log_rows(&w, &w.impressions.relation, "uid"), "1");
  log_close(&w);
}

static void memory_that_runs_out_is_reported(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/log.csv", HEAD "1,10,a,1\n");
  log_write_text(&w, "raw/conversions.jsonl", "{\"uid\": 1, \"timestamp\": 11}\n");
  uint64_t n_failed = 0;
  for (uint64_t nth = 1;; nth += 1 + nth / 16) {
    da_impressions i = {0};
    da_mem_fail_at(nth);
    da_status status = da_impressions_open(w.db, w.bucket, NULL, &w.config, &i, NULL);
    if (status == DA_OK) status = da_impressions_audit(w.db, &i, NULL, NULL);
    uint64_t n_allocations = da_mem_count();
    da_mem_fail_at(0);
    da_impressions_free(&i);
    n_failed += status == DA_ERR_MEM;
    if (status != DA_OK && status != DA_ERR_MEM) fail_msg("allocation %d: %s", (int)nth, da_status_name(status));
    if (n_allocations < nth) break;
  }
  assert_true(n_failed > 20);
  log_close(&w);
}

/* What the audit says of times and users without reading them is what a query over the relation finds. */
static void the_range_is_that_of_the_rows(void **state) {
  (void)state;
  static const char *const times[] = {"1700000000 + i",       "-5000000000 - i",         "1700000000000 + i",
                                      "1700000000000000 + i", "1700000000000000001 + i", "-1700000000000000001 - i"};
  log_world w;
  log_open(&w);
  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
    char query[300], found[100];
    snprintf(query, sizeof query,
             "SELECT %s AS timestamp, 500 - i * 7 AS uid, 'a' AS campaign, i %% 2 AS conversion FROM range(100) AS t(i)", times[i]);
    log_write_parquet(&w, "raw/log.parquet", query);
    expect_ok(log_audit(&w, err));
    assert_true(w.impressions.has_range);
    snprintf(found, sizeof found, "%lld,%lld,%lld,%lld", (long long)w.impressions.first_us, (long long)w.impressions.last_us,
             (long long)w.impressions.lowest_uid, (long long)w.impressions.highest_uid);
    assert_string_equal(found, log_rows(&w, &w.impressions.relation, "min(time_us), max(time_us), min(uid), max(uid)"));
  }
  log_write_parquet(&w, "raw/log.parquet", "SELECT DATE '2024-01-01' AS timestamp, 1 AS uid, 'a' AS campaign, true AS conversion");
  expect_ok(log_audit(&w, err));
  assert_false(w.impressions.has_range); /* dates: it would have to read */
  log_close(&w);
}

/* ---- Shared files ---- */

static void shared_files(void **state) {
  (void)state;
  char path[4096];
  log_world w;
  log_open(&w);
  da_impressions i;
  da_text sql = {0};
  if (folder_find_shared("ecommerce_touchpoints.csv.gz", path, sizeof path)) {
    expect_ok(da_impressions_open(w.db, NULL, path, &w.config, &i, err));
    expect_ok(da_impressions_audit(w.db, &i, NULL, err));
    assert_int_equal(i.n_rows, 62483); /* by Python's csv; the last line has no end, so that wc counts one less */
    assert_true(i.uid_is_text && i.has_value);
    assert_int_equal(i.n_conversions, 1838);
    assert_true(i.value == 11423.5);
    da_text_printf(&sql,
                   "SELECT concat_ws(',', count(*), count(DISTINCT campaign), count(*) FILTER (conversion), round(sum(value), 6), "
                   "min(make_timestamp(time_us))::DATE, max(make_timestamp(time_us))::DATE) FROM (%s)",
                   da_text_cstr(&i.relation));
    assert_string_equal(store_query(w.db, da_text_cstr(&sql)), "62483,5,1838,11423.5,2018-07-01,2018-07-31");
    da_impressions_free(&i);
  }
  if (folder_find_shared("reference_impressions_sample.parquet", path, sizeof path)) {
    expect_ok(da_impressions_open(w.db, NULL, path, &w.config, &i, err));
    expect_ok(da_impressions_audit(w.db, &i, NULL, err));
    assert_int_equal(i.n_rows, 50);
    assert_false(i.uid_is_text || i.has_value);
    da_impressions_free(&i);
  }
  da_text_free(&sql);
  log_close(&w);
}

static void features_are_numbers_or_categories(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_set(&w, "columns.touch_features=[Bid, device, \"zone(category)\"]");
  log_set(&w, "columns.user_features=[age]");
  log_write_text(&w, "raw/log.csv",
                 "uid,timestamp,campaign,conversion,bid,device,zone,age\n1,1700000000,a,0,1.5,phone,7,40\n1,1700000001,b,1,,,,\n");
  log_expect(&w,
             "uid, campaign, coalesce(CAST(feature_0 AS VARCHAR), '-'), coalesce(feature_1, '-'), coalesce(feature_2, '-'), "
             "coalesce(CAST(feature_3 AS VARCHAR), '-')",
             "1,a,1.5,phone,7,40.0;1,b,-,-,-,-");
  assert_int_equal(w.impressions.n_features, 4);
  static const struct {
    const char *name;
    bool of_user, is_number;
  } wanted[] = {{"bid", false, true}, {"device", false, false}, {"zone", false, false}, {"age", true, true}};
  for (int f = 0; f < 4; f++) {
    assert_string_equal(w.impressions.features[f].name, wanted[f].name);
    assert_int_equal(w.impressions.features[f].of_user, wanted[f].of_user);
    assert_int_equal(w.impressions.features[f].is_number, wanted[f].is_number);
  }
  /* What a Parquet file says is no number is missing; flags and whole numbers that were reals are categories by their names. */
  log_set(&w, "columns.touch_features=[bid, seen, \"zone(category)\"]");
  log_set(&w, "columns.user_features=[]");
  assert_int_equal(remove(folder_path(w.folder, "raw/log.csv")), 0);
  log_write_parquet(&w, "raw/log.parquet",
                    "SELECT 1 AS uid, 1700000000 AS timestamp, 'a' AS campaign, true AS conversion, 'NaN'::DOUBLE AS bid, true AS seen, "
                    "3.0::DOUBLE AS zone");
  log_expect(&w, "uid, coalesce(CAST(feature_0 AS VARCHAR), '-'), feature_1, feature_2", "1,-,true,3");
  log_close(&w);
}

static void features_that_cannot_be_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *set, *words;
  } cases[] = {{"columns.touch_features=[colour]", "expected the column 'colour' of columns.touch_features in raw/ but found only: uid, "},
               {"columns.user_features=[\"device(number)\"]", "expected a number in column device but found 'phone' in row 1"}};
  for (int i = 0; i < 2; i++) {
    log_world w;
    log_open(&w);
    log_set(&w, cases[i].set);
    log_write_text(&w, "raw/log.csv", "uid,timestamp,campaign,conversion,device\n1,1700000000,a,0,phone\n");
    expect_fail(log_audit(&w, err), DA_ERR_DATA, cases[i].words);
    log_close(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_originals_schema_needs_no_mapping),
      cmocka_unit_test(names_known_in_the_field_need_no_mapping),
      cmocka_unit_test(columns_that_are_missing_or_in_doubt),
      cmocka_unit_test(the_exact_name_wins),
      cmocka_unit_test(conversions_as_events),
      cmocka_unit_test(spend_by_day),
      cmocka_unit_test(a_query_runs_once),
      cmocka_unit_test(a_query_that_is_none),
      cmocka_unit_test(a_file_or_folder_instead_of_a_bucket),
      cmocka_unit_test(an_empty_bucket_or_log),
      cmocka_unit_test(the_fingerprint_tells_of_every_change),
      cmocka_unit_test(tables_go_with_the_impressions),
      cmocka_unit_test(it_can_be_interrupted),
      cmocka_unit_test(memory_that_runs_out_is_reported),
      cmocka_unit_test(the_range_is_that_of_the_rows),
      cmocka_unit_test(shared_files),
      cmocka_unit_test(features_are_numbers_or_categories),
      cmocka_unit_test(features_that_cannot_be_are_refused),
  };
  return cmocka_run_group_tests_name("store.impressions", tests, NULL, NULL) == 0 ? 0 : 1;
}
