#include "credit/markov/removal.h"

#include <stdbool.h>

#include "base/mem.h"

enum { LANES = 8, MOST_SWEEPS = 10000000 };
static const double UNDER_WAY = 1e-13; /* of what has converted */
static const double NOTHING = 1e-18;   /* of all journeys */

/* The chain as a walk needs it: probabilities, and no edges from a state to itself (stay), which are walked until they are left. */
typedef struct {
  const da_chain *chain;
  uint64_t *first; /* [states + 1] */
  uint32_t *to;    /* [edges] */
  double *p;       /* [edges] probability that this edge is the way out of its state */
  double *convert; /* [states] that the way out is the conversion */
  double *through; /* [campaigns]: the result */
  da_status *status;
} walk;

static void walk_free(walk *w) {
  da_mem_free(w->first);
  da_mem_free(w->to);
  da_mem_free(w->p);
  da_mem_free(w->convert);
  da_mem_free(w->status);
}

static da_status walk_init(const da_chain *chain, size_t n_tasks, walk *w, da_error *err) {
  uint32_t n_states = chain->state.n, n_edges = chain->edge.n;
  *w = (walk){.chain = chain,
              .first = da_mem_alloc((size_t)n_states + 1, sizeof *w->first),
              .to = da_mem_alloc(n_edges, sizeof *w->to),
              .p = da_mem_alloc(n_edges, sizeof *w->p),
              .convert = da_mem_alloc(n_states, sizeof *w->convert),
              .status = da_mem_calloc(n_tasks, sizeof *w->status)};
  if (!w->first || !w->to || !w->p || !w->convert || !w->status) return da_mem_fail(err, n_edges, sizeof *w->p, "a Markov chain");
  uint64_t n = 0;
  for (uint32_t s = 0; s < n_states; s++) {
    double left = chain->converted[s] + chain->other[s]; /* summed up, not total - stay: nothing cancels */
    w->first[s] = n;
    for (uint64_t i = chain->first_out[s]; i < chain->first_out[s + 1]; i++) {
      uint32_t edge = chain->out[i], to = da_chain_target(chain, edge);
      if (to == s) continue;
      left += chain->edge_count[edge];
      w->to[n] = to;
      w->p[n++] = chain->edge_count[edge];
    }
    for (uint64_t i = w->first[s]; i < n; i++) w->p[i] /= left;
    w->convert[s] = chain->converted[s] > 0 ? chain->converted[s] / left : 0;
  }
  w->first[n_states] = n;
  return DA_OK;
}

/* The lane of a state's own campaign, or LANES when it is none of those that go at once. */
static uint32_t lane_of(const da_chain *chain, uint32_t state, uint32_t first_campaign) {
  if (state == 0) return LANES;
  uint32_t campaign = da_chain_campaign(chain, state);
  return campaign >= first_campaign && campaign < first_campaign + LANES ? campaign - first_campaign : LANES;
}

/* Lets the journeys leave their campaign: held[state][lane], and what converts at once. */
static void leave(const walk *w, uint32_t first_campaign, double *held, double *through) {
  const da_chain *chain = w->chain;
  for (uint32_t s = 1; s < chain->state.n; s++) {
    uint32_t lane = lane_of(chain, s, first_campaign);
    if (lane == LANES) continue;
    through[lane] += chain->converted[s];
    for (uint64_t i = chain->first_out[s]; i < chain->first_out[s + 1]; i++) {
      uint32_t edge = chain->out[i], to = da_chain_target(chain, edge);
      if (da_chain_campaign(chain, to) != first_campaign + lane) held[(size_t)to * LANES + lane] += chain->edge_count[edge];
    }
  }
}

/* Every state hands on what it holds, once. What comes back to its campaign is dropped. */
static void sweep(const walk *w, const uint8_t *lane, double *held, double *through) {
  for (uint32_t s = 1; s < w->chain->state.n; s++) {
    double *here = held + (size_t)s * LANES, moved[LANES], any = 0;
    if (lane[s] < LANES) here[lane[s]] = 0;
    for (int l = 0; l < LANES; l++) any += moved[l] = here[l];
    if (any == 0) continue;
    for (int l = 0; l < LANES; l++) here[l] = 0;
    for (int l = 0; l < LANES; l++) through[l] += moved[l] * w->convert[s];
    for (uint64_t i = w->first[s]; i < w->first[s + 1]; i++) {
      double *there = held + (size_t)w->to[i] * LANES, p = w->p[i];
      for (int l = 0; l < LANES; l++) there[l] += moved[l] * p;
    }
  }
}

static bool still_under_way(const da_chain *chain, const double *held, const uint8_t *lane, const double *through) {
  double sum[LANES] = {0}, nothing = NOTHING * chain->total[0];
  for (uint32_t s = 0; s < chain->state.n; s++) {
    for (int l = 0; l < LANES; l++) sum[l] += l == lane[s] ? 0 : held[(size_t)s * LANES + (size_t)l];
  }
  for (int l = 0; l < LANES; l++) {
    if (sum[l] > UNDER_WAY * through[l] && sum[l] > nothing) return true;
  }
  return false;
}

static void follow(const walk *w, uint32_t first_campaign, const uint8_t *lane, double *held, da_status *status) {
  double through[LANES] = {0};
  leave(w, first_campaign, held, through);
  uint32_t sweeps = 0;
  while (still_under_way(w->chain, held, lane, through) && sweeps++ < MOST_SWEEPS) sweep(w, lane, held, through);
  if (sweeps > MOST_SWEEPS) *status = DA_ERR_NUM;
  for (uint32_t l = 0; l < LANES && first_campaign + l < w->chain->n_campaigns; l++) w->through[first_campaign + l] = through[l];
}

static void walk_task(void *context, size_t task, int thread) {
  (void)thread;
  const walk *w = context;
  uint32_t n_states = w->chain->state.n, first_campaign = (uint32_t)task * LANES;
  double *held = da_mem_calloc((size_t)n_states * LANES, sizeof *held);
  uint8_t *lane = da_mem_alloc(n_states, sizeof *lane);
  if (held && lane) {
    for (uint32_t s = 0; s < n_states; s++) lane[s] = (uint8_t)lane_of(w->chain, s, first_campaign);
    follow(w, first_campaign, lane, held, &w->status[task]);
  } else {
    w->status[task] = DA_ERR_MEM;
  }
  da_mem_free(held);
  da_mem_free(lane);
}

da_status da_chain_removal(const da_chain *chain, da_pool *pool, double *through, da_error *err) {
  size_t n_tasks = (chain->n_campaigns + LANES - 1) / LANES;
  walk w;
  da_status status = walk_init(chain, n_tasks, &w, err);
  if (status == DA_OK) {
    w.through = through;
    da_pool_run(pool, n_tasks, walk_task, &w);
  }
  for (size_t task = 0; status == DA_OK && task < n_tasks; task++) {
    if (w.status[task] == DA_ERR_MEM)
      status = da_mem_fail(err, (size_t)chain->state.n * LANES, sizeof(double), "walks along a Markov chain");
    if (w.status[task] == DA_ERR_NUM)
      status = da_fail(err, DA_ERR_NUM, "expected walks along the Markov chain to end within %d sweeps but found some still under way",
                       MOST_SWEEPS);
  }
  walk_free(&w);
  return status;
}
