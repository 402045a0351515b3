/* Oracle: files whose rows are written in the test, and what each fault must name: the file, the line, what to do. */
#include "store/impressions_files.h"

#include <zlib.h>

#include "support/disk.h"
#include "support/log.h"

#define HEAD "uid,timestamp,campaign,conversion\n"

/* ---- What is read ---- */

static void every_layout_of_csv(void **state) {
  (void)state;
  static const char *const files[][2] = {
      {"raw/a.csv", "uid,timestamp,campaign,conversion\n1,10,\"a, b\",1\n"},
      {"raw/a.tsv", "uid\ttimestamp\tcampaign\tconversion\n1\t10\ta, b\t1\n"},
      {"raw/a.csv", "uid;timestamp;campaign;conversion\n1;10;a, b;1\n"},
      {"raw/a.csv", "uid|timestamp|campaign|conversion\n1|10|a, b|1\n"},
      {"raw/a.csv", "\"uid\",\"timestamp\",\"campaign\",\"conversion\"\r\n\"1\",\"10\",\"a, b\",\"1\"\r\n"},
      {"raw/a.csv", "\xef\xbb\xbfuid,timestamp,campaign,conversion\n1,10,\"a, b\",1"},
      {"raw/a.csv", " uid , timestamp,campaign ,conversion,\"x;y;z;t;u\"\n1,10,\"a, b\",1,2\n"},
      {"raw/deep/er/A.CSV", "conversion,campaign,timestamp,uid\n1,\"a, b\",10,1\n"},
      {"raw/a.ndjson", "{\"uid\": 1, \"timestamp\": 10, \"campaign\": \"a, b\", \"conversion\": true}\n"},
      {"raw/a.json", "[{\"uid\": 1, \"timestamp\": \"10\",\n \"campaign\": \"a, b\", \"conversion\": 1}]"},
      {"raw/a.jsonl", "{\"uid\": \"1\", \"timestamp\": 10, \"campaign\": \"a, b\", \"conversion\": \"true\", \"more\": {\"x\": [1, 2]}}"},
  };
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    log_world w;
    log_open(&w);
    log_write_text(&w, files[i][0], files[i][1]);
    log_expect(&w, LOG_COLUMNS, "1,10000000,a, b,true");
    assert_false(w.impressions.uid_is_text);
    log_close(&w);
  }
}

static void strange_names_stay_as_they_are(void **state) {
  (void)state;
  static const char *const names[] = {"it's",
                                      "a \"\"quoted\"\" one",
                                      "'; DROP TABLE x; --",
                                      "line\nbreak",
                                      "\xc3\xa9t\xc3\xa9 \xe2\x98\x83",
                                      "a,b;c|d\te",
                                      "  blanks  ",
                                      "\\N",
                                      "NULL",
                                      "%s%n"};
  for (int parquet = 0; parquet < 2; parquet++) {
    log_world w;
    log_open(&w);
    da_text csv = {0}, query = {0}, longest = {0};
    for (int i = 0; i < 5000; i++) da_text_append(&longest, "\xc3\xa9"); /* 10,000 bytes */
    da_text_append(&csv, HEAD);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) da_text_printf(&csv, "%zu,10,\"%s\",0\n", i, names[i]);
    da_text_printf(&csv, "99,10,\"%s\",0\n", da_text_cstr(&longest));
    log_write_text(&w, "raw/log.csv", da_text_cstr(&csv));
    if (parquet) { /* the same through Parquet */
      expect_ok(log_audit(&w, err));
      da_text_printf(&query, "SELECT uid, 10 AS timestamp, campaign, conversion FROM (%s)", da_text_cstr(&w.impressions.relation));
      log_write_parquet(&w, "other/log.parquet", da_text_cstr(&query));
      expect_ok(da_bucket_remove(w.bucket, "raw/log.csv", err));
      assert_int_equal(rename(folder_path(w.folder, "other/log.parquet"), folder_path(w.folder, "raw/log.parquet")), 0);
    }
    expect_ok(log_audit(&w, err));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
      da_text sql = {0}, wanted = {0};
      for (const char *c = names[i]; *c; c++) {
        da_text_append_n(&wanted, c, 1);
        if (c[0] == '"' && c[1] == '"') c++;
      }
      da_text_printf(&sql, "SELECT campaign FROM (%s) WHERE uid = %zu", da_text_cstr(&w.impressions.relation), i);
      assert_string_equal(store_query(w.db, da_text_cstr(&sql)), da_text_cstr(&wanted));
      da_text_free(&sql);
      da_text_free(&wanted);
    }
    da_text sql = {0};
    da_text_printf(&sql, "SELECT octet_length(encode(campaign)) FROM (%s) WHERE uid = 99", da_text_cstr(&w.impressions.relation));
    assert_string_equal(store_query(w.db, da_text_cstr(&sql)), "10000");
    da_text_free(&sql);
    da_text_free(&csv);
    da_text_free(&query);
    da_text_free(&longest);
    log_close(&w);
  }
}

