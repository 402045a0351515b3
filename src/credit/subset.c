#include "credit/subset.h"

#include <string.h>

/* What is asked for, as da_subset_init has it. */
typedef struct {
  const da_journeys *whole;
  const bool *keeps;
  const uint8_t *times;
} choice;

static bool is_kept(const choice *c, uint64_t journey) { return !c->keeps || c->keeps[journey]; }
static uint8_t times_of(const choice *c, uint64_t user) { return c->times ? c->times[user] : 1; }

static void count(const choice *c, da_journeys *set) {
  const da_journeys *whole = c->whole;
  for (uint64_t user = 0; user < whole->n_users; user++) {
    uint64_t times = times_of(c, user), before = set->n_journeys;
    for (uint64_t j = whole->first_journey[user]; j < whole->first_journey[user + 1]; j++) {
      if (!is_kept(c, j)) continue;
      set->n_journeys += times;
      set->n_touches += times * da_journey_length(whole, j);
      set->n_conversions += times * da_journey_converted(whole, j);
    }
    if (set->n_journeys > before) set->n_users += times;
  }
}

/* Where the next journey goes. */
typedef struct {
  uint64_t touch, journey, conversion, user;
} position;

static void copy_journey(const da_journeys *whole, uint64_t j, uint64_t conversion, da_journey_room *room, position *to) {
  uint64_t first = whole->first_touch[j], n = da_journey_length(whole, j);
  memcpy(room->campaign + to->touch, whole->campaign + first, n * sizeof *room->campaign);
  memcpy(room->time_us + to->touch, whole->time_us + first, n * sizeof *room->time_us);
  room->flags[to->journey++] = whole->flags[j];
  to->touch += n;
  room->first_touch[to->journey] = to->touch;
  if (!da_journey_converted(whole, j)) return;
  if (room->value) room->value[to->conversion] = whole->value[conversion];
  if (room->conversion_us) room->conversion_us[to->conversion] = whole->conversion_us[conversion];
  to->conversion++;
}

/* One copy of a user, whose first conversion has this number. */
static void copy_user(const choice *c, uint64_t user, uint64_t conversion, da_journey_room *room, position *to) {
  const da_journeys *whole = c->whole;
  uint64_t before = to->journey;
  for (uint64_t j = whole->first_journey[user]; j < whole->first_journey[user + 1]; j++) {
    if (is_kept(c, j)) copy_journey(whole, j, conversion, room, to);
    conversion += da_journey_converted(whole, j);
  }
  if (to->journey > before) {
    room->uid[to->user++] = (int64_t)user; /* a number of its own: nobody asks for the name */
    room->first_journey[to->user] = to->journey;
  }
}

static uint64_t n_conversions_of(const da_journeys *whole, uint64_t user) {
  uint64_t n = 0;
  for (uint64_t j = whole->first_journey[user]; j < whole->first_journey[user + 1]; j++) n += da_journey_converted(whole, j);
  return n;
}

static void copy(const choice *c, da_journey_room *room) {
  position to = {0};
  uint64_t conversion = 0;
  for (uint64_t user = 0; user < c->whole->n_users; user++) {
    for (uint8_t times = times_of(c, user); times; times--) copy_user(c, user, conversion, room, &to);
    conversion += n_conversions_of(c->whole, user);
  }
}

da_status da_subset_init(const da_journeys *whole, const bool *keeps, const uint8_t *times, da_subset *subset, da_error *err) {
  *subset = (da_subset){0};
  const choice c = {whole, keeps, times};
  count(&c, &subset->set);
  DA_TRY(da_journey_room_init(whole, true, &subset->set, &subset->room, err));
  copy(&c, &subset->room);
  return DA_OK;
}

void da_subset_free(da_subset *subset) {
  da_journey_room_free(&subset->room);
  *subset = (da_subset){0};
}
