/* Does the network follow a method's credit? The touches that a method credits most are taken away, a part of the journey after the other,
 * and the network is asked again:
 *
 *   part of the touches     10 %   20 %   ...   90 %   100 %
 *   what is left of p       .93    .88          .41    .30     mean over journeys of p without them / p
 *
 * A method whose credit is where the network's evidence is makes p fall fastest. It says how the network works, not what would have
 * happened. Journeys of fewer touches than parts lose their touches one by one, each where its part is full. */
#ifndef DA_CREDIT_EVALUATE_DELETION_H
#define DA_CREDIT_EVALUATE_DELETION_H

#include "credit/network/what_if.h"

enum { DA_DELETION_PARTS = 10 };

/* Some journeys of a set. */
typedef struct {
  const uint64_t *journey; /* [n] */
  uint64_t n;
} da_deletion_journeys;

typedef struct {
  uint64_t n_journeys;            /* with two touches at least: only of those something can be left */
  double left[DA_DELETION_PARTS]; /* NaN without such a journey */
  double area;                    /* mean of left: the smaller, the better the network follows */
} da_deletion_curve;

/* credit: of the touches of the journeys, end to end; NULL: in an order drawn at random with seed, to compare with. */
da_status da_deletion_measure(const da_model *model, const da_journeys *set, const da_deletion_journeys *journeys, const float *credit,
                              uint64_t seed, da_deletion_curve *curve, da_error *err) DA_MUST_CHECK;

#endif
