/* One journey taken apart: what every method credits to each touch, what the network thought after each touch, and what it would think
 * had a campaign not been there.
 *
 * The network's what-ifs are answers of the network, not of the world: a journey without a campaign is read as if its user had simply
 * not seen it, and everything else had gone the same way. */
#ifndef DA_CREDIT_EXPLAIN_H
#define DA_CREDIT_EXPLAIN_H

#include "base/mem.h"
#include "credit/fitted.h"
#include "model/model.h"

/* What-ifs together read at most about this many touches: of a very long journey only the last touches, and the campaigns that come
 * first in it, get an answer. */
enum { DA_EXPLAIN_TOUCHES = 1 << 20 };

typedef struct {
  uint32_t campaign;
  uint64_t n_touches; /* of it, in this journey */
  double probability; /* of the journey without them; NaN: not asked */
} da_what_if;

typedef struct {
  const da_journeys *set;
  uint64_t journey, user;
  uint64_t first, n; /* its touches are first .. first + n - 1 of the set */
  double value;      /* of its conversion; NaN: none, or no value column */
  const da_fitted *fitted;
  double **credit;            /* [methods][n] */
  double *baseline;           /* [methods] */
  bool has_network;           /* the rest is there only then */
  float *attention;           /* [n] */
  double *probability_after;  /* [n]: had the journey ended with this touch; NaN: not asked. The last is the journey's own */
  double probability_of_none; /* of a journey without any touch */
  da_what_if *without;        /* [n_campaigns], in the order in which the campaigns come */
  size_t n_campaigns;
} da_explanation;

/* model NULL: no network; then fitted must not hold a method that needs one. The explanation lives as long as arena, fitted and the
 * set. */
da_status da_explain(const da_credit_input *input, const da_fitted *fitted, const da_model *model, uint64_t journey, da_arena *arena,
                     da_explanation *explanation, da_error *err) DA_MUST_CHECK;

/* The number of the user of that uid. DA_ERR_ARG when there is none. */
da_status da_explain_find_user(const da_journeys *set, const char *uid, uint64_t *user, da_error *err) DA_MUST_CHECK;

#endif
