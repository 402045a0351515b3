/* Users of machine worlds. The formula stands in world.h. */
#include <math.h>
#include <string.h>

#include "simulate/user.h"

/* An index drawn with the given probabilities, which sum to 1. */
static uint32_t draw_index(const double *probabilities, size_t n, da_random *random) {
  double x = da_random_uniform(random);
  uint32_t last = 0;
  for (uint32_t k = 0; k < n; k++) {
    if (probabilities[k] <= 0) continue;
    last = k;
    x -= probabilities[k];
    if (x < 0) break;
  }
  return last; /* rounding may leave a little of x: the last one that is possible */
}

static const da_world_segment *draw_segment(const da_world *world, da_random *random) {
  double x = da_random_uniform(random);
  const da_world_segment *segment = world->segments;
  for (size_t s = 1; s < world->n_segments; s++) {
    x -= segment->share;
    if (x < 0) break;
    segment++;
  }
  return segment;
}

da_status da_machine_draw(da_user *user, da_random *random, da_error *err) {
  size_t n = user->world->n_campaigns;
  const da_world_segment *segment = draw_segment(user->world, random);
  user->intercept = segment->intercept;
  double time_s = DA_WORLD_DAYS * DA_WORLD_DAY_S * da_random_uniform(random);
  uint32_t campaign = draw_index(segment->entry, n, random);
  for (;;) {
    DA_TRY(da_user_show(user, (int64_t)time_s, campaign, err));
    if (da_random_uniform(random) < segment->stop) return DA_OK;
    time_s += 1 + DA_WORLD_DAY_S * segment->mean_gap_days * da_random_exponential(random);
    campaign = draw_index(segment->next + campaign * n, n, random);
  }
}

void da_machine_prepare(da_user *user) {
  memset(user->score, 0, user->n_players * sizeof *user->score);
  int64_t decided_s = user->touches[user->n_touches - 1].time_s;
  for (size_t i = 0; i < user->n_touches; i++) {
    const da_shown *shown = &user->touches[i];
    const da_world_campaign *campaign = &user->world->campaigns[shown->campaign];
    double days = (double)(decided_s - shown->time_s) / DA_WORLD_DAY_S;
    user->score[shown->player] += campaign->effect * exp(-days / campaign->tau_days);
  }
}

double da_machine_value(const da_user *user, const uint8_t *kept, uint8_t *converted) {
  double log_expected = user->intercept;
  for (size_t p = 0; p < user->n_players; p++) {
    if (kept[p]) log_expected += user->score[p];
  }
  double expected = exp(log_expected);
  size_t last = user->n_touches - 1;
  if (converted && expected > user->touches[last].patience) converted[last] = 1;
  return -expm1(-expected);
}
