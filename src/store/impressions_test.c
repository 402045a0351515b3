/* Oracle: small logs written by the test, whose rows are known literally. */
#include "store/impressions.h"

#include "support/folder.h"
#include "support/store.h"

typedef struct {
  char *folder;
  da_db *db;
  da_bucket *bucket;
  da_config config;
} world;

static void set_up(world *w) {
  da_error err = {0};
  *w = (world){.folder = folder_make()};
  da_db_options options = {.threads = 2};
  assert_ok(da_db_open(&options, &w->db, &err), err);
  assert_ok(da_bucket_open(w->folder, &w->bucket, &err), err);
  da_config_init(&w->config);
}

static void tear_down(world *w) {
  da_config_free(&w->config);
  da_bucket_close(w->bucket);
  da_db_close(w->db);
  folder_remove(w->folder);
}

static void set(world *w, const char *assignment) {
  da_error err = {0};
  assert_ok(da_config_set(&w->config, assignment, &err), err);
}

static void write_raw(world *w, const char *name, const char *text) {
  da_error err = {0};
  da_publication *publication = NULL;
  assert_ok(da_publication_begin(w->bucket, &publication, &err), err);
  assert_ok(da_publication_put(publication, name, text, strlen(text), &err), err);
  assert_ok(da_publication_commit(publication, &err), err);
  da_publication_close(publication);
}

static void run_sql(world *w, const char *format, const char *name) {
  da_error err = {0};
  da_text sql = {0};
  da_text_printf(&sql, format, folder_path(w->folder, name));
  assert_ok(da_db_run(w->db, da_text_cstr(&sql), &err), err);
  da_text_free(&sql);
}

static da_status open_and_audit(world *w, da_impressions *impressions, da_error *err) {
  da_status status = da_impressions_open(w->db, w->bucket, NULL, &w->config, impressions, err);
  return status == DA_OK ? da_impressions_audit(w->db, impressions, NULL, err) : status;
}

/* The relation's rows as text, in order. */
static void assert_rows(world *w, const char *relation, const char *columns, const char *wanted) {
  da_error err = {0};
  da_text sql = {0};
  da_text_printf(&sql, "SELECT coalesce(string_agg(r, ';' ORDER BY r), '') FROM (SELECT concat_ws(',', %s) AS r FROM (%s))", columns,
                 relation);
  da_rows *rows = NULL;
  da_chunk chunk;
  assert_ok(da_db_query(w->db, da_text_cstr(&sql), &rows, &err), err);
  assert_ok(da_rows_next(rows, NULL, "test", &chunk, &err), err);
  da_slice found = ((const da_slice *)chunk.columns[0].values)[0];
  da_text text = {0};
  da_text_append_n(&text, found.data, found.length);
  assert_string_equal(da_text_cstr(&text), wanted);
  da_text_free(&text);
  da_rows_close(rows);
  da_text_free(&sql);
}

#define ALL "uid, time_us, campaign, conversion"

static void csv_keeps_zeros_and_counts_what_is_missing(void **state) {
  (void)state;
  da_error err = {0};
  world w;
  set_up(&w);
  write_raw(&w, "raw/log.csv",
            "uid,timestamp,campaign,conversion\n007,1700000000,a,1\n7,1700000001,\"b, "
            "\"\"q\"\"\n\",0\n,1700000002,a,0\n8,,a,0\n8,1700000003,,0\n9,1700000004,a,\n");
  da_impressions impressions;
  assert_ok(open_and_audit(&w, &impressions, &err), err);
  assert_true(impressions.uid_is_text && impressions.has_conversion && !impressions.has_value);
  assert_int_equal(impressions.n_rows, 6);
  assert_int_equal(impressions.n_missing_uid, 1);
  assert_int_equal(impressions.n_missing_timestamp, 1);
  assert_int_equal(impressions.n_missing_campaign, 1);
  assert_int_equal(impressions.n_missing_conversion, 1);
  assert_int_equal(impressions.n_conversions, 1);
  assert_rows(&w, da_text_cstr(&impressions.relation), ALL,
              "007,1700000000000000,a,true;7,1700000001000000,b, \"q\"\n,false;9,1700000004000000,a,false");
  da_impressions_free(&impressions);
  tear_down(&w);
}

static void every_kind_of_time_is_the_same_moment(void **state) {
  (void)state;
  static const char *const times[] = {"1700000000",           "1700000000000",       "1700000000000000",          "1700000000.0",
                                      "2023-11-14T22:13:20Z", "2023-11-14 22:13:20", "2023-11-14T23:13:20+01:00", "1700000000000000000"};
  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
    da_error err = {0};
    world w;
    set_up(&w);
    da_text csv = {0};
    da_text_printf(&csv, "uid,timestamp,campaign,conversion\n1,%s,a,true\n", times[i]);
    write_raw(&w, "raw/log.csv", da_text_cstr(&csv));
    da_text_free(&csv);
    da_impressions impressions;
    assert_ok(open_and_audit(&w, &impressions, &err), err);
    assert_false(impressions.uid_is_text);
    assert_rows(&w, da_text_cstr(&impressions.relation), ALL, "1,1700000000000000,a,true");
    da_impressions_free(&impressions);
    tear_down(&w);
  }
}

