/* Different sequences of whole numbers, numbered 0, 1, 2, ... in the order in which they were first seen: paths of campaigns, states of a
 * chain, pairs of states.
 *
 *   add (3, 1, 1) -> 0    add (2) -> 1    add (3, 1, 1) -> 0    add () -> 2
 *
 *   item   3 1 1 | 2 |        end   0 3 4 4      (sequence s is item[end[s]] .. item[end[s + 1] - 1])
 *
 * An open-addressing table of numbers, half full at most, finds them again. At most 2^32 - 2 sequences. */
#ifndef DA_CREDIT_SEQUENCES_H
#define DA_CREDIT_SEQUENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Valid as {0}. */
typedef struct {
  uint32_t n;
  uint32_t *item;
  uint64_t *end; /* [n + 1]; NULL before the first add */
  size_t item_capacity, end_capacity;
  uint32_t *slot; /* [n_slots]: 1 + number, 0 where none is */
  size_t n_slots; /* a power of two */
} da_sequences;

/* The number of the sequence, which may be empty; it is copied when it is new. */
da_status da_sequences_add(da_sequences *sequences, const uint32_t *item, size_t length, uint32_t *number, da_error *err) DA_MUST_CHECK;
/* False when it was never added. Any number of threads may look while none adds. */
bool da_sequences_find(const da_sequences *sequences, const uint32_t *item, size_t length, uint32_t *number);
void da_sequences_free(da_sequences *sequences); /* {0} and a second call allowed */

static inline const uint32_t *da_sequence(const da_sequences *sequences, uint32_t number, size_t *length) {
  *length = (size_t)(sequences->end[number + 1] - sequences->end[number]);
  return sequences->item + sequences->end[number];
}

#endif
