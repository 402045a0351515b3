#include "journey/lengths.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* The place of a length among the rare ones, or where it belongs. */
static size_t find_rare(const da_lengths *lengths, uint64_t length) {
  size_t low = 0, high = lengths->n_rare;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (lengths->rare[middle].length < length) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static da_status add_rare(da_lengths *lengths, uint64_t length, da_error *err) {
  size_t place = find_rare(lengths, length);
  if (place < lengths->n_rare && lengths->rare[place].length == length) {
    lengths->rare[place].n++;
    return DA_OK;
  }
  void *rare = lengths->rare;
  da_status status =
      da_mem_reserve(&rare, &lengths->rare_capacity, lengths->n_rare + 1, sizeof *lengths->rare, "the lengths of journeys", err);
  lengths->rare = rare;
  if (status != DA_OK) return status;
  da_length_count *at = lengths->rare + place;
  memmove(at + 1, at, (lengths->n_rare - place) * sizeof *at);
  *at = (da_length_count){length, 1};
  lengths->n_rare++;
  return DA_OK;
}

da_status da_lengths_add(da_lengths *lengths, uint64_t length, da_error *err) {
  if (length > DA_LENGTHS_DENSE) {
    DA_TRY(add_rare(lengths, length, err));
  } else {
    lengths->dense[length]++;
  }
  lengths->n_journeys++;
  if (length > lengths->longest) lengths->longest = length;
  return DA_OK;
}

void da_lengths_free(da_lengths *lengths) {
  da_mem_free(lengths->rare);
  *lengths = (da_lengths){0};
}

uint64_t da_lengths_covering(const da_lengths *lengths, double share) {
  uint64_t wanted = (uint64_t)ceil(share * (double)lengths->n_journeys), n = 0;
  if (lengths->n_journeys == 0) return 0;
  for (uint64_t length = 1; length <= DA_LENGTHS_DENSE; length++) {
    n += lengths->dense[length];
    if (n >= wanted && n > 0) return length;
  }
  for (size_t i = 0; i < lengths->n_rare; i++) {
    n += lengths->rare[i].n;
    if (n >= wanted) return lengths->rare[i].length;
  }
  return lengths->longest;
}

/* Where the bin after the one that ends at last ends: one more, then 20, 50, 100, 200, 500, 1000 ... */
static uint64_t next_end(uint64_t last) {
  if (last < DA_LENGTHS_EXACT_BINS) return last + 1;
  uint64_t power = 1;
  while (last / power >= 10) power *= 10;
  uint64_t digit = last / power, factor = digit == 1 ? 2 : digit == 2 ? 5 : 10;
  return power > UINT64_MAX / factor ? UINT64_MAX : factor * power;
}

size_t da_lengths_bins(const da_lengths *lengths, da_length_bin *bins) {
  size_t n_bins = 0, rare = 0;
  for (uint64_t last = 0; last < lengths->longest && n_bins < DA_LENGTHS_MAX_BINS; n_bins++) {
    da_length_bin *bin = &bins[n_bins];
    *bin = (da_length_bin){.first = last + 1, .last = next_end(last)};
    last = bin->last;
    for (uint64_t length = bin->first; length <= bin->last && length <= DA_LENGTHS_DENSE; length++) bin->n += lengths->dense[length];
    for (; rare < lengths->n_rare && lengths->rare[rare].length <= bin->last; rare++) bin->n += lengths->rare[rare].n;
  }
  return n_bins;
}
