/* Oracles: the arrays that were written, against what DuckDB's reader makes of the file. (That Arrow, polars and Spark read the same is
 * checked by tests/oracles/read_feature_store.py, which needs them installed.) */
#include "store/parquet.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/store.h"

enum { MAX_ROWS = 50000, MAX_ITEMS = 4 * MAX_ROWS, N_NAMES = 300 };
enum { FLAG, NUMBER, REAL, TEXT, NAME, NUMBERS, NAMES, N_COLUMNS };

typedef struct {
  uint8_t flag[MAX_ROWS];
  int64_t number[MAX_ROWS], numbers[MAX_ITEMS];
  double real[MAX_ROWS];
  da_slice text[MAX_ROWS];
  char bytes[MAX_ROWS][24];
  uint32_t name[MAX_ROWS], names[MAX_ITEMS];
  uint64_t list_end[MAX_ROWS];
  size_t n;
} test_table;

static char name_text[N_NAMES][16];
static da_slice name_slices[N_NAMES];
static const da_names all_names = {name_slices, N_NAMES};

static const da_parquet_column columns[N_COLUMNS] = {
    [FLAG] = {"flag", DA_PARQUET_BOOL, false, NULL},        [NUMBER] = {"number", DA_PARQUET_INT64, false, NULL},
    [REAL] = {"real", DA_PARQUET_DOUBLE, false, NULL},      [TEXT] = {"text", DA_PARQUET_TEXT, false, NULL},
    [NAME] = {"name", DA_PARQUET_NAME, false, &all_names},  [NUMBERS] = {"numbers", DA_PARQUET_INT64, true, NULL},
    [NAMES] = {"names", DA_PARQUET_NAME, true, &all_names},
};

static void make_names(void) {
  for (int i = 0; i < N_NAMES; i++) {
    snprintf(name_text[i], sizeof name_text[i], i == 7 ? "" : i == 8 ? "caf\xc3\xa9,\"\n" : "name %d", i);
    name_slices[i] = (da_slice){name_text[i], strlen(name_text[i])};
  }
}

/* n_reals: how many different numbers; text of a few shapes, also empty and with common beginnings. */
static void draw_table(test_table *table, size_t n, uint64_t n_reals, da_random *random) {
  static const int64_t edges[] = {INT64_MIN, INT64_MAX, 0, -1, 1700000000000000};
  uint64_t n_items = 0;
  table->n = n;
  for (size_t i = 0; i < n; i++) {
    table->flag[i] = da_random_below(random, 3) == 0;
    table->number[i] = da_random_below(random, 50) ? (int64_t)i * 7 - 1000 : edges[da_random_below(random, 5)];
    table->real[i] = (double)da_random_below(random, n_reals) / 4 - 3;
    if (da_random_below(random, 100) == 0) table->real[i] = -0.0;
    int length = snprintf(table->bytes[i], sizeof table->bytes[i], da_random_below(random, 9) ? "user-%08zu" : "", i / 3);
    table->text[i] = (da_slice){table->bytes[i], (size_t)length};
    table->name[i] = (uint32_t)da_random_below(random, 1 + n % N_NAMES);
    for (uint64_t length_left = da_random_below(random, 5); length_left; length_left--) {
      table->numbers[n_items] = (int64_t)da_random_next(random) >> da_random_below(random, 64);
      table->names[n_items++] = (uint32_t)da_random_below(random, N_NAMES);
    }
    table->list_end[i] = n_items;
  }
}

/* group: used again and again. */
static void append(da_parquet *parquet, const test_table *table, da_parquet_group *group) {
  const da_parquet_cells cells[N_COLUMNS] = {
      [FLAG] = {table->flag, NULL},
      [NUMBER] = {table->number, NULL},
      [REAL] = {table->real, NULL},
      [TEXT] = {table->text, NULL},
      [NAME] = {table->name, NULL},
      [NUMBERS] = {table->numbers, table->list_end},
      [NAMES] = {table->names, table->list_end},
  };
  expect_ok(da_parquet_encode(columns, N_COLUMNS, cells, table->n, group, err));
  expect_ok(da_parquet_append(parquet, group, err));
}

/* Reads rows of a query one by one. */
typedef struct {
  da_rows *rows;
  da_chunk chunk;
  size_t row;
} row_reader;

