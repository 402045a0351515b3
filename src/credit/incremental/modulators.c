#include "credit/incremental/modulators.h"

#include <math.h>

#include "base/mem.h"

da_modulator_scheme da_modulator_scheme_for(uint32_t n_campaigns, double longest_days) {
  bool by_campaign = n_campaigns <= DA_MODULATORS_MAX_CAMPAIGNS;
  return (da_modulator_scheme){
      .n_campaigns = n_campaigns,
      .by_campaign = by_campaign,
      .gap_days = longest_days / 6,
      .recency_days = longest_days * 7 / 9,
      .n = by_campaign ? 2 + 2 * n_campaigns : 4,
  };
}

/* What has happened in the journey so far. Campaigns are kept in a list of those seen, never a table of all. */
typedef struct {
  uint32_t campaign;
  uint32_t n_touches;
  double last_days;
} seen;

typedef struct {
  seen *items;
  uint32_t n;
} past;

static seen *find(past *journey, uint32_t campaign) {
  for (uint32_t i = 0; i < journey->n; i++) {
    if (journey->items[i].campaign == campaign) return &journey->items[i];
  }
  return NULL;
}

/* Moves the campaign to the front: the list is in order of the last touch, newest first. */
static void see(past *journey, uint32_t campaign, double days) {
  seen *at = find(journey, campaign);
  seen now = at ? *at : (seen){.campaign = campaign};
  if (!at) at = &journey->items[journey->n++];
  for (; at > journey->items; at--) at[0] = at[-1];
  now.n_touches++;
  now.last_days = days;
  *at = now;
}

typedef struct {
  uint16_t *index;
  float *value;
  uint64_t n;
} sink;

static void put(sink *to, uint32_t index, double value) {
  if (to->index) {
    to->index[to->n] = (uint16_t)index;
    to->value[to->n] = (float)value;
  }
  to->n++;
}

static void put_recencies(const da_modulator_scheme *scheme, const past *journey, uint32_t campaign, double days, sink *to) {
  for (uint32_t i = 0; i < journey->n; i++) {
    const seen *other = &journey->items[i];
    if (other->campaign == campaign) continue;
    put(to, da_modulator_recency(scheme, other->campaign), exp(-(days - other->last_days) / scheme->recency_days));
    if (!scheme->by_campaign) return; /* the newest other campaign speaks for all */
  }
}

static void put_touch(const da_modulator_scheme *scheme, past *journey, uint32_t campaign, double days, sink *to) {
  if (journey->n == 0) {
    put(to, da_modulator_first(scheme, campaign), 1);
    return;
  }
  const seen *same = find(journey, campaign);
  if (same) put(to, DA_MODULATOR_REPEAT, -log1p(same->n_touches));
  put(to, DA_MODULATOR_GAP, exp(-(days - journey->items[0].last_days) / scheme->gap_days));
  put_recencies(scheme, journey, campaign, days, to);
}

typedef struct {
  const da_timeline *timeline;
  da_modulators *modulators;
  seen *seen; /* [threads * most campaigns of a journey] */
  uint32_t most_campaigns;
  bool counting; /* first pass: only how many features each touch has */
} pass;

/* begin[i + 1] holds the number of touch i's features after the counting pass, and bounds once those are summed up. */
static void pass_chunk(void *context, size_t chunk, int thread) {
  pass *all = context;
  const da_journeys *set = all->timeline->set;
  da_modulators *out = all->modulators;
  past journey = {.items = all->seen + (size_t)thread * all->most_campaigns};
  uint64_t first = set->first_journey[all->timeline->chunk_user[chunk]], end = set->first_journey[all->timeline->chunk_user[chunk + 1]];
  for (uint64_t j = first; j < end; j++) {
    journey.n = 0;
    for (uint64_t i = set->first_touch[j]; i < set->first_touch[j + 1]; i++) {
      sink to = {0};
      if (!all->counting) to = (sink){out->index + out->begin[i], out->value + out->begin[i], 0};
      put_touch(&out->scheme, &journey, set->campaign[i], all->timeline->days[i], &to);
      if (all->counting) out->begin[i + 1] = to.n;
      see(&journey, set->campaign[i], all->timeline->days[i]);
    }
  }
}

static da_status fill(const da_timeline *timeline, da_pool *pool, pass *all, da_modulators *out, da_error *err) {
  uint64_t n_touches = timeline->set->n_touches;
  out->begin = da_mem_calloc(n_touches + 1, sizeof *out->begin);
  if (!out->begin) return da_mem_fail(err, n_touches + 1, sizeof *out->begin, "the circumstances of every touch");
  all->counting = true;
  da_pool_run(pool, timeline->n_chunks, pass_chunk, all);
  for (uint64_t i = 0; i < n_touches; i++) out->begin[i + 1] += out->begin[i];
  uint64_t n = out->begin[n_touches];
  out->index = da_mem_alloc(n, sizeof *out->index);
  out->value = da_mem_alloc(n, sizeof *out->value);
  if (!out->index || !out->value) return da_mem_fail(err, n, sizeof *out->value, "the circumstances of every touch");
  all->counting = false;
  da_pool_run(pool, timeline->n_chunks, pass_chunk, all);
  return DA_OK;
}

da_status da_modulators_init(const da_timeline *timeline, const da_modulator_scheme *scheme, da_pool *pool, da_modulators *modulators,
                             da_error *err) {
  *modulators = (da_modulators){.scheme = *scheme};
  pass all = {.timeline = timeline, .modulators = modulators, .most_campaigns = scheme->n_campaigns};
  size_t n_seen = (size_t)da_pool_n_threads(pool) * scheme->n_campaigns;
  all.seen = da_mem_alloc(n_seen, sizeof *all.seen);
  if (!all.seen) return da_mem_fail(err, n_seen, sizeof *all.seen, "the campaigns seen in a journey");
  da_status status = fill(timeline, pool, &all, modulators, err);
  da_mem_free(all.seen);
  return status;
}

void da_modulators_free(da_modulators *modulators) {
  da_mem_free(modulators->begin);
  da_mem_free(modulators->index);
  da_mem_free(modulators->value);
  *modulators = (da_modulators){0};
}
