#include "credit/markov/removal.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "credit/markov/eliminate.h"
#include "credit/markov/flow.h"

enum { LANES = 16, JUMP_EVERY = 3, MOST_SWEEPS = 10000000 };
static const double UNDER_WAY = 1e-13; /* of what has converted */
static const double NOTHING = 1e-18;   /* of all journeys */

/* Walks along a reduced chain that leave the campaigns first_campaign .. first_campaign + LANES - 1, each in a lane of its own. */
typedef struct {
  const da_flow *chain;
  uint32_t first_campaign;
  uint8_t *lane;        /* [states] of the state's own campaign; LANES when it has none */
  double *leaves;       /* [states] all that leaves it */
  double *held;         /* [states][LANES] journeys that stand there */
  double *before;       /* [states][LANES] the same before the last sweep: for jump */
  double *through;      /* [LANES] that have converted */
  double weight[LANES]; /* how many journeys one counts for that is held; 1 until the first jump */
} walks;

static void walks_free(walks *w) {
  da_mem_free(w->lane);
  da_mem_free(w->leaves);
  da_mem_free(w->held);
  da_mem_free(w->before);
}

static da_status walks_init(const da_flow *chain, uint32_t first_campaign, double *through, walks *w, da_error *err) {
  *w = (walks){.chain = chain,
               .first_campaign = first_campaign,
               .lane = da_mem_alloc(chain->n, sizeof *w->lane),
               .leaves = da_mem_alloc(chain->n, sizeof *w->leaves),
               .held = da_mem_calloc((size_t)chain->n * LANES, sizeof *w->held),
               .before = da_mem_alloc((size_t)chain->n * LANES, sizeof *w->before),
               .through = through};
  for (int l = 0; l < LANES; l++) w->weight[l] = 1;
  if (!w->lane || !w->leaves || !w->held || !w->before)
    return da_mem_fail(err, (size_t)chain->n * LANES, sizeof *w->held, "walks along a Markov chain");
  for (uint32_t s = 0; s < chain->n; s++) {
    uint32_t lane = chain->campaign[s] - first_campaign;
    w->lane[s] = chain->campaign[s] >= first_campaign && lane < LANES ? (uint8_t)lane : LANES;
    w->leaves[s] = da_flow_total(chain, s);
  }
  return DA_OK;
}

/* Lets the journeys leave their campaign: held, and what converts at once. */
static void leave(walks *w) {
  const da_flow *chain = w->chain;
  for (uint32_t s = 0; s < chain->n; s++) {
    uint32_t lane = w->lane[s];
    if (lane == LANES) continue;
    w->through[lane] += chain->convert[s];
    for (uint64_t i = chain->first[s]; i < chain->first[s + 1]; i++) {
      if (w->lane[chain->to[i]] != lane) w->held[(size_t)chain->to[i] * LANES + lane] += chain->flow[i];
    }
  }
}

/* Every state hands on what it holds, once. What comes back to its campaign is dropped. converted: [LANES]. */
static void sweep(const walks *w, double *restrict converted) {
  const da_flow *chain = w->chain;
  memset(converted, 0, LANES * sizeof *converted);
  for (uint32_t s = 0; s < chain->n; s++) {
    double *restrict here = w->held + (size_t)s * LANES, moved[LANES], any = 0;
    if (w->lane[s] < LANES) here[w->lane[s]] = 0;
    for (int l = 0; l < LANES; l++) any += fabs(here[l]);
    if (any == 0) continue;
    for (int l = 0; l < LANES; l++) moved[l] = here[l] / w->leaves[s];
    for (int l = 0; l < LANES; l++) here[l] = 0;
    for (int l = 0; l < LANES; l++) converted[l] += moved[l] * chain->convert[s];
    for (uint64_t i = chain->first[s]; i < chain->first[s + 1]; i++) {
      double *restrict there = w->held + (size_t)chain->to[i] * LANES, journeys = chain->flow[i];
      for (int l = 0; l < LANES; l++) there[l] += moved[l] * journeys;
    }
  }
}

/* Drops what has come back to its campaign. */
static void drop(const walks *w) {
  for (uint32_t s = 0; s < w->chain->n; s++) {
    if (w->lane[s] < LANES) w->held[(size_t)s * LANES + w->lane[s]] = 0;
  }
}

/* Replaces many sweeps that would only make all that is held smaller by the same factor. A sweep M turned r into M r = f r + d, with any
 * factor f. So (1 - M) r = (1 - f) r - d, and all that r will convert is, exactly,
 *
 *   what it converted in this sweep / (1 - f)  +  all that d will convert / (1 - f)
 *
 * f is chosen to make d small (least squares, lane by lane); d, which may be negative, is held from now on. */