static void strange_names_of_files_and_columns(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/it's a [1]*? {x}.csv", "\"we\"\"ird, 'uid'}: \",timestamp,campaign,conversion\n1,10,a,1\n");
  log_set(&w, "columns.uid='we\"ird, ''uid''}:'");
  log_expect(&w, LOG_COLUMNS, "1,10000000,a,true");
  log_close(&w);
}

static void many_files_go_together(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/2023-10.csv", "uid,timestamp,campaign,conversion\n1,10,a,0\n");
  log_write_text(&w, "raw/2023-11.csv", "campaign;conversion;uid;timestamp;device\nb;1;2;20;phone\n"); /* other order, other delimiter */
  log_write_text(&w, "raw/2023-12.csv", "uid,timestamp,campaign,conversion\n3,30,c,0\n");
  log_write_text(&w, "raw/_SUCCESS", "");
  log_write_text(&w, "raw/notes.txt", "no log");
  log_expect(&w, LOG_COLUMNS, "1,10000000,a,false;2,20000000,b,true;3,30000000,c,false");
  log_write_text(&w, "raw/2023-12.csv", "uid,timestamp,campaign,conversion\n3,30,c,0\n4,40,d,2\n");
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "but found '2' in row 2 of "); /* counted in its own file */
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "raw/2023-12.csv");
  log_write_text(&w, "raw/2023-12.csv", "user_id,timestamp,campaign,conversion\n3,30,c,0\n");
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "expected the column 'uid' in every file of raw/ but found none in ");
  log_close(&w);

  log_open(&w);
  log_write_parquet(&w, "raw/a.parquet", "SELECT 1::INTEGER AS uid, 10 AS timestamp, 'a' AS campaign, true AS conversion");
  log_write_parquet(&w, "raw/b.parquet",
                    "SELECT false AS conversion, 20::BIGINT AS timestamp, 9007199254740993::BIGINT AS uid, 'b' AS campaign");
  log_expect(&w, LOG_COLUMNS, "1,10000000,a,true;9007199254740993,20000000,b,false");
  log_write_parquet(&w, "raw/c.parquet", "SELECT 3 AS uid, 10 AS timestamp, 'a' AS campaign");
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "expected the column 'conversion' in every file of raw/ but found none in ");
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "raw/c.parquet");
  log_write_text(&w, "raw/d.csv", HEAD);
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "expected raw files of one format");
  log_close(&w);
}

static void folders_are_columns(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/uid=007/campaign=a/x.csv", "timestamp,conversion\n10,1\n");
  log_write_text(&w, "raw/uid=8/campaign=b/x.csv", "timestamp,conversion\n20,0\n");
  log_expect(&w, LOG_COLUMNS, "007,10000000,a,true;8,20000000,b,false");
  log_close(&w);
  log_open(&w);
  log_write_parquet(&w, "raw/timestamp=2023-11-14/x.parquet", "SELECT 1 AS uid, 'a' AS campaign, true AS conversion");
  log_write_parquet(&w, "raw/timestamp=2023-11-15/x.parquet", "SELECT 2 AS uid, 'a' AS campaign, true AS conversion");
  log_expect(&w, "uid, time_us", "1,1699920000000000;2,1700006400000000");
  log_close(&w);
}