static void typed_parquet_and_partitions_are_read(void **state) {
  (void)state;
  da_error err = {0};
  world w;
  set_up(&w);
  write_raw(&w, "raw/day=2023-11-14/x.txt", "not a log");
  run_sql(&w,
          "COPY (SELECT 9007199254740993::BIGINT AS uid, TIMESTAMP '2023-11-14 22:13:20' AS timestamp, 5 AS campaign, 1::UTINYINT AS "
          "conversion, "
          "12.50::DECIMAL(9,2) AS value) TO '%s' (FORMAT parquet)",
          "raw/day=2023-11-14/part.parquet");
  da_impressions impressions;
  assert_ok(open_and_audit(&w, &impressions, &err), err);
  assert_false(impressions.uid_is_text);
  assert_true(impressions.has_value && impressions.value == 12.5);
  assert_rows(&w, da_text_cstr(&impressions.relation), ALL ", value", "9007199254740993,1700000000000000,5,true,12.5");
  da_impressions_free(&impressions);
  tear_down(&w);
}

static void names_known_in_the_field_need_no_mapping(void **state) {
  (void)state;
  da_error err = {0};
  world w;
  set_up(&w);
  write_raw(
      &w, "raw/log.jsonl",
      "{\"customer_id\": \"x\", \"time\": \"2023-11-14T22:13:20Z\", \"channel\": \"a\", \"conversion\": 1, \"conversion_value\": 2.5}\n");
  da_impressions impressions;
  assert_ok(open_and_audit(&w, &impressions, &err), err);
  assert_rows(&w, da_text_cstr(&impressions.relation), ALL ", value", "x,1700000000000000,a,true,2.5");
  da_impressions_free(&impressions);
  tear_down(&w);
}

static void a_query_and_conversions_as_events(void **state) {
  (void)state;
  da_error err = {0};
  world w;
  set_up(&w);
  write_raw(&w, "raw/conversions.csv", "uid,timestamp,value\nu1,1700000005,9.5\n");
  set(&w, "source=SELECT 1 AS uid, 1700000000 AS timestamp, '''; --' AS campaign -- the end");
  da_impressions impressions;
  assert_ok(open_and_audit(&w, &impressions, &err), err);
  assert_true(impressions.has_conversions_table && impressions.conversions_have_value && !impressions.has_conversion &&
              impressions.uid_is_text);
  assert_rows(&w, da_text_cstr(&impressions.relation), ALL, "1,1700000000000000,'; --,false");
  assert_rows(&w, da_text_cstr(&impressions.conversions), "uid, time_us, value", "u1,1700000005000000,9.5");
  da_impressions_free(&impressions);
  tear_down(&w);
}

static void faults_name_what_to_do(void **state) {
  (void)state;
  static const struct {
    const char *file, *text;
    da_status code;
    const char *words;
  } cases[] = {
      {"raw/log.csv", "user,timestamp,channel,channel_name,conversion\n1,1,a,b,0\n", DA_ERR_DATA,
       "choose by --set columns.campaign=channel"},
      {"raw/log.csv", "uid,timestamp,kampagne,conversion\n1,1,a,0\n", DA_ERR_DATA, "perhaps --set columns.campaign=kampagne"},
      {"raw/log.csv", "uid,timestamp,campaign,conversion\n1,2023-11-14,a,0\n1,yesterday,a,0\n", DA_ERR_DATA,
       "but found 'yesterday' in row 2 of "},
      {"raw/log.csv", "uid,timestamp,campaign,conversion\n1,1700000000,a,2\n", DA_ERR_DATA,
       "expected true or false, 0 or 1 in column conversion but found '2'"},
      {"raw/log.csv", "uid,timestamp,campaign,conversion,value\n1,1700000000,a,1,nan\n", DA_ERR_DATA,
       "expected a finite number in column value but found 'nan'"},
      {"raw/log.csv", "uid,timestamp,campaign,conversion\n1,1700000000,\"a,0\n1,1700000000,b,0\n", DA_ERR_DATA, "quote"},
      {"raw/log.parquet", "PAR1 this is not Parquet", DA_ERR_DATA, "log.parquet"},
      {"raw/log.csv", "", DA_ERR_DATA, "expected"},
      {"raw/readme.md", "nothing", DA_ERR_DATA, "expected impressions in "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    da_error err = {0};
    world w;
    set_up(&w);
    write_raw(&w, cases[i].file, cases[i].text);
    da_impressions impressions = {0};
    da_status status = open_and_audit(&w, &impressions, &err);
    if (status == DA_OK) fail_msg("expected a refusal of: %s", cases[i].text);
    assert_fails_with(status, cases[i].code, err, cases[i].words);
    da_impressions_free(&impressions);
    tear_down(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(csv_keeps_zeros_and_counts_what_is_missing), cmocka_unit_test(every_kind_of_time_is_the_same_moment),
      cmocka_unit_test(typed_parquet_and_partitions_are_read),      cmocka_unit_test(names_known_in_the_field_need_no_mapping),
      cmocka_unit_test(a_query_and_conversions_as_events),          cmocka_unit_test(faults_name_what_to_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
