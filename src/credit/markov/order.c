#include "credit/markov/order.h"

#include <math.h>

#include "base/mem.h"

/* What may come next: a campaign, or one of the two ends. */
enum { CONVERSION = UINT32_MAX, END = UINT32_MAX - 1 };

typedef struct {
  da_chain chain[DA_CHAIN_MAX_ORDER + 1]; /* [order], from 1 */
  double *count;                          /* [campaigns] touches, for p_0 */
  double converted, other, all;           /* ends of paths, and everything that happens */
} chains;

static void chains_free(chains *c) {
  for (int k = 1; k <= DA_CHAIN_MAX_ORDER; k++) da_chain_free(&c->chain[k]);
  da_mem_free(c->count);
}

static da_status chains_init(const da_paths *train, chains *c, da_error *err) {
  *c = (chains){.count = da_mem_calloc(train->n_campaigns, sizeof *c->count), .converted = train->n_converted, .other = train->n_other};
  if (!c->count) return da_mem_fail(err, train->n_campaigns, sizeof *c->count, "the touches of campaigns");
  for (int k = 1; k <= DA_CHAIN_MAX_ORDER; k++) DA_TRY(da_chain_init(train, k, &c->chain[k], err));
  c->all = c->converted + c->other;
  for (uint32_t p = 0; p < train->path.n; p++) {
    size_t n;
    const uint32_t *campaign = da_sequence(&train->path, p, &n);
    for (size_t i = 0; i < n; i++) c->count[campaign[i]] += train->converted[p] + train->other[p];
    c->all += (double)n * (train->converted[p] + train->other[p]);
  }
  return DA_OK;
}

static double count_of(const da_chain *chain, uint32_t state, const uint32_t *campaign, size_t n, uint32_t next) {
  if (next == CONVERSION) return chain->converted[state];
  if (next == END) return chain->other[state];
  uint32_t to, edge;
  size_t context = da_chain_context(chain->order, n + 1);
  if (!da_sequences_find(&chain->state, campaign + (n + 1 - context), context, &to)) return 0;
  return da_sequences_find(&chain->edge, (const uint32_t[]){state, to}, 2, &edge) ? chain->edge_count[edge] : 0;
}

static double n_kinds(const da_chain *chain, uint32_t state) {
  return (double)(chain->first_out[state + 1] - chain->first_out[state]) + (chain->converted[state] > 0) + (chain->other[state] > 0);
}

/* Fills p[0 .. max]: p_k(next | the first n campaigns of a path); next, if a campaign, is campaign[n]. */
static void predict(const chains *c, const uint32_t *campaign, size_t n, uint32_t next, double *p) {
  double count = next == CONVERSION ? c->converted : next == END ? c->other : c->count[next];
  p[0] = (count + 1) / (c->all + c->chain[1].n_campaigns + 2);
  for (int k = 1; k <= DA_CHAIN_MAX_ORDER; k++) {
    const da_chain *chain = &c->chain[k];
    size_t context = da_chain_context(k, n);
    uint32_t state;
    p[k] = p[k - 1];
    if (k > 1 && context < (size_t)k) continue; /* the same context as that of order k - 1 */
    if (!da_sequences_find(&chain->state, campaign + (n - context), context, &state)) continue;
    double kinds = n_kinds(chain, state);
    p[k] = (count_of(chain, state, campaign, n, next) + kinds * p[k - 1]) / (chain->total[state] + kinds);
  }
}

static void add_log(const double *p, double weight, da_order_evidence *evidence) {
  if (weight == 0) return;
  for (int k = 0; k <= DA_CHAIN_MAX_ORDER; k++) evidence->log_likelihood[k] += weight * log(p[k]);
  evidence->n += weight;
}

da_status da_order_choose(const da_paths *train, const da_paths *held_out, da_order_evidence *evidence, da_error *err) {
  *evidence = (da_order_evidence){.best = 1};
  chains c;
  da_status status = chains_init(train, &c, err);
  for (uint32_t path = 0; status == DA_OK && path < held_out->path.n; path++) {
    size_t n;
    const uint32_t *campaign = da_sequence(&held_out->path, path, &n);
    double p[DA_CHAIN_MAX_ORDER + 1], converted = held_out->converted[path], other = held_out->other[path];
    for (size_t i = 0; i < n; i++) {
      predict(&c, campaign, i, campaign[i], p);
      add_log(p, converted + other, evidence);
    }
    predict(&c, campaign, n, CONVERSION, p);
    add_log(p, converted, evidence);
    predict(&c, campaign, n, END, p);
    add_log(p, other, evidence);
  }
  chains_free(&c);
  for (int k = 2; k <= DA_CHAIN_MAX_ORDER && evidence->n > 0; k++) {
    if (evidence->log_likelihood[k] > evidence->log_likelihood[evidence->best]) evidence->best = k;
  }
  return status;
}
