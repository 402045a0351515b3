/* Removal effects of a chain of order 1 by elimination of states, exact after a fixed number of steps: for dense chains, where most campaigns
 * follow most others. Same result as following walks (removal.h), which is for chains of many states with few edges each.
 *
 * A state e is taken out of the chain by leading its walks on: to each edge i -> j is added (i -> e) (e -> j) / all that leaves e for
 * others. Nothing is subtracted (Grassmann, Taksar and Heyman, Operations Research 33, 1985). When all campaigns but c are out, what is
 * left says everything of c: through_c = (start -> c) (c -> conversion) / (c -> conversion + c -> end). To do so for every c, half of the
 * campaigns are taken out, then half of the rest, and so on, and again for the other halves: as much work as inverting one matrix. */
#ifndef DA_CREDIT_ELIMINATE_H
#define DA_CREDIT_ELIMINATE_H

#include "base/threads.h"
#include "credit/markov/chain.h"

/* Beyond this many campaigns the matrices would take more than 100 MB. */
enum { DA_ELIMINATE_MOST_CAMPAIGNS = 2048 };

/* chain: of order 1. through: [n_campaigns], as da_chain_removal. */
da_status da_chain_eliminate(const da_chain *chain, da_pool *pool, double *through, da_error *err) DA_MUST_CHECK;

#endif
