/* Removal effects of a Markov chain: the part of all conversions whose walk goes through a campaign, and which would be lost if every step
 * to it led out of the chain instead (Anderl et al., Int. J. of Research in Marketing 33, 2016).
 *
 * A conversion that goes through c is counted where it leaves c for the last time. With n(s) journeys in state s, and C the states whose
 * last campaign is c,
 *
 *   through_c = sum over s in C of  n(s) p(s -> conversion)  +  sum over t not in C of  n(s) p(s -> t) h_c(t)
 *
 * where h_c(t) is the probability to convert from t without ever coming to c. The journeys n(s) p(s -> t) are followed along the chain until
 * they convert, end or return to c: sweep after sweep, each state hands on what it holds, until what is still under way is less than 1e-13
 * of what has converted. Two things make that quick and change nothing: states of other campaigns that are cheap to do without are taken out
 * first (flow.h), and every third sweep jumps ahead by what it has learnt of how fast the walks die out (removal.c). No matrix is inverted:
 * it cannot be singular, states that nothing reaches hold nothing, and since every state of the chain was left by some journey, all that is
 * under way ends. Sixteen campaigns go at once. Chains of order 1 are eliminated state by state where their campaigns are few enough
 * (eliminate.h). */
#ifndef DA_CREDIT_REMOVAL_H
#define DA_CREDIT_REMOVAL_H

#include "base/threads.h"
#include "credit/markov/chain.h"

/* through: [n_campaigns] conversions (journeys) through each campaign; divided by all conversions: its removal effect. pool NULL allowed;
 * the same bits with any. */
da_status da_chain_removal(const da_chain *chain, da_pool *pool, double *through, da_error *err) DA_MUST_CHECK;

/* By following walks, whatever the order. */
da_status da_chain_walk(const da_chain *chain, da_pool *pool, double *through, da_error *err) DA_MUST_CHECK;

#endif
