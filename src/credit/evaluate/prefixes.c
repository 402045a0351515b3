#include "credit/evaluate/prefixes.h"

#include <string.h>

#include "base/mem.h"

typedef struct {
  uint32_t *campaign;
  int64_t *time_us, *uid;
  uint64_t *first_touch, *first_journey;
  uint8_t *flags;
} arrays;

static void *take(da_prefixes *prefixes, size_t n, size_t item_bytes, bool *complete) {
  void *block = da_mem_alloc(n, item_bytes);
  *complete = *complete && block;
  prefixes->blocks[prefixes->n_blocks++] = block;
  return block;
}

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

static da_status make_room(const da_journeys *whole, uint64_t step, da_prefixes *prefixes, arrays *a, da_error *err) {
  uint64_t n_touches = 0, n = 0;
  bool complete = true;
  for (uint64_t j = 0; j < whole->n_journeys; j += step) {
    n_touches += n_touches_of(whole, j);
    n += da_journey_length(whole, j);
  }
  prefixes->journey = da_mem_alloc(n, sizeof *prefixes->journey);
  a->campaign = take(prefixes, n_touches, sizeof *a->campaign, &complete);
  a->time_us = take(prefixes, n_touches, sizeof *a->time_us, &complete);
  a->uid = take(prefixes, n, sizeof *a->uid, &complete);
  a->first_touch = take(prefixes, n + 1, sizeof *a->first_touch, &complete);
  a->first_journey = take(prefixes, n + 1, sizeof *a->first_journey, &complete);
  a->flags = take(prefixes, n, sizeof *a->flags, &complete);
  return complete && prefixes->journey ? DA_OK : da_mem_fail(err, n_touches, sizeof *a->time_us, "the beginnings of journeys");
}

static void copy(const da_journeys *whole, uint64_t step, da_prefixes *prefixes, arrays *a) {
  da_journeys *set = &prefixes->set;
  a->first_touch[0] = a->first_journey[0] = 0;
  for (uint64_t j = 0; j < whole->n_journeys; j += step) {
    uint64_t first = whole->first_touch[j], n = da_journey_length(whole, j);
    for (uint64_t length = 1; length <= n; length++) {
      uint64_t number = set->n_journeys++;
      memcpy(a->campaign + set->n_touches, whole->campaign + first, length * sizeof *a->campaign);
      memcpy(a->time_us + set->n_touches, whole->time_us + first, length * sizeof *a->time_us);
      a->flags[number] = length < n ? (uint8_t)(whole->flags[j] & ~DA_JOURNEY_CONVERTED) : whole->flags[j];
      set->n_conversions += length == n && da_journey_converted(whole, j);
      set->n_touches += length;
      a->first_touch[number + 1] = set->n_touches;
      a->first_journey[number + 1] = number + 1;
      a->uid[number] = (int64_t)number;
      prefixes->journey[number] = j;
    }
  }
}

da_status da_prefixes_init(const da_journeys *whole, uint64_t most_touches, da_prefixes *prefixes, da_error *err) {
  *prefixes = (da_prefixes){.set = {.log_start_us = whole->log_start_us, .log_end_us = whole->log_end_us, .campaigns = whole->campaigns}};
  uint64_t step = choose_step(whole, most_touches);
  arrays a = {0};
  da_status status = make_room(whole, step, prefixes, &a, err);
  if (status != DA_OK) {
    da_prefixes_free(prefixes);
    return status;
  }
  copy(whole, step, prefixes, &a);
  da_journeys *set = &prefixes->set;
  set->n_users = set->n_journeys;
  set->campaign = a.campaign;
  set->time_us = a.time_us;
  set->first_touch = a.first_touch;
  set->first_journey = a.first_journey;
  set->flags = a.flags;
  set->uid_int = a.uid;
  return DA_OK;
}

void da_prefixes_free(da_prefixes *prefixes) {
  for (size_t i = 0; i < prefixes->n_blocks; i++) da_mem_free(prefixes->blocks[i]);
  da_mem_free(prefixes->journey);
  *prefixes = (da_prefixes){0};
}
