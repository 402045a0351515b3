/* Every journey as it was after each of its touches: to ask of every touch whether a conversion follows it, before the next one.
 *
 *   a b c!  ->  a   a b   a b c!      each a journey of a user of its own
 *
 * Journeys are cut at conversions, so that a long one is one that has not converted yet, and whoever takes length for bad luck predicts
 * journeys well. Of touches nobody knows beforehand which will be the last. */
#ifndef DA_CREDIT_EVALUATE_PREFIXES_H
#define DA_CREDIT_EVALUATE_PREFIXES_H

#include "credit/journey_room.h"

/* Valid as {0}. */
typedef struct {
  da_journeys set;   /* without values; its names are those of the whole set, which must outlive it */
  uint64_t *journey; /* [set.n_journeys] of the whole set that each is the beginning of */
  da_journey_room room;
} da_prefixes;

/* Of journeys evenly chosen, so many that the prefixes have about most_touches touches at most. */
da_status da_prefixes_init(const da_journeys *whole, uint64_t most_touches, da_prefixes *prefixes, da_error *err) DA_MUST_CHECK;
void da_prefixes_free(da_prefixes *prefixes); /* {0} and a second call allowed */

#endif
