/* Features: columns of the log that describe a touch (columns.touch_features) or a user (columns.user_features).
 *
 *   touch_features: [device, "format(category)"], user_features: [age, region]   ->   device, format, age, region
 *
 * A column of numbers is a number, anything else a category; name(category) and name(number) say so where the look at the data would
 * err (regions that are written as numbers). Every cell may be missing. From the sorted log on a cell is 32 bits: of a category the
 * index of its value among all values in byte order, of which the first is the empty one that stands for missing; of a number the bits of
 * a float, NaN where it is missing. */
#ifndef DA_STORE_FEATURE_H
#define DA_STORE_FEATURE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"
#include "base/text.h"
#include "store/config.h"

enum { DA_MAX_FEATURES = 32 };

typedef enum { DA_FEATURE_OPEN, DA_FEATURE_CATEGORY, DA_FEATURE_NUMBER } da_feature_kind;

/* An item of the two lists. */
typedef struct {
  da_slice name; /* of the column; the config's */
  bool of_user;
  da_feature_kind kind; /* OPEN: by what the column holds */
} da_feature_wish;

/* Those of touches, then those of users. DA_ERR_CONFIG for more than DA_MAX_FEATURES, and for a column named twice. */
da_status da_feature_wishes(const da_config_columns *config, da_feature_wish wishes[DA_MAX_FEATURES], uint32_t *n,
                            da_error *err) DA_MUST_CHECK;

/* A feature that was found in the log. */
typedef struct {
  const char *name; /* as the log has it */
  bool of_user, is_number;
} da_feature_column;

#define DA_MISSING_NUMBER UINT32_C(0x7fc00000) /* a NaN */
static inline uint32_t da_feature_missing(bool is_number) { return is_number ? DA_MISSING_NUMBER : 0; }

static inline float da_feature_number(uint32_t cell) {
  float number;
  memcpy(&number, &cell, sizeof number);
  return number;
}

static inline uint32_t da_feature_cell(float number) {
  uint32_t cell;
  memcpy(&cell, &number, sizeof cell);
  return cell;
}

#endif
