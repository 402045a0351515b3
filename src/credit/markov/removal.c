#include "credit/markov/removal.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "credit/markov/eliminate.h"

enum { LANES = 8, MOST_SWEEPS = 10000000 };
static const double UNDER_WAY = 1e-13; /* of what has converted */
static const double NOTHING = 1e-18;   /* of all journeys */

/* The chain as a walk needs it: probabilities, and no edges from a state to itself, which are walked until they are left. Where many
 * states are, memory decides the speed: states lie in order of their campaigns, oldest first, so that what follows a state, whose oldest
 * campaigns are the state's newest, lies together; and they hand on in the order of these, so that it stays at hand. */
typedef struct {
  const da_chain *chain;
  uint32_t *place;   /* [states] where a state lies */
  uint32_t *turn;    /* [states] the states in the order in which they hand on */
  uint64_t *first;   /* [states + 1] edges, by turn */
  uint32_t *to;      /* [edges] places */
  double *p;         /* [edges] probability that this edge is the way out of its state */
  double *convert;   /* [states], by turn: that the way out is the conversion */
  double *through;   /* [campaigns]: the result */
  da_status *status; /* [tasks] */
} walk;

static void walk_free(walk *w) {
  da_mem_free(w->place);
  da_mem_free(w->turn);
  da_mem_free(w->first);
  da_mem_free(w->to);
  da_mem_free(w->p);
  da_mem_free(w->convert);
  da_mem_free(w->status);
}

/* Campaign number `back` of a state, counted from the newest, plus 1; 0 where it has fewer. */
static uint32_t campaign_back(const da_chain *chain, uint32_t state, size_t back) {
  size_t n;
  const uint32_t *campaign = da_sequence(&chain->state, state, &n);
  return back < n ? campaign[n - 1 - back] + 1 : 0;
}

/* Sorts states by the campaign at `back`, keeping the order of equals. start: [n_campaigns + 2]. */
static void sort_by(const da_chain *chain, size_t back, const uint32_t *from, uint32_t *to, uint32_t *start) {
  uint32_t n = chain->state.n;
  memset(start, 0, ((size_t)chain->n_campaigns + 2) * sizeof *start);
  for (uint32_t s = 0; s < n; s++) start[campaign_back(chain, s, back) + 1]++;
  for (uint32_t c = 0; c <= chain->n_campaigns; c++) start[c + 1] += start[c];
  for (uint32_t i = 0; i < n; i++) to[start[campaign_back(chain, from[i], back)]++] = from[i];
}

/* Fills turn and place: sorted from the newest campaign to the oldest but one, and by the oldest too. */
static da_status sort_states(const da_chain *chain, walk *w, da_error *err) {
  uint32_t n = chain->state.n;
  uint32_t *sorted = da_mem_alloc(n, sizeof *sorted), *start = da_mem_alloc((size_t)chain->n_campaigns + 2, sizeof *start);
  da_status status = sorted && start ? DA_OK : da_mem_fail(err, n, sizeof *sorted, "the states of a Markov chain");
  for (uint32_t s = 0; status == DA_OK && s < n; s++) w->turn[s] = s;
  for (int back = 0; status == DA_OK && back < chain->order; back++) {
    sort_by(chain, (size_t)back, w->turn, sorted, start);
    if (back + 1 < chain->order) memcpy(w->turn, sorted, n * sizeof *sorted);
  }
  for (uint32_t i = 0; status == DA_OK && i < n; i++) w->place[sorted[i]] = i;
  da_mem_free(sorted);
  da_mem_free(start);
  return status;
}

static void set_edges(const da_chain *chain, walk *w) {
  uint64_t n = 0;
  for (uint32_t t = 0; t < chain->state.n; t++) {
    uint32_t s = w->turn[t];
    double left = chain->converted[s] + chain->other[s]; /* summed up, not total - stay: nothing cancels */
    w->first[t] = n;
    for (uint64_t i = chain->first_out[s]; i < chain->first_out[s + 1]; i++) {
      uint32_t edge = chain->out[i], to = da_chain_target(chain, edge);
      if (to == s) continue;
      left += chain->edge_count[edge];
      w->to[n] = w->place[to];
      w->p[n++] = chain->edge_count[edge];
    }
    for (uint64_t i = w->first[t]; i < n; i++) w->p[i] /= left;
    w->convert[t] = chain->converted[s] > 0 ? chain->converted[s] / left : 0;
  }
  w->first[chain->state.n] = n;
}

