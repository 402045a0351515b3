#include "credit/paths/sequences.h"

#include <string.h>

#include "base/mem.h"
#include "base/random.h"

enum { FEWEST_SLOTS = 1024 };

static size_t first_slot(const da_sequences *sequences, const uint32_t *item, size_t length) {
  uint64_t hash = length;
  for (size_t i = 0; i < length; i++) hash = da_random_hash(hash, item[i]);
  return (size_t)hash & (sequences->n_slots - 1);
}

static bool is_number(const da_sequences *sequences, uint32_t number, const uint32_t *item, size_t length) {
  size_t found;
  const uint32_t *other = da_sequence(sequences, number, &found);
  return found == length && (length == 0 || memcmp(other, item, length * sizeof *item) == 0);
}

/* The slot that holds the sequence, or the empty one where it belongs. */
static size_t slot_of(const da_sequences *sequences, const uint32_t *item, size_t length) {
  size_t slot = first_slot(sequences, item, length);
  while (sequences->slot[slot] && !is_number(sequences, sequences->slot[slot] - 1, item, length))
    slot = (slot + 1) & (sequences->n_slots - 1);
  return slot;
}

static da_status grow_table(da_sequences *sequences, da_error *err) {
  size_t n_slots = sequences->n_slots ? 2 * sequences->n_slots : FEWEST_SLOTS;
  uint32_t *slot = da_mem_calloc(n_slots, sizeof *slot);
  if (!slot) return da_mem_fail(err, n_slots, sizeof *slot, "the table of paths");
  da_mem_free(sequences->slot);
  sequences->slot = slot;
  sequences->n_slots = n_slots;
  for (uint32_t s = 0; s < sequences->n; s++) {
    size_t length;
    const uint32_t *item = da_sequence(sequences, s, &length);
    sequences->slot[slot_of(sequences, item, length)] = s + 1;
  }
  return DA_OK;
}

static da_status reserve(da_sequences *sequences, size_t length, da_error *err) {
  void *end = sequences->end, *item = sequences->item;
  size_t used = sequences->n ? (size_t)sequences->end[sequences->n] : 0;
  DA_TRY(da_mem_reserve(&end, &sequences->end_capacity, (size_t)sequences->n + 2, sizeof *sequences->end, "the paths", err));
  sequences->end = end;
  if (sequences->n == 0) sequences->end[0] = 0;
  DA_TRY(da_mem_reserve(&item, &sequences->item_capacity, used + length + 1, sizeof *sequences->item, "the steps of paths", err));
  sequences->item = item;
  if (2 * ((size_t)sequences->n + 1) > sequences->n_slots) return grow_table(sequences, err);
  return DA_OK;
}

da_status da_sequences_add(da_sequences *sequences, const uint32_t *item, size_t length, uint32_t *number, da_error *err) {
  if (da_sequences_find(sequences, item, length, number)) return DA_OK;
  if (sequences->n == UINT32_MAX - 1) return da_fail(err, DA_ERR_DATA, "expected fewer than 2^32 different paths but found more");
  DA_TRY(reserve(sequences, length, err));
  uint64_t used = sequences->end[sequences->n];
  sequences->slot[slot_of(sequences, item, length)] = sequences->n + 1;
  if (length) memcpy(sequences->item + used, item, length * sizeof *item);
  *number = sequences->n++;
  sequences->end[sequences->n] = used + length;
  return DA_OK;
}

bool da_sequences_find(const da_sequences *sequences, const uint32_t *item, size_t length, uint32_t *number) {
  if (sequences->n == 0) return false;
  uint32_t found = sequences->slot[slot_of(sequences, item, length)];
  if (found) *number = found - 1;
  return found != 0;
}

void da_sequences_free(da_sequences *sequences) {
  da_mem_free(sequences->item);
  da_mem_free(sequences->end);
  da_mem_free(sequences->slot);
  *sequences = (da_sequences){0};
}
