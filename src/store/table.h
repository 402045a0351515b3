/* Tables out: Parquet written from C arrays, streamed, in the order given.
 *
 *   fill() --chunks of rows--> DuckDB table function --COPY--> Parquet file (zstd), rows in order, same bytes each time */
#ifndef DA_STORE_TABLE_H
#define DA_STORE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/monitor.h"
#include "base/status.h"
#include "base/text.h"
#include "store/db.h"

typedef enum {
  DA_CELL_INT64,
  DA_CELL_INT32,
  DA_CELL_DOUBLE,
  DA_CELL_FLOAT,
  DA_CELL_BOOL,      /* uint8_t */
  DA_CELL_TIMESTAMP, /* int64_t microseconds UTC, stored as TIMESTAMP WITH TIME ZONE: a moment, whatever the reader's zone */
  DA_CELL_TEXT,      /* da_slice, UTF-8; must stay until fill is called again */
  DA_CELL_NAME,      /* uint32_t index into names; stored as VARCHAR */
  DA_CELL_INT64_LIST,
  DA_CELL_NAME_LIST, /* LIST<VARCHAR> from uint32_t indices */
} da_cell_type;

/* Names that cells refer to by index (the campaigns): UTF-8, all different. Must outlive the write. */
typedef struct {
  const da_slice *items;
  size_t n;
} da_names;

typedef struct {
  const char *name;
  da_cell_type type;
  const da_names *names; /* for DA_CELL_NAME and DA_CELL_NAME_LIST */
} da_table_column;

/* One column of the chunk being filled. */
typedef struct {
  void *values;       /* n_rows items of the cell's C type; for lists: the children, reserve them with da_table_reserve */
  uint8_t *valid;     /* [n_rows], all 1 at the start; set 0 for NULL, the value is then ignored */
  uint64_t *list_end; /* lists: [n_rows], where row i's children end in values (they begin where row i-1's end) */
} da_table_cells;

typedef struct da_table_chunk {
  size_t capacity; /* rows that fit */
  size_t n_rows;   /* set by fill; 0 ends the table */
  da_table_cells *columns;
} da_table_chunk;

/* Room for n children in a list column; may move columns[column].values. */
da_status da_table_reserve(da_table_chunk *chunk, size_t column, size_t n, da_error *err) DA_MUST_CHECK;

/* Fills the next rows. Called in order, by one thread at a time but not always the one that called da_table_write, which shows
 * progress and looks for an interruption meanwhile: fill must leave the monitor alone. */
typedef da_status (*da_table_fill)(void *context, da_table_chunk *chunk, da_error *err);

/* Writes a whole table to a local path (from da_publication_path). Other queries of db may be open and go on. A fault of fill is
 * handed through; after a fault the file, if there is one, is worth nothing. */
da_status da_table_write(da_db *db, const char *path, const da_table_column *columns, size_t n_columns, da_table_fill fill, void *context,
                         const da_monitor *monitor, da_error *err) DA_MUST_CHECK;

#endif
