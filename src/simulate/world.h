/* Worlds: simulated markets whose true incremental credit can be computed. A world is one table in world_tables.c.
 *
 * Two families, told apart by n_segments:
 *
 *   hazard (n_segments = 0). A user is shown touches at random moments of a window of DA_WORLD_DAYS. Each touch j of campaign k
 *   raises the rate of conversions for a while, and the log goes on after it:
 *
 *     hazard(t) = base + sum over touches j of effect_k / tau_k * mod_j * exp(-(t - t_j) / tau_k)
 *     P(conversion after touch i) = 1 - exp(-integral of the hazard to the next touch, or to the end of the window)
 *
 *   A conversion clears the past: it begins a new journey, and mod_j knows only touches of its own journey.
 *
 *   machine (n_segments > 0). A user belongs to a segment, walks from touch to touch by the segment's transition probabilities, and
 *   decides once, at the last touch; the log of the user ends there:
 *
 *     P(conversion) = 1 - exp(-exp(intercept + sum over touches j of effect_k * exp(-(t_last - t_j) / tau_k)))
 *
 * In both, a campaign that is off is a campaign whose touches are deleted; nothing else about the user changes. */
#ifndef DA_SIMULATE_WORLD_H
#define DA_SIMULATE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"

#define DA_WORLD_START_S 1700000000 /* the window's first second, unix time */
#define DA_WORLD_DAYS 30            /* its length */
#define DA_WORLD_DAY_S 86400
#define DA_WORLD_ACTIVITY_SHAPE 1.5 /* a user's activity ~ Gamma(this, mean 1): multiplies every rate */

typedef struct {
  const char *name;
  double rate;          /* hazard: touches shown in the window to a user of activity 1 */
  double effect;        /* hazard: conversions a touch adds when it is followed for ever and mod is 1;
                           machine: what a touch at the decision adds to the log of the expected conversions */
  double tau_days;      /* how fast the effect fades; at least DA_WORLD_MIN_TAU_DAYS */
  double demand;        /* d: shown at rate * exp(d u - d^2 / 2) to a user of hidden demand u ~ N(0, 1) */
  double burst_touches; /* mean number of touches shown inside a burst of intent */
  double if_first;      /* factors of mod for the first touch of a journey and for later ones; read where ordered */
  double if_later;
} da_world_campaign;

#define DA_WORLD_MIN_TAU_DAYS 0.05

/* The rules of a hazard world beside its campaigns. */
typedef struct {
  double base;        /* conversions in the window when nothing is shown, for u = 0 apart from the mean correction */
  double base_demand; /* b: base * exp(b u - b^2 / 2) */
  double saturation;  /* factor of mod for each earlier touch of the same campaign; 1: none */
  uint32_t primer;    /* a touch of another campaign is worth 1 + priming exp(-days since the last primer touch / priming_tau_days) */
  double priming;     /* 0: none */
  double priming_tau_days;
  bool ordered;      /* the position in the journey matters: if_first, if_later, and */
  double rest_floor; /* rest_floor + (1 - rest_floor) (1 - exp(-days since the previous touch / rest_tau_days)) */
  double rest_tau_days;
  double burst_share; /* users who have one burst of intent; its moment is uniform, wholly inside the window */
  double burst_days;
  double burst_hazard_per_day; /* added to the hazard inside the burst */
} da_world_hazard;

/* Users of one kind in a machine world. */
typedef struct {
  const char *name;
  double share;         /* of all users */
  double intercept;     /* log of the conversions expected when nothing is shown */
  double stop;          /* probability that a touch is the last */
  double mean_gap_days; /* between touches, exponential */
  const double *entry;  /* [n_campaigns], sums to 1: the first touch */
  const double *next;   /* [n_campaigns][n_campaigns], rows sum to 1: from touch to touch */
} da_world_segment;

typedef struct {
  const char *name;
  const char *title; /* what makes it hard, in a few words */
  const da_world_campaign *campaigns;
  size_t n_campaigns;
  da_world_hazard hazard;
  const da_world_segment *segments; /* NULL in hazard worlds */
  size_t n_segments;
} da_world;

/* The worlds that are tables: W1 .. W5, S1. */
const da_world *da_world_tables(size_t *n);

/* A table by its name; or W200, the many-campaigns world; or hazard:N and machine:N, worlds of that family whose parameters are drawn at
 * random from the number N, to judge a rule on worlds that nobody tuned it for; or burst:N, hazard worlds with bursts of intent. What had to
 * be made lives in the arena. DA_ERR_ARG, naming the worlds there are. */
da_status da_world_find(const char *name, da_arena *arena, const da_world **world, da_error *err) DA_MUST_CHECK;

/* rank: [n_campaigns], the place of each campaign's name in byte order. */
void da_world_rank_names(const da_world *world, uint32_t *rank);

#endif
