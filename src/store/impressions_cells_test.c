/* Oracle: cells whose value is written beside them; DuckDB only makes the files. */
#include "store/impressions_cells.h"

#include "support/log.h"

/* What becomes of one column of one row in a Parquet file, or of a text in a CSV file. */
typedef struct {
  const char *cell;   /* SQL, or the text */
  const char *wanted; /* the value; NULL: refused */
} cell_case;

/* `column` has the cell, the others something harmless. */
static void write_parquet_with(log_world *w, const char *column, const char *cell) {
  static const char *const others[][2] = {
      {"uid", "1"}, {"\"timestamp\"", "1700000000"}, {"campaign", "'a'"}, {"conversion", "true"}, {"value", "1.0"}};
  da_text query = {0};
  for (size_t i = 0; i < 5; i++)
    da_text_printf(&query, "%s %s AS %s", i ? "," : "SELECT", strcmp(others[i][0], column) == 0 ? cell : others[i][1], others[i][0]);
  log_write_parquet(w, "raw/log.parquet", da_text_cstr(&query));
  da_text_free(&query);
}

static void write_csv_with(log_world *w, int column, const char *cell) {
  static const char *const others[] = {"1", "1700000000", "a", "true", "1.0"};
  da_text csv = {0};
  da_text_append(&csv, "uid,timestamp,campaign,conversion,value\n");
  for (int i = 0; i < 5; i++) da_text_printf(&csv, i ? ",\"%s\"" : "\"%s\"", i == column ? cell : others[i]);
  da_text_append(&csv, "\n");
  log_write_text(w, "raw/log.csv", da_text_cstr(&csv));
  da_text_free(&csv);
}

static void expect_cell(log_world *w, const char *column, const char *relation_column, const cell_case *c, int csv_position) {
  if (csv_position >= 0)
    write_csv_with(w, csv_position, c->cell);
  else
    write_parquet_with(w, column, c->cell);
  da_error err = {0};
  da_status status = log_audit(w, &err);
  if (c->wanted && status != DA_OK) fail_msg("%s %s: expected %s but found: %s", column, c->cell, c->wanted, err.msg);
  if (!c->wanted && (status != DA_ERR_DATA || strchr(err.msg, '\n')))
    fail_msg("%s %s: expected a refusal but found %s %s", column, c->cell, da_status_name(status), err.msg);
  if (!c->wanted) return;
  const char *found = log_rows(w, &w->impressions.relation, relation_column);
  if (strcmp(found, c->wanted) != 0) fail_msg("%s %s: expected %s but found %s", column, c->cell, c->wanted, found);
}

static void expect_cells(const char *column, const char *relation_column, const cell_case *cases, size_t n, int csv_position) {
  log_world w;
  log_open(&w);
  for (size_t i = 0; i < n; i++) expect_cell(&w, column, relation_column, &cases[i], csv_position);
  log_close(&w);
}

enum { PARQUET = -1 }; /* or the column's position in the CSV file */
#define EXPECT_ALL(cases, column, relation_column, csv_position) \
  expect_cells(column, relation_column, cases, sizeof(cases) / sizeof(cases)[0], csv_position)

