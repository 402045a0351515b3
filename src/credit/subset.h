/* Some journeys of a set as a set of their own, in memory: to fit methods on one part and judge them on another, or on users drawn anew.
 *
 * Campaigns keep their numbers, the log its bounds; users without a journey left are left out. */
#ifndef DA_CREDIT_SUBSET_H
#define DA_CREDIT_SUBSET_H

#include "credit/journey_room.h"

/* Valid as {0}. */
typedef struct {
  da_journeys set; /* its names are those of the whole set, which must outlive it; its uids are the numbers of users there */
  da_journey_room room;
} da_subset;

/* keeps: [journeys of whole], NULL: all. times: [users of whole] how often each stands in the subset, one copy after another as users of
 * their own; NULL: once. */
da_status da_subset_init(const da_journeys *whole, const bool *keeps, const uint8_t *times, da_subset *subset, da_error *err) DA_MUST_CHECK;
void da_subset_free(da_subset *subset); /* {0} and a second call allowed */

#endif
