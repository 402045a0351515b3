/* Oracle: the files are read back by DuckDB and compared with the arrays they were made from. */
#include "store/table.h"

#include <stdatomic.h>

#include "base/random.h"
#include "support/store.h"

enum { N_ROWS = 10000, MAX_LENGTH = 40 };
static const da_slice campaign_items[] = {{"", 0}, {"display, \"big\"\n", 15}, {"email", 5}, {"\xc3\xa9t\xc3\xa9", 5}};
static const da_names campaigns = {campaign_items, 4};

/* Row i of the table that the tests write: everything follows from i. */
static uint64_t draw(uint64_t row, uint64_t what) { return da_random_hash(what, row); }
static size_t list_length(uint64_t row) { return draw(row, 1) % MAX_LENGTH; }
static bool is_null(uint64_t row, int column) { return draw(row, 100 + (uint64_t)column) % 11 == 0; }

enum { ID, SMALL, MONEY, SHARE, DONE, TIME, UID, CAMPAIGN, TIMES, CAMPAIGNS, N_COLUMNS };
static const da_table_column columns[N_COLUMNS] = {
    [ID] = {"id", DA_CELL_INT64, NULL},
    [SMALL] = {"small \"x\"", DA_CELL_INT32, NULL},
    [MONEY] = {"money", DA_CELL_DOUBLE, NULL},
    [SHARE] = {"share", DA_CELL_FLOAT, NULL},
    [DONE] = {"done", DA_CELL_BOOL, NULL},
    [TIME] = {"time", DA_CELL_TIMESTAMP, NULL},
    [UID] = {"uid", DA_CELL_TEXT, NULL},
    [CAMPAIGN] = {"campaign", DA_CELL_NAME, &campaigns},
    [TIMES] = {"times", DA_CELL_INT64_LIST, NULL},
    [CAMPAIGNS] = {"campaigns", DA_CELL_NAME_LIST, &campaigns},
};

typedef struct {
  atomic_uint_fast64_t next; /* read by wants_stop while DuckDB's thread fills */
  uint64_t n_rows;
  uint64_t fail_at; /* 0: never */
  char texts[2048][48];
} source;

static da_status fill_lists(da_table_chunk *chunk, size_t row, uint64_t i, da_error *err) {
  uint64_t begin = row ? chunk->columns[TIMES].list_end[row - 1] : 0, length = list_length(i);
  if (is_null(i, TIMES)) length = 0;
  if (da_table_reserve(chunk, TIMES, begin + length, err) != DA_OK) return DA_ERR_MEM;
  if (da_table_reserve(chunk, CAMPAIGNS, begin + length, err) != DA_OK) return DA_ERR_MEM;
  for (uint64_t k = 0; k < length; k++) {
    ((int64_t *)chunk->columns[TIMES].values)[begin + k] = (int64_t)(i * 1000 + k);
    ((uint32_t *)chunk->columns[CAMPAIGNS].values)[begin + k] = (uint32_t)(draw(i, k) % campaigns.n);
  }
  chunk->columns[TIMES].list_end[row] = chunk->columns[CAMPAIGNS].list_end[row] = begin + length;
  return DA_OK;
}

static da_status fill(void *context, da_table_chunk *chunk, da_error *err) {
  source *s = context;
  da_table_cells *c = chunk->columns;
  for (; chunk->n_rows < chunk->capacity && s->next < s->n_rows; chunk->n_rows++, s->next++) {
    size_t row = chunk->n_rows;
    uint64_t i = s->next;
    if (s->fail_at && i == s->fail_at) return da_fail(err, DA_ERR_NUM, "row %d is no good", (int)i);
    ((int64_t *)c[ID].values)[row] = (int64_t)i - 5000;
    ((int32_t *)c[SMALL].values)[row] = (int32_t)(i % 1000) - 500;
    ((double *)c[MONEY].values)[row] = (double)i / 8;
    ((float *)c[SHARE].values)[row] = (float)i / 4;
    ((uint8_t *)c[DONE].values)[row] = i % 3 == 0;
    ((int64_t *)c[TIME].values)[row] = (int64_t)i * 1000000;
    snprintf(s->texts[row], sizeof s->texts[row], "user %llu%s", (unsigned long long)i, i % 2 ? " with a long name" : "");
    ((da_slice *)c[UID].values)[row] = (da_slice){s->texts[row], strlen(s->texts[row])};
    ((uint32_t *)c[CAMPAIGN].values)[row] = (uint32_t)(i % campaigns.n);
    for (int column = 0; column < N_COLUMNS; column++) c[column].valid[row] = !is_null(i, column);
    if (!c[CAMPAIGN].valid[row]) ((uint32_t *)c[CAMPAIGN].values)[row] = 12345; /* undefined where NULL */
    DA_TRY(fill_lists(chunk, row, i, err));
  }
  return DA_OK;
}

