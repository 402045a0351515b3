#include "store/db.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/duck.h"

/* ---- The session ---- */

static da_status set_option(duckdb_config config, const char *name, const char *value, da_error *err) {
  if (duckdb_set_config(config, name, value) == DuckDBSuccess) return DA_OK;
  return da_fail(err, DA_ERR_INTERNAL, "expected DuckDB to know the setting %s = '%s' but it refused", name, value);
}

static da_status set_number(duckdb_config config, const char *name, uint64_t number, const char *unit, da_error *err) {
  char text[32];
  snprintf(text, sizeof text, "%llu%s", (unsigned long long)number, unit);
  return set_option(config, name, text, err);
}

static uint64_t share_of_memory(uint64_t bytes) { return bytes > 2 * DA_DB_RESERVED_BYTES ? bytes - DA_DB_RESERVED_BYTES : bytes / 2; }

static da_status configure(duckdb_config config, const da_db_options *options, da_error *err) {
  /* Nothing is fetched from the network behind the user's back. */
  DA_TRY(set_option(config, "autoinstall_known_extensions", "false", err));
  DA_TRY(set_option(config, "autoload_known_extensions", "false", err));
  /* The system caches files well enough, and without the risk of a file that was replaced within the same second. */
  DA_TRY(set_option(config, "enable_external_file_cache", "false", err));
  DA_TRY(set_option(config, "temp_directory", options->spill_folder ? options->spill_folder : "", err));
  if (options->memory_bytes) DA_TRY(set_number(config, "memory_limit", share_of_memory(options->memory_bytes), "B", err));
  if (options->threads) DA_TRY(set_number(config, "threads", options->threads, "", err));
  return DA_OK;
}

static da_status open_database(da_db *db, const da_db_options *options, da_error *err) {
  duckdb_config config;
  if (duckdb_create_config(&config) != DuckDBSuccess) return da_mem_fail(err, 1, 1, "the settings of DuckDB");
  da_status status = configure(config, options, err);
  if (status == DA_OK) {
    char *message = NULL;
    if (duckdb_open_ext(NULL, &db->database, config, &message) != DuckDBSuccess) status = da_duck_fail(message, err);
    duckdb_free(message);
  }
  duckdb_destroy_config(&config);
  return status;
}

da_status da_db_open(const da_db_options *options, da_db **out, da_error *err) {
  *out = NULL;
  da_db *db = da_mem_calloc(1, sizeof *db);
  if (!db) return da_mem_fail(err, 1, sizeof *db, "a DuckDB session");
  pthread_mutex_init(&db->lock, NULL);
  da_status status = open_database(db, options, err);
  if (status == DA_OK && duckdb_connect(db->database, &db->connection) != DuckDBSuccess)
    status = da_fail(err, DA_ERR_INTERNAL, "expected a connection to DuckDB but got none");
  /* A time without a zone is UTC, wherever the machine stands. */
  if (status == DA_OK) status = da_db_run(db, "SET GLOBAL TimeZone = 'UTC'", err);
  if (status == DA_OK) status = da_table_register(db, err);
  if (status != DA_OK) {
    da_db_close(db);
    return status;
  }
  *out = db;
  return DA_OK;
}

void da_db_close(da_db *db) {
  if (!db) return;
  if (db->connection) duckdb_disconnect(&db->connection);
  if (db->database) duckdb_close(&db->database);
  pthread_mutex_destroy(&db->lock);
  da_mem_free(db);
}

uint64_t da_db_next_number(da_db *db) {
  pthread_mutex_lock(&db->lock);
  uint64_t number = ++db->n_numbers;
  pthread_mutex_unlock(&db->lock);
  return number;
}

void da_db_new_name(da_db *db, const char *what, char *name, size_t name_bytes) {
  snprintf(name, name_bytes, "da_%s_%llu", what, (unsigned long long)da_db_next_number(db));
}

const char *da_db_library_version(void) { return duckdb_library_version(); }

/* ---- SQL text ---- */

static void quote(da_text *sql, const char *text, char mark) {
  da_text_append_n(sql, &mark, 1);
  for (const char *c = text; *c; c++) {
    if (*c == mark) da_text_append_n(sql, &mark, 1);
    da_text_append_n(sql, c, 1);
  }
  da_text_append_n(sql, &mark, 1);
}

void da_sql_identifier(da_text *sql, const char *name) { quote(sql, name, '"'); }

void da_sql_literal(da_text *sql, const char *text) { quote(sql, text, '\''); }

