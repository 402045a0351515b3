/* DuckDB behind a door: the only room that includes duckdb.h.
 *
 * A session holds one in-memory database with limits on memory and threads and a folder to spill to. Text of the user
 * enters SQL only through da_sql_identifier and da_sql_literal (or as the query the user wrote, for `source:`). */
#ifndef DA_STORE_DB_H
#define DA_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/monitor.h"
#include "base/status.h"
#include "base/text.h"

typedef struct da_db da_db;

/* What the process needs beside what DuckDB counts as its own: code, stacks, what the caller reads and writes. */
#define DA_DB_RESERVED_BYTES UINT64_C(100000000)

typedef struct {
  uint64_t memory_bytes;    /* of the process: DuckDB gets what DA_DB_RESERVED_BYTES leaves, at least half. 0: DuckDB's default (80 % of
                               the machine's) */
  uint32_t threads;         /* 0: one a processor */
  const char *spill_folder; /* made when first needed, removed at close; NULL: none, a query too large for memory fails */
} da_db_options;

da_status da_db_open(const da_db_options *options, da_db **db, da_error *err) DA_MUST_CHECK;
void da_db_close(da_db *db); /* NULL allowed */

/* The library's version ("v1.5.5"), for --version and the manifest. */
const char *da_db_library_version(void);

/* "quoted" and 'quoted', whatever the text holds. */
void da_sql_identifier(da_text *sql, const char *name);
void da_sql_literal(da_text *sql, const char *text);
/* A literal that names exactly this file where DuckDB takes patterns (read_parquet and the like): *, ? and [ lose their meaning. */
void da_sql_path(da_text *sql, const char *path);

/* "da_log_7": a name for a table that this session has not given before. */
void da_db_new_name(da_db *db, const char *what, char *name, size_t name_bytes);

/* Runs statements that return nothing of interest. DuckDB's own message is turned into one sentence, its code into ours:
 * a conversion or parse fault of the user's files is DA_ERR_DATA, a full disk or missing file DA_ERR_IO, out of memory DA_ERR_MEM. */
da_status da_db_run(da_db *db, const char *sql, da_error *err) DA_MUST_CHECK;
/* One integer (first column of the first row; NULL gives 0). */
da_status da_db_int(da_db *db, const char *sql, int64_t *value, da_error *err) DA_MUST_CHECK;

typedef enum {
  DA_TYPE_BOOL,   /* uint8_t 0 or 1 */
  DA_TYPE_INT64,  /* every integer type up to 64 bits, widened; TIMESTAMP: microseconds; DATE is not: cast it in SQL */
  DA_TYPE_DOUBLE, /* FLOAT, DOUBLE; DECIMAL: cast it in SQL */
  DA_TYPE_TEXT,   /* da_slice */
  DA_TYPE_ENUM,   /* uint32_t: position in the ENUM */
} da_type;

/* One column of a chunk. values points to n_rows of the C type above; a NULL row has valid[row] = 0 and an undefined value.
 * valid is NULL when no row of the chunk is NULL. */
typedef struct {
  da_type type;
  const void *values;
  const uint8_t *valid;
} da_column;

typedef struct {
  size_t n_rows;
  size_t n_columns;
  const da_column *columns;
} da_chunk;

/* A query's rows, streamed in order. Several may be open at once. The query runs when its first chunk is asked for; a statement that
 * returns nothing (CREATE TABLE ... AS) may be run this way too, to be interruptible and to show progress. */
typedef struct da_rows da_rows;
da_status da_db_query(da_db *db, const char *sql, da_rows **rows, da_error *err) DA_MUST_CHECK;
/* The query reads n rows to answer: progress counts them. Without this, progress is in % (DuckDB says no more). */
void da_rows_expect(da_rows *rows, uint64_t n);
size_t da_rows_n_columns(const da_rows *rows);
const char *da_rows_column_name(const da_rows *rows, size_t column);
da_type da_rows_column_type(const da_rows *rows, size_t column);
/* The next chunk (up to 2,048 rows), valid until the next call; n_rows = 0 at the end. Interrupting the monitor interrupts the query. */
da_status da_rows_next(da_rows *rows, const da_monitor *monitor, const char *stage, da_chunk *chunk, da_error *err) DA_MUST_CHECK;
void da_rows_close(da_rows *rows); /* NULL allowed */

#endif
