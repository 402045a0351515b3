#include "credit/subset.h"

#include <string.h>

#include "base/mem.h"

/* The arrays of a subset while they are filled. */
typedef struct {
  uint32_t *campaign;
  int64_t *time_us, *conversion_us, *uid;
  uint64_t *first_touch, *first_journey;
  uint8_t *flags;
  double *value;
} arrays;

static void *take(da_subset *subset, size_t n, size_t item_bytes, bool *complete) {
  void *block = da_mem_alloc(n, item_bytes);
  *complete = *complete && block;
  subset->blocks[subset->n_blocks++] = block;
  return block;
}

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

/* Counts what stays, and makes room for it. */
static da_status make_room(const choice *c, da_subset *subset, arrays *a, da_error *err) {
  const da_journeys *whole = c->whole;
  da_journeys *set = &subset->set;
  count(c, set);
  bool complete = true;
  a->campaign = take(subset, set->n_touches, sizeof *a->campaign, &complete);
  a->time_us = take(subset, set->n_touches, sizeof *a->time_us, &complete);
  a->first_touch = take(subset, set->n_journeys + 1, sizeof *a->first_touch, &complete);
  a->flags = take(subset, set->n_journeys, sizeof *a->flags, &complete);
  a->first_journey = take(subset, set->n_users + 1, sizeof *a->first_journey, &complete);
  a->uid = take(subset, set->n_users, sizeof *a->uid, &complete);
  a->value = whole->value ? take(subset, set->n_conversions, sizeof *a->value, &complete) : NULL;
  a->conversion_us = whole->conversion_us ? take(subset, set->n_conversions, sizeof *a->conversion_us, &complete) : NULL;
  return complete ? DA_OK : da_mem_fail(err, set->n_touches, sizeof *a->time_us, "a part of the journeys");
}

/* Where the next journey goes. */
typedef struct {
  uint64_t touch, journey, conversion, user;
} position;

static void copy_journey(const da_journeys *whole, uint64_t j, uint64_t conversion, arrays *a, position *to) {
  uint64_t first = whole->first_touch[j], n = da_journey_length(whole, j);
  memcpy(a->campaign + to->touch, whole->campaign + first, n * sizeof *a->campaign);
  memcpy(a->time_us + to->touch, whole->time_us + first, n * sizeof *a->time_us);
  a->flags[to->journey++] = whole->flags[j];
  to->touch += n;
  a->first_touch[to->journey] = to->touch;
  if (!da_journey_converted(whole, j)) return;
  if (a->value) a->value[to->conversion] = whole->value[conversion];
  if (a->conversion_us) a->conversion_us[to->conversion] = whole->conversion_us[conversion];
  to->conversion++;
}

/* One copy of a user, whose first conversion has this number. */
static void copy_user(const choice *c, uint64_t user, uint64_t conversion, arrays *a, position *to) {
  const da_journeys *whole = c->whole;
  uint64_t before = to->journey;
  for (uint64_t j = whole->first_journey[user]; j < whole->first_journey[user + 1]; j++) {
    if (is_kept(c, j)) copy_journey(whole, j, conversion, a, to);
    conversion += da_journey_converted(whole, j);
  }
  if (to->journey > before) {
    a->uid[to->user++] = (int64_t)user; /* a number of its own: nobody asks for the name */
    a->first_journey[to->user] = to->journey;
  }
}

static uint64_t n_conversions_of(const da_journeys *whole, uint64_t user) {
  uint64_t n = 0;
  for (uint64_t j = whole->first_journey[user]; j < whole->first_journey[user + 1]; j++) n += da_journey_converted(whole, j);
  return n;
}

static void copy(const choice *c, arrays *a) {
  position to = {0};
  uint64_t conversion = 0;
  a->first_touch[0] = a->first_journey[0] = 0;
  for (uint64_t user = 0; user < c->whole->n_users; user++) {
    for (uint8_t times = times_of(c, user); times; times--) copy_user(c, user, conversion, a, &to);
    conversion += n_conversions_of(c->whole, user);
  }
}

da_status da_subset_init(const da_journeys *whole, const bool *keeps, const uint8_t *times, da_subset *subset, da_error *err) {
  *subset = (da_subset){.set = {.log_start_us = whole->log_start_us, .log_end_us = whole->log_end_us, .campaigns = whole->campaigns}};
  const choice c = {whole, keeps, times};
  arrays a = {0};
  da_status status = make_room(&c, subset, &a, err);
  if (status != DA_OK) {
    da_subset_free(subset);
    return status;
  }
  copy(&c, &a);
  da_journeys *set = &subset->set;
  set->campaign = a.campaign;
  set->time_us = a.time_us;
  set->first_touch = a.first_touch;
  set->flags = a.flags;
  set->first_journey = a.first_journey;
  set->uid_int = a.uid;
  set->value = a.value;
  set->conversion_us = a.conversion_us;
  return DA_OK;
}

void da_subset_free(da_subset *subset) {
  for (size_t i = 0; i < subset->n_blocks; i++) da_mem_free(subset->blocks[i]);
  *subset = (da_subset){0};
}
