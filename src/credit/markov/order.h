/* Which order of the chain? The one that tells best how journeys of other users go on.
 *
 * A chain of order k gives each next thing x (a campaign, the conversion, the end without one) after context s the probability
 *
 *   p_k(x | s) = (n(s, x) + d(s) p_(k-1)(x | s')) / (n(s) + d(s))
 *
 * with n the counts of the chain, d(s) the number of different things that followed s, and s' the context without its oldest campaign
 * (Witten and Bell, IEEE Trans. Inf. Theory 37, 1991): what was never seen after s is not impossible. p_0 counts all things whatever came
 * before, each once more than it came. */
#ifndef DA_CREDIT_ORDER_H
#define DA_CREDIT_ORDER_H

#include "credit/markov/chain.h"

typedef struct {
  double log_likelihood[DA_CHAIN_MAX_ORDER + 1]; /* [order], of all that happens in the held-out paths; [0]: p_0 */
  double n;                                      /* things that happen in them; 0: there are none */
  int best;                                      /* the order of the largest, the lower of equals; 1 without held-out paths */
} da_order_evidence;

/* Both of kind DA_PATH_WHOLE, of the same journey set. */
da_status da_order_choose(const da_paths *train, const da_paths *held_out, da_order_evidence *evidence, da_error *err) DA_MUST_CHECK;

#endif