static void json_of_mixed_types_and_late_keys(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  da_text json = {0};
  for (int i = 0; i < 30000; i++) da_text_printf(&json, "{\"uid\": %d, \"timestamp\": %d, \"campaign\": \"a\", \"conversion\": 0}\n", i, i);
  da_text_append(&json, "{\"uid\": \"x\", \"timestamp\": 5, \"campaign\": 7, \"conversion\": true, \"value\": 2.5}\n");
  log_write_text(&w, "raw/log.jsonl", da_text_cstr(&json)); /* value comes behind what DuckDB looks at by itself */
  da_text_free(&json);
  expect_ok(log_audit(&w, err));
  assert_true(w.impressions.has_value && w.impressions.uid_is_text);
  da_text sql = {0};
  da_text_printf(&sql, "SELECT concat_ws(',', uid, time_us, campaign, conversion, value) FROM (%s) WHERE value > 0",
                 da_text_cstr(&w.impressions.relation));
  assert_string_equal(store_query(w.db, da_text_cstr(&sql)), "x,5000000,7,true,2.5");
  da_text_free(&sql);
  log_close(&w);
}

/* ---- What is refused ---- */

static void faults_of_files_name_the_place(void **state) {
  (void)state;
  static const struct {
    const char *key, *text, *words;
  } cases[] = {
      {"raw/a.csv", HEAD "1,10,a,0\n1,10,\"a,0\n1,10,a,0\n", "raw/a.csv, line 3: Value with unterminated quote found"},
      {"raw/a.csv", HEAD "1,10,\"a\"b,0\n", "raw/a.csv, line 2: Value with unterminated quote found"},
      {"raw/a.csv", HEAD "1,10,a,0\n1,10,a\n", "raw/a.csv, line 3: Expected Number of Columns: 4 Found: 3"},
      {"raw/a.csv", HEAD "1,10,a,0,9\n", "raw/a.csv, line 2: Expected Number of Columns: 4 Found: 5"},
      {"raw/a.csv", HEAD "1,10,\xff\xfe,0\n", "raw/a.csv, line 2: Invalid unicode"},
      {"raw/a.csv", "", "expected names of columns in the first line of raw/a.csv but found nothing"},
      {"raw/a.csv", "\n1,2\n", "expected names of columns in the first line of raw/a.csv but found"},
      {"raw/a.csv", "uid,,campaign\n", "expected names of columns in the first line of raw/a.csv but found an empty one"},
      {"raw/a.csv", "uid,timestamp,uid\n", "found 'uid' twice"},
      {"raw/a.csv", "1,1700000000,a,0\n", "expected a column 'uid' (uid) in raw/ but found only: 1, 1700000000, a, 0"},
      {"raw/a.parquet", "PAR1", "raw/a.parquet"},
      {"raw/a.parquet", "", "raw/a.parquet"},
      {"raw/a.parquet", "this is no Parquet file, though it is as long as one", "raw/a.parquet"},
      {"raw/a.jsonl", "{\"uid\": 1\n{\"uid\": 2}\n", "raw/a.jsonl"},
      {"raw/a.jsonl", "uid,timestamp\n", "raw/a.jsonl"},
      {"raw/a.csv.gz", HEAD, "expected a whole gzip file"},
      {"raw/a.xlsx", "PK", "expected impressions in "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    log_world w;
    log_open(&w);
    log_write_text(&w, cases[i].key, cases[i].text);
    da_error err = {0};
    da_status status = log_audit(&w, &err);
    if (status != DA_ERR_DATA || !strstr(err.msg, cases[i].words) || strchr(err.msg, '\n'))
      fail_msg("case %zu: expected data with `%s` but found %s: %s", i, cases[i].words, da_status_name(status), err.msg);
    log_close(&w);
  }
}

static void a_parquet_file_that_was_cut_off(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_parquet(&w, "raw/a.parquet",
                    "SELECT i AS uid, i AS timestamp, 'c' || i AS campaign, i % 2 AS conversion FROM range(50000) t(i)");
  size_t n_bytes;
  unsigned char *bytes = folder_read(folder_path(w.folder, "raw/a.parquet"), &n_bytes);
  for (size_t n = 0; n < n_bytes; n += n_bytes / 40) {
    log_write(&w, "raw/a.parquet", bytes, n);
    expect_fail(log_audit(&w, err), DA_ERR_DATA, "a.parquet");
  }
  free(bytes);
  log_close(&w);
}

/* Zeros in the middle: the footer is whole, so that only reading finds it. A fault of the data, or other data, but no crash. */
static void a_parquet_file_that_was_damaged(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_parquet(&w, "raw/a.parquet",
                    "SELECT i AS uid, i AS timestamp, 'c' || i AS campaign, i % 2 AS conversion FROM range(50000) t(i)");
  size_t n_bytes;
  unsigned char *bytes = folder_read(folder_path(w.folder, "raw/a.parquet"), &n_bytes);
  for (size_t at = 4; at + 64 < n_bytes; at += n_bytes / 40) {
    unsigned char kept[64];
    memcpy(kept, bytes + at, sizeof kept);
    memset(bytes + at, 0, sizeof kept);
    log_write(&w, "raw/a.parquet", bytes, n_bytes);
    memcpy(bytes + at, kept, sizeof kept);
    da_error err = {0};
    da_status status = log_audit(&w, &err);
    if (status == DA_OK) {
      da_rows *rows;
      da_chunk chunk = {.n_rows = 1};
      status = da_db_query(w.db, da_text_cstr(&w.impressions.relation), &rows, &err);
      while (status == DA_OK && chunk.n_rows > 0) status = da_rows_next(rows, NULL, "test", &chunk, &err);
      da_rows_close(rows);
    }
    if (status != DA_OK && status != DA_ERR_DATA && status != DA_ERR_IO)
      fail_msg("damage at %zu: %s %s", at, da_status_name(status), err.msg);
    assert_null(strchr(err.msg, '\n'));
  }
  free(bytes);
  log_close(&w);
}

/* Cut where a line ends in the packed data: what is left reads as a whole file. */
static void a_gzip_file_that_was_cut_off(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/a.csv.gz", "");
  gzFile file = gzopen(folder_path(w.folder, "raw/a.csv.gz"), "wb0"); /* stored as it is */
  assert_true(gzputs(file, HEAD) > 0);
  for (int i = 0; i < 100; i++) assert_true(gzprintf(file, "%d,%d,a,0\n", i, i) > 0);
  assert_int_equal(gzclose(file), Z_OK);
  size_t n_bytes;
  unsigned char *bytes = folder_read(folder_path(w.folder, "raw/a.csv.gz"), &n_bytes);
  expect_ok(log_audit(&w, err));
  assert_int_equal(w.impressions.n_rows, 100);
  log_write(&w, "raw/a.csv.gz", bytes, n_bytes - 8); /* all rows, but nothing that vouches for them */
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "expected a whole gzip file but");
  log_write(&w, "raw/a.csv.gz", bytes, n_bytes / 2);
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "a.csv.gz ends after");
  free(bytes);
  log_close(&w);
}