void da_sql_path(da_text *sql, const char *path) {
  if (strncmp(path, "s3://", 5) == 0) { /* da_bucket_connect makes these exact */
    da_sql_literal(sql, path);
    return;
  }
  da_text pattern = {0};
  for (const char *c = path; *c; c++) {
    if (strchr("*?[", *c))
      da_text_printf(&pattern, "[%c]", *c);
    else
      da_text_append_n(&pattern, c, 1);
  }
  if (pattern.failed) sql->failed = true;
  da_sql_literal(sql, da_text_cstr(&pattern));
  da_text_free(&pattern);
}

/* ---- Statements ---- */

da_status da_db_run(da_db *db, const char *sql, da_error *err) {
  duckdb_result result;
  da_status status = DA_OK;
  if (duckdb_query(db->connection, sql, &result) != DuckDBSuccess) status = da_duck_fail(duckdb_result_error(&result), err);
  duckdb_destroy_result(&result);
  return status;
}

da_status da_db_int(da_db *db, const char *sql, int64_t *value, da_error *err) {
  *value = 0;
  da_rows *rows;
  DA_TRY(da_db_query(db, sql, &rows, err));
  da_chunk chunk;
  da_status status = da_rows_next(rows, NULL, "a count", &chunk, err);
  if (status == DA_OK && da_rows_column_type(rows, 0) != DA_TYPE_INT64)
    status = da_fail(err, DA_ERR_INTERNAL, "expected a query for one integer but its column %s is none", da_rows_column_name(rows, 0));
  if (status == DA_OK && chunk.n_rows > 0) {
    const da_column *column = &chunk.columns[0];
    if (!column->valid || column->valid[0]) *value = ((const int64_t *)column->values)[0];
  }
  da_rows_close(rows);
  return status;
}

/* ---- Rows: DuckDB's vectors as plain C arrays ---- */

/* Widens n items; false when one does not fit. */
typedef bool (*widen_function)(const void *from, void *to, size_t n);

#define DEFINE_WIDEN(name, from_type, to_type)              \
  static bool name(const void *from, void *to, size_t n) {  \
    const from_type *in = from;                             \
    to_type *out = to;                                      \
    for (size_t i = 0; i < n; i++) out[i] = (to_type)in[i]; \
    return true;                                            \
  }
DEFINE_WIDEN(int8_to_int64, int8_t, int64_t)
DEFINE_WIDEN(int16_to_int64, int16_t, int64_t)
DEFINE_WIDEN(int32_to_int64, int32_t, int64_t)
DEFINE_WIDEN(uint8_to_int64, uint8_t, int64_t)
DEFINE_WIDEN(uint16_to_int64, uint16_t, int64_t)
DEFINE_WIDEN(uint32_to_int64, uint32_t, int64_t)
DEFINE_WIDEN(float_to_double, float, double)
DEFINE_WIDEN(uint8_to_uint32, uint8_t, uint32_t)
DEFINE_WIDEN(uint16_to_uint32, uint16_t, uint32_t)

static bool uint64_to_int64(const void *from, void *to, size_t n) {
  const uint64_t *in = from;
  int64_t *out = to;
  uint64_t all = 0;
  for (size_t i = 0; i < n; i++) {
    all |= in[i];
    out[i] = (int64_t)in[i];
  }
  return all <= INT64_MAX;
}

static bool string_to_slice(const void *from, void *to, size_t n) {
  const duckdb_string_t *in = from;
  da_slice *out = to;
  for (size_t i = 0; i < n; i++) {
    uint32_t length = in[i].value.inlined.length;
    bool inlined = length <= sizeof in[i].value.inlined.inlined;
    out[i] = (da_slice){.data = inlined ? in[i].value.inlined.inlined : in[i].value.pointer.ptr, .length = length};
  }
  return true;
}

/* How a DuckDB type is shown. widen NULL: the vector already holds the C type and is shown as it is. */
typedef struct {
  duckdb_type from;
  da_type to;
  size_t item_bytes; /* of the widened item */
  widen_function widen;
} conversion;

