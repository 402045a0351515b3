/* Oracles: the Shapley value as the mean over all orders of the players, one by one; the glove game, whose value is in print; games that
 * are sums, whose value is each player's term; all 2^n coalitions where the module samples. */
#include "simulate/counterfactual.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "support/testing.h"

/* The value of a coalition, looked up; large games: a sum of terms and of products of neighbours. */
typedef struct {
  size_t n;
  double values[1 << 6];
  double term[16], synergy[16];
  bool large;
} table;

static double value_in_table(void *context, const uint8_t *kept) {
  const table *game = context;
  size_t coalition = 0;
  double sum = 1;
  for (size_t p = 0; p < game->n; p++) {
    if (!kept[p]) continue;
    coalition |= (size_t)1 << p;
    sum += game->term[p];
    if (kept[(p + 1) % game->n]) sum += game->synergy[p];
  }
  return game->large ? sum : game->values[coalition];
}

/* Adds the marginals of every order of the players from place on. */
static void add_orders(const table *game, uint32_t *order, size_t place, double *sum, double *n_orders) {
  if (place < game->n) {
    for (size_t i = place; i < game->n; i++) {
      uint32_t chosen = order[i];
      order[i] = order[place];
      order[place] = chosen;
      add_orders(game, order, place + 1, sum, n_orders);
      order[place] = order[i];
      order[i] = chosen;
    }
    return;
  }
  size_t coalition = 0;
  for (size_t i = 0; i < game->n; i++) {
    size_t grown = coalition | (size_t)1 << order[i];
    sum[order[i]] += game->values[grown] - game->values[coalition];
    coalition = grown;
  }
  ++*n_orders;
}

static void shapley_is_the_mean_over_all_orders(void **state) {
  (void)state;
  da_error err = {0};
  da_game game = {0};
  da_random random;
  da_random_init(&random, 1, 0);
  for (size_t n = 0; n <= 6; n++) {
    table drawn = {.n = n};
    for (size_t c = 0; c < (size_t)1 << n; c++) drawn.values[c] = da_random_normal(&random);
    assert_ok(da_game_reserve(&game, n, &err), err);
    da_game_play(&game, n, value_in_table, &drawn, &random);
    uint32_t order[6] = {0, 1, 2, 3, 4, 5};
    double sum[6] = {0}, n_orders = 0, total = 0;
    add_orders(&drawn, order, 0, sum, &n_orders);
    size_t all = ((size_t)1 << n) - 1;
    for (size_t p = 0; p < n; p++) {
      assert_true(fabs(game.shapley[p] - sum[p] / n_orders) < 1e-12);
      assert_true(game.shapley_variance[p] == 0);
      assert_true(game.removal[p] == drawn.values[all] - drawn.values[all & ~((size_t)1 << p)]);
      total += game.shapley[p];
    }
    assert_true(game.value_of_all == drawn.values[all] && game.value_of_none == drawn.values[0]);
    assert_true(fabs(total - (drawn.values[all] - drawn.values[0])) < 1e-12);
  }
  da_game_free(&game);
}

/* One left and two right gloves; a pair is worth 1: (4, 1, 1) / 6. */
static void the_glove_game(void **state) {
  (void)state;
  da_error err = {0};
  da_game game = {0};
  table gloves = {.n = 3, .values = {0, 0, 0, 1, 0, 1, 0, 1}};
  assert_ok(da_game_reserve(&game, 3, &err), err);
  da_game_play(&game, 3, value_in_table, &gloves, NULL);
  const double wanted[3] = {4.0 / 6, 1.0 / 6, 1.0 / 6};
  for (size_t p = 0; p < 3; p++) assert_true(fabs(game.shapley[p] - wanted[p]) < 1e-15);
  assert_true(game.removal[0] == 1 && game.removal[1] == 0);
  da_game_free(&game);
}

/* A synergy between two neighbours is halved between them: known without trying the coalitions. */
static void larger_games_are_sampled_within_their_standard_error(void **state) {
  (void)state;
  enum { N = 13, GAMES = 200 };
  da_error err = {0};
  da_game game = {0};
  da_random random;
  da_random_init(&random, 3, 0);
  double z_squares = 0, n_z = 0;
  assert_ok(da_game_reserve(&game, N, &err), err);
  for (int g = 0; g < GAMES; g++) {
    table drawn = {.n = N, .large = true};
    for (int p = 0; p < N; p++) {
      drawn.term[p] = da_random_uniform(&random);
      drawn.synergy[p] = g % 2 ? da_random_normal(&random) : 0;
    }
    da_game_play(&game, N, value_in_table, &drawn, &random);
    double total = 0;
    for (size_t p = 0; p < N; p++) {
      double wanted = drawn.term[p] + (drawn.synergy[p] + drawn.synergy[(p + N - 1) % N]) / 2;
      assert_true(fabs(game.removal[p] - drawn.term[p] - drawn.synergy[p] - drawn.synergy[(p + N - 1) % N]) < 1e-12);
      double error = game.shapley[p] - wanted, se = sqrt(game.shapley_variance[p]);
      assert_true(fabs(error) <= 6 * se + 1e-12); /* pairs of opposite orders make sums and pairs exact */
      if (se > 1e-9) {
        z_squares += error * error / (se * se);
        n_z++;
      }
      total += game.shapley[p];
    }
    assert_true(fabs(total - (game.value_of_all - game.value_of_none)) < 1e-11);
  }
  assert_true(n_z == 0 || z_squares / n_z < 2);
  da_game_free(&game);
}

static double majority(void *context, const uint8_t *kept) {
  const size_t *n = context;
  size_t n_kept = 0;
  for (size_t p = 0; p < *n; p++) n_kept += kept[p] ? (p == 0 ? 3u : 1u) : 0u;
  return n_kept > (*n + 2) / 2;
}

/* One voter with three votes among eleven with one: it decides in orders where it is the 5th, 6th or 7th: 3/12. */
static void votes_are_sampled_within_their_standard_error(void **state) {
  (void)state;
  enum { N = 12, GAMES = 300 };
  da_error err = {0};
  da_game game = {0};
  da_random random;
  da_random_init(&random, 4, 0);
  size_t n = N;
  assert_ok(da_game_reserve(&game, N, &err), err);
  double sum = 0, variance = 0, squares = 0;
  for (int g = 0; g < GAMES; g++) {
    da_game_play(&game, N, majority, &n, &random);
    sum += game.shapley[0];
    squares += (game.shapley[0] - .25) * (game.shapley[0] - .25);
    variance += game.shapley_variance[0];
  }
  assert_true(variance > 0);
  assert_true(fabs(sum / GAMES - .25) < 5 * sqrt(variance) / GAMES);
  assert_true(squares / variance > .7 && squares / variance < 1.4);
  da_game_free(&game);
}

static void missing_memory_is_said(void **state) {
  (void)state;
  da_error err = {0};
  for (uint64_t nth = 1; nth <= 7; nth++) {
    da_game game = {0};
    da_mem_fail_at(nth);
    assert_fails_with(da_game_reserve(&game, 3, &err), DA_ERR_MEM, err, "coalitions");
    da_game_free(&game);
  }
  da_mem_fail_at(0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapley_is_the_mean_over_all_orders),
      cmocka_unit_test(the_glove_game),
      cmocka_unit_test(larger_games_are_sampled_within_their_standard_error),
      cmocka_unit_test(votes_are_sampled_within_their_standard_error),
      cmocka_unit_test(missing_memory_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
