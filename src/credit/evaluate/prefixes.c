#include "credit/evaluate/prefixes.h"

#include <string.h>

#include "base/mem.h"

static uint64_t n_touches_of(const da_journeys *whole, uint64_t journey) {
  uint64_t n = da_journey_length(whole, journey);
  return n * (n + 1) / 2;
}

/* One journey in so many is taken. */
static uint64_t choose_step(const da_journeys *whole, uint64_t most_touches) {
  uint64_t sum = 0;
  for (uint64_t j = 0; j < whole->n_journeys; j++) sum += n_touches_of(whole, j);
  return 1 + sum / (most_touches + 1);
}

static void count(const da_journeys *whole, uint64_t step, da_journeys *set) {
  for (uint64_t j = 0; j < whole->n_journeys; j += step) {
    set->n_touches += n_touches_of(whole, j);
    set->n_journeys += da_journey_length(whole, j);
    set->n_conversions += da_journey_converted(whole, j);
  }
  set->n_users = set->n_journeys;
}

/* The first touches of journey j as the journey of this number. */
static void copy_beginning(const da_journeys *whole, uint64_t j, uint64_t n_touches, uint64_t number, da_journey_room *room) {
  uint64_t first = whole->first_touch[j], to = room->first_touch[number];
  memcpy(room->campaign + to, whole->campaign + first, n_touches * sizeof *room->campaign);
  memcpy(room->time_us + to, whole->time_us + first, n_touches * sizeof *room->time_us);
  bool is_whole = n_touches == da_journey_length(whole, j);
  room->flags[number] = is_whole ? whole->flags[j] : (uint8_t)(whole->flags[j] & ~DA_JOURNEY_CONVERTED);
  room->first_touch[number + 1] = to + n_touches;
  room->first_journey[number + 1] = number + 1;
  room->uid[number] = (int64_t)number;
}

static void copy(const da_journeys *whole, uint64_t step, da_prefixes *prefixes) {
  uint64_t number = 0;
  for (uint64_t j = 0; j < whole->n_journeys; j += step)
    for (uint64_t n_touches = 1; n_touches <= da_journey_length(whole, j); n_touches++) {
      copy_beginning(whole, j, n_touches, number, &prefixes->room);
      prefixes->journey[number++] = j;
    }
}

da_status da_prefixes_init(const da_journeys *whole, uint64_t most_touches, da_prefixes *prefixes, da_error *err) {
  *prefixes = (da_prefixes){0};
  da_journeys *set = &prefixes->set;
  uint64_t step = choose_step(whole, most_touches);
  count(whole, step, set);
  DA_TRY(da_journey_room_init(whole, false, set, &prefixes->room, err));
  prefixes->journey = da_mem_alloc(set->n_journeys, sizeof *prefixes->journey);
  if (!prefixes->journey) {
    da_status status = da_mem_fail(err, set->n_journeys, sizeof *prefixes->journey, "the beginnings of journeys");
    da_prefixes_free(prefixes);
    return status;
  }
  copy(whole, step, prefixes);
  return DA_OK;
}

void da_prefixes_free(da_prefixes *prefixes) {
  da_journey_room_free(&prefixes->room);
  da_mem_free(prefixes->journey);
  *prefixes = (da_prefixes){0};
}
