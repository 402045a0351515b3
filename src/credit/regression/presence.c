#include "credit/regression/presence.h"

#include <math.h>

#include "base/mem.h"

enum { MOST_ROUNDS = 200 };
static const double SMALL_STEP = 1e-6, LARGEST_STEP = 2;

/* The paths of each campaign: path[first[c]] .. path[first[c + 1] - 1]. */
typedef struct {
  uint64_t *first;
  uint32_t *path;
  double *log_odds; /* [paths] */
} design;

static void design_free(design *d) {
  da_mem_free(d->first);
  da_mem_free(d->path);
  da_mem_free(d->log_odds);
}

static da_status design_init(const da_paths *sets, double intercept, const double *coefficient, design *d, da_error *err) {
  uint32_t n = sets->n_campaigns, n_paths = sets->path.n;
  size_t n_items = n_paths ? (size_t)sets->path.end[n_paths] : 0;
  *d = (design){.first = da_mem_calloc((size_t)n + 2, sizeof *d->first),
                .path = da_mem_alloc(n_items, sizeof *d->path),
                .log_odds = da_mem_alloc(n_paths, sizeof *d->log_odds)};
  if (!d->first || !d->path || !d->log_odds) return da_mem_fail(err, n_items, sizeof *d->path, "the paths of each campaign");
  for (size_t i = 0; i < n_items; i++) d->first[sets->path.item[i] + 2]++;
  for (uint32_t c = 0; c < n; c++) d->first[c + 2] += d->first[c + 1];
  for (uint32_t p = 0; p < n_paths; p++) {
    d->log_odds[p] = intercept;
    for (uint64_t i = sets->path.end[p]; i < sets->path.end[p + 1]; i++) {
      uint32_t c = sets->path.item[i];
      d->path[d->first[c + 1]++] = p;
      d->log_odds[p] += coefficient[c];
    }
  }
  return DA_OK;
}

/* One Newton step of a coordinate that these paths share; paths NULL: all of them. Returns the step. */
static double step(const da_presence_data *data, design *d, const uint32_t *paths, uint64_t n, double ridge, double *coordinate) {
  double gradient = -ridge * *coordinate, curvature = ridge;
  for (uint64_t i = 0; i < n; i++) {
    uint32_t p = paths ? paths[i] : (uint32_t)i;
    double weight = data->converted[p] + data->other[p];
    if (weight == 0) continue;
    double probability = 1 / (1 + exp(-d->log_odds[p]));
    gradient += data->converted[p] - weight * probability;
    curvature += weight * probability * (1 - probability);
  }
  if (curvature <= 0) return 0;
  double change = fmin(fmax(gradient / curvature, -LARGEST_STEP), LARGEST_STEP);
  *coordinate += change;
  for (uint64_t i = 0; i < n; i++) d->log_odds[paths ? paths[i] : (uint32_t)i] += change;
  return fabs(change);
}

da_status da_presence_fit(const da_paths *sets, const da_presence_data *data, double *intercept, double *coefficient, da_error *err) {
  design d;
  da_status status = design_init(sets, *intercept, coefficient, &d, err);
  for (int round = 0; status == DA_OK && round < MOST_ROUNDS; round++) {
    double largest = step(data, &d, NULL, sets->path.n, 1e-9, intercept);
    for (uint32_t c = 0; c < sets->n_campaigns; c++) {
      if (data->uses && !data->uses[c]) continue;
      largest = fmax(largest, step(data, &d, d.path + d.first[c], d.first[c + 1] - d.first[c], data->ridge, &coefficient[c]));
    }
    if (largest <= SMALL_STEP) break;
  }
  design_free(&d);
  return status;
}
