/* One row group: dictionaries, levels, pages. */
#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "store/parquet.h"
#include "store/parquet_format.h"

/* A column on its way into a group. */
typedef struct {
  const da_parquet_column *column;
  const da_parquet_cells *cells;
  size_t n_rows;
  uint64_t n_items;  /* cells, or items of all lists */
  uint32_t *indices; /* [n_items]: into the dictionary; NULL without one */
  int index_bits;
  da_bytes *dictionary; /* its values, PLAIN; the group's, as are the next */
  size_t n_dictionary;
  da_bytes *page;
} encoder;

static int bits_of(uint64_t number) { return number ? 64 - __builtin_clzll(number) : 0; }

/* ---- Dictionaries ---- */

/* The names that occur, in the order in which they do. */
static da_status number_names(encoder *at, da_error *err) {
  const da_names *names = at->column->names;
  const uint32_t *values = at->cells->values;
  uint32_t *place = da_mem_calloc(names->n, sizeof *place); /* in the dictionary, plus 1 */
  if (!place) return da_mem_fail(err, names->n, sizeof *place, "a table's names");
  for (uint64_t i = 0; i < at->n_items; i++) {
    if (values[i] >= names->n) {
      da_mem_free(place);
      return da_fail(err, DA_ERR_INTERNAL, "expected indices below %zu in column %s but found %" PRIu32, names->n, at->column->name,
                     values[i]);
    }
    uint32_t *found = &place[values[i]];
    if (!*found) {
      *found = (uint32_t)++at->n_dictionary;
      da_encode_texts(at->dictionary, &names->items[values[i]], 1);
    }
    at->indices[i] = *found - 1;
  }
  da_mem_free(place);
  return DA_OK;
}

enum { MAX_NUMBERS = 1 << 15, NUMBER_SLOTS = 2 * MAX_NUMBERS };

/* The different numbers, in the order of their first appearance; false when there are too many for a dictionary to pay. slots: zeroed. */
static bool number_doubles(encoder *at, uint32_t *slots) {
  const double *values = at->cells->values;
  for (uint64_t i = 0; i < at->n_items; i++) {
    if (i && memcmp(&values[i], &values[i - 1], sizeof values[i]) == 0) {
      at->indices[i] = at->indices[i - 1];
      continue;
    }
    uint64_t slot = XXH3_64bits(&values[i], sizeof values[i]) % NUMBER_SLOTS;
    const double *numbers = (const void *)at->dictionary->data;
    while (slots[slot] && memcmp(&numbers[slots[slot] - 1], &values[i], sizeof values[i]) != 0) slot = (slot + 1) % NUMBER_SLOTS;
    if (!slots[slot]) {
      if (at->n_dictionary == MAX_NUMBERS) return false;
      slots[slot] = (uint32_t)++at->n_dictionary;
      da_bytes_append(at->dictionary, &values[i], sizeof values[i]);
      if (at->dictionary->failed) return false;
    }
    at->indices[i] = slots[slot] - 1;
  }
  return true;
}

static da_status make_dictionary(encoder *at, da_parquet_group *group, da_error *err) {
  da_parquet_type type = at->column->type;
  if (type != DA_PARQUET_NAME && type != DA_PARQUET_DOUBLE) return DA_OK;
  void *indices = group->indices;
  da_status status = da_mem_reserve(&indices, &group->n_indices, at->n_items, sizeof *group->indices, "a table's dictionary", err);
  at->indices = group->indices = indices;
  if (status != DA_OK) return status;
  if (type == DA_PARQUET_NAME) {
    DA_TRY(number_names(at, err));
  } else {
    uint32_t *slots = da_mem_calloc(NUMBER_SLOTS, sizeof *slots);
    if (!slots) return da_mem_fail(err, NUMBER_SLOTS, sizeof *slots, "a table's dictionary");
    if (!number_doubles(at, slots)) at->indices = NULL;
    da_mem_free(slots);
  }
  at->index_bits = at->n_dictionary ? bits_of(at->n_dictionary - 1) : 0;
  return DA_OK;
}

/* ---- The data page ---- */

/* Levels stand behind the number of their bytes, which end_levels fills in. */
static size_t begin_levels(da_bytes *page) {
  da_bytes_u32(page, 0);
  return page->length;
}

