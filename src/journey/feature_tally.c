#include "journey/feature_tally.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "store/feature.h"

static void add_number(da_feature_tally *tally, float number) {
  const bool first = tally->n_cells == tally->n_missing;
  tally->n_cells++;
  if (isnan(number)) {
    tally->n_missing++;
    return;
  }
  if (first || number < tally->low) tally->low = number;
  if (first || number > tally->high) tally->high = number;
}

static da_status add_code(da_feature_tally *tally, uint32_t code, da_error *err) {
  const size_t before = tally->capacity;
  if (code >= before) {
    DA_TRY(da_mem_reserve((void **)&tally->seen, &tally->capacity, (size_t)code + 1, sizeof *tally->seen, "the values of a feature", err));
    memset(tally->seen + before, 0, tally->capacity - before);
  }
  tally->n_cells++;
  tally->n_missing += code == da_feature_missing(false);
  tally->n_values += code != da_feature_missing(false) && !tally->seen[code];
  tally->seen[code] = 1;
  return DA_OK;
}

da_status da_feature_tally_add(da_feature_tally *tally, const uint32_t *cells, uint64_t n, da_error *err) {
  for (uint64_t i = 0; i < n; i++) {
    if (tally->is_number)
      add_number(tally, da_feature_number(cells[i]));
    else
      DA_TRY(add_code(tally, cells[i], err));
  }
  return DA_OK;
}

da_status da_feature_tally_set(const da_feature *feature, uint64_t n, da_feature_tally *tally, da_error *err) {
  *tally = (da_feature_tally){.is_number = feature->number != NULL};
  if (!tally->is_number) return da_feature_tally_add(tally, feature->code, n, err);
  for (uint64_t i = 0; i < n; i++) add_number(tally, feature->number[i]);
  return DA_OK;
}

void da_feature_tally_free(da_feature_tally *tally) {
  da_mem_free(tally->seen);
  *tally = (da_feature_tally){0};
}
