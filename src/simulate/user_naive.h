/* The slow twin of user_hazard.c, for tests: the value of a coalition straight from the text of world.h, every touch against every
 * earlier one, every decay an exponential of its own. */
#ifndef DA_SIMULATE_USER_NAIVE_H
#define DA_SIMULATE_USER_NAIVE_H

#include <math.h>

#include "simulate/user.h"

static inline double naive_days(const da_user *user, size_t touch) {
  return touch < user->n_touches ? (double)user->touches[touch].time_s / DA_WORLD_DAY_S : DA_WORLD_DAYS;
}

/* mod of a kept touch whose journey began at touch `begin`. */
static inline double naive_modulation(const da_user *user, const uint8_t *kept, size_t begin, size_t touch) {
  const da_world_hazard *rule = &user->world->hazard;
  const da_world_campaign *campaign = &user->world->campaigns[user->touches[touch].campaign];
  double mod = 1, since_primer = INFINITY, since_previous = INFINITY;
  for (size_t j = begin; j < touch; j++) {
    const da_shown *earlier = &user->touches[j];
    if (!kept[earlier->player]) continue;
    double days = naive_days(user, touch) - naive_days(user, j);
    since_previous = days;
    if (earlier->campaign == rule->primer) since_primer = days;
    if (earlier->campaign == user->touches[touch].campaign) mod *= rule->saturation;
  }
  if (rule->priming != 0 && user->touches[touch].campaign != rule->primer) {
    mod *= 1 + rule->priming * exp(-since_primer / rule->priming_tau_days);
  }
  if (rule->ordered) {
    mod *= isinf(since_previous) ? campaign->if_first : campaign->if_later;
    mod *= rule->rest_floor + (1 - rule->rest_floor) * (1 - exp(-since_previous / rule->rest_tau_days));
  }
  return mod;
}

/* The hazard a day at a moment, `days` at or after touch `last` and before the next. */
static inline double naive_hazard(const da_user *user, const uint8_t *kept, size_t begin, size_t last, double days) {
  double hazard = user->base_per_day;
  if (days >= user->burst_begin && days < user->burst_end) hazard += user->world->hazard.burst_hazard_per_day;
  for (size_t j = begin; j <= last; j++) {
    if (!kept[user->touches[j].player]) continue;
    const da_world_campaign *campaign = &user->world->campaigns[user->touches[j].campaign];
    double age = days - naive_days(user, j);
    hazard += campaign->effect / campaign->tau_days * naive_modulation(user, kept, begin, j) * exp(-age / campaign->tau_days);
  }
  return hazard;
}

/* The integral of naive_hazard from touch `last` to the next moment, term by term. */
static inline double naive_expected(const da_user *user, const uint8_t *kept, size_t begin, size_t last) {
  double from = naive_days(user, last), to = naive_days(user, last + 1);
  double expected = user->base_per_day * (to - from);
  double in_burst = fmin(to, user->burst_end) - fmax(from, user->burst_begin);
  if (in_burst > 0) expected += user->world->hazard.burst_hazard_per_day * in_burst;
  for (size_t j = begin; j <= last; j++) {
    if (!kept[user->touches[j].player]) continue;
    const da_world_campaign *campaign = &user->world->campaigns[user->touches[j].campaign];
    double age = from - naive_days(user, j), older = to - naive_days(user, j);
    expected +=
        campaign->effect * naive_modulation(user, kept, begin, j) * (exp(-age / campaign->tau_days) - exp(-older / campaign->tau_days));
  }
  return expected;
}

/* n_conversions: of those drawn; may be NULL. */
static inline double naive_hazard_value(const da_user *user, const uint8_t *kept, int *n_conversions) {
  double value = 0;
  size_t begin = 0;
  if (n_conversions) *n_conversions = 0;
  for (size_t i = 0; i < user->n_touches; i++) {
    double p = 1 - exp(-naive_expected(user, kept, begin, i));
    value += p;
    if (1 - exp(-user->touches[i].patience) >= p) continue;
    begin = i + 1;
    if (n_conversions) ++*n_conversions;
    if (user->cut) break;
  }
  return value;
}

static inline double naive_machine_value(const da_user *user, const uint8_t *kept) {
  double log_expected = user->intercept;
  for (size_t i = 0; i < user->n_touches; i++) {
    const da_world_campaign *campaign = &user->world->campaigns[user->touches[i].campaign];
    double age = naive_days(user, user->n_touches - 1) - naive_days(user, i);
    if (kept[user->touches[i].player]) log_expected += campaign->effect * exp(-age / campaign->tau_days);
  }
  return 1 - exp(-exp(log_expected));
}

static inline double naive_value(const da_user *user, const uint8_t *kept) {
  return user->world->n_segments > 0 ? naive_machine_value(user, kept) : naive_hazard_value(user, kept, NULL);
}

#endif