static row_reader open_rows(da_db *db, const char *select, const char *path) {
  row_reader reader = {0};
  da_text sql = {0};
  da_text_printf(&sql, "SELECT %s FROM read_parquet('%s')", select, path);
  expect_ok(da_db_query(db, da_text_cstr(&sql), &reader.rows, err));
  da_text_free(&sql);
  return reader;
}

static bool next_row(row_reader *reader) {
  if (++reader->row < reader->chunk.n_rows) return true;
  reader->row = 0;
  expect_ok(da_rows_next(reader->rows, NULL, "test", &reader->chunk, err));
  if (reader->chunk.n_rows) return true;
  da_rows_close(reader->rows);
  return false;
}

static int64_t int_of(const row_reader *reader, size_t column) {
  return ((const int64_t *)reader->chunk.columns[column].values)[reader->row];
}
static da_slice text_of(const row_reader *reader, size_t column) {
  return ((const da_slice *)reader->chunk.columns[column].values)[reader->row];
}

static void check_cells(da_db *db, const char *path, const test_table *tables, size_t n_tables) {
  row_reader reader = open_rows(db, "number, flag::BIGINT, text, name, len(numbers), len(names), real", path);
  for (size_t t = 0; t < n_tables; t++) {
    for (size_t i = 0; i < tables[t].n; i++) {
      assert_true(next_row(&reader));
      assert_int_equal(int_of(&reader, 0), tables[t].number[i]);
      assert_int_equal(int_of(&reader, 1), tables[t].flag[i]);
      assert_int_equal(da_slice_compare(text_of(&reader, 2), tables[t].text[i]), 0);
      assert_int_equal(da_slice_compare(text_of(&reader, 3), name_slices[tables[t].name[i]]), 0);
      uint64_t length = tables[t].list_end[i] - (i ? tables[t].list_end[i - 1] : 0);
      assert_int_equal(int_of(&reader, 4), length);
      assert_int_equal(int_of(&reader, 5), length);
      assert_memory_equal((const double *)reader.chunk.columns[6].values + reader.row, &tables[t].real[i], sizeof(double));
    }
  }
  assert_false(next_row(&reader));
}

static void check_lists(da_db *db, const char *path, const test_table *tables, size_t n_tables) {
  row_reader reader = open_rows(db, "unnest(numbers), unnest(names)", path);
  for (size_t t = 0; t < n_tables; t++) {
    for (uint64_t i = 0; tables[t].n && i < tables[t].list_end[tables[t].n - 1]; i++) {
      assert_true(next_row(&reader));
      assert_int_equal(int_of(&reader, 0), tables[t].numbers[i]);
      assert_int_equal(da_slice_compare(text_of(&reader, 1), name_slices[tables[t].names[i]]), 0);
    }
  }
  assert_false(next_row(&reader));
}

static void tables_come_back(void **state) {
  (void)state;
  enum { MAX_GROUPS = 3 };
  static test_table tables[MAX_GROUPS];
  make_names();
  char *folder = folder_make();
  const char *path = folder_path(folder, "a.parquet");
  da_db *db = store_db();
  da_random random;
  da_random_init(&random, 5, 0);
  da_parquet_group group = {0};
  const size_t sizes[] = {1, 2, 8, 127, 128, 129, 1000, MAX_ROWS};
  for (size_t round = 0; round < 24; round++) {
    size_t n_groups = round % (MAX_GROUPS + 1);
    da_parquet *parquet;
    expect_ok(da_parquet_create(path, columns, N_COLUMNS, &parquet, err));
    for (size_t g = 0; g < n_groups; g++) {
      draw_table(&tables[g], sizes[(round + g) % 8], round % 3 ? 5 : 1000000, &random);
      append(parquet, &tables[g], &group);
    }
    expect_ok(da_parquet_finish(parquet, err));
    da_parquet_close(parquet);
    check_cells(db, path, tables, n_groups);
    check_lists(db, path, tables, n_groups);
  }
  da_parquet_group_free(&group);
  da_parquet_group_free(&group);
  da_db_close(db);
  folder_remove(folder);
}