static void times_in_parquet(void **state) {
  (void)state;
  static const cell_case cases[] = {
      {"1700000000::BIGINT", "1700000000000000"},
      {"1700000000::INTEGER", "1700000000000000"},
      {"1700000000::UINTEGER", "1700000000000000"},
      {"1700000000000::BIGINT", "1700000000000000"},
      {"1700000000000000::BIGINT", "1700000000000000"},
      {"1700000000000000001::BIGINT", "1700000000000000"},
      {"1700000000123456789::UBIGINT", "1700000000123456"},
      {"1700000000::HUGEINT", "1700000000000000"},
      {"1700000000.25::DOUBLE", "1700000000250000"},
      {"1700000000123.5::DOUBLE", "1700000000123500"},
      {"1700000000.123456::DECIMAL(18,6)", "1700000000123456"},
      {"0::BIGINT", "0"},
      {"5::TINYINT", "5000000"},
      {"(-86400)::BIGINT", "-86400000000"},
      {"99999999999::BIGINT", "99999999999000000"}, /* the year 5138, in seconds */
      {"20231114::INTEGER", "1699920000000000"},
      {"DATE '2023-11-14'", "1699920000000000"},
      {"TIMESTAMP '2023-11-14 22:13:20'", "1700000000000000"},
      {"TIMESTAMP_S '2023-11-14 22:13:20'", "1700000000000000"},
      {"TIMESTAMP_MS '2023-11-14 22:13:20.5'", "1700000000500000"},
      {"TIMESTAMP_NS '2023-11-14 22:13:20.123456789'", "1700000000123456"},
      {"TIMESTAMPTZ '2023-11-14 23:13:20+01'", "1700000000000000"},
      {"TIMESTAMP '1066-10-14 09:00:00'", "-28502722800000000"},
      {"'2023-11-14T22:13:20Z'", "1700000000000000"},
      {"'1700000000'", "1700000000000000"},
      {"encode('1700000000')", "1700000000000000"}, /* text of a writer that did not say so */
      {"'NaN'::DOUBLE", NULL},
      {"'-infinity'::DOUBLE", NULL},
      {"TIMESTAMP 'infinity'", NULL},
      {"DATE '12023-01-01'", NULL},
      {"9223372036854775807::BIGINT", "9223372036854775"}, /* the year 2262, in nanoseconds */
      {"18446744073709551615::UBIGINT", NULL},
      {"true", NULL},
      {"TIME '10:00:00'", NULL},
      {"[1700000000]", NULL},
      {"{a: 1}", NULL},
      {"'yesterday'", NULL},
  };
  EXPECT_ALL(cases, "\"timestamp\"", "time_us", PARQUET);
}

static void times_in_csv(void **state) {
  (void)state;
  static const cell_case cases[] = {
      {"1700000000", "1700000000000000"},
      {"1700000000000", "1700000000000000"},
      {"1700000000000000", "1700000000000000"},
      {"1700000000000000000", "1700000000000000"},
      {"1700000000.123456", "1700000000123456"},
      {"1.7e9", "1700000000000000"},
      {"-1", "-1000000"},
      {"20231114", "1699920000000000"},
      {"20231199", "20231199000000"}, /* no day, so seconds of 1970 */
      {"2023-11-14", "1699920000000000"},
      {"2023-11-14T22:13", "1699999980000000"},
      {"2023-11-14 22:13:20", "1700000000000000"},
      {"2023-11-14T22:13:20.5Z", "1700000000500000"},
      {"2023-11-14T23:13:20+01:00", "1700000000000000"},
      {"2023-11-14T23:13:20+0100", "1700000000000000"},
      {"2023-11-14 22:13:20 UTC", "1700000000000000"},
      {"nan", NULL},
      {"inf", NULL},
      {"infinity", NULL},
      {"1e400", NULL},
      {"99999999999999999999", NULL},
      {"14.11.2023", NULL},
      {"12:30", NULL},
      {"2023-13-14", NULL},
      {"x", NULL},
  };
  EXPECT_ALL(cases, "timestamp", "time_us", 1);
}

static void users_in_parquet(void **state) {
  (void)state;
  static const cell_case cases[] = {
      {"9007199254740993::BIGINT", "9007199254740993,BIGINT"},
      {"(-5)::INTEGER", "-5,BIGINT"},
      {"250::UTINYINT", "250,BIGINT"},
      {"9223372036854775807::UBIGINT", "9223372036854775807,BIGINT"},
      {"18446744073709551615::UBIGINT", "18446744073709551615,VARCHAR"},
      {"170141183460469231731687303715884105727::HUGEINT", NULL}, /* Parquet has no such type: DuckDB writes a DOUBLE */
      {"7::DOUBLE", "7,BIGINT"},
      {"7::DECIMAL(10,0)", "7,BIGINT"},
      {"7.50::DECIMAL(10,2)", "7.50,VARCHAR"},
      {"'7'", "7,VARCHAR"}, /* text in Parquet is meant as text */
      {"'\xc3\xa9 ''x'''", "\xc3\xa9 'x',VARCHAR"},
      {"'x'::ENUM('x')", "x,VARCHAR"},
      {"encode('x')", "x,VARCHAR"},
      {"'00000000-0000-0000-0000-00000000000a'::UUID", "00000000-0000-0000-0000-00000000000a,VARCHAR"},
      {"DATE '2023-11-14'", "2023-11-14,VARCHAR"},
      {"7.5::DOUBLE", NULL},
      {"9007199254740994::DOUBLE", NULL},
      {"'NaN'::DOUBLE", NULL},
      {"[1]", NULL},
  };
  EXPECT_ALL(cases, "uid", "uid, typeof(uid)", PARQUET);
}