static void write_table(da_db *db, const char *path, uint64_t n_rows) {
  source *s = calloc(1, sizeof *s);
  s->n_rows = n_rows;
  expect_ok(da_table_write(db, path, columns, N_COLUMNS, fill, s, NULL, err));
  free(s);
}

static void expect_int(const da_chunk *chunk, int column, size_t row, uint64_t i, int64_t expected) {
  const da_column *c = &chunk->columns[column];
  bool valid = !c->valid || c->valid[row];
  if (valid == is_null(i, column)) fail_msg("row %d column %d: NULL is wrong", (int)i, column);
  if (valid && ((const int64_t *)c->values)[row] != expected)
    fail_msg("row %d column %d: expected %lld but found %lld", (int)i, column, (long long)expected,
             (long long)((const int64_t *)c->values)[row]);
}

static void expect_text(const da_chunk *chunk, int column, size_t row, uint64_t i, da_slice expected) {
  const da_column *c = &chunk->columns[column];
  const da_slice *found = (const da_slice *)c->values + row;
  bool valid = !c->valid || c->valid[row];
  if (valid == is_null(i, column)) fail_msg("row %d column %d: NULL is wrong", (int)i, column);
  if (valid && (found->length != expected.length || memcmp(found->data, expected.data, expected.length) != 0))
    fail_msg("row %d column %d: expected %.*s but found %.*s", (int)i, column, (int)expected.length, expected.data, (int)found->length,
             found->data);
}

static void every_cell_comes_back(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  const char *path = folder_path(folder, "it's.parquet");
  write_table(db, path, N_ROWS);
  da_text sql = {0};
  da_text_append(&sql, "SELECT id, \"small \"\"x\"\"\", (money * 8)::BIGINT, (share * 4)::BIGINT, done::INT, time, uid, campaign FROM ");
  da_sql_literal(&sql, path);
  da_rows *rows;
  da_chunk chunk;
  expect_ok(da_db_query(db, da_text_cstr(&sql), &rows, err));
  uint64_t i = 0;
  do {
    expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
    for (size_t row = 0; row < chunk.n_rows; row++, i++) {
      char text[48];
      snprintf(text, sizeof text, "user %llu%s", (unsigned long long)i, i % 2 ? " with a long name" : "");
      expect_int(&chunk, ID, row, i, (int64_t)i - 5000);
      expect_int(&chunk, SMALL, row, i, (int64_t)(i % 1000) - 500);
      expect_int(&chunk, MONEY, row, i, (int64_t)i);
      expect_int(&chunk, SHARE, row, i, (int64_t)i);
      expect_int(&chunk, DONE, row, i, i % 3 == 0);
      expect_int(&chunk, TIME, row, i, (int64_t)i * 1000000);
      expect_text(&chunk, UID, row, i, (da_slice){text, strlen(text)});
      expect_text(&chunk, CAMPAIGN, row, i, campaign_items[i % 4]);
    }
  } while (chunk.n_rows > 0);
  assert_int_equal(i, N_ROWS);
  da_rows_close(rows);
  da_text_free(&sql);
  da_db_close(db);
  folder_remove(folder);
}

static void every_list_comes_back(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  const char *path = folder_path(folder, "t.parquet");
  write_table(db, path, N_ROWS);
  da_text sql = {0};
  da_text_printf(&sql,
                 "SELECT coalesce(len(times), -1), coalesce(len(campaigns), -1), unnest(times), unnest(campaigns), file_row_number, "
                 "generate_subscripts(times, 1) - 1 FROM read_parquet('%s', file_row_number = true)",
                 path);
  da_rows *rows;
  da_chunk chunk;
  expect_ok(da_db_query(db, da_text_cstr(&sql), &rows, err));
  uint64_t n_times = 0, expected_times = 0;
  for (uint64_t i = 0; i < N_ROWS; i++) expected_times += is_null(i, TIMES) ? 0 : list_length(i);
  do {
    expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
    for (size_t row = 0; row < chunk.n_rows; row++) {
      const int64_t *v[6] = {chunk.columns[0].values, chunk.columns[1].values, chunk.columns[2].values, NULL,
                             chunk.columns[4].values, chunk.columns[5].values};
      uint64_t i = (uint64_t)v[4][row], k = (uint64_t)v[5][row];
      if (is_null(i, TIMES)) {
        assert_int_equal(v[0][row], -1);
        continue;
      }
      assert_int_equal(v[0][row], list_length(i));
      assert_int_equal(v[1][row], is_null(i, CAMPAIGNS) ? -1 : (int64_t)list_length(i));
      assert_int_equal(v[2][row], i * 1000 + k);
      n_times++;
      if (is_null(i, CAMPAIGNS)) continue;
      const da_slice *name = (const da_slice *)chunk.columns[3].values + row;
      da_slice expected = campaign_items[draw(i, k) % 4];
      assert_int_equal(name->length, expected.length);
      assert_memory_equal(name->data, expected.data, expected.length);
    }
  } while (chunk.n_rows > 0);
  assert_int_equal(n_times, expected_times);
  da_rows_close(rows);
  da_text_free(&sql);
  da_db_close(db);
  folder_remove(folder);
}

