/* Parquet files written from arrays, for the tables of journeys: many rows, few kinds of columns, no NULLs.
 *
 *   arrays of a row group -> encode (any thread) -> append, in order -> finish
 *
 * DuckDB writes such a table too (store/table.h), in general form. Here a campaign is already an index into a dictionary and a time is already
 * an integer, so encoding is packing bits: the feature store of 14 M touches takes 0.2 s of processor time where DuckDB takes 3.1 s, and
 * row groups are encoded side by side. Files are not compressed further; they come out smaller than DuckDB's with zstd.
 *
 * Encodings (store/encode.h): integers as packed differences, names and numbers through a dictionary, texts by their difference to the one before.
 * All of them are read by DuckDB, Arrow, Spark and polars (tests/oracles/read_feature_store.py). The bytes depend on the arrays alone. */
#ifndef DA_STORE_PARQUET_H
#define DA_STORE_PARQUET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/encode.h"
#include "store/table.h"

typedef enum {
  DA_PARQUET_BOOL,   /* uint8_t */
  DA_PARQUET_INT64,  /* int64_t */
  DA_PARQUET_DOUBLE, /* double */
  DA_PARQUET_TEXT,   /* da_slice, UTF-8 */
  DA_PARQUET_NAME,   /* uint32_t, index into names; a text in the file */
} da_parquet_type;

typedef struct {
  const char *name;
  da_parquet_type type;
  bool is_list;          /* a row holds a list of them */
  const da_names *names; /* of DA_PARQUET_NAME; must outlive the writer */
} da_parquet_column;

/* One column of a row group. */
typedef struct {
  const void *values;       /* [rows], or of all lists together */
  const uint64_t *list_end; /* lists: [rows], where row i's items end in values; they begin where row i - 1's end */
} da_parquet_cells;

/* Where one column of a group lies in its bytes, and what the footer says of it. */
typedef struct {
  uint64_t dictionary_offset, data_offset, end; /* in the group's bytes; without a dictionary the first two are equal */
  uint64_t n_values;                            /* cells, or items of lists (an empty list counts 1) */
  int encoding;
  bool has_range; /* of integers and short texts */
  char lowest[64], highest[64];
  size_t lowest_length, highest_length;
} da_parquet_chunk;

/* An encoded row group. Valid as {0}. May be used again for the next one: it keeps its memory. */
typedef struct {
  da_bytes bytes;
  size_t n_rows;
  da_parquet_chunk *chunks; /* [columns]; NULL until encoded */
  /* While encoding: */
  da_bytes page, dictionary;
  uint32_t *indices;
  size_t n_indices; /* that fit */
} da_parquet_group;

/* Encodes n_rows > 0 rows. May run in several threads at once, each with a group of its own. */
da_status da_parquet_encode(const da_parquet_column *columns, size_t n_columns, const da_parquet_cells *cells, size_t n_rows,
                            da_parquet_group *group, da_error *err) DA_MUST_CHECK;
void da_parquet_group_free(da_parquet_group *group); /* a second call is allowed */

typedef struct da_parquet da_parquet;
/* columns must outlive the writer. */
da_status da_parquet_create(const char *path, const da_parquet_column *columns, size_t n_columns, da_parquet **parquet,
                            da_error *err) DA_MUST_CHECK;
/* Writes a group behind those before it. */
da_status da_parquet_append(da_parquet *parquet, da_parquet_group *group, da_error *err) DA_MUST_CHECK;
/* Writes the footer. The file is complete, but not synced. */
da_status da_parquet_finish(da_parquet *parquet, da_error *err) DA_MUST_CHECK;
void da_parquet_close(da_parquet *parquet); /* NULL allowed */

#endif
