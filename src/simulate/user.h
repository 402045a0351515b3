/* One simulated user: what was shown, and every random number that decides about conversions. Private to this room.
 *
 * (world, seed, user number) -> touches in order, with the numbers by which any coalition of campaigns is judged: drawn once, asked
 * as often as there are coalitions. */
#ifndef DA_SIMULATE_USER_H
#define DA_SIMULATE_USER_H

#include "base/random.h"
#include "simulate/world.h"

typedef struct {
  int64_t time_s;    /* since the window's start */
  uint32_t campaign; /* index into the world's campaigns */
  uint32_t player;   /* index into the user's players */
  double patience;   /* Exponential(1): a conversion follows when more than this many are expected before the user's next touch */
  double background; /* hazard: expected in that interval without any touch */
  double strength;   /* hazard: what the touch adds to its player's excitation, unmodulated */
  double priming_clock, rest_clock; /* hazard: exp(-t / tau) for the taus of these rules */
} da_shown;

/* Players are the campaigns that this user saw. Reused from user to user; the fields of the other family are undefined. */
typedef struct {
  const da_world *world;
  bool cut;          /* the log of a user ends with the first conversion */
  da_shown *touches; /* [n_touches] in time order; ties in the byte order of campaign names */
  size_t n_touches, touch_capacity;
  uint32_t *players; /* [n_players] campaigns, ascending */
  size_t n_players;
  /* hazard */
  double base_per_day;
  double burst_begin, burst_end; /* days; equal when there is no burst */
  double *fading;                /* [n_touches][n_players]: conversions that one unit of the player's excitation brings in the interval */
  size_t fading_capacity;
  double *excitation; /* scratch [n_players] */
  double *worn;       /* scratch [n_players] */
  /* machine */
  double intercept;
  double *score; /* [n_players] what a player adds to the log of the expected conversions */
  /* of the world */
  uint32_t *name_rank; /* [n_campaigns] place of the campaign's name in byte order */
  uint32_t *player_of; /* scratch [n_campaigns] */
  double *weights;     /* scratch [n_campaigns] */
  da_arena arena;      /* owns the arrays of fixed size */
} da_user;

/* Prepares for users of one world, which must outlive the user. */
da_status da_user_init(da_user *user, const da_world *world, bool cut, da_error *err) DA_MUST_CHECK;
/* {0} and a second call allowed. */
void da_user_free(da_user *user);

/* Draws user `number`. random is left in the user's own stream, for whoever needs more random numbers about this user. */
da_status da_user_draw(da_user *user, uint64_t seed, uint64_t number, da_random *random, da_error *err) DA_MUST_CHECK;

/* Conversions expected of the user when only touches of players with kept[player] != 0 are shown: the sum over intervals of the exact
 * probability given the simulated past. The intervals are those of the log with all touches, in every coalition: a touch that is
 * deleted loses its effect and its place in the journey, nothing else, so a campaign that does nothing is worth nothing.
 * converted: NULL or [n_touches], set to 1 where the drawn conversion falls between the touch and the next, to 0 elsewhere. */
double da_user_value(da_user *user, const uint8_t *kept, uint8_t *converted);

/* Conversions expected before the user's first touch, which no row of the log can carry; all of the window where nothing was shown. */
double da_user_unlogged(const da_user *user);

/* Appends a touch; for the families. */
da_status da_user_show(da_user *user, int64_t time_s, uint32_t campaign, da_error *err) DA_MUST_CHECK;

/* The families behind da_user_draw, da_user_value and da_user_unlogged. _prepare follows once touches are sorted and players known. */
da_status da_hazard_draw(da_user *user, da_random *random, da_error *err) DA_MUST_CHECK;
da_status da_hazard_prepare(da_user *user, da_error *err) DA_MUST_CHECK;
double da_hazard_value(da_user *user, const uint8_t *kept, uint8_t *converted);
double da_hazard_unlogged(const da_user *user);
da_status da_machine_draw(da_user *user, da_random *random, da_error *err) DA_MUST_CHECK;
void da_machine_prepare(da_user *user);
double da_machine_value(const da_user *user, const uint8_t *kept, uint8_t *converted);

#endif