static void types_are_the_plain_ones(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  const char *path = folder_path(folder, "t.parquet");
  write_table(db, path, 10);
  da_text sql = {0};
  da_text_printf(&sql, "SELECT string_agg(column_type, ' ') FROM (DESCRIBE FROM '%s')", path);
  assert_string_equal(store_query(db, da_text_cstr(&sql)),
                      "BIGINT INTEGER DOUBLE FLOAT BOOLEAN TIMESTAMP WITH TIME ZONE VARCHAR VARCHAR BIGINT[] VARCHAR[]");
  da_text_free(&sql);
  da_db_close(db);
  folder_remove(folder);
}

static void same_rows_same_bytes(void **state) {
  (void)state;
  char *folder = folder_make();
  unsigned char *first = NULL;
  size_t first_length = 0;
  for (uint32_t threads = 1; threads <= 3; threads++) {
    da_db *db;
    expect_ok(da_db_open(&(da_db_options){.threads = threads}, &db, err));
    const char *path = folder_path(folder, "t.parquet");
    write_table(db, path, 300000); /* more than one row group */
    da_db_close(db);
    size_t length;
    unsigned char *data = folder_read(path, &length);
    if (!first) {
      first = data;
      first_length = length;
      continue;
    }
    assert_int_equal(length, first_length);
    assert_memory_equal(data, first, length);
    free(data);
  }
  free(first);
  folder_remove(folder);
}

static void an_empty_table_has_its_columns(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  const da_names none = {NULL, 0};
  const da_table_column few[] = {{"name", DA_CELL_NAME, &none}, {"names", DA_CELL_NAME_LIST, &none}};
  source s = {0};
  const char *path = folder_path(folder, "t.parquet");
  expect_ok(da_table_write(db, path, few, 2, fill, &s, NULL, err));
  da_text sql = {0};
  da_text_printf(&sql, "SELECT string_agg(column_type, ' ') FROM (DESCRIBE FROM '%s')", path);
  assert_string_equal(store_query(db, da_text_cstr(&sql)), "VARCHAR VARCHAR[]");
  da_text_clear(&sql);
  da_text_printf(&sql, "SELECT count(*) FROM '%s'", path);
  assert_string_equal(store_query(db, da_text_cstr(&sql)), "0");
  da_text_free(&sql);
  da_db_close(db);
  folder_remove(folder);
}

static void a_table_is_written_while_a_query_is_read(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  da_rows *rows;
  da_chunk chunk;
  expect_ok(da_db_query(db, "SELECT i FROM range(1000000) t(i) ORDER BY i", &rows, err));
  expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
  size_t n_rows = chunk.n_rows;
  write_table(db, folder_path(folder, "t.parquet"), N_ROWS);
  while (chunk.n_rows > 0) {
    expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
    n_rows += chunk.n_rows;
  }
  assert_int_equal(n_rows, 1000000);
  da_rows_close(rows);
  da_db_close(db);
  folder_remove(folder);
}

static void the_fault_of_fill_comes_through(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  source *s = calloc(1, sizeof *s);
  s->n_rows = N_ROWS;
  s->fail_at = 5000;
  const char *path = folder_path(folder, "t.parquet");
  expect_fail(da_table_write(db, path, columns, N_COLUMNS, fill, s, NULL, err), DA_ERR_NUM, "row 5000 is no good");
  s->fail_at = 0;
  expect_fail(da_table_write(db, "/no/such/folder/t.parquet", columns, N_COLUMNS, fill, s, NULL, err), DA_ERR_IO,
              "/no/such/folder/t.parquet");
  free(s);
  da_db_close(db);
  folder_remove(folder);
}

static da_status fill_one_name(void *context, da_table_chunk *chunk, da_error *err) {
  uint32_t *index = context;
  (void)err;
  if (*index == UINT32_MAX) return DA_OK;
  *(uint32_t *)chunk->columns[0].values = *index;
  chunk->n_rows = 1;
  *index = UINT32_MAX;
  return DA_OK;
}