static const conversion conversions[] = {
    {DUCKDB_TYPE_BOOLEAN, DA_TYPE_BOOL, sizeof(uint8_t), NULL},
    {DUCKDB_TYPE_TINYINT, DA_TYPE_INT64, sizeof(int64_t), int8_to_int64},
    {DUCKDB_TYPE_SMALLINT, DA_TYPE_INT64, sizeof(int64_t), int16_to_int64},
    {DUCKDB_TYPE_INTEGER, DA_TYPE_INT64, sizeof(int64_t), int32_to_int64},
    {DUCKDB_TYPE_BIGINT, DA_TYPE_INT64, sizeof(int64_t), NULL},
    {DUCKDB_TYPE_UTINYINT, DA_TYPE_INT64, sizeof(int64_t), uint8_to_int64},
    {DUCKDB_TYPE_USMALLINT, DA_TYPE_INT64, sizeof(int64_t), uint16_to_int64},
    {DUCKDB_TYPE_UINTEGER, DA_TYPE_INT64, sizeof(int64_t), uint32_to_int64},
    {DUCKDB_TYPE_UBIGINT, DA_TYPE_INT64, sizeof(int64_t), uint64_to_int64},
    {DUCKDB_TYPE_TIMESTAMP, DA_TYPE_INT64, sizeof(int64_t), NULL},
    {DUCKDB_TYPE_TIMESTAMP_TZ, DA_TYPE_INT64, sizeof(int64_t), NULL},
    {DUCKDB_TYPE_FLOAT, DA_TYPE_DOUBLE, sizeof(double), float_to_double},
    {DUCKDB_TYPE_DOUBLE, DA_TYPE_DOUBLE, sizeof(double), NULL},
    {DUCKDB_TYPE_VARCHAR, DA_TYPE_TEXT, sizeof(da_slice), string_to_slice},
};
/* An ENUM is stored as one of these. */
static const conversion enum_conversions[] = {
    {DUCKDB_TYPE_UTINYINT, DA_TYPE_ENUM, sizeof(uint32_t), uint8_to_uint32},
    {DUCKDB_TYPE_USMALLINT, DA_TYPE_ENUM, sizeof(uint32_t), uint16_to_uint32},
    {DUCKDB_TYPE_UINTEGER, DA_TYPE_ENUM, sizeof(uint32_t), NULL},
};

typedef struct {
  const char *name; /* allocated by DuckDB */
  const conversion *conversion;
  void *widened;  /* [vector size] items, where the conversion widens */
  uint8_t *valid; /* [vector size] */
} column_reader;

struct da_rows {
  da_statement statement;
  duckdb_data_chunk data;
  size_t n_columns;
  column_reader *readers;
  da_column *columns;
  bool started, ended;
  uint64_t n_expected; /* 0: unknown */
};

static const conversion *find_conversion(duckdb_logical_type type) {
  const conversion *table = conversions;
  size_t n = sizeof conversions / sizeof conversions[0];
  duckdb_type id = duckdb_get_type_id(type);
  if (id == DUCKDB_TYPE_ENUM) {
    id = duckdb_enum_internal_type(type);
    table = enum_conversions;
    n = sizeof enum_conversions / sizeof enum_conversions[0];
  }
  for (size_t i = 0; i < n; i++)
    if (table[i].from == id) return &table[i];
  return NULL;
}

static da_status open_reader(duckdb_prepared_statement prepared, size_t column, column_reader *reader, da_error *err) {
  reader->name = duckdb_prepared_statement_column_name(prepared, column);
  duckdb_logical_type type = duckdb_prepared_statement_column_logical_type(prepared, column);
  reader->conversion = find_conversion(type);
  duckdb_destroy_logical_type(&type);
  if (!reader->conversion)
    return da_fail(err, DA_ERR_INTERNAL, "expected a number, a text or a time in column %s but found another type; cast it in the query",
                   reader->name ? reader->name : "?");
  size_t n = duckdb_vector_size();
  if (reader->conversion->widen) {
    reader->widened = da_mem_alloc(n, reader->conversion->item_bytes);
    if (!reader->widened) return da_mem_fail(err, n, reader->conversion->item_bytes, "a column of a query");
  }
  reader->valid = da_mem_alloc(n, 1);
  return reader->valid ? DA_OK : da_mem_fail(err, n, 1, "a column of a query");
}

static da_status open_readers(da_rows *rows, da_error *err) {
  size_t n = duckdb_prepared_statement_column_count(rows->statement.prepared);
  rows->readers = da_mem_calloc(n, sizeof *rows->readers);
  rows->columns = da_mem_calloc(n, sizeof *rows->columns);
  if (!rows->readers || !rows->columns) return da_mem_fail(err, n, sizeof *rows->readers, "the columns of a query");
  rows->n_columns = n;
  for (size_t i = 0; i < n; i++) DA_TRY(open_reader(rows->statement.prepared, i, &rows->readers[i], err));
  return DA_OK;
}

da_status da_db_query(da_db *db, const char *sql, da_rows **out, da_error *err) {
  *out = NULL;
  da_rows *rows = da_mem_calloc(1, sizeof *rows);
  if (!rows) return da_mem_fail(err, 1, sizeof *rows, "a query");
  da_status status = da_statement_open(db, sql, &rows->statement, err);
  if (status == DA_OK) status = open_readers(rows, err);
  if (status != DA_OK) {
    da_rows_close(rows);
    return status;
  }
  *out = rows;
  return DA_OK;
}

