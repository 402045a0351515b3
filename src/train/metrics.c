#include "train/metrics.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/softplus.h"

enum { N_BINS = 15 };

/* ---- logits in order ---- */

/* Floats as integers in the same order; 0 and -0 are one. */
static uint32_t ordered_key(float x) {
  x += 0.0f;
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static float key_value(uint32_t key) {
  uint32_t bits = key & 0x80000000u ? key & 0x7FFFFFFFu : ~key;
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* Ascending, by three rounds of 11 bits; scratch: [n]. */
static void radix_sort(uint32_t *keys, uint32_t *scratch, uint64_t n) {
  enum { BITS = 11, BUCKETS = 1 << BITS };
  uint32_t *from = keys, *to = scratch;
  for (int shift = 0; shift < 32; shift += BITS) {
    uint64_t start[BUCKETS + 1] = {0};
    for (uint64_t i = 0; i < n; i++) start[(from[i] >> shift & (BUCKETS - 1)) + 1]++;
    for (int b = 0; b < BUCKETS; b++) start[b + 1] += start[b];
    for (uint64_t i = 0; i < n; i++) to[start[from[i] >> shift & (BUCKETS - 1)]++] = from[i];
    uint32_t *swap = from;
    from = to;
    to = swap;
  }
  memcpy(keys, scratch, n * sizeof *keys); /* three rounds end in scratch */
}

/* Keys of the others and of the converting journeys, each part sorted. */
typedef struct {
  const uint32_t *others, *converting;
  uint64_t n_others, n_converting;
} sorted_logits;

/* Journeys that share one logit. */
typedef struct {
  double logit;
  uint64_t n, n_converting;
} tie;

/* The next group in ascending order of the logit; i, k: how many of others and converting are done. False at the end. */
static bool next_tie(const sorted_logits *sorted, uint64_t *i, uint64_t *k, tie *group) {
  bool more_others = *i < sorted->n_others, more_converting = *k < sorted->n_converting;
  if (!more_others && !more_converting) return false;
  uint32_t key = more_others ? sorted->others[*i] : sorted->converting[*k];
  if (more_converting && sorted->converting[*k] < key) key = sorted->converting[*k];
  uint64_t first_other = *i, first_converting = *k;
  while (*i < sorted->n_others && sorted->others[*i] == key) ++*i;
  while (*k < sorted->n_converting && sorted->converting[*k] == key) ++*k;
  group->logit = (double)key_value(key);
  group->n_converting = *k - first_converting;
  group->n = *i - first_other + group->n_converting;
  return true;
}

/* ---- the metrics ---- */

static double sigmoid(double z) { return 1 / (1 + exp(-z)); }

/* -log p of the right answer. */
static double cross_entropy(double z, bool converted) { return da_softplus(converted ? -z : z); }

/* Mann-Whitney: of all pairs of a converting and another journey, those in the right order, ties one half. */
static double area_under_curve(const sorted_logits *sorted) {
  double below = 0, right = 0;
  uint64_t i = 0, k = 0;
  for (tie group; next_tie(sorted, &i, &k, &group);) {
    double others = (double)(group.n - group.n_converting);
    right += (double)group.n_converting * (below + others / 2);
    below += others;
  }
  return right / ((double)sorted->n_others * (double)sorted->n_converting);
}

/* Bins of equally many journeys in order of p; where a bin ends inside a tie, the tie's conversions are spread evenly. */
static double calibration_error(const sorted_logits *sorted, double shift) {
  const uint64_t n = sorted->n_others + sorted->n_converting;
  uint64_t i = 0, k = 0, done = 0;
  int bin = 0;
  double gap = 0, total = 0; /* expected less seen conversions: of the bin so far; absolute, of all bins */
  for (tie group; next_tie(sorted, &i, &k, &group);) {
    double gap_each = sigmoid(group.logit + shift) - (double)group.n_converting / (double)group.n;
    for (uint64_t left = group.n; left > 0;) {
      uint64_t bin_end = (uint64_t)((double)n * (bin + 1) / N_BINS), room = bin_end > done ? bin_end - done : 0;
      uint64_t taken = left < room || bin == N_BINS - 1 ? left : room;
      gap += (double)taken * gap_each;
      done += taken;
      left -= taken;
      if (done < bin_end || bin == N_BINS - 1) continue;
      total += fabs(gap);
      gap = 0;
      bin++;
    }
  }
  return (total + fabs(gap)) / (double)n;
}

/* What needs no order. */
static void count(const float *logit, const uint8_t *converted, uint64_t n, double shift, da_metrics *metrics) {
  uint64_t predicted = 0, found = 0, right = 0;
  double loss = 0, expected = 0;
  for (uint64_t j = 0; j < n; j++) {
    double z = (double)logit[j] + shift;
    bool positive = z >= 0;
    loss += cross_entropy(z, converted[j]);
    expected += sigmoid(z);
    metrics->n_conversions += converted[j];
    predicted += positive;
    found += positive && converted[j];
    right += positive == (converted[j] != 0);
  }
  metrics->loss = loss / (double)n;
  metrics->accuracy = (double)right / (double)n;
  metrics->precision = predicted ? (double)found / (double)predicted : 0;
  metrics->recall = metrics->n_conversions ? (double)found / (double)metrics->n_conversions : 0;
  metrics->mean_probability = expected / (double)n;
  metrics->conversion_rate = (double)metrics->n_conversions / (double)n;
}

static const da_metrics undefined = {.loss = NAN,
                                     .auc = NAN,
                                     .accuracy = NAN,
                                     .precision = NAN,
                                     .recall = NAN,
                                     .calibration_error = NAN,
                                     .mean_probability = NAN,
                                     .conversion_rate = NAN};

da_status da_metrics_compute(const float *logit, const uint8_t *converted, uint64_t n, double shift, da_metrics *metrics, da_error *err) {
  *metrics = undefined;
  metrics->n_journeys = n;
  for (uint64_t j = 0; j < n; j++)
    if (!isfinite(logit[j])) return da_fail(err, DA_ERR_NUM, "expected finite scores but found %g", (double)logit[j]);
  if (n == 0) return DA_OK;
  count(logit, converted, n, shift, metrics);
  uint32_t *keys = da_mem_alloc(n, 2 * sizeof *keys);
  if (!keys) return da_mem_fail(err, n, 2 * sizeof *keys, "the order of the scores");
  uint64_t n_others = n - metrics->n_conversions, i = 0, k = n_others;
  for (uint64_t j = 0; j < n; j++) keys[converted[j] ? k++ : i++] = ordered_key(logit[j]);
  radix_sort(keys, keys + n, n_others);
  radix_sort(keys + n_others, keys + n, metrics->n_conversions);
  const sorted_logits sorted = {keys, keys + n_others, n_others, metrics->n_conversions};
  if (n_others && metrics->n_conversions) metrics->auc = area_under_curve(&sorted);
  metrics->calibration_error = calibration_error(&sorted, shift);
  da_mem_free(keys);
  return DA_OK;
}

void da_metrics_print_json(const da_metrics *metrics, da_text *json) {
  const struct {
    const char *key;
    double value;
  } numbers[] = {
      {"loss", metrics->loss},
      {"auc", metrics->auc},
      {"accuracy", metrics->accuracy},
      {"precision", metrics->precision},
      {"recall", metrics->recall},
      {"calibration_error", metrics->calibration_error},
      {"mean_probability", metrics->mean_probability},
      {"conversion_rate", metrics->conversion_rate},
  };
  da_text_printf(json, "{\"journeys\":%llu,\"conversions\":%llu", (unsigned long long)metrics->n_journeys,
                 (unsigned long long)metrics->n_conversions);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    da_text_printf(json, ",\"%s\":", numbers[i].key);
    da_text_append_json_number(json, numbers[i].value);
  }
  da_text_append(json, "}");
}
