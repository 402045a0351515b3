/* What a feature of a log holds: cells that are missing, different values, the range of numbers. For `describe` and the page. */
#ifndef DA_JOURNEY_FEATURE_TALLY_H
#define DA_JOURNEY_FEATURE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "journey/set.h"

/* {.is_number = ...} begins one; give back with da_feature_tally_free. */
typedef struct {
  bool is_number;
  uint64_t n_cells, n_missing; /* touches or, of a user's feature, journeys */
  uint64_t n_values;           /* of a category: different ones that occur, not counting missing */
  float low, high;             /* of a number; mean nothing while all are missing */
  uint8_t *seen;               /* [capacity] by code; owned */
  size_t capacity;
} da_feature_tally;

/* n more cells, as store/feature.h has them. */
da_status da_feature_tally_add(da_feature_tally *tally, const uint32_t *cells, uint64_t n, da_error *err) DA_MUST_CHECK;
/* All cells of a set's feature; n: of them. */
da_status da_feature_tally_set(const da_feature *feature, uint64_t n, da_feature_tally *tally, da_error *err) DA_MUST_CHECK;
void da_feature_tally_free(da_feature_tally *tally); /* {0} and a second call allowed */

#endif
