#include "credit/incremental/coalition.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "credit/incremental/quadrature.h"

/* A campaign that was shown before the touch at hand. */
typedef struct {
  uint32_t player, campaign;
  uint32_t n_touches;
  double last_days;
} seen_campaign;

da_status da_coalition_space_init(uint32_t n_campaigns, da_coalition_space *space, da_error *err) {
  *space = (da_coalition_space){.n_campaigns = n_campaigns};
  space->lookup = da_mem_calloc(n_campaigns, sizeof *space->lookup);
  return space->lookup ? DA_OK : da_mem_fail(err, n_campaigns, sizeof *space->lookup, "the campaigns of a journey");
}

static void free_touches(da_coalition_space *space) {
  da_mem_free(space->shares.player);
  da_mem_free(space->shares.touch_part);
  space->shares.player = NULL;
  space->shares.touch_part = NULL;
  space->touch_capacity = 0;
}

static void free_players(da_coalition_space *space) {
  da_mem_free(space->shares.campaign);
  da_mem_free(space->shares.shapley);
  da_mem_free(space->shares.removal);
  da_mem_free(space->gradient);
  da_mem_free(space->seen);
  da_mem_free(space->chain);
  da_mem_free(space->presence);
  space->shares.campaign = NULL;
  space->shares.shapley = space->shares.removal = space->gradient = space->chain = space->presence = NULL;
  space->seen = NULL;
  space->player_capacity = 0;
}

void da_coalition_space_free(da_coalition_space *space) {
  free_touches(space);
  free_players(space);
  da_mem_free(space->lookup);
  *space = (da_coalition_space){0};
}

static da_status reserve_touches(da_coalition_space *space, uint64_t n, da_error *err) {
  if (n <= space->touch_capacity) return DA_OK;
  free_touches(space);
  uint64_t capacity = n + n / 2 + 16;
  space->shares.player = da_mem_alloc(capacity, sizeof *space->shares.player);
  space->shares.touch_part = da_mem_alloc(capacity, sizeof *space->shares.touch_part);
  if (!space->shares.player || !space->shares.touch_part) return da_mem_fail(err, capacity, sizeof(double), "the touches of a journey");
  space->touch_capacity = capacity;
  return DA_OK;
}

enum { CHAIN_ROWS = 4 }; /* ratio, jump, with, without: see chain below */

static da_status reserve_players(da_coalition_space *space, uint64_t n, da_error *err) {
  if (n <= space->player_capacity) return DA_OK;
  free_players(space);
  uint64_t capacity = n + n / 2 + 16;
  space->shares.campaign = da_mem_alloc(capacity, sizeof *space->shares.campaign);
  space->shares.shapley = da_mem_alloc(capacity, sizeof *space->shares.shapley);
  space->shares.removal = da_mem_alloc(capacity, sizeof *space->shares.removal);
  space->gradient = da_mem_alloc(capacity * (DA_QUADRATURE_MAX + 1), sizeof *space->gradient);
  space->seen = da_mem_alloc(capacity, sizeof(seen_campaign));
  space->chain = da_mem_alloc((capacity + 1) * CHAIN_ROWS, sizeof *space->chain);
  space->presence = da_mem_alloc(capacity * 2, sizeof *space->presence);
  if (!space->shares.campaign || !space->shares.shapley || !space->shares.removal || !space->gradient || !space->seen || !space->chain ||
      !space->presence) {
    return da_mem_fail(err, capacity * (DA_QUADRATURE_MAX + 1), sizeof(double), "the campaigns of a journey");
  }
  space->player_capacity = capacity;
  return DA_OK;
}

/* Numbers the journey's campaigns, makes room for them, and looks up how far each is a cause. */
static da_status find_players(da_coalition_space *space, uint64_t n_touches, const uint32_t *campaign, const da_held *held, da_error *err) {
  DA_TRY(reserve_touches(space, n_touches, err));
  uint32_t n = 0;
  for (uint64_t j = 0; j < n_touches; j++) {
    if (space->lookup[campaign[j]] == 0) space->lookup[campaign[j]] = ++n;
    space->shares.player[j] = space->lookup[campaign[j]] - 1;
  }
  for (uint64_t j = 0; j < n_touches; j++) space->lookup[campaign[j]] = 0;
  space->shares.n = n;
  DA_TRY(reserve_players(space, n, err));
  for (uint64_t j = 0; j < n_touches; j++) space->shares.campaign[space->shares.player[j]] = campaign[j];
  for (uint32_t k = 0; k < n; k++) {
    space->presence[k] = held ? held[space->shares.campaign[k]].shapley.kept : 1;
    space->presence[n + k] = held ? held[space->shares.campaign[k]].removal.kept : 1;
  }
  return DA_OK;
}