static void users_in_csv(void **state) {
  (void)state;
  static const cell_case cases[] = {
      {"7", "7,BIGINT"},
      {"-7", "-7,BIGINT"},
      {"9007199254740993", "9007199254740993,BIGINT"},
      {"9223372036854775808", "9223372036854775808,VARCHAR"},
      {"007", "007,VARCHAR"},
      {"+7", "+7,VARCHAR"},
      {"-0", "-0,VARCHAR"},
      {"7.0", "7.0,VARCHAR"},
      {"1e3", "1e3,VARCHAR"},
      {" 7", " 7,VARCHAR"},
      {"0x10", "0x10,VARCHAR"},
      {"'; --", "'; --,VARCHAR"},
      {"a\nb", "a\nb,VARCHAR"},
  };
  EXPECT_ALL(cases, "uid", "uid, typeof(uid)", 0);
}

static void names_of_campaigns(void **state) {
  (void)state;
  static const cell_case cases[] = {
      {"'a, \"b\"'", "a, \"b\""},
      {"5", "5"},
      {"5::DOUBLE", "5"},
      {"5.5::DOUBLE", "5.5"},
      {"true", "true"},
      {"DATE '2023-11-14'", "2023-11-14"},
      {"'x'::ENUM('x')", "x"},
      {"'NaN'::DOUBLE", NULL},
      {"['a']", NULL},
  };
  EXPECT_ALL(cases, "campaign", "campaign", PARQUET);
}

static void flags(void **state) {
  (void)state;
  static const cell_case parquet[] = {
      {"true", "true"},
      {"0::TINYINT", "false"},
      {"1::BIGINT", "true"},
      {"1::UBIGINT", "true"},
      {"0.0::DOUBLE", "false"},
      {"1::DECIMAL(3,1)", "true"},
      {"'TRUE'", "true"},
      {"2::INTEGER", NULL},
      {"(-1)::INTEGER", NULL},
      {"0.5::DOUBLE", NULL},
      {"'NaN'::DOUBLE", NULL},
      {"'maybe'", NULL},
      {"DATE '2023-11-14'", NULL},
  };
  static const cell_case csv[] = {
      {"1", "true"}, {"0", "false"}, {"true", "true"}, {"False", "false"}, {"YES", "true"}, {" no ", "false"}, {"1.0", "true"},
      {"t", "true"}, {"N", "false"}, {"2", NULL},      {"nan", NULL},      {"-1", NULL},    {"true!", NULL},
  };
  EXPECT_ALL(parquet, "conversion", "conversion", PARQUET);
  EXPECT_ALL(csv, "conversion", "conversion", 3);
}

static void values(void **state) {
  (void)state;
  static const cell_case parquet[] = {
      {"5::INTEGER", "5.0"},   {"5.25::DECIMAL(9,2)", "5.25"}, {"5.25::FLOAT", "5.25"}, {"'5.25'", "5.25"}, {"(-1)::DOUBLE", "-1.0"},
      {"'NaN'::DOUBLE", NULL}, {"'infinity'::FLOAT", NULL},    {"true", NULL},          {"'5,25'", NULL},
  };
  static const cell_case csv[] = {{"5.25", "5.25"}, {"1e3", "1000.0"}, {"1e400", NULL}, {"nan", NULL}, {"EUR 5", NULL}, {"5,25", NULL}};
  EXPECT_ALL(parquet, "value", "value", PARQUET);
  EXPECT_ALL(csv, "value", "value", 4);
}

/* ---- Many rows ---- */

static void write_times(log_world *w, const char *const *times, size_t n) {
  da_text csv = {0};
  da_text_append(&csv, "uid,timestamp,campaign,conversion\n");
  for (size_t i = 0; i < n; i++) da_text_printf(&csv, "%zu,%s,a,0\n", i, times[i]);
  log_write_text(w, "raw/log.csv", da_text_cstr(&csv));
  da_text_free(&csv);
}

