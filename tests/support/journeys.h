/* Packed journey sets for tests, in memory: written out as text, or drawn at random. Free with journeys_free. */
#ifndef DA_TESTS_JOURNEYS_H
#define DA_TESTS_JOURNEYS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "journey/set.h"
#include "support/testing.h"

#define DAY_US INT64_C(86400000000)

/* The arrays behind set, which a test may change. */
typedef struct {
  da_journeys set;
  uint32_t *campaign;
  int64_t *time_us;
  uint64_t *first_touch, *first_journey;
  uint8_t *flags;
  double *value;
  int64_t *uid;
  char (*name_text)[32];
  da_slice *names;
} test_journeys;

static inline void *journeys_zeroed(size_t n, size_t bytes) {
  void *block = calloc(n ? n : 1, bytes);
  assert_non_null(block);
  return block;
}

static inline test_journeys *journeys_room(size_t n_touches, size_t n_campaigns) {
  test_journeys *made = journeys_zeroed(1, sizeof *made);
  made->campaign = journeys_zeroed(n_touches, sizeof *made->campaign);
  made->time_us = journeys_zeroed(n_touches, sizeof *made->time_us);
  made->first_touch = journeys_zeroed(n_touches + 1, sizeof *made->first_touch);
  made->first_journey = journeys_zeroed(n_touches + 1, sizeof *made->first_journey);
  made->flags = journeys_zeroed(n_touches, sizeof *made->flags);
  made->value = journeys_zeroed(n_touches, sizeof *made->value);
  made->uid = journeys_zeroed(n_touches, sizeof *made->uid);
  made->name_text = journeys_zeroed(n_campaigns, sizeof *made->name_text);
  made->names = journeys_zeroed(n_campaigns, sizeof *made->names);
  return made;
}

static inline void journeys_free(test_journeys *made) {
  if (!made) return;
  free(made->campaign), free(made->time_us), free(made->first_touch), free(made->first_journey), free(made->flags);
  free(made->value), free(made->uid), free(made->name_text), free(made->names);
  free(made);
}

/* Ends the journey, in a set, whose touches were added last. */
static inline void journeys_end_one(test_journeys *made, uint64_t in_set, bool converted) {
  da_journeys *set = &made->set;
  set->n_conversions += converted;
  made->flags[set->n_journeys++] = (uint8_t)(in_set << 1 | converted);
  made->first_touch[set->n_journeys] = set->n_touches;
}

/* Points set at the arrays once they are filled; the names in name_text are sorted already. */
static inline void journeys_finish(test_journeys *made, size_t n_campaigns, bool has_value) {
  for (size_t i = 0; i < n_campaigns; i++) made->names[i] = (da_slice){made->name_text[i], strlen(made->name_text[i])};
  da_journeys *set = &made->set;
  set->campaign = made->campaign;
  set->time_us = made->time_us;
  set->first_touch = made->first_touch;
  set->first_journey = made->first_journey;
  set->flags = made->flags;
  set->value = has_value ? made->value : NULL;
  set->uid_int = made->uid;
  set->campaigns = (da_names){made->names, n_campaigns};
  set->log_start_us = INT64_MAX;
  set->log_end_us = INT64_MIN;
  for (uint64_t t = 0; t < set->n_touches; t++) {
    if (set->time_us[t] < set->log_start_us) set->log_start_us = set->time_us[t];
    if (set->time_us[t] > set->log_end_us) set->log_end_us = set->time_us[t];
  }
}

static inline int journeys_compare_names(const void *a, const void *b) { return strcmp(a, b); }

static inline uint32_t journeys_name_index(const test_journeys *made, size_t n, const char *name) {
  for (uint32_t i = 0; i < n; i++) {
    if (strcmp(made->name_text[i], name) == 0) return i;
  }
  return UINT32_MAX;
}