/* What campaigns gain comes from the baseline; where they ask for more than all of it, each gets less. */
static void gain(const da_held *held, da_shares *shares) {
  double asked = 0, room = shares->room = shares->baseline;
  for (uint32_t k = 0; held && k < shares->n; k++) asked += fmax(held[shares->campaign[k]].shapley.gained, 0);
  for (uint32_t k = 0; held && k < shares->n; k++) {
    double gained = room * held[shares->campaign[k]].shapley.gained / fmax(asked, 1);
    shares->shapley[k] += gained;
    shares->baseline -= gained;
    shares->removal[k] += room * held[shares->campaign[k]].removal.gained;
  }
}

/* Turns each touch's own amount into its part of its campaign; a campaign whose touches amount to nothing is split evenly.
 * scratch: [2 * players]. */
static void normalise_parts(da_shares *shares, uint64_t n_touches, double *scratch) {
  double *total = scratch, *count = scratch + shares->n;
  memset(scratch, 0, 2 * shares->n * sizeof *scratch);
  for (uint64_t j = 0; j < n_touches; j++) {
    total[shares->player[j]] += shares->touch_part[j];
    count[shares->player[j]] += 1;
  }
  for (uint64_t j = 0; j < n_touches; j++) {
    uint32_t player = shares->player[j];
    shares->touch_part[j] = total[player] > 0 ? shares->touch_part[j] / total[player] : 1 / count[player];
  }
}

static int n_nodes_for(uint32_t n_players) {
  int n = ((int)(n_players < 1000 ? n_players : 1000) + 1) / 2;
  return n > DA_QUADRATURE_MAX ? DA_QUADRATURE_MAX : n < 1 ? 1 : n;
}

/* --- The hazard game ---------------------------------------------------------------------------------------------------- */

/* One touch seen from its journey. Position p of the chain is the other campaign with the p-th newest touch before it:
 *   without[p]  E weight given that none of the positions before p is present
 *   with[p]     product over positions >= p of (1 - q + q ratio)
 *   without[p] = (1 - q) without[p+1] + q ratio[p] jump[p] with[p+1],   without[m] = alone
 * ratio: what the campaign's presence multiplies the weight with; jump: the same for being the newest before the touch. */
typedef struct {
  uint32_t m;
  double own;                            /* hazard x weight from earlier touches of the same campaign */
  double alone;                          /* the factor with no other campaign present */
  double *ratio, *jump, *with, *without; /* [m], [m], [m + 1], [m + 1] */
} chain;

/* What the touch adds to the hazard when all campaigns are present. */
static double whole_hazard(const chain *c) {
  if (c->m == 0) return c->own * c->alone;
  double weight = c->jump[0];
  for (uint32_t p = 0; p < c->m; p++) weight *= c->ratio[p];
  return c->own * weight;
}

static double fade(double age, double days) { return exp(-age / days); }

/* seen: newest first, n of them; own: the touch's own campaign among them, or NULL. */
static void build_chain(const da_hazard_game *game, const seen_campaign *seen, uint32_t n, const seen_campaign *own, uint64_t touch,
                        chain *to) {
  const da_modulator_scheme *scheme = game->scheme;
  const double *gamma = game->gamma;
  double now = game->days[touch], own_fade = own ? fade(now - own->last_days, scheme->gap_days) : 0;
  to->own = game->hazard[touch] * (own ? exp(-gamma[DA_MODULATOR_REPEAT] * log1p(own->n_touches)) : 1);
  to->alone = exp(own ? gamma[DA_MODULATOR_GAP] * own_fade : gamma[da_modulator_first(scheme, game->campaign[touch])]);
  to->m = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (&seen[i] == own) continue;
    double age = now - seen[i].last_days, recency = fade(age, scheme->recency_days);
    double gap = gamma[DA_MODULATOR_GAP] * fmax(own_fade, fade(age, scheme->gap_days));
    double other = gamma[da_modulator_recency(scheme, seen[i].campaign)] * recency;
    to->ratio[to->m] = scheme->by_campaign ? exp(other) : 1;
    to->jump[to->m] = scheme->by_campaign ? exp(gap) : exp(gap + other);
    to->m++;
  }
}

