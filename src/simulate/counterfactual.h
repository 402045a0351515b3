/* What each player of a game brings: removal and Shapley value, exactly where all coalitions can be tried, sampled beyond. Private to
 * this room.
 *
 * value(coalition), for any coalition of n players -> removal[p] = value(all) - value(all but p), shapley[p] (sums to
 * value(all) - value(none)), and the variance of a sampled shapley[p]. */
#ifndef DA_SIMULATE_COUNTERFACTUAL_H
#define DA_SIMULATE_COUNTERFACTUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/status.h"

enum {
  DA_GAME_EXACT_PLAYERS = 8, /* up to here all 2^n coalitions */
  DA_GAME_ORDER_PAIRS = 16,  /* beyond: so many random orders of the players, each also backwards */
};

/* kept: [n players], 0 or 1. */
typedef double (*da_game_value)(void *context, const uint8_t *kept);

/* Valid as {0}; reused from game to game. */
typedef struct {
  double value_of_all, value_of_none;
  double *removal, *shapley, *shapley_variance; /* [n] */
  double *values;                               /* [2^n], bit p of the index: player p is in; undefined for n > DA_GAME_EXACT_PLAYERS */
  size_t capacity;
  uint8_t *kept;    /* scratch */
  uint32_t *order;  /* scratch */
  double *marginal; /* scratch */
} da_game;

/* Makes room for up to n players. */
da_status da_game_reserve(da_game *game, size_t n, da_error *err) DA_MUST_CHECK;
void da_game_free(da_game *game);

/* Plays with n players (reserved before). random is used beyond DA_GAME_EXACT_PLAYERS only. */
void da_game_play(da_game *game, size_t n, da_game_value value, void *context, da_random *random);

#endif
