/* A chain as what flows from state to state, from which states can be taken out: walks through the rest convert as they did.
 *
 *        4        3                              3
 *   (a) ──► (e) ──► (b)          without e  (a) ──► (b)
 *            └──► conversion                  └───► conversion
 *            1                                  1
 *
 * A state e is taken out by leading its walks on: to each flow i -> j is added (i -> e) (e -> j) / all that leaves e. Nothing is
 * subtracted (Grassmann, Taksar and Heyman, Operations Research 33, 1985). What flows back to i itself is dropped: the other flows out of i
 * keep their size, and only their proportions count. The start is not part of it: removal.h begins where campaigns are left. */
#ifndef DA_CREDIT_FLOW_H
#define DA_CREDIT_FLOW_H

#include "credit/markov/chain.h"

/* Valid as {0}. */
typedef struct {
  uint32_t n;            /* states */
  uint64_t *first;       /* [n + 1]: flows out of state s are first[s] .. first[s + 1] - 1 */
  uint32_t *to;          /* [first[n]] never the state itself */
  double *flow;          /* [first[n]] journeys */
  double *convert, *end; /* [n] journeys that end here, with a conversion and without */
  uint32_t *campaign;    /* [n] touched last */
} da_flow;

/* All states but the start, sorted by their campaigns from the newest to the oldest. */
da_status da_flow_of_chain(const da_chain *chain, da_flow *flow, da_error *err) DA_MUST_CHECK;

/* reduced: `whole` without states of campaigns outside first .. end - 1, as many as can be taken out without more flows than before. */
da_status da_flow_reduce(const da_flow *whole, uint32_t first, uint32_t end, da_flow *reduced, da_error *err) DA_MUST_CHECK;

void da_flow_free(da_flow *flow); /* {0} and a second call allowed */

/* All that leaves a state. */
static inline double da_flow_total(const da_flow *flow, uint32_t state) {
  double sum = flow->convert[state] + flow->end[state];
  for (uint64_t i = flow->first[state]; i < flow->first[state + 1]; i++) sum += flow->flow[i];
  return sum;
}

#endif
