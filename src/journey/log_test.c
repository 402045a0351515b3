/* Oracle: the same rows in memory, sorted with qsort by the order that docs/journey.md gives, names looked up one by one. */
#include "journey/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/store.h"

enum { MAX_ROWS = 6000 };

typedef struct {
  int64_t uid, time_us;
  int campaign; /* index into names; -1: a conversion of its own */
  bool conversion, has_value;
  double value;
  int set;
} test_row;

/* In byte order. */
static const char *const names[] = {"", "\"quoted\"\n", "Search", "display", "caf\xc3\xa9"};
static const char *const sets[] = {"train", "val", "test"};
enum { N_NAMES = sizeof names / sizeof names[0] };

typedef struct {
  da_db *db;
  da_impressions impressions;
  test_row rows[MAX_ROWS];
  size_t n;
} test_log;

static void print_uid(da_text *sql, const test_log *log, int64_t uid) {
  da_text_printf(sql, log->impressions.uid_is_text ? "'user %05" PRId64 "'" : "'%" PRId64 "'::BIGINT", uid);
}

static void print_row(da_text *sql, const test_log *log, const test_row *row) {
  da_text_append(sql, "(");
  print_uid(sql, log, row->uid);
  da_text_printf(sql, ", '%" PRId64 "'::BIGINT, ", row->time_us);
  if (row->campaign >= 0) {
    da_sql_literal(sql, names[row->campaign]);
    da_text_printf(sql, ", %s, '%s', ", row->conversion ? "true" : row->set ? "false" : "NULL", sets[row->set]);
  }
  if (row->has_value)
    da_text_printf(sql, "%.17g::DOUBLE)", row->value);
  else
    da_text_append(sql, "NULL::DOUBLE)");
}

/* The rows as two tables, in the order they have now. */
static void store_rows(test_log *log) {
  const char *uid = log->impressions.uid_is_text ? "VARCHAR" : "BIGINT";
  da_text sql = {0};
  da_text_printf(
      &sql, "CREATE OR REPLACE TABLE touches(uid %s, time_us BIGINT, campaign VARCHAR, conversion BOOLEAN, split VARCHAR, value DOUBLE);",
      uid);
  da_text_printf(&sql, "CREATE OR REPLACE TABLE conversions(uid %s, time_us BIGINT, value DOUBLE);", uid);
  for (int events = 0; events < 2; events++) {
    size_t n = 0;
    for (size_t i = 0; i < log->n; i++) {
      if ((log->rows[i].campaign < 0) != events) continue;
      da_text_append(&sql, n++ ? ", " : events ? "INSERT INTO conversions VALUES " : "INSERT INTO touches VALUES ");
      print_row(&sql, log, &log->rows[i]);
    }
    if (n) da_text_append(&sql, ";");
  }
  expect_ok(da_db_run(log->db, da_text_cstr(&sql), err));
  da_text_free(&sql);
  da_text_append(&log->impressions.relation, "SELECT uid, time_us, campaign, conversion");
  if (log->impressions.has_value) da_text_append(&log->impressions.relation, ", value");
  if (log->impressions.has_split) da_text_append(&log->impressions.relation, ", split");
  da_text_append(&log->impressions.relation, " FROM touches");
  if (!log->impressions.has_conversions_table) return;
  da_text_append(&log->impressions.conversions, "SELECT uid, time_us");
  if (log->impressions.conversions_have_value) da_text_append(&log->impressions.conversions, ", value");
  da_text_append(&log->impressions.conversions, " FROM conversions");
}

static int order(double a, double b) { return (a > b) - (a < b); }

static int compare_rows(const void *a, const void *b) {
  const test_row *x = a, *y = b;
  if (x->uid != y->uid) return x->uid < y->uid ? -1 : 1;
  if (x->time_us != y->time_us) return x->time_us < y->time_us ? -1 : 1;
  if (x->conversion != y->conversion) return x->conversion - y->conversion;
  if (x->campaign != y->campaign) return strcmp(names[x->campaign], names[y->campaign]);
  if (x->has_value != y->has_value) return x->has_value - y->has_value;
  if (x->has_value && x->value != y->value) return order(x->value, y->value);
  return x->set - y->set;
}

