#include "credit/network/network_game.h"

#include <string.h>

#include "base/mem.h"
#include "credit/shapley/shapley_value.h"

enum { ORDER_PAIRS = 32 };

void da_network_room_free(da_network_room *room) {
  da_mem_free(room->is_kept);
  da_mem_free(room->order);
  da_mem_free(room->worth);
  *room = (da_network_room){0};
}

static da_status room_reserve(da_network_room *room, const da_network_game *game, da_error *err) {
  const char *what = "the campaigns of a journey";
  size_t n = game->n, n_worth = n <= DA_NETWORK_MOST_EXACT ? (size_t)1 << n : 0;
  void *is_kept = room->is_kept, *order = room->order, *worth = room->worth;
  DA_TRY(da_mem_reserve(&is_kept, &room->kept_capacity, n, sizeof *room->is_kept, what, err));
  room->is_kept = is_kept;
  DA_TRY(da_mem_reserve(&order, &room->order_capacity, n, sizeof *room->order, what, err));
  room->order = order;
  DA_TRY(da_mem_reserve(&worth, &room->worth_capacity, n_worth, sizeof *room->worth, what, err));
  room->worth = worth;
  return DA_OK;
}

static void keep_all(da_network_room *room, uint32_t n, bool kept) { memset(room->is_kept, kept, n * sizeof *room->is_kept); }

static da_status ask(const da_network_game *game, const da_network_room *room, da_what_ifs *asked, da_error *err) {
  return da_what_ifs_ask(asked, game->first_touch, game->n_touches, game->player, room->is_kept, err);
}

/* ---- Removal: the whole journey, then without each campaign ---- */

static da_status ask_removal(const da_network_game *game, da_network_room *room, da_what_ifs *asked, da_error *err) {
  keep_all(room, game->n, true);
  DA_TRY(ask(game, room, asked, err));
  for (uint32_t k = 0; k < game->n && game->n > 1; k++) {
    room->is_kept[k] = false;
    DA_TRY(ask(game, room, asked, err));
    room->is_kept[k] = true;
  }
  return DA_OK;
}

static size_t share_by_removal(const da_network_game *game, double none, const double *answer, double *part) {
  double whole = answer[0];
  for (uint32_t k = 0; k < game->n; k++) {
    double without = game->n > 1 ? answer[1 + k] : none;
    part[k] = whole > 0 ? (whole - without) / whole : 0;
  }
  return game->n > 1 ? 1 + (size_t)game->n : 1;
}

/* ---- Shapley, exact: every coalition but the empty one ---- */

static da_status ask_coalitions(const da_network_game *game, da_network_room *room, da_what_ifs *asked, da_error *err) {
  for (size_t coalition = 1; coalition < (size_t)1 << game->n; coalition++) {
    for (uint32_t k = 0; k < game->n; k++) room->is_kept[k] = coalition >> k & 1;
    DA_TRY(ask(game, room, asked, err));
  }
  return DA_OK;
}

static size_t share_by_coalitions(const da_network_game *game, da_network_room *room, double none, const double *answer, double *part) {
  size_t n_coalitions = (size_t)1 << game->n;
  room->worth[0] = none;
  memcpy(room->worth + 1, answer, (n_coalitions - 1) * sizeof *answer);
  double whole = room->worth[n_coalitions - 1];
  da_shapley_value(room->worth, game->n, part);
  for (uint32_t k = 0; k < game->n; k++) part[k] = whole > 0 ? part[k] / whole : 0;
  return n_coalitions - 1;
}

/* ---- Shapley, sampled: the whole journey, then each order's beginnings of 1 .. n - 1 campaigns ---- */

static void first_order(uint64_t seed, const da_network_game *game, da_network_room *room, da_random *random) {
  da_random_init(random, seed, game->journey);
  for (uint32_t k = 0; k < game->n; k++) room->order[k] = k;
}

/* Orders come in pairs: a random one, then its reverse. */
static void next_order(da_random *random, int number, uint32_t n, uint32_t *order) {
  if (number % 2 == 0) {
    da_random_shuffle_u32(random, order, n);
    return;
  }
  for (uint32_t i = 0; i < n / 2; i++) {
    uint32_t swap = order[i];
    order[i] = order[n - 1 - i], order[n - 1 - i] = swap;
  }
}

static da_status ask_orders(uint64_t seed, const da_network_game *game, da_network_room *room, da_what_ifs *asked, da_error *err) {
  da_random random;
  keep_all(room, game->n, true);
  DA_TRY(ask(game, room, asked, err));
  first_order(seed, game, room, &random);
  for (int number = 0; number < 2 * ORDER_PAIRS; number++) {
    next_order(&random, number, game->n, room->order);
    keep_all(room, game->n, false);
    for (uint32_t i = 0; i + 1 < game->n; i++) {
      room->is_kept[room->order[i]] = true;
      DA_TRY(ask(game, room, asked, err));
    }
  }
  return DA_OK;
}

static size_t share_by_orders(uint64_t seed, const da_network_game *game, da_network_room *room, double none, const double *answer,
                              double *part) {
  da_random random;
  double whole = answer[0];
  size_t used = 1;
  memset(part, 0, game->n * sizeof *part);
  first_order(seed, game, room, &random);
  for (int number = 0; number < 2 * ORDER_PAIRS; number++) {
    next_order(&random, number, game->n, room->order);
    double before = none;
    for (uint32_t i = 0; i < game->n; i++) {
      double worth = i + 1 < game->n ? answer[used++] : whole;
      part[room->order[i]] += worth - before;
      before = worth;
    }
  }
  for (uint32_t k = 0; k < game->n; k++) part[k] = whole > 0 ? part[k] / (2 * ORDER_PAIRS) / whole : 0;
  return used;
}

/* ---- By rule ---- */

da_status da_network_ask(da_network_rule rule, uint64_t seed, const da_network_game *game, da_network_room *room, da_what_ifs *asked,
                         da_error *err) {
  DA_TRY(room_reserve(room, game, err));
  if (rule == DA_NETWORK_REMOVAL) return ask_removal(game, room, asked, err);
  if (game->n <= DA_NETWORK_MOST_EXACT) return ask_coalitions(game, room, asked, err);
  return ask_orders(seed, game, room, asked, err);
}

da_status da_network_share(da_network_rule rule, uint64_t seed, const da_network_game *game, da_network_room *room, double none,
                           const double *answer, size_t *n_used, double *part, da_error *err) {
  DA_TRY(room_reserve(room, game, err));
  if (rule == DA_NETWORK_REMOVAL)
    *n_used = share_by_removal(game, none, answer, part);
  else if (game->n <= DA_NETWORK_MOST_EXACT)
    *n_used = share_by_coalitions(game, room, none, answer, part);
  else
    *n_used = share_by_orders(seed, game, room, none, answer, part);
  return DA_OK;
}
