/* Users of hazard worlds. The formulas stand in world.h.
 *
 * The integral of touch j's hazard over an interval [a, b] after it is effect * mod * (e^{-(a - t_j)/tau} - e^{-(b - t_j)/tau}). With the
 * clock D(t) = e^{-t/tau} the touches of a campaign act together as excitation * (D(a) - D(b)), where excitation = sum of
 * effect * mod / D(t_j): decay needs no exponential while coalitions are tried. A clock's range is e^{30 days/tau}, within a double
 * for every tau that a world may have (DA_WORLD_MIN_TAU_DAYS). */
#include <math.h>

#include "simulate/user.h"

static double days(int64_t time_s) { return (double)time_s / DA_WORLD_DAY_S; }

/* e^{loading u - loading^2/2}: mean 1 over users. */
static double lift_of_demand(double loading, double u) { return loading == 0 ? 1 : exp(loading * u - loading * loading / 2); }

static uint32_t pick(const double *cumulative, size_t n, double x) {
  size_t low = 0, high = n - 1; /* the first whose cumulative weight exceeds x */
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (cumulative[middle] > x) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return (uint32_t)low;
}

/* Shows Poisson(mean of each campaign) touches uniformly in [begin_s, begin_s + length_s); means: [n_campaigns], made cumulative.
 * One Poisson number of touches whose campaigns are then drawn: the same law as a Poisson number for each campaign. */
static da_status show_touches(da_user *user, double *means, int64_t begin_s, int64_t length_s, da_random *random, da_error *err) {
  size_t n = user->world->n_campaigns;
  for (size_t k = 1; k < n; k++) means[k] += means[k - 1];
  double total = means[n - 1];
  uint64_t n_shown = da_random_poisson(random, total);
  for (uint64_t i = 0; i < n_shown; i++) {
    uint32_t campaign = pick(means, n, total * da_random_uniform(random));
    int64_t time_s = begin_s + (int64_t)((double)length_s * da_random_uniform(random));
    DA_TRY(da_user_show(user, time_s, campaign, err));
  }
  return DA_OK;
}

static da_status show_burst(da_user *user, da_random *random, da_error *err) {
  const da_world *world = user->world;
  int64_t length_s = (int64_t)(world->hazard.burst_days * DA_WORLD_DAY_S);
  int64_t latest_s = (int64_t)DA_WORLD_DAYS * DA_WORLD_DAY_S - length_s;
  int64_t begin_s = (int64_t)((double)latest_s * da_random_uniform(random));
  user->burst_begin = days(begin_s);
  user->burst_end = days(begin_s + length_s);
  for (size_t k = 0; k < world->n_campaigns; k++) user->weights[k] = world->campaigns[k].burst_touches;
  return show_touches(user, user->weights, begin_s, length_s, random, err);
}

da_status da_hazard_draw(da_user *user, da_random *random, da_error *err) {
  const da_world *world = user->world;
  double activity = da_random_gamma(random, DA_WORLD_ACTIVITY_SHAPE) / DA_WORLD_ACTIVITY_SHAPE;
  double u = da_random_normal(random);
  user->base_per_day = world->hazard.base / DA_WORLD_DAYS * lift_of_demand(world->hazard.base_demand, u);
  for (size_t k = 0; k < world->n_campaigns; k++) {
    user->weights[k] = world->campaigns[k].rate * activity * lift_of_demand(world->campaigns[k].demand, u);
  }
  DA_TRY(show_touches(user, user->weights, 0, (int64_t)DA_WORLD_DAYS * DA_WORLD_DAY_S, random, err));
  user->burst_begin = user->burst_end = 0;
  if (da_random_uniform(random) < world->hazard.burst_share) DA_TRY(show_burst(user, random, err));
  return DA_OK;
}

/* Conversions that come by themselves between two moments, in days. */
static double background(const da_user *user, double from, double to) {
  double begin = fmax(from, user->burst_begin), end = fmin(to, user->burst_end);
  double in_burst = end > begin ? end - begin : 0;
  return user->base_per_day * (to - from) + user->world->hazard.burst_hazard_per_day * in_burst;
}

