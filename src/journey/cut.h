/* Cuts a sorted log into journeys, one user at a time.
 *
 *   rows sorted by uid, time, conversion (false first), campaign [, value][, features]  ->  cut  ->  sink: user, journey, journey, user, ...
 *
 * The order of operations (docs/journey.md has worked cases):
 *   1. a row equal to the one before it is a duplicate: counted, and left out if drop_duplicates;
 *   2. a journey ends with its conversion; also, with gap_us, before a row that comes more than gap_us after the touch before it;
 *   3. lookback: touches more than lookback_us before the journey's last touch (before its conversion, where conversions are events
 *      of their own) are left out;
 *   4. transforms;
 *   5. the last max_len touches are kept.
 * Where conversions are events (raw/conversions.*), they come in the same stream as rows with conversion true, sorted after the
 * touches of the same moment. One that finds no touch within gap and lookback is unattributed; either way it closes what is open.
 *
 * Memory: the touches of one journey. */
#ifndef DA_JOURNEY_CUT_H
#define DA_JOURNEY_CUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "journey/transform.h"
#include "store/feature.h"

typedef struct {
  int64_t number;
  da_slice text; /* text uids; the bytes are valid during the call */
} da_uid;

typedef struct {
  bool uid_is_text;
  bool has_value;
  bool conversions_are_events;
  bool drop_duplicates;
  int64_t gap_us;            /* 0: no cut at gaps */
  int64_t lookback_us;       /* 0: no limit */
  uint64_t max_len;          /* 0: all */
  da_transforms *transforms; /* NULL: none; must outlive the cutter */
  uint32_t n_features;
  const da_feature_column *features; /* [n_features]; must outlive the cutter */
} da_cut_options;

/* The next rows of the log, as arrays of n items. */
typedef struct {
  size_t n;
  const int64_t *uid_number; /* or uid_text, by uid_is_text */
  const da_slice *uid_text;
  const int64_t *time_us;
  const uint8_t *conversion;       /* 0 or 1 */
  const uint32_t *campaign;        /* of a conversion event: any value */
  const double *value;             /* with has_value; else NULL */
  const uint8_t *value_valid;      /* 0: the row has no value; NULL: all have one */
  const uint8_t *set;              /* DA_SET_...: the set a column puts the row into; NULL: split otherwise */
  const uint32_t *const *features; /* [n_features] arrays of cells (store/feature.h); of a conversion event all missing */
} da_cut_rows;

typedef struct {
  uint64_t index;            /* 0, 1, 2 ... within the user: journey_index */
  uint64_t n;                /* touches that are kept, at least 1 */
  const uint32_t *campaign;  /* [n]; after `frequency`: codes of da_frequency */
  const int64_t *time_us;    /* [n] */
  uint64_t n_before_max_len; /* touches after the transforms */
  bool converted;
  double value;          /* 0 unless converted; 1 a conversion without has_value; 0 where the row has no value */
  int64_t conversion_us; /* of a converted one: the moment of the conversion */
  uint8_t set;           /* as its rows have it; 0 without */
  /* [n_features] arrays of cells: [n] of a touch; [1] of the user: what the user's rows up to the journey's end said last */
  const uint32_t *const *features;
} da_cut_journey;

/* Where journeys go. user is called before the first journey of each user. */
typedef struct {
  void *context;
  da_status (*user)(void *context, const da_uid *uid, da_error *err);
  da_status (*journey)(void *context, const da_cut_journey *journey, da_error *err);
} da_cut_sink;

/* What was seen and done. Touches are rows that are not conversion events. */
typedef struct {
  uint64_t n_rows, n_duplicates, n_dropped;      /* dropped: of the duplicates */
  uint64_t n_users;                              /* with a journey */
  uint64_t n_journeys, n_touches, n_conversions; /* as given to the sink */
  double value;                                  /* of those conversions */
  uint64_t n_without_value;                      /* conversions of a log with values that have none: they count 0 */
  uint64_t n_unattributed;
  double unattributed_value;
  uint64_t n_cut_gap;                                       /* journeys that end at a gap */
  uint64_t n_cut_lookback, n_cut_transforms, n_cut_max_len; /* touches left out */
  uint64_t n_shortened;                                     /* journeys that lost touches to max_len */
  uint64_t n_same_time;                                     /* touches at the very time of the touch before, of the same user */
  uint64_t most_rows;                                       /* of one user */
  uint64_t longest;                                         /* journey, in touches before max_len */
  int64_t log_start_us, log_end_us;                         /* over all rows; INT64_MAX and INT64_MIN without any */
} da_cut_counts;

typedef struct da_cut da_cut;
da_status da_cut_open(const da_cut_options *options, const da_cut_sink *sink, da_cut **cut, da_error *err) DA_MUST_CHECK;
/* Rows must go on in the sort order: DA_ERR_INTERNAL when a user comes back or time goes backward. DA_ERR_DATA when a journey's rows are in
 * more than one set. Failures of the sink are passed on. */
da_status da_cut_add(da_cut *cut, const da_cut_rows *rows, da_error *err) DA_MUST_CHECK;
/* The log has ended: closes the last journey. */
da_status da_cut_finish(da_cut *cut, da_error *err) DA_MUST_CHECK;
const da_cut_counts *da_cut_result(const da_cut *cut);
void da_cut_close(da_cut *cut); /* NULL allowed */

#endif