static void end_levels(da_bytes *page, size_t start) {
  if (page->failed) return;
  uint32_t n_bytes = (uint32_t)(page->length - start);
  memcpy(page->data + start - sizeof n_bytes, &n_bytes, sizeof n_bytes);
}

/* Repetition 0 begins a row; definition 1 is an item, 0 an empty list. */
static da_status put_list_levels(encoder *at, da_parquet_chunk *chunk, da_error *err) {
  chunk->n_values = at->n_items;
  if (!at->column->is_list) return DA_OK;
  const uint64_t *end = at->cells->list_end;
  uint64_t *begins = da_mem_alloc(at->n_rows, sizeof *begins), *empty = da_mem_alloc(at->n_rows, sizeof *empty), n = 0;
  size_t n_empty = 0;
  if (begins && empty) {
    for (size_t row = 0; row < at->n_rows; row++) {
      uint64_t length = end[row] - (row ? end[row - 1] : 0);
      begins[row] = n;
      if (length == 0) empty[n_empty++] = n;
      n += length ? length : 1;
    }
    size_t start = begin_levels(at->page);
    da_encode_ones_but(at->page, n, begins, at->n_rows);
    end_levels(at->page, start);
    start = begin_levels(at->page);
    if (n_empty)
      da_encode_ones_but(at->page, n, empty, n_empty);
    else
      da_encode_run(at->page, 1, n, 1);
    end_levels(at->page, start);
    chunk->n_values = n;
  }
  bool complete = begins && empty;
  da_mem_free(begins);
  da_mem_free(empty);
  return complete ? DA_OK : da_mem_fail(err, 2 * at->n_rows, sizeof *begins, "the lists of a table");
}

static int put_values(encoder *at) {
  size_t n = at->n_items;
  if (at->indices) {
    da_bytes_append(at->page, &(uint8_t){(uint8_t)at->index_bits}, 1);
    da_encode_hybrid(at->page, at->indices, n, at->index_bits);
    return PARQUET_RLE_DICTIONARY;
  }
  switch (at->column->type) {
  case DA_PARQUET_BOOL:
    da_encode_bits(at->page, at->cells->values, n);
    return PARQUET_PLAIN;
  case DA_PARQUET_INT64:
    da_encode_delta(at->page, at->cells->values, n);
    return PARQUET_DELTA_BINARY_PACKED;
  case DA_PARQUET_TEXT:
    da_encode_delta_texts(at->page, at->cells->values, n);
    return PARQUET_DELTA_BYTE_ARRAY;
  case DA_PARQUET_DOUBLE:
  case DA_PARQUET_NAME:
    break;
  }
  da_bytes_append(at->page, at->cells->values, n * sizeof(double));
  return PARQUET_PLAIN;
}

/* ---- What helps a reader to pass over groups ---- */

static void put_range(da_parquet_chunk *chunk, const void *lowest, size_t lowest_length, const void *highest, size_t highest_length) {
  if (lowest_length > sizeof chunk->lowest || highest_length > sizeof chunk->highest) return;
  chunk->has_range = true;
  chunk->lowest_length = lowest_length;
  chunk->highest_length = highest_length;
  if (lowest_length) memcpy(chunk->lowest, lowest, lowest_length);
  if (highest_length) memcpy(chunk->highest, highest, highest_length);
}

static void find_range(const encoder *at, da_parquet_chunk *chunk) {
  if (at->n_items == 0) return;
  if (at->column->type == DA_PARQUET_INT64) {
    const int64_t *values = at->cells->values;
    int64_t lowest = values[0], highest = values[0];
    for (uint64_t i = 1; i < at->n_items; i++) {
      lowest = values[i] < lowest ? values[i] : lowest;
      highest = values[i] > highest ? values[i] : highest;
    }
    put_range(chunk, &lowest, sizeof lowest, &highest, sizeof highest);
  } else if (at->column->type == DA_PARQUET_TEXT) {
    const da_slice *values = at->cells->values;
    da_slice lowest = values[0], highest = values[0];
    for (uint64_t i = 1; i < at->n_items; i++) {
      if (da_slice_compare(values[i], lowest) < 0) lowest = values[i];
      if (da_slice_compare(values[i], highest) > 0) highest = values[i];
    }
    put_range(chunk, lowest.data, lowest.length, highest.data, highest.length);
  }
}

/* ---- Pages into the group ---- */

