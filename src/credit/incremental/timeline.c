#include "credit/incremental/timeline.h"

#include <math.h>

#include "base/mem.h"

static const double US_PER_DAY = 86400e6;
static const int64_t US_PER_SECOND = 1000000;

static int64_t greatest_common_divisor(int64_t a, int64_t b) {
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

int64_t da_timeline_unit_us(const da_journeys *set) {
  int64_t unit = 0;
  for (uint64_t i = 0; i < set->n_touches; i++) {
    unit = greatest_common_divisor(set->time_us[i] - set->log_start_us, unit);
    if (unit != 0 && unit <= US_PER_SECOND) return US_PER_SECOND;
  }
  return unit > US_PER_SECOND ? unit : US_PER_SECOND;
}

/* Touches begin .. end-1 share a moment; spreads them over room days. */
static void spread(double *days, uint64_t begin, uint64_t end, double room) {
  for (uint64_t i = begin + 1; i < end; i++) days[i] = days[begin] + room * (double)(i - begin) / (double)(end - begin);
}

static void place_user(da_timeline *timeline, uint64_t first, uint64_t end) {
  const da_journeys *set = timeline->set;
  for (uint64_t i = first; i < end;) {
    uint64_t next = i + 1;
    while (next < end && set->time_us[next] == set->time_us[i]) next++;
    double room = timeline->unit;
    timeline->days[i] = (double)(set->time_us[i] - set->log_start_us) / US_PER_DAY;
    if (next < end) room = fmin(room, (double)(set->time_us[next] - set->time_us[i]) / US_PER_DAY);
    spread(timeline->days, i, next, room);
    timeline->n_tied += next - i - 1;
    i = next;
  }
}

/* Chunk c begins at the first user whose touches begin at or after c / n_chunks of all touches. */
static void cut_chunks(da_timeline *timeline) {
  const da_journeys *set = timeline->set;
  timeline->n_chunks = set->n_users < DA_TIMELINE_MAX_CHUNKS ? (size_t)set->n_users : DA_TIMELINE_MAX_CHUNKS;
  uint64_t user = 0;
  for (size_t c = 0; c < timeline->n_chunks; c++) {
    uint64_t touch = (uint64_t)((double)set->n_touches * (double)c / (double)timeline->n_chunks);
    while (user < set->n_users && da_timeline_user_touch(set, user) < touch) user++;
    timeline->chunk_user[c] = user;
  }
  timeline->chunk_user[timeline->n_chunks] = set->n_users;
}

da_status da_timeline_init(const da_journeys *set, da_timeline *timeline, da_error *err) {
  *timeline = (da_timeline){.set = set};
  timeline->days = da_mem_alloc(set->n_touches, sizeof *timeline->days);
  if (!timeline->days) return da_mem_fail(err, set->n_touches, sizeof *timeline->days, "the moments of all touches");
  int64_t unit_us = da_timeline_unit_us(set);
  timeline->unit = (double)unit_us / US_PER_DAY;
  timeline->end = (double)(set->log_end_us - set->log_start_us) / US_PER_DAY + timeline->unit;
  for (uint64_t user = 0; user < set->n_users; user++) {
    place_user(timeline, da_timeline_user_touch(set, user), da_timeline_user_touch(set, user + 1));
  }
  cut_chunks(timeline);
  return DA_OK;
}

void da_timeline_free(da_timeline *timeline) {
  da_mem_free(timeline->days);
  *timeline = (da_timeline){0};
}

double da_timeline_watch_end(const da_timeline *timeline, uint64_t journey, uint64_t user) {
  const da_journeys *set = timeline->set;
  bool last = journey + 1 == set->first_journey[user + 1];
  return last ? timeline->end : timeline->days[set->first_touch[journey + 1]];
}

/* Gaps are counted in bins of a factor 2^(1/4), from a millisecond up. */
enum { N_GAP_BINS = 200 };
static const double SHORTEST_GAP_DAYS = 1e-8;

static double short_gap_days(const da_timeline *timeline) {
  const da_journeys *set = timeline->set;
  uint64_t bins[N_GAP_BINS] = {0}, n = 0, below = 0;
  for (uint64_t user = 0; user < set->n_users; user++) {
    uint64_t end = da_timeline_user_touch(set, user + 1);
    for (uint64_t i = da_timeline_user_touch(set, user) + 1; i < end; i++) {
      double bin = 4 * log2((timeline->days[i] - timeline->days[i - 1]) / SHORTEST_GAP_DAYS);
      bins[bin <= 0 ? 0 : bin >= N_GAP_BINS ? N_GAP_BINS - 1 : (int)bin]++;
      n++;
    }
  }
  for (int b = 0; b < N_GAP_BINS; b++) {
    below += bins[b];
    if (n > 0 && (double)below >= .05 * (double)n) return SHORTEST_GAP_DAYS * exp2((b + .5) / 4);
  }
  return timeline->end;
}

int da_timeline_scales(const da_timeline *timeline, double scale[DA_MAX_SCALES]) {
  double longest = .3 * timeline->end, shortest = short_gap_days(timeline);
  double steps = round(log(longest / shortest) / log(3));
  int n = steps < 2 ? 3 : steps > DA_MAX_SCALES - 1 ? DA_MAX_SCALES : (int)steps + 1;
  for (int m = 0; m < n; m++) scale[m] = longest / pow(3, n - 1 - m);
  return n;
}