void da_rows_expect(da_rows *rows, uint64_t n) { rows->n_expected = n; }

size_t da_rows_n_columns(const da_rows *rows) { return rows->n_columns; }

const char *da_rows_column_name(const da_rows *rows, size_t column) { return rows->readers[column].name; }

da_type da_rows_column_type(const da_rows *rows, size_t column) { return rows->readers[column].conversion->to; }

/* One byte a row from DuckDB's one bit a row; NULL when all are valid. */
static const uint8_t *read_validity(duckdb_vector vector, size_t n, uint8_t *valid) {
  const uint64_t *bits = duckdb_vector_get_validity(vector);
  if (!bits) return NULL;
  uint8_t all = 1;
  for (size_t i = 0; i < n; i++) {
    valid[i] = (uint8_t)(bits[i / 64] >> (i % 64) & 1);
    all &= valid[i];
  }
  return all ? NULL : valid;
}

static da_status read_column(column_reader *reader, duckdb_vector vector, size_t n, da_column *column, da_error *err) {
  const void *values = duckdb_vector_get_data(vector);
  column->type = reader->conversion->to;
  column->valid = read_validity(vector, n, reader->valid);
  column->values = values;
  if (!reader->conversion->widen) return DA_OK;
  column->values = reader->widened;
  if (reader->conversion->widen(values, reader->widened, n)) return DA_OK;
  return da_fail(err, DA_ERR_DATA, "expected integers up to %lld in column %s but found a larger one", (long long)INT64_MAX, reader->name);
}

typedef struct {
  const da_rows *rows;
  const da_monitor *monitor;
  const char *stage;
  bool is_shown;
} progress_context;

/* Before the first row DuckDB reads and sorts. Its own counts are estimates that add up all of its operators: only their part is true. */
static void show_part(const progress_context *progress, double part) {
  uint64_t n = progress->rows->n_expected;
  if (n)
    da_monitor_progress(progress->monitor, progress->stage, "rows", (uint64_t)(part * (double)n), n);
  else
    da_monitor_progress(progress->monitor, progress->stage, "%", (uint64_t)(part * 100), 100);
}

static void show_progress(void *context) {
  progress_context *progress = context;
  duckdb_query_progress_type state = duckdb_query_progress(progress->rows->statement.connection);
  if (state.percentage < 0) return;
  progress->is_shown = true;
  show_part(progress, state.percentage < 100 ? state.percentage / 100 : 1);
}

static da_status start(da_rows *rows, const da_monitor *monitor, const char *stage, da_error *err) {
  progress_context context = {.rows = rows, .monitor = monitor, .stage = stage};
  rows->started = true;
  DA_TRY(da_statement_run(&rows->statement, monitor, stage, show_progress, &context, err));
  /* It was last asked before its end. */
  if (context.is_shown) show_part(&context, 1);
  return DA_OK;
}

/* On failure too the query is over: what comes next is the end. */
static da_status next_chunk(da_rows *rows, const da_monitor *monitor, const char *stage, da_error *err) {
  if (!rows->started)
    DA_TRY(start(rows, monitor, stage, err));
  else
    DA_TRY(da_monitor_check(monitor, stage, err));
  DA_TRY(da_statement_fetch(&rows->statement, &rows->data, err));
  size_t n = rows->data ? duckdb_data_chunk_get_size(rows->data) : 0;
  for (size_t i = 0; n > 0 && i < rows->n_columns; i++)
    DA_TRY(read_column(&rows->readers[i], duckdb_data_chunk_get_vector(rows->data, i), n, &rows->columns[i], err));
  return DA_OK;
}

da_status da_rows_next(da_rows *rows, const da_monitor *monitor, const char *stage, da_chunk *chunk, da_error *err) {
  *chunk = (da_chunk){.n_columns = rows->n_columns, .columns = rows->columns};
  if (rows->ended) return DA_OK;
  da_status status = next_chunk(rows, monitor, stage, err);
  if (status == DA_OK && rows->data) {
    chunk->n_rows = duckdb_data_chunk_get_size(rows->data);
    return DA_OK;
  }
  rows->ended = true;
  return status;
}

void da_rows_close(da_rows *rows) {
  if (!rows) return;
  if (rows->data) duckdb_destroy_data_chunk(&rows->data);
  for (size_t i = 0; rows->readers && i < rows->n_columns; i++) {
    duckdb_free((void *)rows->readers[i].name);
    da_mem_free(rows->readers[i].widened);
    da_mem_free(rows->readers[i].valid);
  }
  da_mem_free(rows->readers);
  da_mem_free(rows->columns);
  da_statement_close(&rows->statement);
  da_mem_free(rows);
}
