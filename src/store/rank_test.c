/* Oracle: a search from the beginning of the list, one name after the other. */
#include "store/rank.h"

#include <stdio.h>

#include "base/mem.h"
#include "support/store.h"

static const da_slice names[] = {
    {"", 0}, {"Display", 7}, {"caf\xc3\xa9", 5}, {"a name of more than twelve bytes", 32}, {"it's; \"quoted\"\n", 15}};
static const da_names five = {names, 5};

static const char *ask(da_db *db, const char *function, const char *argument) {
  da_text sql = {0};
  da_text_printf(&sql, "SELECT %s(%s)", function, argument);
  const char *answer = store_query(db, da_text_cstr(&sql));
  da_text_free(&sql);
  return answer;
}

static void texts_become_their_positions(void **state) {
  (void)state;
  da_db *db = store_db();
  char function[DA_RANK_FUNCTION_BYTES];
  expect_ok(da_rank_register(db, &five, function, err));
  for (size_t i = 0; i < five.n; i++) {
    da_text literal = {0};
    char wanted[8];
    da_sql_literal(&literal, names[i].data);
    snprintf(wanted, sizeof wanted, "%zu", i);
    assert_string_equal(ask(db, function, da_text_cstr(&literal)), wanted);
    da_text_free(&literal);
  }
  assert_string_equal(ask(db, function, "'display'"), "NULL");
  assert_string_equal(ask(db, function, "NULL"), "NULL");
  da_db_close(db);
}

static void each_list_has_a_function_of_its_own(void **state) {
  (void)state;
  da_db *db = store_db();
  char first[DA_RANK_FUNCTION_BYTES], second[DA_RANK_FUNCTION_BYTES], none[DA_RANK_FUNCTION_BYTES];
  expect_ok(da_rank_register(db, &five, first, err));
  expect_ok(da_rank_register(db, &(da_names){names + 1, 1}, second, err));
  expect_ok(da_rank_register(db, &(da_names){NULL, 0}, none, err));
  assert_string_equal(ask(db, first, "'Display'"), "1");
  assert_string_equal(ask(db, second, "'Display'"), "0");
  assert_string_equal(ask(db, none, "'Display'"), "NULL");
  da_db_close(db);
}

/* Enough rows for all of DuckDB's threads, from a table (whose texts come as a dictionary, or not) with NULLs in it. */
static void many_rows_agree_with_a_search(void **state) {
  (void)state;
  enum { N = 3000 };
  static char texts[N][16];
  static da_slice many[N];
  for (int i = 0; i < N; i++) {
    snprintf(texts[i], sizeof texts[i], "name-%d", i * 7);
    many[i] = (da_slice){texts[i], strlen(texts[i])};
  }
  da_db *db = store_db();
  char function[DA_RANK_FUNCTION_BYTES];
  expect_ok(da_rank_register(db, &(da_names){many, N}, function, err));
  expect_ok(da_db_run(
      db, "CREATE TABLE t AS SELECT CASE WHEN i % 5 > 0 THEN 'name-' || (i * i % 21007) END AS name FROM range(300000) r(i)", err));
  da_text sql = {0};
  da_text_printf(
      &sql, "SELECT count(*) FROM (SELECT %s(name) AS found, CASE WHEN substr(name, 6)::INT %% 7 = 0 AND substr(name, 6)::INT < 21000 ",
      function);
  da_text_append(&sql, "THEN substr(name, 6)::INT // 7 END AS wanted FROM t) WHERE found IS DISTINCT FROM wanted");
  assert_string_equal(store_query(db, da_text_cstr(&sql)), "0");
  da_text_free(&sql);
  da_db_close(db);
}

static void without_memory_there_is_a_sentence(void **state) {
  (void)state;
  da_db *db = store_db();
  char function[DA_RANK_FUNCTION_BYTES];
  for (uint64_t nth = 1;; nth++) {
    da_error fault = {0};
    da_mem_fail_at(nth);
    da_status status = da_rank_register(db, &five, function, &fault);
    da_mem_fail_at(0);
    if (status == DA_OK) break;
    assert_int_equal(status, DA_ERR_MEM);
    assert_true(nth < 20);
  }
  da_db_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_become_their_positions),
      cmocka_unit_test(each_list_has_a_function_of_its_own),
      cmocka_unit_test(many_rows_agree_with_a_search),
      cmocka_unit_test(without_memory_there_is_a_sentence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