static void put_dictionary_page(const encoder *at, da_bytes *out) {
  da_thrift thrift = {.out = out};
  da_thrift_int(&thrift, 1, DA_THRIFT_I32, PARQUET_DICTIONARY_PAGE);
  da_thrift_int(&thrift, 2, DA_THRIFT_I32, (int64_t)at->dictionary->length); /* before and after compression */
  da_thrift_int(&thrift, 3, DA_THRIFT_I32, (int64_t)at->dictionary->length);
  da_thrift_begin(&thrift, 7);
  da_thrift_int(&thrift, 1, DA_THRIFT_I32, (int64_t)at->n_dictionary);
  da_thrift_int(&thrift, 2, DA_THRIFT_I32, PARQUET_PLAIN);
  da_thrift_end(&thrift);
  da_bytes_append(out, &(uint8_t){0}, 1); /* the page header, which is itself a struct, ends */
  da_bytes_append(out, at->dictionary->data, at->dictionary->length);
}

static void put_data_page(const encoder *at, const da_parquet_chunk *chunk, da_bytes *out) {
  da_thrift thrift = {.out = out};
  da_thrift_int(&thrift, 1, DA_THRIFT_I32, PARQUET_DATA_PAGE);
  da_thrift_int(&thrift, 2, DA_THRIFT_I32, (int64_t)at->page->length);
  da_thrift_int(&thrift, 3, DA_THRIFT_I32, (int64_t)at->page->length);
  da_thrift_begin(&thrift, 5);
  da_thrift_int(&thrift, 1, DA_THRIFT_I32, (int64_t)chunk->n_values);
  da_thrift_int(&thrift, 2, DA_THRIFT_I32, chunk->encoding);
  da_thrift_int(&thrift, 3, DA_THRIFT_I32, PARQUET_RLE); /* of definition levels, then of repetition levels */
  da_thrift_int(&thrift, 4, DA_THRIFT_I32, PARQUET_RLE);
  da_thrift_end(&thrift);
  da_bytes_append(out, &(uint8_t){0}, 1);
  da_bytes_append(out, at->page->data, at->page->length);
}

static da_status encode_column(encoder *at, da_parquet_group *group, da_parquet_chunk *chunk, da_error *err) {
  da_bytes *out = &group->bytes;
  group->page.length = group->dictionary.length = 0;
  DA_TRY(make_dictionary(at, group, err));
  DA_TRY(put_list_levels(at, chunk, err));
  chunk->encoding = put_values(at);
  find_range(at, chunk);
  if (at->page->length > INT32_MAX || at->dictionary->length > INT32_MAX || chunk->n_values > INT32_MAX) {
    return da_fail(err, DA_ERR_DATA, "expected pages of a table below 2 GB but column %s needs %zu bytes; set journey_max_len",
                   at->column->name, at->page->length);
  }
  chunk->dictionary_offset = out->length;
  if (at->indices) put_dictionary_page(at, out);
  chunk->data_offset = out->length;
  put_data_page(at, chunk, out);
  chunk->end = out->length;
  bool failed = at->page->failed || at->dictionary->failed || out->failed;
  return failed ? da_mem_fail(err, out->length + at->page->length, 1, "a table's row group") : DA_OK;
}

da_status da_parquet_encode(const da_parquet_column *columns, size_t n_columns, const da_parquet_cells *cells, size_t n_rows,
                            da_parquet_group *group, da_error *err) {
  group->n_rows = n_rows;
  group->bytes.length = 0;
  da_mem_free(group->chunks);
  group->chunks = da_mem_calloc(n_columns, sizeof *group->chunks);
  if (!group->chunks) return da_mem_fail(err, n_columns, sizeof *group->chunks, "a table's row group");
  for (size_t i = 0; i < n_columns; i++) {
    encoder at = {.column = &columns[i],
                  .cells = &cells[i],
                  .n_rows = n_rows,
                  .n_items = columns[i].is_list ? cells[i].list_end[n_rows - 1] : n_rows,
                  .dictionary = &group->dictionary,
                  .page = &group->page};
    DA_TRY(encode_column(&at, group, &group->chunks[i], err));
  }
  return DA_OK;
}

void da_parquet_group_free(da_parquet_group *group) {
  da_mem_free(group->bytes.data);
  da_mem_free(group->chunks);
  da_mem_free(group->page.data);
  da_mem_free(group->dictionary.data);
  da_mem_free(group->indices);
  *group = (da_parquet_group){0};
}
