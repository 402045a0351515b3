/* Oracle: messages as DuckDB 1.5.5 wrote them, and the sentences they should become; a counter that a running statement moves. */
#include "store/duck.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "support/store.h"

static void messages_become_sentences(void **state) {
  (void)state;
  static const struct {
    const char *message;
    da_status code;
    const char *sentence;
  } cases[] = {
      {"Invalid Input Error: No magic bytes found at end of file 'a.parquet'", DA_ERR_DATA,
       "No magic bytes found at end of file 'a.parquet'"},
      {"IO Error: Cannot open file \"x/y.parquet\": Permission denied", DA_ERR_IO, "Cannot open file \"x/y.parquet\": Permission denied"},
      {"Conversion Error: Could not convert string '0a' to INT64\n\nLINE 1: select '0a'::bigint\n             ^", DA_ERR_DATA,
       "Could not convert string '0a' to INT64"},
      {"Binder Error: Referenced column \"n\" not found in FROM clause!\nCandidate bindings: \"range\"\n\nLINE 1: select n",
       DA_ERR_INTERNAL, "DuckDB failed: Referenced column \"n\" not found in FROM clause!"},
      {"IO Error: Could not write file \"t.parquet\": No space left on device", DA_ERR_IO,
       "expected room on the disk but it is full: Could not write file \"t.parquet\": No space left on device; free some and run again"},
      {"Out of Memory Error: could not allocate block of size 256.0 KiB (95.1 MiB/95.3 MiB used)\nDatabase is launched\n\nPossible "
       "solutions:\n"
       "* Reducing the number of threads (SET threads=X)",
       DA_ERR_MEM,
       "memory ran out: could not allocate block of size 256.0 KiB (95.1 MiB/95.3 MiB used) Database is launched; give more with --memory, "
       "or let it spill to a disk"},
      {"Invalid Input Error: CSV Error on Line: 30002\nOriginal Line: 5,6,x\nExpected Number of Columns: 4 Found: 3\nPossible fixes:\n"
       "* Enable null padding\n\n  file = raw/a b.csv\n  delimiter = , (Auto-Detected)\n",
       DA_ERR_DATA, "raw/a b.csv, line 30002: Expected Number of Columns: 4 Found: 3 (the line is `5,6,x`)"},
      {"Invalid Input Error: Attempting to execute an unsuccessful or closed pending query result\nError: Conversion Error: CSV Error on "
       "Line: 7\n"
       "Original Line: 5,six\nError when converting column \"t\". Could not convert string \"six\" to 'BIGINT'\n\nColumn t is being\n\n"
       "  file = conv.csv\n",
       DA_ERR_DATA,
       "conv.csv, line 7: Error when converting column \"t\". Could not convert string \"six\" to 'BIGINT' (the line is `5,six`)"},
      {"Invalid Input Error: CSV Error on Line: 1\nInvalid unicode (byte sequence mismatch) detected. This file is not utf-8 encoded.\n\n"
       "  file = r.csv\n",
       DA_ERR_DATA, "r.csv, line 1: Invalid unicode (byte sequence mismatch) detected. This file is not utf-8 encoded"},
      {"Invalid Input Error: CSV Error on Line: 2\nOriginal Line: 1,2,\"abc\n3,4,x\n\nValue with unterminated quote found.\n\nPossible "
       "fixes:\n"
       "* Disable\n\n  file = q.csv\n",
       DA_ERR_DATA, "q.csv, line 2: Value with unterminated quote found (the line is `1,2,\"abc`)"},
      {"INTERRUPT Error: Interrupted!", DA_ERR_INTERRUPTED, "Interrupted!"},
      {"HTTP Error: Request returned HTTP 503 for HTTP HEAD to 'http://h:1/b/raw/a.parquet'", DA_ERR_IO,
       "expected to read http://h:1/b/raw/a.parquet but the server is overloaded or out of order; run again later (HTTP 503)"},
      {"HTTP Error: HTTP GET error reading 's3://b/raw/a.csv' in region 'us-east-1' (HTTP 404 Not Found)\n\nLINE 1: select", DA_ERR_IO,
       "expected to read s3://b/raw/a.csv but found none of that name; was it removed meanwhile? (HTTP 404)"},
      {"IO Error: Could not connect to server error for HTTP HEAD to 'http://h:1/b/a'", DA_ERR_IO,
       "expected to read http://h:1/b/a but the connection failed each time; look at the network, and run again (Could not connect to "
       "server)"},
      {"something new", DA_ERR_INTERNAL, "DuckDB failed: something new"},
      {"", DA_ERR_INTERNAL, "DuckDB failed without saying why"},
      {NULL, DA_ERR_INTERNAL, "DuckDB failed without saying why"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    da_error err = {0};
    assert_int_equal(da_duck_fail(cases[i].message, &err), cases[i].code);
    assert_string_equal(err.msg, cases[i].sentence);
    assert_int_equal(da_duck_fail(cases[i].message, NULL), cases[i].code);
  }
}

static void a_long_line_is_quoted_in_part(void **state) {
  (void)state;
  da_text message = {0};
  da_text_append(&message, "Invalid Input Error: CSV Error on Line: 2\nOriginal Line: x");
  for (int i = 0; i < 2000; i++) da_text_append(&message, "\xc3\xa9");
  da_text_append(&message, "\nValue with unterminated quote found.\n\n  file = q.csv\n");
  da_error err = {0};
  assert_int_equal(da_duck_fail(da_text_cstr(&message), &err), DA_ERR_DATA);
  const char *end = strstr(err.msg, "\xc3\xa9...`)"); /* no half letter */
  assert_non_null(end);
  assert_null(strchr(err.msg, '\n'));
  da_text_free(&message);
}

/* A scalar function that counts its calls: it shows whether a statement still runs. */
static void count_call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  atomic_int *n_calls = duckdb_scalar_function_get_extra_info(info);
  (void)input;
  memset(duckdb_vector_get_data(output), 0, duckdb_vector_size() * sizeof(int64_t));
  atomic_fetch_add(n_calls, 1);
}

