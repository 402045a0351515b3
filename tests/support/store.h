/* For tests of the store: calls whose fault is shown or wanted, a session, a query with one answer. */
#ifndef DA_TESTS_STORE_H
#define DA_TESTS_STORE_H

#include <stdio.h>
#include <string.h>

#include "store/db.h"
#include "support/folder.h"

/* Both give expr a da_error *err of its own. */
#define expect_ok(expr)                                         \
  do {                                                          \
    da_error ok_err = {0};                                      \
    da_error *err = &ok_err;                                    \
    if ((expr) != DA_OK) fail_msg("%s: %s", #expr, ok_err.msg); \
  } while (0)

/* The call fails with this code and a sentence that has this piece. */
#define expect_fail(expr, expected_code, piece)                                                                                         \
  do {                                                                                                                                  \
    da_error fails_err = {0};                                                                                                           \
    da_error *err = &fails_err;                                                                                                         \
    da_status fails_status = (expr);                                                                                                    \
    if (fails_status != (expected_code) || !strstr(fails_err.msg, piece) || strchr(fails_err.msg, '\n'))                                \
      fail_msg("%s: expected %s with `%s` but found %s: %s", #expr, da_status_name(expected_code), piece, da_status_name(fails_status), \
               fails_err.msg);                                                                                                          \
  } while (0)

static inline void store_write_text(const char *folder, const char *name, const char *text) {
  folder_write(folder_path(folder, name), text, strlen(text));
}

static inline da_db *store_db(void) {
  da_db *db;
  expect_ok(da_db_open(&(da_db_options){.threads = 2}, &db, err));
  return db;
}

/* The only value of a query, as text; "NULL" for NULL. Static buffer. */
static inline const char *store_query(da_db *db, const char *sql) {
  static char value[4096];
  da_text wrapped = {0};
  da_text_printf(&wrapped, "SELECT coalesce(v::VARCHAR, 'NULL') FROM (%s) t(v)", sql);
  da_rows *rows;
  da_chunk chunk;
  expect_ok(da_db_query(db, da_text_cstr(&wrapped), &rows, err));
  expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
  assert_int_equal(chunk.n_rows, 1);
  const da_slice *text = chunk.columns[0].values;
  snprintf(value, sizeof value, "%.*s", (int)text->length, text->data);
  da_rows_close(rows);
  da_text_free(&wrapped);
  return value;
}

#endif