static da_status walk_init(const da_chain *chain, size_t n_tasks, walk *w, da_error *err) {
  uint32_t n_states = chain->state.n, n_edges = chain->edge.n;
  *w = (walk){.chain = chain,
              .place = da_mem_alloc(n_states, sizeof *w->place),
              .turn = da_mem_alloc(n_states, sizeof *w->turn),
              .first = da_mem_alloc((size_t)n_states + 1, sizeof *w->first),
              .to = da_mem_alloc(n_edges, sizeof *w->to),
              .p = da_mem_alloc(n_edges, sizeof *w->p),
              .convert = da_mem_alloc(n_states, sizeof *w->convert),
              .status = da_mem_calloc(n_tasks, sizeof *w->status)};
  if (!w->place || !w->turn || !w->first || !w->to || !w->p || !w->convert || !w->status)
    return da_mem_fail(err, n_edges, sizeof *w->p, "a Markov chain");
  DA_TRY(sort_states(chain, w, err));
  set_edges(chain, w);
  return DA_OK;
}

/* The lane of a state's own campaign, or LANES when it is none of those that go at once. */
static uint32_t lane_of(const da_chain *chain, uint32_t state, uint32_t first_campaign) {
  if (state == 0) return LANES;
  uint32_t campaign = da_chain_campaign(chain, state);
  return campaign >= first_campaign && campaign < first_campaign + LANES ? campaign - first_campaign : LANES;
}

/* Lets the journeys leave their campaign: held[place][lane], and what converts at once. */
static void leave(const walk *w, uint32_t first_campaign, double *held, double *through) {
  const da_chain *chain = w->chain;
  for (uint32_t s = 1; s < chain->state.n; s++) {
    uint32_t lane = lane_of(chain, s, first_campaign);
    if (lane == LANES) continue;
    through[lane] += chain->converted[s];
    for (uint64_t i = chain->first_out[s]; i < chain->first_out[s + 1]; i++) {
      uint32_t edge = chain->out[i], to = da_chain_target(chain, edge);
      if (da_chain_campaign(chain, to) != first_campaign + lane) held[(size_t)w->place[to] * LANES + lane] += chain->edge_count[edge];
    }
  }
}

/* Every state hands on what it holds, once. What comes back to its campaign is dropped. lane: by place. */
static void sweep(const walk *w, const uint8_t *lane, double *held, double *through) {
  for (uint32_t t = 0; t < w->chain->state.n; t++) {
    uint32_t place = w->place[w->turn[t]];
    double *restrict here = held + (size_t)place * LANES, moved[LANES], any = 0;
    if (lane[place] < LANES) here[lane[place]] = 0;
    for (int l = 0; l < LANES; l++) any += moved[l] = here[l];
    if (any == 0) continue;
    for (int l = 0; l < LANES; l++) here[l] = 0;
    for (int l = 0; l < LANES; l++) through[l] += moved[l] * w->convert[t];
    for (uint64_t i = w->first[t]; i < w->first[t + 1]; i++) {
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
    for (uint32_t s = 0; s < n_states; s++) lane[w->place[s]] = (uint8_t)lane_of(w->chain, s, first_campaign);
    follow(w, first_campaign, lane, held, &w->status[task]);
  } else {
    w->status[task] = DA_ERR_MEM;
  }
  da_mem_free(held);
  da_mem_free(lane);
}

da_status da_chain_removal(const da_chain *chain, da_pool *pool, double *through, da_error *err) {
  if (chain->order == 1 && chain->n_campaigns <= DA_ELIMINATE_MOST_CAMPAIGNS) return da_chain_eliminate(chain, pool, through, err);
  return da_chain_walk(chain, pool, through, err);
}

da_status da_chain_walk(const da_chain *chain, da_pool *pool, double *through, da_error *err) {
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
