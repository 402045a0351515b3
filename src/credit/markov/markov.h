/* The method `markov`: removal effects of a Markov chain of order credit.markov_order, made to add up.
 *
 * A campaign's total is the conversions of the log times its removal effect over the sum of all removal effects, as everywhere in the field;
 * single conversions are shared so that these totals come out (credit/paths/strengths.h). */
#ifndef DA_CREDIT_MARKOV_H
#define DA_CREDIT_MARKOV_H

#include "credit/markov/order.h"
#include "credit/method.h"

extern const da_method da_method_markov;

typedef struct {
  da_chain chain;
  bool order_was_chosen; /* by evidence; otherwise the config said it */
  da_order_evidence evidence;
  double n_conversions;
  double *removal_effect; /* [campaigns] 0 .. 1 */
  double *total;          /* [campaigns] conversions: removal effects scaled to the sum of all conversions */
  double *strength;       /* [campaigns] */
  double unplaced;        /* conversions that no sharing gives to the campaigns that total says */
} da_markov;

/* state: as da_method_markov.fit made it; lives as long. */
const da_markov *da_markov_of(const void *state);

#endif
