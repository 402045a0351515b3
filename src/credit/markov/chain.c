#include "credit/markov/chain.h"

#include "base/mem.h"

static da_status reserve(double **array, size_t *capacity, size_t needed, const char *what, da_error *err) {
  void *items = *array;
  DA_TRY(da_mem_reserve(&items, capacity, needed, sizeof **array, what, err));
  *array = items;
  return DA_OK;
}

/* The state after the first n touches of a path. New states have no ends yet. */
static da_status find_state(da_chain *chain, const uint32_t *campaign, size_t n, uint32_t *state, da_error *err) {
  size_t context = da_chain_context(chain->order, n), capacity = chain->state_capacity;
  uint32_t n_before = chain->state.n;
  DA_TRY(reserve(&chain->converted, &capacity, (size_t)n_before + 1, "the states of a Markov chain", err));
  DA_TRY(reserve(&chain->other, &chain->state_capacity, (size_t)n_before + 1, "the states of a Markov chain", err));
  DA_TRY(da_sequences_add(&chain->state, campaign + (n - context), context, state, err));
  if (*state == n_before) chain->converted[n_before] = chain->other[n_before] = 0;
  return DA_OK;
}

static da_status add_edge(da_chain *chain, uint32_t from, uint32_t to, double journeys, da_error *err) {
  uint32_t edge, n_before = chain->edge.n;
  DA_TRY(reserve(&chain->edge_count, &chain->edge_capacity, (size_t)n_before + 1, "the transitions of a Markov chain", err));
  DA_TRY(da_sequences_add(&chain->edge, (const uint32_t[]){from, to}, 2, &edge, err));
  if (edge == n_before) chain->edge_count[edge] = 0;
  chain->edge_count[edge] += journeys;
  return DA_OK;
}

static da_status add_path(da_chain *chain, const uint32_t *campaign, size_t n, double converted, double other, da_error *err) {
  uint32_t from, to;
  DA_TRY(find_state(chain, campaign, 0, &from, err));
  for (size_t i = 1; i <= n; i++) {
    DA_TRY(find_state(chain, campaign, i, &to, err));
    DA_TRY(add_edge(chain, from, to, converted + other, err));
    from = to;
  }
  chain->converted[from] += converted;
  chain->other[from] += other;
  return DA_OK;
}

/* Edges by the state that they leave, and what leaves each state in all. */
static da_status sort_edges(da_chain *chain, da_error *err) {
  uint32_t n_states = chain->state.n, n_edges = chain->edge.n;
  chain->first_out = da_mem_calloc((size_t)n_states + 2, sizeof *chain->first_out);
  chain->out = da_mem_alloc(n_edges, sizeof *chain->out);
  chain->total = da_mem_alloc(n_states, sizeof *chain->total);
  if (!chain->first_out || !chain->out || !chain->total) return da_mem_fail(err, n_states, sizeof *chain->total, "a Markov chain");
  for (uint32_t s = 0; s < n_states; s++) chain->total[s] = chain->converted[s] + chain->other[s];
  for (uint32_t e = 0; e < n_edges; e++) {
    uint32_t from = chain->edge.item[2 * (size_t)e];
    chain->total[from] += chain->edge_count[e];
    chain->first_out[from + 2]++;
  }
  for (uint32_t s = 0; s < n_states; s++) chain->first_out[s + 2] += chain->first_out[s + 1];
  for (uint32_t e = 0; e < n_edges; e++) chain->out[chain->first_out[chain->edge.item[2 * (size_t)e] + 1]++] = e;
  return DA_OK;
}

da_status da_chain_init(const da_paths *paths, int order, da_chain *chain, da_error *err) {
  *chain = (da_chain){.order = order, .n_campaigns = paths->n_campaigns};
  uint32_t start;
  da_status status = find_state(chain, NULL, 0, &start, err);
  for (uint32_t p = 0; p < paths->path.n && status == DA_OK; p++) {
    size_t n;
    const uint32_t *campaign = da_sequence(&paths->path, p, &n);
    status = add_path(chain, campaign, n, paths->converted[p], paths->other[p], err);
  }
  if (status == DA_OK) status = sort_edges(chain, err);
  if (status != DA_OK) da_chain_free(chain);
  return status;
}

void da_chain_free(da_chain *chain) {
  da_sequences_free(&chain->state);
  da_sequences_free(&chain->edge);
  da_mem_free(chain->edge_count);
  da_mem_free(chain->first_out);
  da_mem_free(chain->out);
  da_mem_free(chain->converted);
  da_mem_free(chain->other);
  da_mem_free(chain->total);
  *chain = (da_chain){0};
}