/* A reader that trusts them passes over groups: a wrong range would lose rows. */
static void ranges_are_those_of_the_values(void **state) {
  (void)state;
  static test_table table;
  make_names();
  char *folder = folder_make();
  const char *path = folder_path(folder, "a.parquet");
  da_db *db = store_db();
  da_random random;
  da_random_init(&random, 6, 0);
  draw_table(&table, 1000, 5, &random);
  for (size_t i = 0; i < table.n; i++) table.number[i] = 500 - (int64_t)i;
  da_parquet *parquet;
  da_parquet_group group = {0};
  expect_ok(da_parquet_create(path, columns, N_COLUMNS, &parquet, err));
  append(parquet, &table, &group);
  for (size_t i = 0; i < table.n; i++) table.number[i] += 100000;
  append(parquet, &table, &group);
  expect_ok(da_parquet_finish(parquet, err));
  da_parquet_close(parquet);
  da_parquet_group_free(&group);
  static const char *const conditions[] = {"number BETWEEN -499 AND 500", "number = 100500", "number > 100500", "text = 'user-00000333'",
                                           "text < 'user-00000000'"};
  for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
    char few[256], all[256];
    snprintf(few, sizeof few, "SELECT count(*) FROM read_parquet('%s') WHERE %s", path, conditions[i]);
    snprintf(all, sizeof all, "SELECT count(*) FILTER (%s) FROM read_parquet('%s')", conditions[i], path); /* looks at every row */
    long found = strtol(store_query(db, few), NULL, 10);
    assert_int_equal(found, strtol(store_query(db, all), NULL, 10));
  }
  char sql[256];
  snprintf(
      sql, sizeof sql,
      "SELECT string_agg(concat(stats_min_value, ' ', stats_max_value), ' ') FROM parquet_metadata('%s') WHERE path_in_schema = 'number'",
      path);
  assert_string_equal(store_query(db, sql), "-499 500 99501 100500");
  da_db_close(db);
  folder_remove(folder);
}

static void wrong_indices_and_faults_are_sentences(void **state) {
  (void)state;
  make_names();
  const da_parquet_column name = {"name", DA_PARQUET_NAME, false, &all_names};
  da_parquet_group group = {0};
  expect_fail(da_parquet_encode(&name, 1, &(da_parquet_cells){(const uint32_t[]){1, N_NAMES}, NULL}, 2, &group, err), DA_ERR_INTERNAL,
              "below 300 in column name but found 300");
  da_parquet_group_free(&group);
  da_parquet *parquet;
  expect_fail(da_parquet_create("/nowhere/a.parquet", &name, 1, &parquet, err), DA_ERR_IO, "/nowhere/a.parquet");
  assert_null(parquet);
  expect_fail(da_parquet_create("/dev/full", &name, 1, &parquet, err), DA_ERR_IO, "No space left");
}

static void without_memory_there_is_a_sentence(void **state) {
  (void)state;
  static test_table table;
  make_names();
  char *folder = folder_make();
  const char *path = folder_path(folder, "a.parquet");
  da_random random;
  da_random_init(&random, 7, 0);
  draw_table(&table, 50, 5, &random);
  const da_parquet_cells cells[N_COLUMNS] = {
      [FLAG] = {table.flag, NULL},
      [NUMBER] = {table.number, NULL},
      [REAL] = {table.real, NULL},
      [TEXT] = {table.text, NULL},
      [NAME] = {table.name, NULL},
      [NUMBERS] = {table.numbers, table.list_end},
      [NAMES] = {table.names, table.list_end},
  };
  for (uint64_t nth = 1;; nth++) {
    da_error fault = {0};
    da_parquet *parquet;
    da_parquet_group group = {0};
    da_mem_fail_at(nth);
    da_status status = da_parquet_create(path, columns, N_COLUMNS, &parquet, &fault);
    if (status == DA_OK) status = da_parquet_encode(columns, N_COLUMNS, cells, table.n, &group, &fault);
    if (status == DA_OK) status = da_parquet_append(parquet, &group, &fault);
    if (status == DA_OK) status = da_parquet_finish(parquet, &fault);
    da_mem_fail_at(0);
    da_parquet_group_free(&group);
    da_parquet_close(parquet);
    if (status == DA_OK) break;
    assert_int_equal(status, DA_ERR_MEM);
    assert_true(nth < 300);
  }
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_come_back),
      cmocka_unit_test(ranges_are_those_of_the_values),
      cmocka_unit_test(wrong_indices_and_faults_are_sentences),
      cmocka_unit_test(without_memory_there_is_a_sentence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
