#include "journey/split.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <xxhash.h>

#include "base/mem.h"
#include "journey/set.h"

enum { SPARK_HASH_SEED = 42 };

uint64_t da_split_seed(uint64_t seed) { return XXH64(&seed, sizeof seed, SPARK_HASH_SEED); }

double da_split_uniform_text(uint64_t split_seed, da_slice uid) {
  return (double)(XXH64(uid.data, uid.length, split_seed) >> 11) * 0x1p-53;
}

double da_split_uniform_int(uint64_t split_seed, int64_t uid) {
  char text[24], *at = text + sizeof text;
  uint64_t rest = uid < 0 ? -(uint64_t)uid : (uint64_t)uid;
  do *--at = (char)('0' + rest % 10);
  while (rest /= 10);
  if (uid < 0) *--at = '-';
  return da_split_uniform_text(split_seed, (da_slice){at, (size_t)(text + sizeof text - at)});
}

uint8_t da_split_pick(const double fractions[3], double u) {
  if (u < fractions[0]) return DA_SET_TRAIN;
  if (u < fractions[0] + fractions[1]) return DA_SET_VAL;
  /* Sums like 0.7 + 0.2 + 0.1 may fall short of 1 by a rounding: a set of fraction 0 must not catch it. */
  if (fractions[2] > 0) return DA_SET_TEST;
  return fractions[1] > 0 ? DA_SET_VAL : DA_SET_TRAIN;
}

/* ---- By time ---- */

/* The first i of 0 .. n whose u is picked for a later set than `set`. */
static uint64_t count_up_to(const double fractions[3], uint8_t set, uint64_t n) {
  uint64_t low = 0, high = n;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (da_split_pick(fractions, ((double)middle + 0.5) / (double)n) <= set)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* int64 in the order of uint64. */
static uint64_t in_unsigned_order(int64_t time_us) { return (uint64_t)time_us ^ (UINT64_C(1) << 63); }

enum { DIGIT_BITS = 16, N_DIGITS = 64 / DIGIT_BITS, N_BUCKETS = 1 << DIGIT_BITS };

/* counts[digit] of the times that begin with the higher digits of prefix. */
static da_status count_digits(da_spool *times, uint64_t prefix, int shift, uint64_t *counts, da_error *err) {
  for (int i = 0; i < N_BUCKETS; i++) counts[i] = 0;
  DA_TRY(da_spool_rewind(times, err));
  for (;;) {
    void *block;
    size_t n_bytes;
    DA_TRY(da_spool_next(times, &block, &n_bytes, err));
    if (!n_bytes) return DA_OK;
    const int64_t *time_us = block;
    for (size_t i = 0; i < n_bytes / sizeof *time_us; i++) {
      uint64_t key = in_unsigned_order(time_us[i]);
      bool fits = shift + DIGIT_BITS == 64 || key >> (shift + DIGIT_BITS) == prefix >> (shift + DIGIT_BITS);
      counts[key >> shift & (N_BUCKETS - 1)] += fits;
    }
  }
}

/* The time of the rank-th journey (from 0), digit by digit; *n_before: journeys with an earlier time. */
static da_status find_rank(da_spool *times, uint64_t rank, uint64_t *counts, int64_t *time_us, uint64_t *n_before, da_error *err) {
  uint64_t prefix = 0;
  *n_before = 0;
  for (int shift = 64 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
    DA_TRY(count_digits(times, prefix, shift, counts, err));
    uint64_t digit = 0;
    while (*n_before + counts[digit] <= rank) *n_before += counts[digit++];
    prefix |= digit << shift;
  }
  *time_us = (int64_t)in_unsigned_order((int64_t)prefix);
  return DA_OK;
}

da_status da_time_split_find(da_spool *last_us, uint64_t n_journeys, const double fractions[3], da_time_split *split, da_error *err) {
  *split = (da_time_split){.moment_us = {INT64_MIN, INT64_MIN}};
  uint64_t *counts = da_mem_alloc(N_BUCKETS, sizeof *counts);
  if (!counts) return da_mem_fail(err, N_BUCKETS, sizeof *counts, "the split by time");
  da_status status = DA_OK;
  for (int i = 0; i < 2 && status == DA_OK; i++) {
    uint64_t n_earlier = count_up_to(fractions, (uint8_t)i, n_journeys), n_before;
    if (n_earlier == 0) continue; /* before everything */
    status = find_rank(last_us, n_earlier - 1, counts, &split->moment_us[i], &n_before, err);
    if (status == DA_OK) split->n_at[i] = n_earlier - n_before;
  }
  da_mem_free(counts);
  return status;
}

uint8_t da_split_by_time(da_time_split *split, int64_t last_us) {
  uint8_t set = DA_SET_TRAIN;
  for (int i = 0; i < 2; i++) {
    bool at = last_us == split->moment_us[i];
    bool later = at ? split->n_met[i] >= split->n_at[i] : last_us > split->moment_us[i];
    split->n_met[i] += at;
    set = (uint8_t)(set + later);
  }
  return set;
}