static void jump(walks *w) {
  size_t n = (size_t)w->chain->n * LANES;
  double both[LANES] = {0}, square[LANES] = {0}, factor[LANES];
  for (size_t i = 0; i < n; i += LANES) {
    for (int l = 0; l < LANES; l++) both[l] += w->held[i + (size_t)l] * w->before[i + (size_t)l];
    for (int l = 0; l < LANES; l++) square[l] += w->before[i + (size_t)l] * w->before[i + (size_t)l];
  }
  for (int l = 0; l < LANES; l++) {
    factor[l] = square[l] > 0 ? fmax(0, fmin(0.9, both[l] / square[l])) : 0;
    w->weight[l] /= 1 - factor[l];
  }
  for (size_t i = 0; i < n; i += LANES) {
    for (int l = 0; l < LANES; l++) w->held[i + (size_t)l] -= factor[l] * w->before[i + (size_t)l];
  }
}

static void go_on(walks *w, bool with_jump) {
  double converted[LANES];
  if (with_jump) memcpy(w->before, w->held, (size_t)w->chain->n * LANES * sizeof *w->held);
  sweep(w, converted);
  drop(w);
  if (with_jump) jump(w);
  for (int l = 0; l < LANES; l++) w->through[l] += w->weight[l] * converted[l];
}

static bool still_under_way(const walks *w, double nothing) {
  double sum[LANES] = {0};
  for (size_t i = 0; i < (size_t)w->chain->n * LANES; i += LANES) {
    for (int l = 0; l < LANES; l++) sum[l] += fabs(w->held[i + (size_t)l]);
  }
  for (int l = 0; l < LANES; l++) {
    double most = sum[l] * w->weight[l];
    if (most > UNDER_WAY * w->through[l] && most > nothing) return true;
  }
  return false;
}

/* through: [LANES] zero. */
static da_status follow(const da_flow *chain, uint32_t first_campaign, double n_journeys, double *through, da_error *err) {
  walks w;
  da_status status = walks_init(chain, first_campaign, through, &w, err);
  uint32_t sweeps = 0;
  if (status == DA_OK) {
    leave(&w);
    while (still_under_way(&w, NOTHING * n_journeys) && sweeps++ < MOST_SWEEPS) go_on(&w, sweeps % JUMP_EVERY == 0);
  }
  walks_free(&w);
  if (sweeps > MOST_SWEEPS)
    return da_fail(err, DA_ERR_NUM, "expected walks along the Markov chain to end within %d sweeps but found some still under way",
                   MOST_SWEEPS);
  return status;
}

/* ---- All campaigns ---- */

/* Campaigns go in groups of LANES, and groups in parts: of a chain that is reduced for a part, little is left to do for each group. */
enum { GROUPS_OF_PART = 6, CAMPAIGNS_OF_PART = GROUPS_OF_PART * LANES };

typedef struct {
  da_flow whole;
  uint32_t n_campaigns;
  double n_journeys;
  double *through;  /* [campaigns] */
  da_error *errors; /* [parts] */
} all_walks;

static da_status walk_group(const all_walks *all, const da_flow *part, uint32_t first, da_error *err) {
  double through[LANES] = {0};
  uint32_t end = first + LANES < all->n_campaigns ? first + LANES : all->n_campaigns;
  da_flow reduced = {0};
  da_status status = da_flow_reduce(part, first, end, &reduced, err);
  if (status == DA_OK) status = follow(&reduced, first, all->n_journeys, through, err);
  da_flow_free(&reduced);
  memcpy(all->through + first, through, (end - first) * sizeof *through);
  return status;
}

static void walk_part(void *context, size_t task, int thread) {
  (void)thread;
  const all_walks *all = context;
  da_error *err = &all->errors[task];
  uint32_t first = (uint32_t)task * CAMPAIGNS_OF_PART, end = first + CAMPAIGNS_OF_PART;
  if (end > all->n_campaigns) end = all->n_campaigns;
  da_flow part = {0};
  err->code = da_flow_reduce(&all->whole, first, end, &part, err);
  for (; first < end && err->code == DA_OK; first += LANES) err->code = walk_group(all, &part, first, err);
  da_flow_free(&part);
}

da_status da_chain_walk(const da_chain *chain, da_pool *pool, double *through, da_error *err) {
  size_t n_parts = (chain->n_campaigns + CAMPAIGNS_OF_PART - 1) / CAMPAIGNS_OF_PART;
  all_walks all = {.n_campaigns = chain->n_campaigns,
                   .n_journeys = chain->total[0],
                   .through = through,
                   .errors = da_mem_calloc(n_parts, sizeof *all.errors)};
  if (!all.errors) return da_mem_fail(err, n_parts, sizeof *all.errors, "walks along a Markov chain");
  da_status status = da_flow_of_chain(chain, &all.whole, err);
  if (status == DA_OK) da_pool_run(pool, n_parts, walk_part, &all);
  for (size_t part = 0; part < n_parts && status == DA_OK; part++) {
    status = all.errors[part].code;
    if (status != DA_OK && err) *err = all.errors[part];
  }
  da_flow_free(&all.whole);
  da_mem_free(all.errors);
  return status;
}

da_status da_chain_removal(const da_chain *chain, da_pool *pool, double *through, da_error *err) {
  if (chain->order == 1 && chain->n_campaigns <= DA_ELIMINATE_MOST_CAMPAIGNS) return da_chain_eliminate(chain, pool, through, err);
  return da_chain_walk(chain, pool, through, err);
}
