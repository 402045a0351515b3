/* What a set of journeys looks like in a few numbers, for page and manifest. */
#ifndef DA_REPORT_SUMMARY_H
#define DA_REPORT_SUMMARY_H

#include "journey/set.h"

/* Journeys by length: 1, 2, ... touches; the last counts that many and more. */
enum { DA_SUMMARY_LENGTHS = 12 };

typedef struct {
  uint64_t n_users, n_journeys, n_touches, n_conversions;
} da_set_summary;

typedef struct {
  da_set_summary all, sets[DA_N_SETS]; /* a user of several sets (split by time) counts in each */
  uint64_t n_of_length[DA_SUMMARY_LENGTHS], n_converting_of_length[DA_SUMMARY_LENGTHS];
} da_summary;

/* "train", "val" or "test". */
const char *da_set_name(int set);

void da_summarise(const da_journeys *set, da_summary *summary);

/* order: [n], the indices 0 .. n-1 by falling amount, equal amounts by index; NaN last. */
da_status da_rank_by_amount(const double *amounts, size_t n, uint32_t *order, da_error *err) DA_MUST_CHECK;

#endif
