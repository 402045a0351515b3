#include "simulate/user.h"

#include <string.h>

static bool is_machine(const da_world *world) { return world->n_segments > 0; }

da_status da_user_init(da_user *user, const da_world *world, bool cut, da_error *err) {
  *user = (da_user){.world = world, .cut = cut};
  size_t n = world->n_campaigns;
  user->players = da_arena_alloc(&user->arena, n, sizeof *user->players);
  user->excitation = da_arena_alloc(&user->arena, n, sizeof *user->excitation);
  user->worn = da_arena_alloc(&user->arena, n, sizeof *user->worn);
  user->score = da_arena_alloc(&user->arena, n, sizeof *user->score);
  user->name_rank = da_arena_alloc(&user->arena, n, sizeof *user->name_rank);
  user->player_of = da_arena_alloc(&user->arena, n, sizeof *user->player_of);
  user->weights = da_arena_alloc(&user->arena, n, sizeof *user->weights);
  if (!user->players || !user->excitation || !user->worn || !user->score || !user->name_rank || !user->player_of || !user->weights) {
    da_user_free(user);
    return da_mem_fail(err, n, 6 * sizeof(double), "a simulated user");
  }
  da_world_rank_names(world, user->name_rank);
  return DA_OK;
}

void da_user_free(da_user *user) {
  da_mem_free(user->touches);
  da_mem_free(user->fading);
  da_arena_free(&user->arena);
  *user = (da_user){0};
}

da_status da_user_show(da_user *user, int64_t time_s, uint32_t campaign, da_error *err) {
  DA_TRY(da_mem_reserve((void **)&user->touches, &user->touch_capacity, user->n_touches + 1, sizeof *user->touches,
                        "the touches of a simulated user", err));
  user->touches[user->n_touches++] = (da_shown){.time_s = time_s, .campaign = campaign};
  return DA_OK;
}

/* Insertion sort: a user has about six touches. */
static void sort_touches(da_user *user) {
  da_shown *touches = user->touches;
  for (size_t i = 1; i < user->n_touches; i++) {
    da_shown moved = touches[i];
    uint32_t rank = user->name_rank[moved.campaign];
    size_t j = i;
    for (; j > 0; j--) {
      const da_shown *before = &touches[j - 1];
      if (before->time_s < moved.time_s || (before->time_s == moved.time_s && user->name_rank[before->campaign] <= rank)) break;
      touches[j] = *before;
    }
    touches[j] = moved;
  }
}

static void find_players(da_user *user) {
  enum { UNSEEN = 0, SEEN = 1 };
  size_t n_campaigns = user->world->n_campaigns;
  memset(user->player_of, UNSEEN, n_campaigns * sizeof *user->player_of);
  for (size_t i = 0; i < user->n_touches; i++) user->player_of[user->touches[i].campaign] = SEEN;
  user->n_players = 0;
  for (uint32_t k = 0; k < n_campaigns; k++) {
    if (user->player_of[k] == UNSEEN) continue;
    user->player_of[k] = (uint32_t)user->n_players;
    user->players[user->n_players++] = k;
  }
  for (size_t i = 0; i < user->n_touches; i++) user->touches[i].player = user->player_of[user->touches[i].campaign];
}

da_status da_user_draw(da_user *user, uint64_t seed, uint64_t number, da_random *random, da_error *err) {
  da_random_init(random, seed, number);
  user->n_touches = 0;
  bool machine = is_machine(user->world);
  DA_TRY(machine ? da_machine_draw(user, random, err) : da_hazard_draw(user, random, err));
  sort_touches(user);
  for (size_t i = 0; i < user->n_touches; i++) user->touches[i].patience = da_random_exponential(random);
  find_players(user);
  if (!machine) return da_hazard_prepare(user, err);
  da_machine_prepare(user);
  return DA_OK;
}

double da_user_value(da_user *user, const uint8_t *kept, uint8_t *converted) {
  if (converted && user->n_touches > 0) memset(converted, 0, user->n_touches);
  if (user->n_touches == 0) return 0;
  return is_machine(user->world) ? da_machine_value(user, kept, converted) : da_hazard_value(user, kept, converted);
}

double da_user_unlogged(const da_user *user) { return is_machine(user->world) ? 0 : da_hazard_unlogged(user); }
