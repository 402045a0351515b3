/* Oracle: values written out by hand; a loop in C for the sums; DuckDB's own messages for the faults. */
#include "store/db.h"

#include <time.h>

#include "base/mem.h"
#include "support/store.h"

static void values_arrive_as_their_c_types(void **state) {
  (void)state;
  da_db *db = store_db();
  da_rows *rows;
  da_chunk chunk;
  expect_ok(da_db_query(db,
                        "SELECT true AS b, 5::UTINYINT AS u8, -3::SMALLINT AS i16, 7::BIGINT AS i64, 9::UBIGINT AS u64, 1.5::FLOAT AS f, "
                        "2.25::DOUBLE AS d, 'short' AS s, 'longer than twelve bytes' AS l, 'y'::ENUM('x', 'y') AS e, "
                        "TIMESTAMPTZ '1970-01-01 02:00:01+02' AS t, NULL::BIGINT AS n",
                        &rows, err));
  assert_int_equal(da_rows_n_columns(rows), 12);
  assert_string_equal(da_rows_column_name(rows, 2), "i16");
  assert_int_equal(da_rows_column_type(rows, 9), DA_TYPE_ENUM);
  expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
  assert_int_equal(chunk.n_rows, 1);
  const da_column *c = chunk.columns;
  assert_int_equal(*(const uint8_t *)c[0].values, 1);
  assert_int_equal(*(const int64_t *)c[1].values, 5);
  assert_int_equal(*(const int64_t *)c[2].values, -3);
  assert_int_equal(*(const int64_t *)c[3].values, 7);
  assert_int_equal(*(const int64_t *)c[4].values, 9);
  assert_true(*(const double *)c[5].values == 1.5);
  assert_true(*(const double *)c[6].values == 2.25);
  const da_slice *text = c[7].values;
  assert_int_equal(text->length, 5);
  assert_memory_equal(text->data, "short", 5);
  text = c[8].values;
  assert_int_equal(text->length, 24);
  assert_memory_equal(text->data, "longer than twelve bytes", 24);
  assert_int_equal(*(const uint32_t *)c[9].values, 1);
  assert_int_equal(*(const int64_t *)c[10].values, 1000000);
  for (int i = 0; i < 11; i++) assert_null(c[i].valid);
  assert_non_null(c[11].valid);
  assert_int_equal(c[11].valid[0], 0);
  expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
  assert_int_equal(chunk.n_rows, 0);
  expect_ok(da_rows_next(rows, NULL, "test", &chunk, err)); /* the end stays the end */
  assert_int_equal(chunk.n_rows, 0);
  da_rows_close(rows);
  da_db_close(db);
}

static void many_rows_stream_in_order(void **state) {
  (void)state;
  enum { N = 300000 };
  da_db *db = store_db();
  da_rows *rows;
  da_chunk chunk;
  expect_ok(
      da_db_query(db, "SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE i::VARCHAR END FROM range(300000) t(i) ORDER BY i DESC", &rows, err));
  int64_t expected = N - 1;
  do {
    expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
    for (size_t i = 0; i < chunk.n_rows; i++, expected--) {
      char text[24];
      if (((const int64_t *)chunk.columns[0].values)[i] != expected) fail_msg("row %lld is out of order", (long long)expected);
      bool valid = !chunk.columns[1].valid || chunk.columns[1].valid[i];
      assert_int_equal(valid, expected % 7 != 0);
      if (!valid) continue;
      const da_slice *slice = (const da_slice *)chunk.columns[1].values + i;
      snprintf(text, sizeof text, "%lld", (long long)expected);
      assert_int_equal(slice->length, strlen(text));
      assert_memory_equal(slice->data, text, slice->length);
    }
  } while (chunk.n_rows > 0);
  assert_int_equal(expected, -1);
  da_rows_close(rows);
  da_db_close(db);
}

static void queries_do_not_disturb_each_other(void **state) {
  (void)state;
  da_db *db = store_db();
  da_rows *outer;
  da_chunk chunk;
  expect_ok(da_db_run(db, "CREATE TABLE t AS SELECT i FROM range(100000) t(i)", err));
  expect_ok(da_db_query(db, "SELECT i FROM t ORDER BY i", &outer, err));
  size_t n_rows = 0;
  int64_t sum;
  do {
    expect_ok(da_rows_next(outer, NULL, "test", &chunk, err));
    n_rows += chunk.n_rows;
    expect_ok(da_db_int(db, "SELECT sum(i)::BIGINT FROM t", &sum, err));
    assert_int_equal(sum, INT64_C(99999) * 50000);
  } while (chunk.n_rows > 0);
  assert_int_equal(n_rows, 100000);
  da_rows_close(outer);
  da_db_close(db);
}

