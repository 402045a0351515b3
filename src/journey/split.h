/* Which journeys a network learns from (train), is chosen by (val) and is judged by (test).
 *
 * A split turns into u in [0, 1) whatever it goes by, and u picks the set: below fractions[0] train, below fractions[0] + fractions[1]
 * val, else test; a set with fraction 0 gets nothing. By user, u comes from a hash of uid that Spark computes with its own functions:
 *
 *   h = xxhash64(CAST(seed AS BIGINT), CAST(uid AS STRING)),  u = shiftrightunsigned(h, 11) * 2^-53
 *
 * that is, XXH64 of the uid as UTF-8 text (integers in decimal), seeded by XXH64 of the seed's 8 bytes, little endian, seeded by 42. */
#ifndef DA_JOURNEY_SPLIT_H
#define DA_JOURNEY_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "journey/spool.h"

/* What the uids of one run are hashed with. */
uint64_t da_split_seed(uint64_t seed);
double da_split_uniform_text(uint64_t split_seed, da_slice uid);
double da_split_uniform_int(uint64_t split_seed, int64_t uid);

/* DA_SET_TRAIN, DA_SET_VAL or DA_SET_TEST. */
uint8_t da_split_pick(const double fractions[3], double u);

/* By time: journeys ordered by the time of their last touch, then by journey_id; the i-th of n has u = (i + 0.5) / n. So two moments divide
 * the sets, and of the journeys that end at such a moment the first few. */
typedef struct {
  int64_t moment_us[2]; /* train ends here, val ends here */
  uint64_t n_at[2];     /* of the journeys that end at the moment, so many, by journey_id, belong to the earlier side */
  uint64_t n_met[2];    /* of them so far: da_split_by_time counts */
} da_time_split;

/* last_us: the last touch's time of every journey, int64, in the order of journey_id; rewound and read several times. */
da_status da_time_split_find(da_spool *last_us, uint64_t n_journeys, const double fractions[3], da_time_split *split,
                             da_error *err) DA_MUST_CHECK;
/* The set of the next journey; call it for every journey in the order of journey_id. */
uint8_t da_split_by_time(da_time_split *split, int64_t last_us);

#endif
