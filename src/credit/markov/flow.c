#include "credit/markov/flow.h"

#include <string.h>

#include "base/mem.h"

static da_status flow_init(uint32_t n_states, uint64_t n_flows, da_flow *flow, da_error *err) {
  *flow = (da_flow){.n = n_states,
                    .first = da_mem_alloc((size_t)n_states + 1, sizeof *flow->first),
                    .to = da_mem_alloc(n_flows, sizeof *flow->to),
                    .flow = da_mem_alloc(n_flows, sizeof *flow->flow),
                    .convert = da_mem_alloc(n_states, sizeof *flow->convert),
                    .end = da_mem_alloc(n_states, sizeof *flow->end),
                    .campaign = da_mem_alloc(n_states, sizeof *flow->campaign)};
  if (flow->first && flow->to && flow->flow && flow->convert && flow->end && flow->campaign) return DA_OK;
  da_flow_free(flow);
  return da_mem_fail(err, n_flows, sizeof *flow->flow, "the flows of a Markov chain");
}

void da_flow_free(da_flow *flow) {
  da_mem_free(flow->first);
  da_mem_free(flow->to);
  da_mem_free(flow->flow);
  da_mem_free(flow->convert);
  da_mem_free(flow->end);
  da_mem_free(flow->campaign);
  *flow = (da_flow){0};
}

/* ---- From a chain ---- */

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

/* order: [states], the start first, since it alone has no campaign; place: [states] where each stands in it. */
static da_status sort_states(const da_chain *chain, uint32_t *order, uint32_t *place, da_error *err) {
  uint32_t n = chain->state.n;
  uint32_t *sorted = da_mem_alloc(n, sizeof *sorted), *start = da_mem_alloc((size_t)chain->n_campaigns + 2, sizeof *start);
  da_status status = sorted && start ? DA_OK : da_mem_fail(err, n, sizeof *sorted, "the states of a Markov chain");
  for (uint32_t s = 0; s < n && status == DA_OK; s++) order[s] = s;
  for (int back = chain->order; back-- > 0 && status == DA_OK;) {
    sort_by(chain, (size_t)back, order, sorted, start);
    memcpy(order, sorted, n * sizeof *order);
  }
  for (uint32_t i = 0; i < n && status == DA_OK; i++) place[order[i]] = i;
  da_mem_free(sorted);
  da_mem_free(start);
  return status;
}

static void copy_state(const da_chain *chain, uint32_t state, const uint32_t *place, da_flow *flow, uint64_t *n_flows) {
  uint32_t s = place[state] - 1;
  flow->convert[s] = chain->converted[state];
  flow->end[s] = chain->other[state];
  flow->campaign[s] = da_chain_campaign(chain, state);
  flow->first[s] = *n_flows;
  for (uint64_t i = chain->first_out[state]; i < chain->first_out[state + 1]; i++) {
    uint32_t edge = chain->out[i], to = da_chain_target(chain, edge);
    if (to == state) continue;
    flow->to[*n_flows] = place[to] - 1;
    flow->flow[(*n_flows)++] = chain->edge_count[edge];
  }
}

da_status da_flow_of_chain(const da_chain *chain, da_flow *flow, da_error *err) {
  uint32_t n = chain->state.n;
  uint32_t *order = da_mem_alloc(n, sizeof *order), *place = da_mem_alloc(n, sizeof *place);
  da_status status = order && place ? DA_OK : da_mem_fail(err, n, sizeof *order, "the states of a Markov chain");
  *flow = (da_flow){0};
  if (status == DA_OK) status = sort_states(chain, order, place, err);
  if (status == DA_OK) status = flow_init(n - 1, chain->edge.n, flow, err);
  if (status == DA_OK) {
    uint64_t n_flows = 0;
    for (uint32_t i = 1; i < n; i++) copy_state(chain, order[i], place, flow, &n_flows);
    flow->first[n - 1] = n_flows;
  }
  da_mem_free(order);
  da_mem_free(place);
  return status;
}

/* ---- Taking states out ---- */

enum { STAYS, GOES, NEXT_TO_ONE_THAT_GOES };

/* One round: states of which no two follow each other go together. */
typedef struct {
  const da_flow *whole;
  uint8_t *fate;    /* [n] */
  uint32_t *n_in;   /* [n] flows into each state */
  uint32_t *number; /* [n] of those that stay, in the reduced chain */
  double *total;    /* [n] of those that go */
  double *sum;      /* [n that stay] what flows there from the state at hand; 0 outside of it */
  uint32_t n_gone;
  uint64_t n_flows_most; /* of the reduced chain */
} round_of;

static void round_free(round_of *r) {
  da_mem_free(r->fate);
  da_mem_free(r->n_in);
  da_mem_free(r->number);
  da_mem_free(r->total);
  da_mem_free(r->sum);
}

static da_status round_init(const da_flow *whole, round_of *r, da_error *err) {
  uint32_t n = whole->n;
  *r = (round_of){.whole = whole,
                  .fate = da_mem_calloc(n, sizeof *r->fate),
                  .n_in = da_mem_calloc(n, sizeof *r->n_in),
                  .number = da_mem_alloc(n, sizeof *r->number),
                  .total = da_mem_alloc(n, sizeof *r->total),
                  .sum = da_mem_calloc(n, sizeof *r->sum)};
  return r->fate && r->n_in && r->number && r->total && r->sum ? DA_OK
                                                               : da_mem_fail(err, n, sizeof *r->sum, "the states of a Markov chain");
}