static void one_integer(void **state) {
  (void)state;
  da_db *db = store_db();
  int64_t value;
  expect_ok(da_db_int(db, "SELECT NULL::BIGINT", &value, err));
  assert_int_equal(value, 0);
  expect_ok(da_db_int(db, "SELECT 1 WHERE false", &value, err));
  assert_int_equal(value, 0);
  expect_fail(da_db_int(db, "SELECT 'a'", &value, err), DA_ERR_INTERNAL, "expected a query for one integer");
  expect_fail(da_db_int(db, "SELECT 18446744073709551615::UBIGINT AS big", &value, err), DA_ERR_DATA, "column big");
  expect_fail(da_db_int(db, "SELECT {a: 1} AS s", &value, err), DA_ERR_INTERNAL, "column s");
  da_db_close(db);
}

static void hostile_text_stays_text(void **state) {
  (void)state;
  da_db *db = store_db();
  const char *hostile[] = {"plain", "it's", "\"q\"", "'; DROP TABLE t; --", "a\nb", "\xc3\xa9", "\\", ""};
  for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
    da_text sql = {0};
    da_text_append(&sql, "SELECT ");
    da_sql_literal(&sql, hostile[i]);
    assert_string_equal(store_query(db, da_text_cstr(&sql)), hostile[i]);
    if (*hostile[i]) {
      da_text_clear(&sql);
      da_text_append(&sql, "SELECT 1 AS ");
      da_sql_identifier(&sql, hostile[i]);
      da_rows *rows;
      expect_ok(da_db_query(db, da_text_cstr(&sql), &rows, err));
      assert_string_equal(da_rows_column_name(rows, 0), hostile[i]);
      da_rows_close(rows);
    }
    da_text_free(&sql);
  }
  da_db_close(db);
}

static void a_path_is_no_pattern(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  store_write_text(folder, "a[1]*?'.csv", "x\n1\n");
  store_write_text(folder, "a1zz'.csv", "x\n2\n");
  da_text sql = {0};
  da_text_append(&sql, "SELECT x FROM read_csv(");
  da_sql_path(&sql, folder_path(folder, "a[1]*?'.csv"));
  da_text_append(&sql, ")");
  assert_string_equal(store_query(db, da_text_cstr(&sql)), "1");
  da_text_free(&sql);
  da_db_close(db);
  folder_remove(folder);
}

static void faults_are_one_sentence(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  da_text sql = {0};
  expect_fail(da_db_run(db, "SELECT 'abc'::BIGINT", err), DA_ERR_DATA, "Could not convert string 'abc' to INT64");
  expect_fail(da_db_run(db, "SELECT nothing FROM range(3)", err), DA_ERR_INTERNAL, "\"nothing\" not found");
  expect_fail(da_db_run(db, "SELEC 1", err), DA_ERR_INTERNAL, "syntax error");
  expect_fail(da_db_run(db, "SELECT * FROM 'no-such-file.parquet'", err), DA_ERR_IO, "no-such-file.parquet");
  expect_fail(da_db_run(db, "SELECT error('expected a but found b')", err), DA_ERR_DATA, "expected a but found b");

  da_text csv = {0}; /* the fault lies beyond the sample from which DuckDB guesses types */
  da_text_append(&csv, "a,b\n");
  for (int i = 0; i < 30000; i++) da_text_printf(&csv, "%d,%d\n", i, i);
  da_text_append(&csv, "1,six\n");
  store_write_text(folder, "late.csv", da_text_cstr(&csv));
  da_text_printf(&sql, "SELECT count(a + b) FROM '%s'", folder_path(folder, "late.csv"));
  expect_fail(da_db_run(db, da_text_cstr(&sql), err), DA_ERR_DATA, "late.csv, line 30002: Error when converting column \"b\"");
  expect_fail(da_db_run(db, da_text_cstr(&sql), err), DA_ERR_DATA, "(the line is `1,six`)");
  da_rows *rows;
  expect_fail(da_db_query(db, "SELECT 1; SELECT 2", &rows, err), DA_ERR_DATA, "multiple statements");
  da_text_free(&csv);
  da_text_free(&sql);
  da_db_close(db);
  folder_remove(folder);
}

static void a_query_too_large_for_memory(void **state) {
  (void)state;
  char *folder = folder_make();
  const char *sql = "SELECT hash(i)::VARCHAR AS h, i FROM range(2000000) t(i) ORDER BY h";
  da_db_options options = {.memory_bytes = 80 << 20, .threads = 2};
  da_db *db;
  da_rows *rows;
  da_chunk chunk;
  expect_ok(da_db_open(&options, &db, err));
  expect_ok(da_db_query(db, sql, &rows, err));
  expect_fail(da_rows_next(rows, NULL, "test", &chunk, err), DA_ERR_MEM, "memory ran out");
  da_rows_close(rows);
  da_db_close(db);

  options.spill_folder = folder_path(folder, "spill"); /* with room on disk it goes through, and leaves nothing */
  expect_ok(da_db_open(&options, &db, err));
  expect_ok(da_db_query(db, sql, &rows, err));
  size_t n_rows = 0;
  do {
    expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
    n_rows += chunk.n_rows;
  } while (chunk.n_rows > 0);
  assert_int_equal(n_rows, 2000000);
  da_rows_close(rows);
  da_db_close(db);
  assert_int_not_equal(access(options.spill_folder, F_OK), 0);
  folder_remove(folder);
}

