/* How long journeys are: exact counts, whatever the lengths.
 *
 * Memory: one counter a length up to DA_LENGTHS_DENSE; beyond, one entry a length that occurs, of which a log of n touches has at most
 * sqrt(2 n). */
#ifndef DA_JOURNEY_LENGTHS_H
#define DA_JOURNEY_LENGTHS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { DA_LENGTHS_DENSE = 1024 };

typedef struct {
  uint64_t length, n;
} da_length_count;

/* Valid as {0}. */
typedef struct {
  uint64_t n_journeys, longest;
  uint64_t dense[DA_LENGTHS_DENSE + 1]; /* [length] */
  da_length_count *rare;                /* longer ones, ascending */
  size_t n_rare, rare_capacity;
} da_lengths;

/* One journey of length touches, at least 1. */
da_status da_lengths_add(da_lengths *lengths, uint64_t length, da_error *err) DA_MUST_CHECK;
void da_lengths_free(da_lengths *lengths); /* a second call is allowed */

/* The smallest length that at least this share of the journeys does not exceed; 0 without journeys. */
uint64_t da_lengths_covering(const da_lengths *lengths, double share);

/* Journeys of first <= length <= last. */
typedef struct {
  uint64_t first, last, n;
} da_length_bin;

enum { DA_LENGTHS_EXACT_BINS = 10, DA_LENGTHS_MAX_BINS = 80 };

/* For a histogram: 1, 2 .. 10 each, then up to 20, 50, 100, 200, 500 ...; ends with the bin of the longest. bins: [DA_LENGTHS_MAX_BINS]. */
size_t da_lengths_bins(const da_lengths *lengths, da_length_bin *bins);

#endif
