/* The slow twin of the cutter, for tests: all rows in memory, and each rule of docs/journey.md applied to whole lists, one after the
 * other. Shares no code with cut.c. */
#ifndef DA_TESTS_CUT_NAIVE_H
#define DA_TESTS_CUT_NAIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  int64_t uid;
  int64_t time_us;
  bool conversion;
  uint32_t campaign;
  bool has_value;
  double value;
} naive_row;

typedef struct {
  bool has_value, conversions_are_events, drop_duplicates;
  int64_t gap_us, lookback_us;
  uint64_t max_len;
  /* One transform of a path, in place; gives the number of touches left. NULL: none. */
  uint64_t (*transform)(uint32_t *campaign, int64_t *time_us, uint64_t n);
} naive_options;

typedef struct {
  int64_t uid;
  uint64_t index, n;
  uint32_t *campaign;
  int64_t *time_us;
  bool converted;
  double value;
  int64_t conversion_us;
} naive_journey;

typedef struct {
  naive_journey *journeys;
  uint64_t n_journeys, n_duplicates, n_unattributed;
  double unattributed_value;
} naive_result;

static inline int naive_compare(const void *a, const void *b) {
  const naive_row *x = a, *y = b;
  if (x->uid != y->uid) return x->uid < y->uid ? -1 : 1;
  if (x->time_us != y->time_us) return x->time_us < y->time_us ? -1 : 1;
  if (x->conversion != y->conversion) return x->conversion ? 1 : -1;
  if (x->campaign != y->campaign) return x->campaign < y->campaign ? -1 : 1;
  if (x->has_value != y->has_value) return x->has_value ? 1 : -1;
  if (x->has_value && x->value != y->value) return x->value < y->value ? -1 : 1;
  return 0;
}

/* Rules 1 and 2: sorted, without duplicates if so asked; gives how many rows are left. */
static inline size_t naive_sort(naive_row *rows, size_t n, const naive_options *options, naive_result *result) {
  qsort(rows, n, sizeof *rows, naive_compare);
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    bool duplicate = i > 0 && naive_compare(&rows[i - 1], &rows[i]) == 0;
    result->n_duplicates += duplicate;
    if (!duplicate || !options->drop_duplicates) rows[kept++] = rows[i];
  }
  return kept;
}

/* Rule 3: stretch[i] numbers the stretches between cuts. */
static inline void naive_number_stretches(const naive_row *rows, size_t n, const naive_options *options, size_t *stretch) {
  for (size_t i = 0; i < n; i++) {
    stretch[i] = i ? stretch[i - 1] : 0;
    if (i == 0) continue;
    const naive_row *before = &rows[i - 1];
    bool cut = before->uid != rows[i].uid || before->conversion;
    if (options->gap_us && !before->conversion && rows[i].time_us - before->time_us > options->gap_us) cut = true;
    stretch[i] += cut;
  }
}

static inline void naive_add(naive_result *result, const naive_row *rows, size_t first, size_t end, bool converted, double value,
                             int64_t moment_us, const naive_options *options) {
  naive_journey *journey = &result->journeys[result->n_journeys];
  *journey = (naive_journey){.uid = rows[first].uid, .converted = converted, .value = converted ? value : 0, .conversion_us = moment_us};
  if (result->n_journeys && journey[-1].uid == journey->uid) journey->index = journey[-1].index + 1;
  result->n_journeys++;
  journey->campaign = calloc(end - first, sizeof *journey->campaign);
  journey->time_us = calloc(end - first, sizeof *journey->time_us);
  uint64_t n = 0;
  for (size_t i = first; i < end; i++) { /* rule 4 */
    if (options->lookback_us && moment_us - rows[i].time_us > options->lookback_us) continue;
    journey->campaign[n] = rows[i].campaign;
    journey->time_us[n++] = rows[i].time_us;
  }
  if (options->transform) n = options->transform(journey->campaign, journey->time_us, n);  /* rule 5 */
  uint64_t too_many = options->max_len && n > options->max_len ? n - options->max_len : 0; /* rule 6 */
  journey->n = n - too_many;
  memmove(journey->campaign, journey->campaign + too_many, journey->n * sizeof *journey->campaign);
  memmove(journey->time_us, journey->time_us + too_many, journey->n * sizeof *journey->time_us);
}

/* Sorts the rows; free the result with naive_free. */
static inline naive_result naive_cut(naive_row *rows, size_t n, const naive_options *options) {
  naive_result result = {.journeys = calloc(n + 1, sizeof *result.journeys)};
  n = naive_sort(rows, n, options, &result);
  size_t *stretch = calloc(n + 1, sizeof *stretch);
  naive_number_stretches(rows, n, options, stretch);
  for (size_t first = 0, end; first < n; first = end) {
    for (end = first; end < n && stretch[end] == stretch[first]; end++) {
    }
    const naive_row *last = &rows[end - 1];
    double value = !options->has_value ? 1 : last->has_value ? last->value : 0;
    if (!(options->conversions_are_events && last->conversion)) {
      naive_add(&result, rows, first, end, last->conversion, value, last->time_us, options);
      continue;
    }
    size_t touches_end = end - 1; /* the last row is the event */
    bool in_window = touches_end > first && !(options->lookback_us && last->time_us - rows[touches_end - 1].time_us > options->lookback_us);
    if (!in_window) {
      result.n_unattributed++;
      result.unattributed_value += value;
    }
    if (touches_end > first) {
      naive_add(&result, rows, first, touches_end, in_window, value, in_window ? last->time_us : rows[touches_end - 1].time_us, options);
    }
  }
  free(stretch);
  return result;
}

static inline void naive_free(naive_result *result) {
  for (uint64_t j = 0; j < result->n_journeys; j++) free(result->journeys[j].campaign), free(result->journeys[j].time_us);
  free(result->journeys);
}

#endif
