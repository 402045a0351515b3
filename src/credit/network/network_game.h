/* What a conversion owes to the campaigns of its journey, were the network's probability p the truth of the world.
 *
 *   v(S) = p of the journey with only the touches of the campaigns in S; v() = p of a journey without touches
 *
 *   removal   part_k = (v(all) - v(all but k)) / v(all)        what would be lost without k alone
 *   Shapley   part_k = the Shapley value of v / v(all)         sums to 1 - v() / v(all), which is the baseline
 *
 * Shapley values are exact up to DA_NETWORK_MOST_EXACT campaigns; beyond, the mean over random orders of joining, each with its reverse. */
#ifndef DA_CREDIT_NETWORK_GAME_H
#define DA_CREDIT_NETWORK_GAME_H

#include "base/random.h"
#include "credit/network/what_if.h"

enum { DA_NETWORK_MOST_EXACT = 10 };

typedef enum { DA_NETWORK_REMOVAL, DA_NETWORK_SHAPLEY } da_network_rule;

/* A journey and its n different campaigns. */
typedef struct {
  uint64_t journey;
  uint64_t first_touch, n_touches;
  const uint32_t *player; /* [n_touches] 0 .. n - 1: which of the campaigns a touch is of */
  uint32_t n;
} da_network_game;

/* Room for the players of one game. Valid as {0}. */
typedef struct {
  bool *is_kept;
  uint32_t *order;
  double *worth;
  size_t kept_capacity, order_capacity, worth_capacity;
} da_network_room;
void da_network_room_free(da_network_room *room);

/* Asks what the rule must know; seed decides the sampled orders, with the journey's number. */
da_status da_network_ask(da_network_rule rule, uint64_t seed, const da_network_game *game, da_network_room *room, da_what_ifs *asked,
                         da_error *err) DA_MUST_CHECK;
/* part: [n]. answer: the game's own, the first of them asked; n_used: how many they were. */
da_status da_network_share(da_network_rule rule, uint64_t seed, const da_network_game *game, da_network_room *room, double none,
                           const double *answer, size_t *n_used, double *part, da_error *err) DA_MUST_CHECK;

#endif