/* A user who asks to stop some time after the first question. */
typedef struct {
  struct timespec begin;
  long after_ms;
  int n_progress;
  uint64_t done, total; /* as last shown */
  const char *unit;
} stopper;

static long elapsed_ms(const struct timespec *begin) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000;
}

static bool wants_stop(void *context) {
  stopper *s = context;
  return elapsed_ms(&s->begin) >= s->after_ms;
}

static void count_progress(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total) {
  stopper *s = context;
  assert_string_equal(stage, "test");
  assert_string_equal(unit, s->unit);
  s->n_progress += done > 0;
  s->done = done;
  s->total = total;
}

static void a_long_query_stops_at_once(void **state) {
  (void)state;
  da_db *db = store_db();
  da_rows *rows;
  da_chunk chunk;
  stopper s = {.after_ms = 300};
  da_monitor monitor = {.interrupted = wants_stop, .context = &s};
  clock_gettime(CLOCK_MONOTONIC, &s.begin);
  expect_ok(da_db_query(db, "SELECT count(*) FROM range(10000000000) t(i) WHERE hash(i) % 3 = 0", &rows, err));
  expect_fail(da_rows_next(rows, &monitor, "test", &chunk, err), DA_ERR_INTERRUPTED, "interrupted during test");
  expect_ok(da_rows_next(rows, &monitor, "test", &chunk, err));
  assert_int_equal(chunk.n_rows, 0);
  da_rows_close(rows);
  assert_in_range(elapsed_ms(&s.begin), 300, 5000); /* the whole query takes a minute */

  int64_t one; /* the session is as good as new */
  expect_ok(da_db_int(db, "SELECT 1", &one, err));
  assert_int_equal(one, 1);
  da_db_close(db);
}

static void a_sort_shows_progress(void **state) {
  (void)state;
  da_db *db = store_db();
  da_rows *rows;
  da_chunk chunk;
  expect_ok(da_db_run(db, "CREATE TABLE t AS SELECT i FROM range(3000000) t(i)", err));
  for (uint64_t n_expected = 0; n_expected <= 3000000; n_expected += 3000000) {
    stopper s = {.unit = n_expected ? "rows" : "%"};
    da_monitor monitor = {.progress = count_progress, .context = &s};
    expect_ok(da_db_query(db, "SELECT i FROM t ORDER BY hash(i)", &rows, err));
    if (n_expected) da_rows_expect(rows, n_expected);
    expect_ok(da_rows_next(rows, &monitor, "test", &chunk, err));
    assert_true(s.n_progress > 0);
    assert_int_equal(s.total, n_expected ? n_expected : 100);
    assert_int_equal(s.done, s.total); /* it ends where it said it would */
    da_rows_close(rows);
  }
  da_db_close(db);
}

static void stopping_between_chunks(void **state) {
  (void)state;
  da_db *db = store_db();
  da_rows *rows;
  da_chunk chunk;
  stopper s = {.after_ms = 1000000};
  clock_gettime(CLOCK_MONOTONIC, &s.begin);
  da_monitor monitor = {.interrupted = wants_stop, .context = &s};
  expect_ok(da_db_query(db, "SELECT i FROM range(1000000) t(i)", &rows, err));
  expect_ok(da_rows_next(rows, &monitor, "test", &chunk, err));
  assert_true(chunk.n_rows > 0);
  s.after_ms = 0;
  expect_fail(da_rows_next(rows, &monitor, "test", &chunk, err), DA_ERR_INTERRUPTED, "interrupted during test");
  da_rows_close(rows);
  da_db_close(db);
}

static void memory_that_runs_out_is_reported(void **state) {
  (void)state;
  da_db *db = store_db();
  for (uint64_t nth = 1;; nth++) {
    da_rows *rows;
    da_error err = {0};
    da_mem_fail_at(nth);
    da_status status = da_db_query(db, "SELECT 1::TINYINT, 'a'", &rows, &err);
    uint64_t n_allocations = da_mem_count();
    da_mem_fail_at(0);
    if (status != DA_OK) {
      assert_int_equal(status, DA_ERR_MEM);
      assert_null(rows);
    } else {
      da_rows_close(rows);
    }
    if (n_allocations < nth) break;
  }
  da_db_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_arrive_as_their_c_types),    cmocka_unit_test(many_rows_stream_in_order),
      cmocka_unit_test(queries_do_not_disturb_each_other), cmocka_unit_test(one_integer),
      cmocka_unit_test(hostile_text_stays_text),           cmocka_unit_test(a_path_is_no_pattern),
      cmocka_unit_test(faults_are_one_sentence),           cmocka_unit_test(a_query_too_large_for_memory),
      cmocka_unit_test(a_long_query_stops_at_once),        cmocka_unit_test(a_sort_shows_progress),
      cmocka_unit_test(stopping_between_chunks),           cmocka_unit_test(memory_that_runs_out_is_reported),
  };
  return cmocka_run_group_tests_name("store.db", tests, NULL, NULL) == 0 ? 0 : 1;
}
