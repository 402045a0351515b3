#include "store/parquet.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/parquet_format.h"

static const char MAGIC[] = {'P', 'A', 'R', '1'};

/* What the footer says of a group that was written. */
typedef struct {
  uint64_t offset, n_bytes; /* in the file */
  size_t n_rows;
  da_parquet_chunk *chunks;
} written_group;

struct da_parquet {
  char *path;
  int file; /* -1: closed */
  const da_parquet_column *columns;
  size_t n_columns;
  uint64_t n_bytes, n_rows; /* so far */
  written_group *groups;
  size_t n_groups, groups_capacity;
};

static da_status io_fault(const da_parquet *parquet, da_error *err) {
  return da_fail(err, DA_ERR_IO, "expected to write %s but found: %s", parquet->path, strerror(errno));
}

static da_status write_bytes(da_parquet *parquet, const void *bytes, size_t n, da_error *err) {
  for (size_t done = 0; done < n;) {
    ssize_t written = write(parquet->file, (const char *)bytes + done, n - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_fault(parquet, err);
    done += (size_t)written;
  }
  parquet->n_bytes += n;
  return DA_OK;
}

static da_status open_file(da_parquet *parquet, const char *path, da_error *err) {
  parquet->path = da_mem_strdup(path);
  if (!parquet->path) return da_mem_fail(err, strlen(path) + 1, 1, "a path");
  parquet->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (parquet->file < 0) return io_fault(parquet, err);
  return write_bytes(parquet, MAGIC, sizeof MAGIC, err);
}

da_status da_parquet_create(const char *path, const da_parquet_column *columns, size_t n_columns, da_parquet **out, da_error *err) {
  *out = NULL;
  da_parquet *parquet = da_mem_calloc(1, sizeof *parquet);
  if (!parquet) return da_mem_fail(err, 1, sizeof *parquet, "a table");
  parquet->file = -1;
  parquet->columns = columns;
  parquet->n_columns = n_columns;
  da_status status = open_file(parquet, path, err);
  if (status != DA_OK) {
    da_parquet_close(parquet);
    return status;
  }
  *out = parquet;
  return DA_OK;
}

void da_parquet_close(da_parquet *parquet) {
  if (!parquet) return;
  if (parquet->file >= 0) close(parquet->file);
  for (size_t i = 0; i < parquet->n_groups; i++) da_mem_free(parquet->groups[i].chunks);
  da_mem_free(parquet->groups);
  da_mem_free(parquet->path);
  da_mem_free(parquet);
}

da_status da_parquet_append(da_parquet *parquet, da_parquet_group *group, da_error *err) {
  void *groups = parquet->groups;
  da_status status =
      da_mem_reserve(&groups, &parquet->groups_capacity, parquet->n_groups + 1, sizeof *parquet->groups, "a table's footer", err);
  parquet->groups = groups;
  if (status != DA_OK) return status;
  written_group *written = &parquet->groups[parquet->n_groups];
  *written = (written_group){.offset = parquet->n_bytes, .n_bytes = group->bytes.length, .n_rows = group->n_rows, .chunks = group->chunks};
  DA_TRY(write_bytes(parquet, group->bytes.data, group->bytes.length, err));
  parquet->n_groups++;
  parquet->n_rows += group->n_rows;
  group->chunks = NULL; /* the footer's now */
  return DA_OK;
}

/* ---- The footer: FileMetaData of parquet.thrift ---- */

static const int physical_types[] = {
    [DA_PARQUET_BOOL] = PARQUET_BOOLEAN,    [DA_PARQUET_INT64] = PARQUET_INT64,     [DA_PARQUET_DOUBLE] = PARQUET_DOUBLE,
    [DA_PARQUET_TEXT] = PARQUET_BYTE_ARRAY, [DA_PARQUET_NAME] = PARQUET_BYTE_ARRAY,
};

static da_slice slice_of(const char *text) { return (da_slice){text, strlen(text)}; }

/* SchemaElement. logical 0: none; n_children 0: a leaf. */
static void put_element(da_thrift *thrift, const char *name, int type, int repetition, size_t n_children, int converted, int logical) {
  da_thrift_item_begin(thrift);
  if (!n_children) da_thrift_int(thrift, 1, DA_THRIFT_I32, type);
  if (repetition >= 0) da_thrift_int(thrift, 3, DA_THRIFT_I32, repetition);
  da_thrift_text(thrift, 4, slice_of(name));
  if (n_children) da_thrift_int(thrift, 5, DA_THRIFT_I32, (int64_t)n_children);
  if (logical) {
    da_thrift_int(thrift, 6, DA_THRIFT_I32, converted);
    da_thrift_begin(thrift, 10);
    da_thrift_begin(thrift, logical);
    da_thrift_end(thrift);
    da_thrift_end(thrift);
  }
  da_thrift_end(thrift);
}

static void put_schema(const da_parquet *parquet, da_thrift *thrift) {
  size_t n_elements = 1;
  for (size_t i = 0; i < parquet->n_columns; i++) n_elements += parquet->columns[i].is_list ? 3 : 1;
  da_thrift_list(thrift, 2, DA_THRIFT_STRUCT, n_elements);
  put_element(thrift, "schema", 0, -1, parquet->n_columns, 0, 0);
  for (size_t i = 0; i < parquet->n_columns; i++) {
    const da_parquet_column *column = &parquet->columns[i];
    if (column->is_list) {
      put_element(thrift, column->name, 0, PARQUET_REQUIRED, 1, PARQUET_LIST, PARQUET_LOGICAL_LIST);
      put_element(thrift, "list", 0, PARQUET_REPEATED, 1, 0, 0);
    }
    int type = physical_types[column->type];
    put_element(thrift, column->is_list ? "element" : column->name, type, PARQUET_REQUIRED, 0, PARQUET_UTF8,
                type == PARQUET_BYTE_ARRAY ? PARQUET_LOGICAL_STRING : 0);
  }
}

static void put_statistics(const da_parquet_chunk *chunk, da_thrift *thrift) {
  da_thrift_begin(thrift, 12);
  da_thrift_int(thrift, 3, DA_THRIFT_I64, 0); /* NULLs */
  if (chunk->has_range) {
    da_thrift_text(thrift, 5, (da_slice){chunk->highest, chunk->highest_length});
    da_thrift_text(thrift, 6, (da_slice){chunk->lowest, chunk->lowest_length});
  }
  da_thrift_end(thrift);
}

/* ColumnChunk with its ColumnMetaData. */
static void put_chunk(const da_parquet_column *column, const da_parquet_chunk *chunk, uint64_t group_offset, da_thrift *thrift) {
  bool has_dictionary = chunk->data_offset > chunk->dictionary_offset;
  int64_t n_bytes = (int64_t)(chunk->end - chunk->dictionary_offset);
  da_thrift_item_begin(thrift);
  da_thrift_int(thrift, 2, DA_THRIFT_I64, (int64_t)(group_offset + chunk->dictionary_offset));
  da_thrift_begin(thrift, 3);
  da_thrift_int(thrift, 1, DA_THRIFT_I32, physical_types[column->type]);
  da_thrift_list(thrift, 2, DA_THRIFT_I32, has_dictionary ? 3 : 2);
  da_thrift_item_int(thrift, PARQUET_RLE);
  da_thrift_item_int(thrift, chunk->encoding);
  if (has_dictionary) da_thrift_item_int(thrift, PARQUET_PLAIN);
  da_thrift_list(thrift, 3, DA_THRIFT_BINARY, column->is_list ? 3 : 1);
  da_thrift_item_text(thrift, slice_of(column->name));
  if (column->is_list) {
    da_thrift_item_text(thrift, slice_of("list"));
    da_thrift_item_text(thrift, slice_of("element"));
  }
  da_thrift_int(thrift, 4, DA_THRIFT_I32, PARQUET_UNCOMPRESSED);
  da_thrift_int(thrift, 5, DA_THRIFT_I64, (int64_t)chunk->n_values);
  da_thrift_int(thrift, 6, DA_THRIFT_I64, n_bytes);
  da_thrift_int(thrift, 7, DA_THRIFT_I64, n_bytes);
  da_thrift_int(thrift, 9, DA_THRIFT_I64, (int64_t)(group_offset + chunk->data_offset));
  if (has_dictionary) da_thrift_int(thrift, 11, DA_THRIFT_I64, (int64_t)(group_offset + chunk->dictionary_offset));
  put_statistics(chunk, thrift);
  da_thrift_end(thrift);
  da_thrift_end(thrift);
}

static void put_groups(const da_parquet *parquet, da_thrift *thrift) {
  da_thrift_list(thrift, 4, DA_THRIFT_STRUCT, parquet->n_groups);
  for (size_t g = 0; g < parquet->n_groups; g++) {
    const written_group *group = &parquet->groups[g];
    da_thrift_item_begin(thrift);
    da_thrift_list(thrift, 1, DA_THRIFT_STRUCT, parquet->n_columns);
    for (size_t i = 0; i < parquet->n_columns; i++) put_chunk(&parquet->columns[i], &group->chunks[i], group->offset, thrift);
    da_thrift_int(thrift, 2, DA_THRIFT_I64, (int64_t)group->n_bytes);
    da_thrift_int(thrift, 3, DA_THRIFT_I64, (int64_t)group->n_rows);
    da_thrift_int(thrift, 5, DA_THRIFT_I64, (int64_t)group->offset);
    da_thrift_int(thrift, 6, DA_THRIFT_I64, (int64_t)group->n_bytes);
    da_thrift_end(thrift);
  }
}

static void put_footer(const da_parquet *parquet, da_bytes *out) {
  da_thrift thrift = {.out = out};
  da_thrift_int(&thrift, 1, DA_THRIFT_I32, 2); /* the format's version */
  put_schema(parquet, &thrift);
  da_thrift_int(&thrift, 3, DA_THRIFT_I64, (int64_t)parquet->n_rows);
  put_groups(parquet, &thrift);
  da_thrift_text(&thrift, 6, slice_of("deepattribution " DA_VERSION));
  da_thrift_list(&thrift, 7, DA_THRIFT_STRUCT, parquet->n_columns); /* each column is ordered as its type says */
  for (size_t i = 0; i < parquet->n_columns; i++) {
    da_thrift_item_begin(&thrift);
    da_thrift_begin(&thrift, 1);
    da_thrift_end(&thrift);
    da_thrift_end(&thrift);
  }
  da_bytes_append(out, &(uint8_t){0}, 1);
  da_bytes_u32(out, (uint32_t)out->length);
  da_bytes_append(out, MAGIC, sizeof MAGIC);
}

da_status da_parquet_finish(da_parquet *parquet, da_error *err) {
  da_bytes footer = {0};
  put_footer(parquet, &footer);
  da_status status = footer.failed ? da_mem_fail(err, footer.length, 1, "a table's footer") : DA_OK;
  if (status == DA_OK) status = write_bytes(parquet, footer.data, footer.length, err);
  da_mem_free(footer.data);
  if (status != DA_OK) return status;
  int file = parquet->file;
  parquet->file = -1;
  return close(file) == 0 ? DA_OK : io_fault(parquet, err);
}
