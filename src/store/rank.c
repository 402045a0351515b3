#include "store/rank.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "store/duck.h"

/* Open addressing: slots hold position + 1, 0 is free; at most half of them are taken. Only read once it is registered. */
typedef struct {
  da_arena texts;
  da_slice *names;
  uint32_t *slots;
  size_t n_slots; /* a power of two */
} rank_table;

static void free_table(void *context) {
  rank_table *table = context;
  if (!table) return;
  da_arena_free(&table->texts);
  da_mem_free(table->names);
  da_mem_free(table->slots);
  da_mem_free(table);
}

/* The slot of a name, or the free one where it belongs. */
static uint32_t *find_slot(const rank_table *table, const char *text, size_t length) {
  size_t mask = table->n_slots - 1;
  for (size_t at = XXH3_64bits(text, length) & mask;; at = (at + 1) & mask) {
    uint32_t *slot = &table->slots[at];
    if (*slot == 0) return slot;
    const da_slice *name = &table->names[*slot - 1];
    if (name->length == length && memcmp(name->data, text, length) == 0) return slot;
  }
}

static da_status fill_table(rank_table *table, const da_names *names, da_error *err) {
  table->n_slots = 2;
  while (table->n_slots < 2 * names->n) table->n_slots *= 2;
  table->slots = da_mem_calloc(table->n_slots, sizeof *table->slots);
  table->names = da_mem_alloc(names->n, sizeof *table->names);
  if (!table->slots || !table->names) return da_mem_fail(err, table->n_slots, sizeof *table->slots, "the positions of names");
  for (size_t i = 0; i < names->n; i++) {
    const da_slice *name = &names->items[i];
    char *copy = da_arena_strndup(&table->texts, name->data, name->length);
    if (!copy) return da_mem_fail(err, name->length, 1, "a name");
    table->names[i] = (da_slice){copy, name->length};
    *find_slot(table, copy, name->length) = (uint32_t)i + 1;
  }
  return DA_OK;
}

/* Runs in any of DuckDB's threads. */
static void look_up(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  da_duck_take();
  const rank_table *table = duckdb_scalar_function_get_extra_info(info);
  duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  size_t n = duckdb_data_chunk_get_size(input);
  const duckdb_string_t *texts = duckdb_vector_get_data(vector);
  const uint64_t *valid = duckdb_vector_get_validity(vector);
  uint32_t *ranks = duckdb_vector_get_data(output);
  duckdb_vector_ensure_validity_writable(output);
  uint64_t *found = duckdb_vector_get_validity(output);
  for (size_t i = 0; i < n; i++) {
    uint32_t position = 0;
    if (!valid || (valid[i / 64] >> (i % 64) & 1)) {
      uint32_t length = texts[i].value.inlined.length;
      const char *text = length <= sizeof texts[i].value.inlined.inlined ? texts[i].value.inlined.inlined : texts[i].value.pointer.ptr;
      position = *find_slot(table, text, length);
    }
    ranks[i] = position - 1;
    if (position == 0) found[i / 64] &= ~(UINT64_C(1) << (i % 64));
  }
  da_duck_give();
}

static da_status register_function(da_db *db, const char *name, rank_table *table, da_error *err) {
  duckdb_scalar_function function = duckdb_create_scalar_function();
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR), position = duckdb_create_logical_type(DUCKDB_TYPE_UINTEGER);
  duckdb_scalar_function_set_name(function, name);
  duckdb_scalar_function_add_parameter(function, text);
  duckdb_scalar_function_set_return_type(function, position);
  duckdb_scalar_function_set_extra_info(function, table, free_table); /* the function owns the table from here on */
  duckdb_scalar_function_set_function(function, look_up);
  duckdb_state state = duckdb_register_scalar_function(db->connection, function);
  duckdb_destroy_logical_type(&text);
  duckdb_destroy_logical_type(&position);
  duckdb_destroy_scalar_function(&function);
  return state == DuckDBSuccess ? DA_OK : da_fail(err, DA_ERR_INTERNAL, "expected DuckDB to take the function %s but it refused", name);
}

da_status da_rank_register(da_db *db, const da_names *names, char function[DA_RANK_FUNCTION_BYTES], da_error *err) {
  rank_table *table = da_mem_calloc(1, sizeof *table);
  if (!table) return da_mem_fail(err, 1, sizeof *table, "the positions of names");
  da_status status = fill_table(table, names, err);
  if (status != DA_OK) {
    free_table(table);
    return status;
  }
  da_db_new_name(db, "rank", function, DA_RANK_FUNCTION_BYTES);
  return register_function(db, function, table, err);
}