static bool may_go(const round_of *r, uint32_t state, uint32_t first, uint32_t end) {
  const da_flow *whole = r->whole;
  uint64_t n_out = whole->first[state + 1] - whole->first[state], n_in = r->n_in[state];
  bool is_kept = whole->campaign[state] >= first && whole->campaign[state] < end;
  if (is_kept || r->fate[state] != STAYS || n_in * n_out > n_in + n_out) return false;
  for (uint64_t i = whole->first[state]; i < whole->first[state + 1]; i++) {
    if (r->fate[whole->to[i]] == GOES) return false;
  }
  return true;
}

static void choose(round_of *r, uint32_t first, uint32_t end) {
  const da_flow *whole = r->whole;
  for (uint64_t i = 0; i < whole->first[whole->n]; i++) r->n_in[whole->to[i]]++;
  for (uint32_t s = 0; s < whole->n; s++) {
    if (!may_go(r, s, first, end)) continue;
    r->fate[s] = GOES;
    r->total[s] = da_flow_total(whole, s);
    r->n_gone++;
    for (uint64_t i = whole->first[s]; i < whole->first[s + 1]; i++) r->fate[whole->to[i]] = NEXT_TO_ONE_THAT_GOES;
  }
  uint32_t n_kept = 0;
  for (uint32_t s = 0; s < whole->n; s++) {
    uint64_t n_out = whole->first[s + 1] - whole->first[s];
    if (r->fate[s] != GOES) r->number[s] = n_kept++;
    r->n_flows_most += r->fate[s] == GOES ? r->n_in[s] * n_out : n_out;
  }
}

static void add_flow(const round_of *r, uint32_t to, double journeys, da_flow *reduced, uint64_t *n_flows) {
  uint32_t number = r->number[to];
  if (r->sum[number] == 0) reduced->to[(*n_flows)++] = number;
  r->sum[number] += journeys;
}

/* What left a state for one that goes, led on. */
static void lead_on(const round_of *r, uint32_t from, uint32_t gone, double journeys, da_flow *reduced, uint64_t *n_flows) {
  const da_flow *whole = r->whole;
  double part = r->total[gone] > 0 ? journeys / r->total[gone] : 0;
  uint32_t number = r->number[from];
  reduced->convert[number] += part * whole->convert[gone];
  reduced->end[number] += part * whole->end[gone];
  for (uint64_t i = whole->first[gone]; i < whole->first[gone + 1]; i++) {
    if (whole->to[i] != from && part * whole->flow[i] > 0) add_flow(r, whole->to[i], part * whole->flow[i], reduced, n_flows);
  }
}

static void copy_kept(const round_of *r, uint32_t state, da_flow *reduced, uint64_t *n_flows) {
  const da_flow *whole = r->whole;
  uint32_t number = r->number[state];
  uint64_t begin = *n_flows;
  reduced->first[number] = begin;
  reduced->convert[number] = whole->convert[state];
  reduced->end[number] = whole->end[state];
  reduced->campaign[number] = whole->campaign[state];
  for (uint64_t i = whole->first[state]; i < whole->first[state + 1]; i++) {
    uint32_t to = whole->to[i];
    if (r->fate[to] == GOES) {
      lead_on(r, state, to, whole->flow[i], reduced, n_flows);
    } else if (whole->flow[i] > 0) {
      add_flow(r, to, whole->flow[i], reduced, n_flows);
    }
  }
  for (uint64_t i = begin; i < *n_flows; i++) {
    reduced->flow[i] = r->sum[reduced->to[i]];
    r->sum[reduced->to[i]] = 0;
  }
}

/* n_gone: how many states went. */
static da_status reduce_once(const da_flow *whole, uint32_t first, uint32_t end, da_flow *reduced, uint32_t *n_gone, da_error *err) {
  round_of r;
  *reduced = (da_flow){0};
  da_status status = round_init(whole, &r, err);
  if (status == DA_OK) {
    choose(&r, first, end);
    *n_gone = r.n_gone;
    status = flow_init(whole->n - r.n_gone, r.n_flows_most, reduced, err);
  }
  if (status == DA_OK) {
    uint64_t n_flows = 0;
    for (uint32_t s = 0; s < whole->n; s++) {
      if (r.fate[s] != GOES) copy_kept(&r, s, reduced, &n_flows);
    }
    reduced->first[reduced->n] = n_flows;
  }
  round_free(&r);
  return status;
}

da_status da_flow_reduce(const da_flow *whole, uint32_t first, uint32_t end, da_flow *reduced, da_error *err) {
  const uint32_t worth = 50; /* another round takes out one state of so many at least */
  uint32_t n_gone;
  DA_TRY(reduce_once(whole, first, end, reduced, &n_gone, err));
  while ((uint64_t)n_gone * worth > reduced->n) {
    da_flow before = *reduced;
    da_status status = reduce_once(&before, first, end, reduced, &n_gone, err);
    da_flow_free(&before);
    if (status != DA_OK) return status;
  }
  return DA_OK;
}