/* The touch's part of the derivatives of f at q_k = t presence_k, added to gradient by player. */
static void add_gradient(const chain *c, const uint32_t *player, uint32_t own_player, double t, const double *presence, double *gradient) {
  uint32_t m = c->m;
  c->with[m] = 1;
  c->without[m] = c->alone;
  for (uint32_t p = m; p-- > 0;) {
    double q = t * presence[player[p]];
    c->without[p] = (1 - q) * c->without[p + 1] + q * c->ratio[p] * c->jump[p] * c->with[p + 1];
    c->with[p] = c->with[p + 1] * (1 - q + q * c->ratio[p]);
  }
  gradient[own_player] += c->own * c->without[0];
  double to_without = t * presence[own_player] * c->own, to_with = 0; /* d f / d without[p], d f / d with[p] */
  for (uint32_t p = 0; p < m; p++) {
    double q = t * presence[player[p]];
    double jump = c->ratio[p] * c->jump[p];
    gradient[player[p]] += to_without * (jump * c->with[p + 1] - c->without[p + 1]) + to_with * (c->ratio[p] - 1) * c->with[p + 1];
    to_with = to_with * (1 - q + q * c->ratio[p]) + to_without * q * jump;
    to_without *= 1 - q;
  }
}

static void see(seen_campaign *seen, uint32_t *n, const da_shares *shares, const da_hazard_game *game, uint64_t touch) {
  uint32_t player = shares->player[touch], at = 0;
  while (at < *n && seen[at].player != player) at++;
  seen_campaign now = {.player = player, .campaign = game->campaign[touch]};
  if (at < *n)
    now = seen[at];
  else
    ++*n;
  memmove(seen + 1, seen, at * sizeof *seen);
  now.n_touches++;
  now.last_days = game->days[touch];
  seen[0] = now;
}

/* gradient: row r of rule's nodes at r * players, and t = 1 in the last row. */
static void differentiate(const da_hazard_game *game, const da_quadrature *rule, da_coalition_space *space) {
  da_shares *shares = &space->shares;
  uint32_t n_seen = 0, n = shares->n;
  seen_campaign *seen = space->seen;
  size_t stride = space->player_capacity + 1;
  chain c = {.ratio = space->chain, .jump = space->chain + stride, .with = space->chain + 2 * stride, .without = space->chain + 3 * stride};
  uint32_t *others = shares->campaign; /* free to hold the chain's players until the end */
  memset(space->gradient, 0, (size_t)(rule->n + 1) * n * sizeof *space->gradient);
  for (uint64_t j = 0; j < game->n_touches; j++) {
    const seen_campaign *own = NULL;
    for (uint32_t i = 0, m = 0; i < n_seen; i++) {
      if (seen[i].player == shares->player[j])
        own = &seen[i];
      else
        others[m++] = seen[i].player;
    }
    if (game->hazard[j] > 0) {
      build_chain(game, seen, n_seen, own, j, &c);
      const double *presence = space->presence;
      for (int r = 0; r < rule->n; r++)
        add_gradient(&c, others, shares->player[j], rule->node[r], presence, space->gradient + (size_t)r * n);
      add_gradient(&c, others, shares->player[j], 1, presence + n, space->gradient + (size_t)rule->n * n);
      shares->touch_part[j] = whole_hazard(&c);
    } else {
      shares->touch_part[j] = 0;
    }
    see(seen, &n_seen, shares, game, j);
  }
  for (uint64_t j = 0; j < game->n_touches; j++) shares->campaign[shares->player[j]] = game->campaign[j];
}

