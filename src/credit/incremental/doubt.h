/* How far the credit would move with another structure: what the choice (choice.h) leaves open.
 *
 * Every structure that was fitted has a weight w_s in proportion to e^(held-out log-likelihood gained over the plain one) (pseudo-Bayesian
 * model averaging: Yao, Vehtari, Simpson and Gelman, Bayesian Analysis 13, 2018). The chosen one answers; the others widen its intervals,
 *
 *   doubt^2 = sum over s of w_s (credit by s - credit by the chosen one)^2
 *
 * the between-model part of the variance in Buckland, Burnham and Augustin, Biometrics 53, 1997. */
#ifndef DA_CREDIT_INCREMENTAL_DOUBT_H
#define DA_CREDIT_INCREMENTAL_DOUBT_H

#include "credit/incremental/bootstrap.h"
#include "credit/incremental/choice.h"

/* weight [DA_N_STRUCTURES], sum 1: 0 for structures that were not fitted. */
void da_doubt_weights(const da_hazard fits[DA_N_STRUCTURES], const da_evidence over_plain[DA_N_STRUCTURES], double weight[DA_N_STRUCTURES]);

/* answer: the chosen one, whose hazard is one of fits. pins: held in the credit by every structure; may be none ({0}). doubt's arrays are
 * the caller's. */
da_status da_doubt_measure(const da_answer *answer, const da_hazard fits[DA_N_STRUCTURES], const da_evidence over_plain[DA_N_STRUCTURES],
                           const da_pins *pins, da_pool *pool, da_bootstrap *doubt, da_error *err) DA_MUST_CHECK;

#endif
