/* The credit that `attribute` left, as evaluate wants it: by campaign, for two halves of the users and the held-out journeys, and by touch
 * for some of those. */
#ifndef DA_PIPELINE_EVALUATE_CREDIT_H
#define DA_PIPELINE_EVALUATE_CREDIT_H

#include "pipeline/pipeline_run.h"

/* Of the journeys: two random halves of the users of train and val, and the test split. */
enum { DA_PART_FIRST, DA_PART_SECOND, DA_PART_HELD_OUT, DA_N_PARTS };
enum { DA_EVALUATE_MOST_METHODS = 64, DA_EVALUATE_MOST_JOURNEYS = 10000 };

typedef struct {
  const da_method *methods[DA_EVALUATE_MOST_METHODS]; /* those that the table of touches has columns of */
  size_t n_methods, n_campaigns;
  uint8_t *part;                      /* [journeys of the set] */
  uint64_t n_conversions[DA_N_PARTS]; /* of journeys */
  double *conversions;                /* [methods][DA_N_PARTS][campaigns]: the credit */
  uint64_t *journey, n_journeys;      /* held-out journeys that converted: at most so many, evenly chosen */
  float *touch_credit;                /* [methods][n_touches]: of their touches, end to end */
  uint64_t n_touches;
} da_evaluated_credit;

static inline double *da_evaluated_part(const da_evaluated_credit *credit, size_t method, int part) {
  return credit->conversions + (method * DA_N_PARTS + (size_t)part) * credit->n_campaigns;
}

/* The run's set and database are open. The arena owns the arrays. DA_ERR_DATA when there is no credit, or credit of other journeys. */
da_status da_evaluated_credit_read(da_run *run, da_arena *arena, da_evaluated_credit *credit, da_error *err) DA_MUST_CHECK;

#endif