/* campaign@day, with ! for a conversion and then its value if it has one; ; ends a journey, | ends a user:
 *   "display@0 search@3!12.50 ; email@5 | social@1!"
 * Conversions have values when one is written. Sets go round: user 0 train, 1 val, 2 test, 3 train, ... */
static inline test_journeys *journeys_from_text(const char *text) {
  size_t length = strlen(text), n_names = 0;
  test_journeys *made = journeys_room(length + 1, length + 1);
  bool has_value = false;
  char name[32];
  double day;
  int used;
  for (int pass = 0; pass < 2; pass++) { /* first the names, then, once they are sorted, the rest */
    da_journeys *set = &made->set;
    for (const char *at = text; *at; at += used) {
      used = 1;
      if (*at == ';' || *at == '|') {
        if (pass == 0) continue;
        set->n_journeys++;
        made->first_touch[set->n_journeys] = set->n_touches;
        if (*at == '|') made->first_journey[++set->n_users] = set->n_journeys;
        continue;
      }
      if (sscanf(at, " %31[^@ ;|]@%lf%n", name, &day, &used) != 2) {
        used = 1;
        continue;
      }
      if (pass == 0) {
        if (journeys_name_index(made, n_names, name) == UINT32_MAX) strcpy(made->name_text[n_names++], name);
        continue;
      }
      made->campaign[set->n_touches] = journeys_name_index(made, n_names, name);
      made->time_us[set->n_touches++] = (int64_t)(day * (double)DAY_US);
      made->flags[set->n_journeys] = (uint8_t)((set->n_users % 3) << 1 | (made->flags[set->n_journeys] & 1));
      if (at[used] == '!') {
        made->flags[set->n_journeys] |= DA_JOURNEY_CONVERTED;
        char *end;
        double value = strtod(at + used + 1, &end);
        has_value |= end != at + used + 1;
        made->value[set->n_conversions++] = value;
        used = (int)(end - at);
      }
    }
    if (pass == 0) qsort(made->name_text, n_names, sizeof *made->name_text, journeys_compare_names);
  }
  da_journeys *set = &made->set;
  made->first_touch[++set->n_journeys] = set->n_touches;
  made->first_journey[++set->n_users] = set->n_journeys;
  for (uint64_t u = 0; u < set->n_users; u++) made->uid[u] = (int64_t)(100 + u);
  journeys_finish(made, n_names, has_value);
  return made;
}

/* n_users users of 1 to 4 journeys of 1 to max_length touches over n_campaigns campaigns, a third of them converting, with values. */
static inline test_journeys *journeys_random(uint64_t seed, size_t n_users, uint32_t n_campaigns, size_t max_length) {
  test_journeys *made = journeys_room(n_users * 4 * max_length, n_campaigns);
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, seed, 0);
  for (uint32_t c = 0; c < n_campaigns; c++) snprintf(made->name_text[c], sizeof made->name_text[c], "c%05u", c);
  for (size_t user = 0; user < n_users; user++) {
    int64_t now = INT64_C(1700000000000000);
    uint64_t n_journeys = 1 + da_random_below(&random, 4), in_set = da_random_below(&random, 3);
    for (uint64_t j = 0; j < n_journeys; j++) {
      uint64_t n = 1 + da_random_below(&random, max_length);
      for (uint64_t i = 0; i < n; i++) {
        now += (int64_t)(da_random_exponential(&random) * (double)DAY_US);
        made->time_us[set->n_touches] = now;
        made->campaign[set->n_touches++] = (uint32_t)da_random_below(&random, n_campaigns);
      }
      bool converted = da_random_below(&random, 3) == 0;
      if (converted) made->value[set->n_conversions] = (double)da_random_below(&random, 100000) / 100;
      journeys_end_one(made, in_set, converted);
    }
    made->uid[set->n_users++] = (int64_t)user * 3 - 7;
    made->first_journey[set->n_users] = set->n_journeys;
  }
  journeys_finish(made, n_campaigns, true);
  return made;
}

#endif
