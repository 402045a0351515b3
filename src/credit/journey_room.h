/* Room for a set of journeys that is made in memory, to be filled by whoever makes it. */
#ifndef DA_CREDIT_JOURNEY_ROOM_H
#define DA_CREDIT_JOURNEY_ROOM_H

#include "journey/set.h"

/* Valid as {0}. Each array as da_journeys has it; the first entry of first_touch and of first_journey is 0 already. */
typedef struct {
  uint32_t *campaign;
  int64_t *time_us, *conversion_us, *uid;
  uint64_t *first_touch, *first_journey;
  uint8_t *flags;
  double *value;
} da_journey_room;

/* As large as set's counts say. set's arrays then stand in the room, which must outlive it; its campaigns and the bounds of its log are
 * those of whole. with_conversions: value and conversion_us too, those of them that whole has. */
da_status da_journey_room_init(const da_journeys *whole, bool with_conversions, da_journeys *set, da_journey_room *room,
                               da_error *err) DA_MUST_CHECK;
void da_journey_room_free(da_journey_room *room); /* {0} and a second call allowed */

#endif