static void share_unmodulated(const da_hazard_game *game, const double *presence, da_shares *shares) {
  memset(shares->shapley, 0, shares->n * sizeof *shares->shapley);
  for (uint64_t j = 0; j < game->n_touches; j++) {
    shares->touch_part[j] = game->hazard[j];
    shares->shapley[shares->player[j]] += game->hazard[j];
  }
  for (uint32_t k = 0; k < shares->n; k++) {
    shares->removal[k] = presence[shares->n + k] * shares->shapley[k];
    shares->shapley[k] *= presence[k];
  }
}

static void share_modulated(const da_hazard_game *game, da_coalition_space *space) {
  da_shares *shares = &space->shares;
  da_quadrature rule = da_quadrature_legendre(n_nodes_for(shares->n));
  differentiate(game, &rule, space);
  for (uint32_t k = 0; k < shares->n; k++) {
    double sum = 0;
    for (int r = 0; r < rule.n; r++) sum += rule.weight[r] * space->gradient[(size_t)r * shares->n + k];
    shares->shapley[k] = space->presence[k] * sum;
    shares->removal[k] = space->presence[shares->n + k] * space->gradient[(size_t)rule.n * shares->n + k];
  }
}

da_status da_coalition_hazard(const da_hazard_game *game, da_coalition_space *space, const da_shares **out, da_error *err) {
  DA_TRY(find_players(space, game->n_touches, game->campaign, game->held, err));
  da_shares *shares = &space->shares;
  if (game->scheme)
    share_modulated(game, space);
  else
    share_unmodulated(game, space->presence, shares);
  double total = game->base;
  for (uint64_t j = 0; j < game->n_touches; j++) total += shares->touch_part[j];
  shares->baseline = 1;
  for (uint32_t k = 0; k < shares->n; k++) {
    shares->shapley[k] = total > 0 ? shares->shapley[k] / total : 0;
    shares->removal[k] = total > 0 ? shares->removal[k] / total : 0;
    shares->baseline -= shares->shapley[k];
  }
  gain(game->held, shares);
  normalise_parts(shares, game->n_touches, space->gradient);
  *out = shares;
  return DA_OK;
}

/* --- The product game --------------------------------------------------------------------------------------------------- */

/* v(S) = product over the absent of e^-b; at presence q a campaign's factor averages e^-b (1 - q) + q. Adds weight times the derivative
 * of the product by each presence at q_k = t presence_k, times presence_k. scratch: [players]. */
static void add_product(const double *b, uint32_t n, double t, const double *presence, double weight, double *scratch, double *to) {
  double product = weight;
  for (uint32_t k = 0; k < n; k++) {
    scratch[k] = product;
    product *= exp(-b[k]) * (1 - t * presence[k]) + t * presence[k];
  }
  product = 1;
  for (uint32_t k = n; k-- > 0;) {
    to[k] += presence[k] * scratch[k] * product * -expm1(-b[k]);
    product *= exp(-b[k]) * (1 - t * presence[k]) + t * presence[k];
  }
}

static void share_product(const double *b, da_coalition_space *space) {
  da_shares *shares = &space->shares;
  uint32_t n = shares->n;
  da_quadrature rule = da_quadrature_legendre(n_nodes_for(n));
  memset(shares->shapley, 0, n * sizeof *shares->shapley);
  memset(shares->removal, 0, n * sizeof *shares->removal);
  for (int r = 0; r < rule.n; r++) add_product(b, n, rule.node[r], space->presence, rule.weight[r], space->chain, shares->shapley);
  add_product(b, n, 1, space->presence + n, 1, space->chain, shares->removal);
}

da_status da_coalition_product(uint64_t n_touches, const uint32_t *campaign, const double *log_factor, const da_held *held,
                               da_coalition_space *space, const da_shares **out, da_error *err) {
  DA_TRY(find_players(space, n_touches, campaign, held, err));
  da_shares *shares = &space->shares;
  double *b = space->gradient;
  memset(b, 0, shares->n * sizeof *b);
  for (uint64_t j = 0; j < n_touches; j++) b[shares->player[j]] += log_factor[j];
  share_product(b, space);
  shares->baseline = 1;
  for (uint32_t k = 0; k < shares->n; k++) shares->baseline -= shares->shapley[k];
  gain(held, shares);
  for (uint64_t j = 0; j < n_touches; j++) shares->touch_part[j] = fabs(log_factor[j]);
  normalise_parts(shares, n_touches, space->gradient + shares->n);
  *out = shares;
  return DA_OK;
}
