/* What the network thinks of journeys of which only the touches of some campaigns are kept: asked one by one, scored many at once,
 * answered in the order in which they were asked.
 *
 *   a b a c, kept {a, c}  ->  P(conversion | a a c)
 *
 * One of these belongs to one thread. */
#ifndef DA_CREDIT_WHAT_IF_H
#define DA_CREDIT_WHAT_IF_H

#include "model/score.h"

/* Valid as {0}. */
typedef struct {
  const da_model *model;
  da_scorer *scorer;
  double *answer; /* [n_answers], after da_what_ifs_finish */
  size_t n_answers;
  /* Private: what was asked and not scored yet, laid end to end as da_scorer_score_parts takes it. */
  uint32_t *first; /* [n + 1] */
  uint64_t *kept;  /* [first[n]] */
  float *logit;
  uint32_t n;
  size_t first_capacity, kept_capacity, logit_capacity, answer_capacity;
} da_what_ifs;

/* model and set must outlive it. */
da_status da_what_ifs_open(const da_model *model, const da_journeys *set, da_what_ifs *asked, da_error *err) DA_MUST_CHECK;
void da_what_ifs_close(da_what_ifs *asked); /* {0} and a second call allowed */

/* Asks for a journey with only the touches of some players (the campaigns of the journey, by any numbers of their own). player: [n] of its
 * touches first_touch .. first_touch + n - 1; is_kept: [players], true for one that has a touch at least. */
da_status da_what_ifs_ask(da_what_ifs *asked, uint64_t first_touch, uint64_t n, const uint32_t *player, const bool *is_kept,
                          da_error *err) DA_MUST_CHECK;
/* Answers all that was asked since the last da_what_ifs_clear. */
da_status da_what_ifs_finish(da_what_ifs *asked, da_error *err) DA_MUST_CHECK;
/* The probability of a journey all of whose touches are taken away: what its user's features alone say. */
double da_what_ifs_none(const da_what_ifs *asked, uint64_t journey);
/* Forgets questions and answers, keeps the memory. */
void da_what_ifs_clear(da_what_ifs *asked);

#endif