static void files_that_may_not_be_read(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  assert_int_equal(chmod(w.folder, 0755), 0);
  log_write_text(&w, "raw/a.csv", HEAD "1,10,a,0\n");
  assert_int_equal(chmod(folder_path(w.folder, "raw/a.csv"), 0), 0);
  disk_forbid(w.folder);
  da_error err = {0};
  da_status status = log_audit(&w, &err);
  disk_allow(w.folder);
  assert_int_equal(status, DA_ERR_IO);
  assert_non_null(strstr(err.msg, "raw/a.csv"));
  log_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_layout_of_csv),
      cmocka_unit_test(strange_names_stay_as_they_are),
      cmocka_unit_test(strange_names_of_files_and_columns),
      cmocka_unit_test(many_files_go_together),
      cmocka_unit_test(folders_are_columns),
      cmocka_unit_test(json_of_mixed_types_and_late_keys),
      cmocka_unit_test(faults_of_files_name_the_place),
      cmocka_unit_test(a_parquet_file_that_was_cut_off),
      cmocka_unit_test(a_parquet_file_that_was_damaged),
      cmocka_unit_test(a_gzip_file_that_was_cut_off),
      cmocka_unit_test(files_that_may_not_be_read),
  };
  return cmocka_run_group_tests_name("store.impressions_files", tests, NULL, NULL) == 0 ? 0 : 1;
}
