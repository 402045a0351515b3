#include "credit/journey_room.h"

#include "base/mem.h"

static void *take(size_t n, size_t item_bytes, bool *complete) {
  void *array = da_mem_alloc(n, item_bytes);
  *complete = *complete && array;
  return array;
}

static void stand_in(const da_journey_room *room, da_journeys *set) {
  set->campaign = room->campaign;
  set->time_us = room->time_us;
  set->first_touch = room->first_touch;
  set->flags = room->flags;
  set->first_journey = room->first_journey;
  set->uid_int = room->uid;
  set->value = room->value;
  set->conversion_us = room->conversion_us;
}

da_status da_journey_room_init(const da_journeys *whole, bool with_conversions, da_journeys *set, da_journey_room *room, da_error *err) {
  bool complete = true;
  room->campaign = take(set->n_touches, sizeof *room->campaign, &complete);
  room->time_us = take(set->n_touches, sizeof *room->time_us, &complete);
  room->first_touch = take(set->n_journeys + 1, sizeof *room->first_touch, &complete);
  room->flags = take(set->n_journeys, sizeof *room->flags, &complete);
  room->first_journey = take(set->n_users + 1, sizeof *room->first_journey, &complete);
  room->uid = take(set->n_users, sizeof *room->uid, &complete);
  room->value = with_conversions && whole->value ? take(set->n_conversions, sizeof *room->value, &complete) : NULL;
  room->conversion_us = with_conversions && whole->conversion_us ? take(set->n_conversions, sizeof *room->conversion_us, &complete) : NULL;
  if (!complete) {
    da_journey_room_free(room);
    return da_mem_fail(err, set->n_touches, sizeof *room->time_us, "a part of the journeys");
  }
  room->first_touch[0] = room->first_journey[0] = 0;
  set->campaigns = whole->campaigns;
  set->log_start_us = whole->log_start_us;
  set->log_end_us = whole->log_end_us;
  stand_in(room, set);
  return DA_OK;
}

void da_journey_room_free(da_journey_room *room) {
  da_mem_free(room->campaign);
  da_mem_free(room->time_us);
  da_mem_free(room->first_touch);
  da_mem_free(room->flags);
  da_mem_free(room->first_journey);
  da_mem_free(room->uid);
  da_mem_free(room->value);
  da_mem_free(room->conversion_us);
  *room = (da_journey_room){0};
}
