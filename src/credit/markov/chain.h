/* A Markov chain of order k from aggregated paths: what follows, given the last k campaigns.
 *
 *   path a b c, converted, order 2:   start ─► (a) ─► (a b) ─► (b c) ─► conversion
 *
 * A state is the sequence of the last k campaigns, of fewer at the beginning of a path; state 0 is the start, with none. An edge carries
 * the journeys that took it, so that its probability is count / total of its state. In these counts as much flows into a state as out of
 * it: total[s] / total[0] is the exact expected number of visits of s, and the chain converts as often as the journeys did. */
#ifndef DA_CREDIT_CHAIN_H
#define DA_CREDIT_CHAIN_H

#include "credit/paths/paths.h"

enum { DA_CHAIN_MAX_ORDER = 4 };

/* Valid as {0}. */
typedef struct {
  int order;
  uint32_t n_campaigns;
  da_sequences state;
  da_sequences edge;                    /* pairs (from, to) of states */
  double *edge_count;                   /* [edge.n] journeys, by the edge's number */
  uint64_t *first_out;                  /* [state.n + 1]: the edges that leave state s are out[first_out[s]] .. out[first_out[s + 1] - 1] */
  uint32_t *out;                        /* [edge.n] numbers of edges */
  double *converted, *other;            /* [state.n] journeys that end in the state, with a conversion and without */
  double *total;                        /* [state.n] all that leaves it: edges and ends */
  size_t edge_capacity, state_capacity; /* private */
} da_chain;

/* paths: of kind DA_PATH_WHOLE; order: 1 .. DA_CHAIN_MAX_ORDER. */
da_status da_chain_init(const da_paths *paths, int order, da_chain *chain, da_error *err) DA_MUST_CHECK;
void da_chain_free(da_chain *chain); /* {0} and a second call allowed */

static inline uint32_t da_chain_target(const da_chain *chain, uint32_t edge) { return chain->edge.item[2 * (size_t)edge + 1]; }
/* The campaign that was touched last; not for the start. */
static inline uint32_t da_chain_campaign(const da_chain *chain, uint32_t state) {
  return chain->state.item[chain->state.end[state + 1] - 1];
}

/* The part of a path that is the state after its first n touches. */
static inline size_t da_chain_context(int order, size_t n) { return n < (size_t)order ? n : (size_t)order; }

#endif
