#include "simulate/counterfactual.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

da_status da_game_reserve(da_game *game, size_t n, da_error *err) {
  if (game->values && n <= game->capacity) return DA_OK;
  da_game_free(game);
  game->removal = da_mem_alloc(n, sizeof *game->removal);
  game->shapley = da_mem_alloc(n, sizeof *game->shapley);
  game->shapley_variance = da_mem_alloc(n, sizeof *game->shapley_variance);
  game->values = da_mem_alloc((size_t)1 << DA_GAME_EXACT_PLAYERS, sizeof *game->values);
  game->kept = da_mem_alloc(n, sizeof *game->kept);
  game->order = da_mem_alloc(n, sizeof *game->order);
  game->marginal = da_mem_alloc(n, sizeof *game->marginal);
  if (!game->removal || !game->shapley || !game->shapley_variance || !game->values || !game->kept || !game->order || !game->marginal) {
    da_game_free(game);
    return da_mem_fail(err, n, 6 * sizeof(double), "the coalitions of campaigns");
  }
  game->capacity = n;
  return DA_OK;
}

void da_game_free(da_game *game) {
  da_mem_free(game->removal);
  da_mem_free(game->shapley);
  da_mem_free(game->shapley_variance);
  da_mem_free(game->values);
  da_mem_free(game->kept);
  da_mem_free(game->order);
  da_mem_free(game->marginal);
  *game = (da_game){0};
}

static void try_all_coalitions(da_game *game, size_t n, da_game_value value, void *context) {
  for (uint32_t coalition = 0; coalition < (uint32_t)1 << n; coalition++) {
    for (size_t p = 0; p < n; p++) game->kept[p] = (coalition >> p) & 1;
    game->values[coalition] = value(context, game->kept);
  }
}

/* Shapley 1953: the mean over all orders of what a player adds to those before it. weight[s] is the share of orders in which exactly
 * a given coalition of s others comes before: s! (n - 1 - s)! / n!. */
static void shapley_of_values(da_game *game, size_t n) {
  double weight[DA_GAME_EXACT_PLAYERS];
  if (n > 0) weight[0] = 1 / (double)n;
  for (size_t s = 1; s < n; s++) weight[s] = weight[s - 1] * (double)s / (double)(n - s);
  const double *values = game->values;
  uint32_t all = ((uint32_t)1 << n) - 1;
  for (size_t p = 0; p < n; p++) {
    uint32_t self = (uint32_t)1 << p;
    double sum = 0;
    for (uint32_t others = 0; others <= all; others++) {
      if (others & self) continue;
      sum += weight[__builtin_popcount(others)] * (values[others | self] - values[others]);
    }
    game->shapley[p] = sum;
    game->shapley_variance[p] = 0;
    game->removal[p] = values[all] - values[all ^ self];
  }
  game->value_of_all = values[all];
  game->value_of_none = values[0];
}

static void remove_one_by_one(da_game *game, size_t n, da_game_value value, void *context) {
  memset(game->kept, 0, n);
  game->value_of_none = value(context, game->kept);
  memset(game->kept, 1, n);
  game->value_of_all = value(context, game->kept);
  for (size_t p = 0; p < n; p++) {
    game->kept[p] = 0;
    game->removal[p] = game->value_of_all - value(context, game->kept);
    game->kept[p] = 1;
  }
}

/* Adds to marginal what each player adds when they come in the given order, or the other way round. */
static void add_marginals(da_game *game, size_t n, bool backwards, da_game_value value, void *context) {
  memset(game->kept, 0, n);
  double before = game->value_of_none;
  for (size_t place = 0; place < n; place++) {
    uint32_t p = game->order[backwards ? n - 1 - place : place];
    game->kept[p] = 1;
    double now = place + 1 == n ? game->value_of_all : value(context, game->kept);
    game->marginal[p] += now - before;
    before = now;
  }
}

/* Pairs of an order and its reverse: who comes early in one comes late in the other, and most of the noise cancels. */
static void sample_shapley(da_game *game, size_t n, da_game_value value, void *context, da_random *random) {
  double *mean = game->shapley, *squares = game->shapley_variance;
  memset(mean, 0, n * sizeof *mean);
  memset(squares, 0, n * sizeof *squares);
  for (uint32_t p = 0; p < n; p++) game->order[p] = p;
  for (int pair = 1; pair <= DA_GAME_ORDER_PAIRS; pair++) {
    memset(game->marginal, 0, n * sizeof *game->marginal);
    da_random_shuffle_u32(random, game->order, n);
    add_marginals(game, n, false, value, context);
    add_marginals(game, n, true, value, context);
    for (size_t p = 0; p < n; p++) { /* Welford's running mean and sum of squares */
      double x = game->marginal[p] / 2, step = x - mean[p];
      mean[p] += step / pair;
      squares[p] += step * (x - mean[p]);
    }
  }
  for (size_t p = 0; p < n; p++) squares[p] /= (double)DA_GAME_ORDER_PAIRS * (DA_GAME_ORDER_PAIRS - 1);
}

void da_game_play(da_game *game, size_t n, da_game_value value, void *context, da_random *random) {
  if (n <= DA_GAME_EXACT_PLAYERS) {
    try_all_coalitions(game, n, value, context);
    shapley_of_values(game, n);
  } else {
    remove_one_by_one(game, n, value, context);
    sample_shapley(game, n, value, context, random);
  }
}
