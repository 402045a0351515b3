#include "simulate/world.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/* Worlds that are made, not tabled: everything lives in the arena. */
typedef struct {
  da_arena *arena;
  da_world *world;
  da_world_campaign *campaigns;
  da_random random;
  bool failed; /* memory ran out */
} maker;

static void *make_array(maker *make, size_t n, size_t item_bytes) {
  void *items = da_arena_alloc(make->arena, n, item_bytes);
  if (!items) {
    make->failed = true;
    return NULL;
  }
  memset(items, 0, n * item_bytes);
  return items;
}

static const char *make_text(maker *make, const char *text) {
  const char *copy = da_arena_strndup(make->arena, text, strlen(text));
  if (!copy) make->failed = true;
  return copy;
}

/* A world of n campaigns called c001 .. c<n>, all else zero. False when memory ran out. */
static bool make_world(maker *make, const char *name, const char *title, size_t n_campaigns) {
  make->world = make_array(make, 1, sizeof *make->world);
  make->campaigns = make_array(make, n_campaigns, sizeof *make->campaigns);
  if (make->failed) return false;
  *make->world = (da_world){.name = make_text(make, name), .title = title, .campaigns = make->campaigns, .n_campaigns = n_campaigns};
  make->world->hazard.saturation = 1;
  for (size_t k = 0; k < n_campaigns; k++) {
    char campaign[32];
    snprintf(campaign, sizeof campaign, "c%03zu", k + 1);
    make->campaigns[k].name = make_text(make, campaign);
  }
  return !make->failed;
}

static double between(da_random *random, double low, double high) { return low + (high - low) * da_random_uniform(random); }
static double between_in_log(da_random *random, double low, double high) { return low * pow(high / low, da_random_uniform(random)); }
static bool chance(da_random *random, double probability) { return da_random_uniform(random) < probability; }

/* Many campaigns: Zipf rates that sum to the touches of W1, gamma effects of which 15 % are zero, any decay of W1. */
static void make_many_campaigns(maker *make) {
  enum { N = 200 };
  const double touches = 5.9, mean_effect = .0044, effect_shape = 1.5, zero_share = .15;
  if (!make_world(make, "W200", "200 campaigns, most of them small", N)) return;
  double harmonic = 0;
  for (int k = 1; k <= N; k++) harmonic += 1.0 / k;
  da_random_init(&make->random, 200, 0);
  for (int k = 0; k < N; k++) {
    da_world_campaign *campaign = &make->campaigns[k];
    campaign->rate = touches / harmonic / (k + 1);
    bool zero = chance(&make->random, zero_share);
    double effect = mean_effect / (1 - zero_share) * da_random_gamma(&make->random, effect_shape) / effect_shape;
    campaign->effect = zero ? 0 : effect;
    campaign->tau_days = between_in_log(&make->random, .25, 7);
  }
  make->world->hazard.base = .010;
}

/* Each rule of W2, W3 and W4 is there or not by a coin. Bursts are a family of their own: what nobody can see in the log says nothing about
 * a rule. */
static void make_random_hazard(maker *make, const char *name) {
  da_random *random = &make->random;
  size_t n = 4 + da_random_below(random, 9);
  if (!make_world(make, name, "a hazard world with parameters drawn at random", n)) return;
  da_world_hazard *hazard = &make->world->hazard;
  bool confounded = chance(random, .4), saturated = chance(random, .4), primed = chance(random, .4);
  hazard->ordered = chance(random, .3);
  hazard->base = between(random, .004, .02);
  if (confounded) hazard->base_demand = between(random, .5, 1.1);
  if (saturated) hazard->saturation = between(random, .4, .9);
  if (primed) {
    hazard->primer = (uint32_t)da_random_below(random, n);
    hazard->priming = between(random, .5, 2);
    hazard->priming_tau_days = between_in_log(random, 3, 15);
  }
  hazard->rest_floor = between(random, .1, .6);
  hazard->rest_tau_days = between_in_log(random, .5, 4);
  double touches = between(random, 4, 8), total = 0;
  for (size_t k = 0; k < n; k++) {
    da_world_campaign *campaign = &make->campaigns[k];
    campaign->rate = .15 + da_random_gamma(random, 1.5);
    total += campaign->rate;
    campaign->effect = chance(random, .2) ? 0 : .003 * da_random_gamma(random, 1.5);
    campaign->tau_days = between_in_log(random, .2, 8);
    campaign->demand = confounded && chance(random, .35) ? between(random, .2, 1) : 0;
    bool fixed = chance(random, .5);
    campaign->if_first = fixed ? 1 : between(random, .3, 2.5);
    campaign->if_later = fixed ? 1 : between(random, .4, 1.6);
  }
  for (size_t k = 0; k < n; k++) make->campaigns[k].rate *= touches / total;
}