/* What the log gives for a row: conversions of the log's own where there are events, values only where they are read. */
static void as_read(test_log *log) {
  const da_impressions *impressions = &log->impressions;
  bool events = impressions->has_conversions_table, has_value = events ? impressions->conversions_have_value : impressions->has_value;
  for (size_t i = 0; i < log->n; i++) {
    test_row *row = &log->rows[i];
    bool event = row->campaign < 0;
    if (events && !event) row->conversion = false;
    if (!has_value || (events && !event)) row->has_value = false;
    if (!impressions->has_split || event) row->set = 0;
  }
  qsort(log->rows, log->n, sizeof *log->rows, compare_rows);
}

static uint32_t rank_of(const da_names *campaigns, const char *name) {
  uint32_t rank = 0;
  while (rank < campaigns->n && da_slice_compare(campaigns->items[rank], (da_slice){name, strlen(name)}) != 0) rank++;
  return rank;
}

static void assert_row(const test_log *log, const da_names *campaigns, const da_cut_rows *rows, size_t i, const test_row *wanted) {
  if (log->impressions.uid_is_text) {
    char text[32];
    snprintf(text, sizeof text, "user %05" PRId64, wanted->uid);
    assert_int_equal(da_slice_compare(rows->uid_text[i], (da_slice){text, strlen(text)}), 0);
  } else {
    assert_int_equal(rows->uid_number[i], wanted->uid);
  }
  assert_int_equal(rows->time_us[i], wanted->time_us);
  assert_int_equal(rows->conversion[i], wanted->conversion);
  if (wanted->campaign >= 0) assert_int_equal(rows->campaign[i], rank_of(campaigns, names[wanted->campaign]));
  bool has_value = rows->value && (!rows->value_valid || rows->value_valid[i]);
  assert_int_equal(has_value, wanted->has_value);
  if (has_value) assert_true(rows->value[i] == wanted->value);
  if (rows->set) assert_int_equal(rows->set[i], wanted->set);
}

static void check_log(test_log *log) {
  store_rows(log);
  as_read(log);
  da_log *opened;
  expect_ok(da_log_open(log->db, &log->impressions, NULL, &opened, err));
  const da_names *campaigns = da_log_campaigns(opened);
  for (size_t i = 1; i < campaigns->n; i++) assert_true(da_slice_compare(campaigns->items[i - 1], campaigns->items[i]) < 0);
  size_t n = 0;
  da_cut_rows rows;
  do {
    expect_ok(da_log_next(opened, NULL, &rows, err));
    assert_int_equal(rows.set != NULL, rows.n && log->impressions.has_split);
    for (size_t i = 0; i < rows.n; i++) assert_row(log, campaigns, &rows, i, &log->rows[n + i]);
    n += rows.n;
  } while (rows.n);
  assert_int_equal(n, log->n);
  da_log_close(opened);
  da_text_free(&log->impressions.relation);
  da_text_free(&log->impressions.conversions);
}

/* Many ties; users and times around the middle of their range, or spread over all of it. */
static void draw_rows(test_log *log, size_t n, bool wide_uids, bool wide_times, da_random *random) {
  static const int64_t wide[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX};
  log->n = n;
  for (size_t i = 0; i < n; i++) {
    test_row *row = &log->rows[i];
    *row = (test_row){.uid = (int64_t)da_random_below(random, 1 + n / 4),
                      .time_us = 1530403200000000 + (int64_t)da_random_below(random, 10) * 500000};
    if (wide_uids) row->uid = wide[da_random_below(random, 6)];
    if (wide_times) row->time_us = wide[da_random_below(random, 6)];
    row->conversion = da_random_below(random, 4) == 0;
    row->campaign = (int)da_random_below(random, N_NAMES);
    row->set = (int)da_random_below(random, 3);
    row->has_value = da_random_below(random, 2);
    if (row->has_value) row->value = (double)da_random_below(random, 5) - 1;
    if (log->impressions.has_conversions_table && row->conversion) row->campaign = -1;
  }
  log->rows[0].campaign = 0; /* at least one impression */
}