/* The moment of a touch, or the window's end behind the last. */
static double moment(const da_user *user, size_t touch) {
  return touch < user->n_touches ? days(user->touches[touch].time_s) : DA_WORLD_DAYS;
}

da_status da_hazard_prepare(da_user *user, da_error *err) {
  size_t n = user->n_touches, n_players = user->n_players;
  DA_TRY(da_mem_reserve((void **)&user->fading, &user->fading_capacity, n * n_players, sizeof *user->fading,
                        "the intervals of a simulated user", err));
  for (size_t p = 0; p < n_players; p++) {
    const da_world_campaign *campaign = &user->world->campaigns[user->players[p]];
    double clock = exp(-moment(user, 0) / campaign->tau_days);
    for (size_t i = 0; i < n; i++) {
      double next = exp(-moment(user, i + 1) / campaign->tau_days);
      if (user->touches[i].player == p) user->touches[i].strength = campaign->effect / clock;
      user->fading[i * n_players + p] = clock - next;
      clock = next;
    }
  }
  const da_world_hazard *rule = &user->world->hazard;
  for (size_t i = 0; i < n; i++) {
    da_shown *shown = &user->touches[i];
    shown->background = background(user, moment(user, i), moment(user, i + 1));
    shown->priming_clock = rule->priming != 0 ? exp(-moment(user, i) / rule->priming_tau_days) : 1;
    shown->rest_clock = rule->ordered ? exp(-moment(user, i) / rule->rest_tau_days) : 1;
  }
  return DA_OK;
}

/* The journey so far; NULL before there is such a touch. */
typedef struct {
  const da_shown *previous, *primer;
} journey;

static void begin_journey(da_user *user, journey *past) {
  *past = (journey){NULL, NULL};
  for (size_t p = 0; p < user->n_players; p++) {
    user->excitation[p] = 0;
    user->worn[p] = 1;
  }
}

/* mod of world.h for a touch in its journey. */
static double modulation(const da_user *user, const journey *past, const da_shown *shown) {
  const da_world_hazard *rule = &user->world->hazard;
  double mod = user->worn[shown->player];
  if (rule->priming != 0 && shown->campaign != rule->primer && past->primer) {
    mod *= 1 + rule->priming * shown->priming_clock / past->primer->priming_clock;
  }
  if (!rule->ordered) return mod;
  const da_world_campaign *campaign = &user->world->campaigns[shown->campaign];
  if (!past->previous) return mod * campaign->if_first;
  double fatigue = shown->rest_clock / past->previous->rest_clock;
  return mod * campaign->if_later * (rule->rest_floor + (1 - rule->rest_floor) * (1 - fatigue));
}

static void add_touch(da_user *user, journey *past, const da_shown *shown) {
  user->excitation[shown->player] += shown->strength * modulation(user, past, shown);
  user->worn[shown->player] *= user->world->hazard.saturation;
  past->previous = shown;
  if (shown->campaign == user->world->hazard.primer) past->primer = shown;
}

double da_hazard_value(da_user *user, const uint8_t *kept, uint8_t *converted) {
  journey past;
  begin_journey(user, &past);
  double value = 0;
  for (size_t i = 0; i < user->n_touches; i++) {
    const da_shown *shown = &user->touches[i];
    if (kept[shown->player]) add_touch(user, &past, shown);
    const double *fading = user->fading + i * user->n_players;
    double expected = shown->background;
    for (size_t p = 0; p < user->n_players; p++) expected += user->excitation[p] * fading[p];
    value += -expm1(-expected);
    if (expected <= shown->patience) continue;
    if (converted) converted[i] = 1;
    if (user->cut) break;
    begin_journey(user, &past);
  }
  return value;
}

double da_hazard_unlogged(const da_user *user) { return -expm1(-background(user, 0, moment(user, 0))); }