static void names_that_cannot_be_are_refused(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  const char *path = folder_path(folder, "t.parquet");
  const da_slice twice[] = {{"a", 1}, {"b", 1}, {"a", 1}}, zero[] = {{"a\0b", 3}};
  uint32_t index = 0;
  da_names names = {twice, 3};
  const da_table_column column = {"name", DA_CELL_NAME, &names};
  expect_fail(da_table_write(db, path, &column, 1, fill_one_name, &index, NULL, err), DA_ERR_INTERNAL, "`a` twice");
  names = (da_names){zero, 1};
  expect_fail(da_table_write(db, path, &column, 1, fill_one_name, &index, NULL, err), DA_ERR_DATA, "zero byte");
  names = campaigns;
  index = 4;
  expect_fail(da_table_write(db, path, &column, 1, fill_one_name, &index, NULL, err), DA_ERR_INTERNAL, "expected indices below 4");
  da_db_close(db);
  folder_remove(folder);
}

/* Widths of DuckDB's ENUM: 1, 2 and 4 bytes. */
static void many_names(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  enum { MANY = 70000 };
  char(*texts)[16] = malloc(MANY * sizeof *texts);
  da_slice *items = malloc(MANY * sizeof *items);
  for (int i = 0; i < MANY; i++) items[i] = (da_slice){texts[i], (size_t)snprintf(texts[i], sizeof texts[i], "name %d", i)};
  const size_t counts[] = {200, 300, MANY};
  for (int k = 0; k < 3; k++) {
    da_names names = {items, counts[k]};
    uint32_t index = (uint32_t)counts[k] - 1;
    const da_table_column column = {"name", DA_CELL_NAME, &names};
    const char *path = folder_path(folder, "t.parquet");
    expect_ok(da_table_write(db, path, &column, 1, fill_one_name, &index, NULL, err));
    da_text sql = {0};
    da_text_printf(&sql, "SELECT name FROM '%s'", path);
    assert_string_equal(store_query(db, da_text_cstr(&sql)), texts[counts[k] - 1]);
    da_text_free(&sql);
  }
  free(items);
  free(texts);
  da_db_close(db);
  folder_remove(folder);
}

static bool wants_stop(void *context) { return ((source *)context)->next > 100000; }

static void writing_can_be_interrupted(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  source *s = calloc(1, sizeof *s);
  s->n_rows = UINT64_MAX; /* would never end */
  da_monitor monitor = {.interrupted = wants_stop, .context = s};
  expect_fail(da_table_write(db, folder_path(folder, "t.parquet"), columns, N_COLUMNS, fill, s, &monitor, err), DA_ERR_INTERRUPTED,
              "interrupted during writing t.parquet");
  free(s);
  da_db_close(db);
  folder_remove(folder);
}

static da_status fill_one_number(void *context, da_table_chunk *chunk, da_error *err) {
  (void)err;
  source *s = context;
  for (; chunk->n_rows < chunk->capacity && s->next < s->n_rows; chunk->n_rows++)
    ((int64_t *)chunk->columns[ID].values)[chunk->n_rows] = (int64_t)s->next++;
  return DA_OK;
}

static bool counts_down(void *context) { return --*(int *)context < 0; }

/* A statement may come to its end although it was told to stop: LeakSanitizer sees whether its result is freed then too. */
static void writing_can_be_interrupted_at_every_moment(void **state) {
  (void)state;
  char *folder = folder_make();
  for (int round = 0; round < 40; round++) {
    da_db *db = store_db();
    source *s = calloc(1, sizeof *s);
    s->n_rows = 20000;
    int n_questions = round % 20;
    da_monitor monitor = {.interrupted = counts_down, .context = &n_questions};
    da_error err = {0};
    da_status status = da_table_write(db, folder_path(folder, "t.parquet"), columns, 1, fill_one_number, s, &monitor, &err);
    if (status != DA_OK) assert_fails_with(status, DA_ERR_INTERRUPTED, err, "interrupted during writing t.parquet");
    free(s);
    da_db_close(db);
  }
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_cell_comes_back),
      cmocka_unit_test(every_list_comes_back),
      cmocka_unit_test(types_are_the_plain_ones),
      cmocka_unit_test(same_rows_same_bytes),
      cmocka_unit_test(an_empty_table_has_its_columns),
      cmocka_unit_test(a_table_is_written_while_a_query_is_read),
      cmocka_unit_test(the_fault_of_fill_comes_through),
      cmocka_unit_test(names_that_cannot_be_are_refused),
      cmocka_unit_test(many_names),
      cmocka_unit_test(writing_can_be_interrupted),
      cmocka_unit_test(writing_can_be_interrupted_at_every_moment),
  };
  return cmocka_run_group_tests_name("store.table", tests, NULL, NULL) == 0 ? 0 : 1;
}