static void rows_come_in_order(void **state) {
  (void)state;
  static test_log log;
  log.db = store_db();
  da_random random;
  da_random_init(&random, 21, 0);
  for (int round = 0; round < 96; round++) {
    bool text = round & 1, wide_uids = !text && (round & 2), wide_times = round & 4;
    log.impressions = (da_impressions){
        .uid_is_text = text,
        .has_conversion = true,
        .has_value = round & 8,
        .has_split = round & 16,
        .has_conversions_table = round & 32,
        .conversions_have_value = da_random_below(&random, 2),
    };
    draw_rows(&log, round == 95 ? MAX_ROWS : 1 + da_random_below(&random, 300), wide_uids, wide_times, &random);
    check_log(&log);
  }
  da_db_close(log.db);
}

static void a_log_without_a_conversion_column_has_none(void **state) {
  (void)state;
  da_db *db = store_db();
  da_impressions impressions = {0};
  da_text_append(&impressions.relation, "SELECT 1::BIGINT AS uid, 2::BIGINT AS time_us, 'a' AS campaign");
  da_log *log;
  expect_ok(da_log_open(db, &impressions, NULL, &log, err));
  da_cut_rows rows;
  expect_ok(da_log_next(log, NULL, &rows, err));
  assert_true(rows.n == 1 && rows.uid_number[0] == 1 && rows.time_us[0] == 2 && rows.conversion[0] == 0 && rows.campaign[0] == 0);
  assert_null(rows.value);
  da_log_close(log);
  da_text_free(&impressions.relation);
  da_db_close(db);
}

static void refuses(const char *relation, bool has_split, const char *words) {
  da_db *db = store_db();
  da_impressions impressions = {.has_conversion = true, .has_split = has_split};
  da_text_append(&impressions.relation, relation);
  da_log *log;
  expect_fail(da_log_open(db, &impressions, NULL, &log, err), DA_ERR_DATA, words);
  assert_null(log);
  da_text_free(&impressions.relation);
  da_db_close(db);
}

static void impossible_logs_are_refused(void **state) {
  (void)state;
  refuses("SELECT 1::BIGINT AS uid, 2::BIGINT AS time_us, 'a' AS campaign, true AS conversion LIMIT 0", false, "found none");
  refuses("SELECT 1::BIGINT AS uid, 2::BIGINT AS time_us, concat('a', chr(0), 'b') AS campaign, true AS conversion", false, "zero byte");
  static const char with_split[] =
      "SELECT i::BIGINT AS uid, 2::BIGINT AS time_us, 'a' AS campaign, true AS conversion, [%s][i] AS split FROM range(1, 5) t(i)";
  char relation[256];
  snprintf(relation, sizeof relation, with_split, "'train', 'Test', 'val', 'Test'");
  refuses(relation, true, "found 'Test' in 2 rows");
  snprintf(relation, sizeof relation, with_split, "'train', NULL, 'val', 'test'");
  refuses(relation, true, "found '' in 1 rows");
}

static void without_memory_there_is_a_sentence(void **state) {
  (void)state;
  da_db *db = store_db();
  da_impressions impressions = {0};
  da_text_append(&impressions.relation, "SELECT 1::BIGINT AS uid, 2::BIGINT AS time_us, 'a' AS campaign");
  for (uint64_t nth = 1;; nth++) {
    da_error fault = {0};
    da_log *log;
    da_cut_rows rows;
    da_mem_fail_at(nth);
    da_status status = da_log_open(db, &impressions, NULL, &log, &fault);
    if (status == DA_OK) status = da_log_next(log, NULL, &rows, &fault);
    da_mem_fail_at(0);
    da_log_close(log);
    if (status == DA_OK) break;
    assert_int_equal(status, DA_ERR_MEM);
    assert_true(nth < 200);
  }
  da_text_free(&impressions.relation);
  da_db_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_come_in_order),
      cmocka_unit_test(a_log_without_a_conversion_column_has_none),
      cmocka_unit_test(impossible_logs_are_refused),
      cmocka_unit_test(without_memory_there_is_a_sentence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