static void register_counter(da_db *db, atomic_int *n_calls) {
  duckdb_scalar_function function = duckdb_create_scalar_function();
  duckdb_logical_type type = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
  duckdb_scalar_function_set_name(function, "count_call");
  duckdb_scalar_function_add_parameter(function, type);
  duckdb_scalar_function_set_return_type(function, type);
  duckdb_scalar_function_set_function(function, count_call);
  duckdb_scalar_function_set_extra_info(function, n_calls, NULL);
  assert_int_equal(duckdb_register_scalar_function(db->connection, function), DuckDBSuccess);
  duckdb_destroy_logical_type(&type);
  duckdb_destroy_scalar_function(&function);
}

static bool has_called(void *context) { return atomic_load((atomic_int *)context) > 10; }

static void nothing_runs_after_close(void **state) {
  (void)state;
  da_db *db = store_db();
  atomic_int n_calls = 0;
  register_counter(db, &n_calls);
  da_monitor monitor = {.interrupted = has_called, .context = &n_calls};
  da_statement statement;
  /* Stopped before the first row, with work for all threads. */
  expect_ok(da_db_run(db, "CREATE TABLE t AS SELECT i FROM range(2000000) t(i)", err));
  expect_ok(da_statement_open(db, "SELECT sum(count_call(a.i + b.i)) FROM t a, range(100) b(i)", &statement, err));
  expect_fail(da_statement_run(&statement, &monitor, "counting", NULL, NULL, err), DA_ERR_INTERRUPTED, "interrupted during counting");
  da_statement_close(&statement);
  int n_at_close = atomic_load(&n_calls);
  nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
  assert_int_equal(atomic_load(&n_calls), n_at_close);

  /* Closed in the middle of its rows. */
  duckdb_data_chunk chunk = NULL;
  expect_ok(da_statement_open(db, "SELECT count_call(a.i + b.i) FROM t a, range(100) b(i)", &statement, err));
  expect_ok(da_statement_run(&statement, NULL, "counting", NULL, NULL, err));
  expect_ok(da_statement_fetch(&statement, &chunk, err));
  assert_non_null(chunk);
  duckdb_destroy_data_chunk(&chunk);
  da_statement_close(&statement);
  n_at_close = atomic_load(&n_calls);
  nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
  assert_int_equal(atomic_load(&n_calls), n_at_close);
  da_statement_close(&statement); /* a second time does nothing */
  da_db_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(messages_become_sentences),
      cmocka_unit_test(a_long_line_is_quoted_in_part),
      cmocka_unit_test(nothing_runs_after_close),
  };
  return cmocka_run_group_tests_name("store.duck", tests, NULL, NULL) == 0 ? 0 : 1;
}