static void most_times_decide_the_unit(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  write_times(&w, (const char *[]){"1700000000", "1700000001", "1700000000000"}, 3); /* one in milliseconds among seconds */
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "but found '1700000000000' in row 3 of ");
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "raw/log.csv, and 1 such rows in all");
  write_times(&w, (const char *[]){"1700000000000", "1700000000001", "0"}, 3); /* 0 may be 1970 */
  log_expect(&w, "time_us", "0;1700000000000000;1700000000001000");
  assert_non_null(strstr(w.notes, "! 1 of the times of raw/ are so small that they lie around 1970"));
  assert_non_null(strstr(w.notes, "are read as unix milliseconds"));
  write_times(&w, (const char *[]){"2023-11-14", "2023-11-15", "1700000000"}, 3); /* a number among dates */
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "but found '1700000000' in row 3");
  write_times(&w, (const char *[]){"1700000000", "2023-11-14", "1700000000"}, 3);
  expect_fail(log_audit(&w, err), DA_ERR_DATA, "but found '2023-11-14' in row 2");
  write_times(&w, (const char *[]){"20231114", "20231115", "20231116"}, 3);
  log_expect(&w, "time_us", "1699920000000000;1700006400000000;1700092800000000");
  assert_non_null(strstr(w.notes, "YYYYMMDD"));
  log_close(&w);
}

static void one_odd_user_makes_all_text(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_text(&w, "raw/log.csv", "uid,timestamp,campaign,conversion\n7,1,a,0\n007,2,a,0\n,3,a,0\n8,4,a,0\n");
  log_expect(&w, "uid, time_us", "007,2000000;7,1000000;8,4000000");
  assert_true(w.impressions.uid_is_text);
  assert_int_equal(w.impressions.n_missing_uid, 1);
  log_close(&w);
}

static void empty_cells_are_missing(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_parquet(&w, "raw/log.parquet",
                    "FROM (VALUES (1, 10, 'a', true, 2.5), (NULL, 20, 'b', false, NULL), (3, NULL, 'c', NULL, NULL), (4, 40, '', true, "
                    "NULL), (5, 50, NULL, true, NULL), (6, 60, 'd', NULL, NULL)) t(uid, \"timestamp\", campaign, conversion, value)");
  log_expect(&w, LOG_COLUMNS ", coalesce(value, -1)", "1,10000000,a,true,2.5;6,60000000,d,false,-1.0");
  const da_impressions *i = &w.impressions;
  assert_int_equal(i->n_rows, 6);
  assert_int_equal(i->n_missing_uid, 1);
  assert_int_equal(i->n_missing_timestamp, 1);
  assert_int_equal(i->n_missing_campaign, 2);
  assert_int_equal(i->n_missing_conversion, 2);
  log_close(&w);
}

static void a_column_of_nothing(void **state) {
  (void)state;
  log_world w;
  log_open(&w);
  log_write_parquet(
      &w, "raw/log.parquet",
      "SELECT NULL::BIGINT AS uid, NULL::BIGINT AS timestamp, NULL::VARCHAR AS campaign, NULL::BOOLEAN AS conversion FROM range(3)");
  log_expect(&w, LOG_COLUMNS, "");
  assert_int_equal(w.impressions.n_missing_uid, 3);
  log_write_text(&w, "raw/log.parquet", "");
  expect_ok(da_bucket_remove(w.bucket, "raw/log.parquet", err));
  log_write_text(&w, "raw/log.csv", "uid,timestamp,campaign,conversion\n,,,\n");
  log_expect(&w, LOG_COLUMNS, "");
  log_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(times_in_parquet),
      cmocka_unit_test(times_in_csv),
      cmocka_unit_test(users_in_parquet),
      cmocka_unit_test(users_in_csv),
      cmocka_unit_test(names_of_campaigns),
      cmocka_unit_test(flags),
      cmocka_unit_test(values),
      cmocka_unit_test(most_times_decide_the_unit),
      cmocka_unit_test(one_odd_user_makes_all_text),
      cmocka_unit_test(empty_cells_are_missing),
      cmocka_unit_test(a_column_of_nothing),
  };
  return cmocka_run_group_tests_name("store.impressions_cells", tests, NULL, NULL) == 0 ? 0 : 1;
}
