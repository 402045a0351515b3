#include "report/summary.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

const char *da_set_name(int set) {
  static const char *const names[DA_N_SETS] = {"train", "val", "test"};
  return set >= 0 && set < DA_N_SETS ? names[set] : "none";
}

static void count_journey(const da_journeys *set, uint64_t journey, da_set_summary *counts) {
  counts->n_journeys++;
  counts->n_touches += da_journey_length(set, journey);
  counts->n_conversions += da_journey_converted(set, journey);
}

void da_summarise(const da_journeys *set, da_summary *summary) {
  *summary = (da_summary){0};
  for (uint64_t user = 0; user < set->n_users; user++) {
    bool in_set[4] = {false}; /* as many as the flags have room for */
    for (uint64_t journey = set->first_journey[user]; journey < set->first_journey[user + 1]; journey++) {
      int which = da_journey_set(set, journey);
      in_set[which] = true;
      count_journey(set, journey, &summary->all);
      if (which < DA_N_SETS) count_journey(set, journey, &summary->sets[which]);
      uint64_t length = da_journey_length(set, journey);
      size_t slot = length < DA_SUMMARY_LENGTHS ? length - 1 : DA_SUMMARY_LENGTHS - 1;
      summary->n_of_length[slot]++;
      summary->n_converting_of_length[slot] += da_journey_converted(set, journey);
    }
    summary->all.n_users++;
    for (int which = 0; which < DA_N_SETS; which++) summary->sets[which].n_users += in_set[which];
  }
}

typedef struct {
  double amount;
  uint32_t index;
} ranked;

static int compare(const void *a, const void *b) {
  const ranked *left = a, *right = b;
  if (left->amount != right->amount) return left->amount > right->amount ? -1 : 1;
  return left->index < right->index ? -1 : left->index > right->index;
}

da_status da_rank_by_amount(const double *amounts, size_t n, uint32_t *order, da_error *err) {
  ranked *items = da_mem_alloc(n, sizeof *items);
  if (!items) return da_mem_fail(err, n, sizeof *items, "the order of the campaigns");
  for (size_t i = 0; i < n; i++) items[i] = (ranked){isnan(amounts[i]) ? -INFINITY : amounts[i], (uint32_t)i};
  qsort(items, n, sizeof *items, compare);
  for (size_t i = 0; i < n; i++) order[i] = items[i].index;
  da_mem_free(items);
  return DA_OK;
}