/* The same with bursts of intent, in which one to three campaigns are shown that do little or nothing. */
static void make_random_burst(maker *make, const char *name) {
  da_random *random = &make->random;
  make_random_hazard(make, name);
  if (make->failed) return;
  make->world->title = "a hazard world with bursts of intent, with parameters drawn at random";
  da_world_hazard *hazard = &make->world->hazard;
  hazard->burst_share = between(random, .05, .25);
  hazard->burst_days = between_in_log(random, .5, 4);
  hazard->burst_hazard_per_day = between(random, .05, .15) / hazard->burst_days;
  size_t n_capturing = 1 + da_random_below(random, 3), n = make->world->n_campaigns;
  for (size_t i = 0; i < n_capturing; i++) {
    da_world_campaign *campaign = &make->campaigns[da_random_below(random, n)];
    campaign->burst_touches = between(random, .4, 1.6);
    campaign->effect *= chance(random, .5) ? 0 : .3;
  }
}

/* Probabilities that are far from equal. */
static void draw_probabilities(da_random *random, double shape, size_t n, double *p) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += p[k] = da_random_gamma(random, shape);
  for (size_t k = 0; k < n; k++) p[k] /= sum;
}

static void make_random_machine(maker *make, const char *name) {
  da_random *random = &make->random;
  size_t n = 4 + da_random_below(random, 5), n_segments = 2 + da_random_below(random, 3);
  if (!make_world(make, name, "a machine world with parameters drawn at random", n)) return;
  for (size_t k = 0; k < n; k++) {
    make->campaigns[k].effect = chance(random, .2) ? 0 : between(random, .1, .7);
    make->campaigns[k].tau_days = between_in_log(random, 1, 12);
  }
  da_world_segment *segments = make_array(make, n_segments, sizeof *segments);
  double *shares = make_array(make, n_segments, sizeof *shares);
  if (make->failed) return;
  draw_probabilities(random, 4, n_segments, shares);
  for (size_t s = 0; s < n_segments; s++) {
    double *entry = make_array(make, n, sizeof *entry), *next = make_array(make, n * n, sizeof *next);
    if (make->failed) return;
    draw_probabilities(random, .5, n, entry);
    for (size_t k = 0; k < n; k++) draw_probabilities(random, 2, n, next + k * n);
    segments[s] = (da_world_segment){.name = "",
                                     .share = shares[s],
                                     .intercept = between(random, -4.6, -3.4),
                                     .stop = between(random, .18, .35),
                                     .mean_gap_days = between_in_log(random, .5, 3),
                                     .entry = entry,
                                     .next = next};
  }
  make->world->segments = segments;
  make->world->n_segments = n_segments;
}

/* The number after "prefix:"; false when name is not of that form. */
static bool numbered(const char *name, const char *prefix, uint64_t *number) {
  size_t length = strlen(prefix);
  if (strncmp(name, prefix, length) != 0 || name[length] < '0' || name[length] > '9') return false;
  char *end;
  errno = 0;
  *number = strtoull(name + length, &end, 10);
  return *end == 0 && errno == 0;
}

da_status da_world_find(const char *name, da_arena *arena, const da_world **world, da_error *err) {
  *world = NULL;
  size_t n;
  const da_world *tables = da_world_tables(&n);
  for (size_t i = 0; i < n; i++) {
    if (strcmp(name, tables[i].name) == 0) *world = &tables[i];
  }
  if (*world) return DA_OK;
  maker make = {.arena = arena};
  uint64_t number;
  if (strcmp(name, "W200") == 0) {
    make_many_campaigns(&make);
  } else if (numbered(name, "hazard:", &number)) {
    da_random_init(&make.random, number, 1);
    make_random_hazard(&make, name);
  } else if (numbered(name, "burst:", &number)) {
    da_random_init(&make.random, number, 3);
    make_random_burst(&make, name);
  } else if (numbered(name, "machine:", &number)) {
    da_random_init(&make.random, number, 2);
    make_random_machine(&make, name);
  } else {
    return da_fail(err, DA_ERR_ARG,
                   "expected a world, one of W1, W2, W3, W4, W5, S1, W200, hazard:N, burst:N or machine:N, but found \"%.100s\"", name);
  }
  if (make.failed) return da_mem_fail(err, 1, sizeof(da_world), "a simulated world");
  *world = make.world;
  return DA_OK;
}

void da_world_rank_names(const da_world *world, uint32_t *rank) {
  for (size_t k = 0; k < world->n_campaigns; k++) {
    rank[k] = 0;
    for (size_t other = 0; other < world->n_campaigns; other++) {
      rank[k] += strcmp(world->campaigns[other].name, world->campaigns[k].name) < 0;
    }
  }
}
