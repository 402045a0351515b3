/* The packed journey set: every journey of a bucket in flat arrays, mapped from one file.
 *
 * feature_store_preprocessed/journeys.pack, journeys in the order of (uid, journey_index):
 *
 *   touch      0    1    2    3    4    5    6
 *   campaign   7    7    2    2    0    5    5      uint32, index into names
 *   time_us   t0   t1   t2   t3   t4   t5   t6      int64, microseconds UTC, never decreasing inside a user
 *   journey   |-- 0 --|  1 |------- 2 ------|       first_touch = 0 2 3 7
 *   flags       conv    no        conv              bit 0 converted, bits 1-2 set (0 train, 1 val, 2 test)
 *   user      |---- A ----|------- B -------|       first_journey = 0 2 3
 *   value       9.90              20.00             one a converted journey, in journey order; absent without a value column
 *
 * Invariants: every journey has at least one touch, every user at least one journey; users ascend by uid (text: in byte order);
 * a user's journeys are in time order and in one set (unless the split is by time or column); times lie within the log, and a
 * conversion is not before its journey's last touch. 12 bytes a touch, 9 a journey, 8 + uid a user; 4 for each cell of a feature.
 *
 * The file is a pack (journey/pack.h) with these arrays as its sections, by their names here; the names of the campaigns are
 * `name_end` and `name_text`, the single numbers `log_us`, `n_unattributed` and `unattributed_value`. With features: their cells are
 * `feature_0`, `feature_1` ..., their kinds `feature_flags` (bit 0: of the user), their names `feature_name_end` and `feature_name_text`,
 * and the values of all of them, one list behind the other, `feature_n_values`, `feature_value_end` and `feature_value_text`. */
#ifndef DA_JOURNEY_SET_H
#define DA_JOURNEY_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "journey/pack.h"
#include "store/table.h"

enum { DA_SET_TRAIN, DA_SET_VAL, DA_SET_TEST, DA_N_SETS };
enum { DA_JOURNEY_CONVERTED = 1 };

/* What columns.touch_features and columns.user_features told of journeys: a cell a touch or, of users, a cell a journey. */
typedef struct {
  da_slice name;
  bool of_user;         /* what the user's rows up to the journey's end said last */
  const uint32_t *code; /* of a category: index into values; NULL: a number */
  const float *number;  /* NaN: missing */
  da_names values;      /* in byte order; the first is the empty one, which stands for missing */
} da_feature;

typedef struct {
  uint64_t n_touches, n_journeys, n_users, n_conversions;
  uint64_t n_unattributed; /* conversions without a touch in their window (separate conversion events) */
  double unattributed_value;
  int64_t log_start_us, log_end_us; /* first and last moment of the whole log, before any cut */
  const uint32_t *campaign;         /* [n_touches] */
  const int64_t *time_us;           /* [n_touches] */
  const uint64_t *first_touch;      /* [n_journeys + 1] */
  const uint8_t *flags;             /* [n_journeys] */
  const double *value;              /* [n_conversions], or NULL: every conversion counts 1 */
  const int64_t *conversion_us;     /* [n_conversions] where a conversion may come after the last touch that is kept (conversions
                                     that are events of their own, transforms); NULL: at the last touch */
  const uint64_t *first_journey;    /* [n_users + 1] */
  const int64_t *uid_int;           /* [n_users], or NULL when uids are text */
  const uint64_t *uid_end;          /* text uids: [n_users + 1] offsets into uid_text; NULL otherwise */
  const char *uid_text;
  da_names campaigns; /* names in byte order; index = rank */
  uint32_t n_features;
  const da_feature *features; /* [n_features] */
  uint64_t checksum;          /* of the file's content: names this set in models and manifests */
  void *mapping;              /* private to set.c */
  size_t mapping_bytes;
  da_slice *name_slices; /* private to set.c, like the next two */
  da_feature *feature_items;
  da_slice *feature_slices;
} da_journeys;

static inline bool da_journey_converted(const da_journeys *set, uint64_t journey) { return set->flags[journey] & DA_JOURNEY_CONVERTED; }
static inline int da_journey_set(const da_journeys *set, uint64_t journey) { return (set->flags[journey] >> 1) & 3; }
static inline uint64_t da_journey_length(const da_journeys *set, uint64_t journey) {
  return set->first_touch[journey + 1] - set->first_touch[journey];
}

/* Touches of the longest journey; 0 where there is none. */
uint64_t da_journeys_longest(const da_journeys *set);

/* n: [set->campaigns.n] receives how many touches each campaign has. */
void da_journeys_count_touches(const da_journeys *set, uint64_t *n);

/* Text uids only. */
static inline da_slice da_user_text(const da_journeys *set, uint64_t user) {
  return (da_slice){set->uid_text + set->uid_end[user], set->uid_end[user + 1] - set->uid_end[user]};
}

/* The user of a journey, and the journey of a touch, found by bisection. */
uint64_t da_journey_user(const da_journeys *set, uint64_t journey);
uint64_t da_journey_of_touch(const da_journeys *set, uint64_t touch);

/* Maps a packed file (da_bucket_local gives its path). Hostile until checked: sizes, bounds, order and checksum are verified; DA_ERR_DATA. */
da_status da_journeys_open(const char *path, da_journeys *set, da_error *err) DA_MUST_CHECK;
/* The same of a file that this process has just written: it is not verified. */
da_status da_journeys_open_own(const char *path, da_journeys *set, da_error *err) DA_MUST_CHECK;
/* Journeys begin .. end - 1 and their users will not be read for a while: keeps one pass over a large mapped set small in memory. Nothing
 * else changes. */
void da_journeys_release(const da_journeys *set, uint64_t begin, uint64_t end);
void da_journeys_close(da_journeys *set); /* {0} and a second call allowed */

/* The invariants above. For a set built in memory (tests, simulation, scoring from arrays): its arrays stay the caller's. */
da_status da_journeys_check(const da_journeys *set, da_error *err) DA_MUST_CHECK;

/* For journey/set_part.h: a set without users, values and moments of conversions (NULL, and 0 users), and of its touches and cells only
 * those of journeys begin .. end - 1. The set takes the mapping over, whatever happens; check_part is check for what is there. */
da_status da_journeys_take_part(const da_pack *pack, da_journeys *set, da_error *err) DA_MUST_CHECK;
da_status da_journeys_check_part(const da_journeys *set, uint64_t begin, uint64_t end, da_error *err) DA_MUST_CHECK;

#endif
