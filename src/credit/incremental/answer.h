/* A fitted form, and the credit that follows from it for the log's conversions. */
#ifndef DA_CREDIT_INCREMENTAL_ANSWER_H
#define DA_CREDIT_INCREMENTAL_ANSWER_H

#include "credit/incremental/coalition.h"
#include "credit/incremental/hazard.h"
#include "credit/incremental/journey_form.h"

typedef enum { DA_FORM_HAZARD, DA_FORM_JOURNEY } da_form;

typedef struct {
  da_form form;
  da_hazard_data data; /* exposure: its rows are the conversions, for both forms */
  da_hazard hazard;
  const da_journey_counts *counts;
  da_journey_form journey;
  const da_held *held; /* [n_campaigns] what experiments hold (pins.h), somebody else's; NULL: nothing */
} da_answer;

/* Shares out one conversion; the result lives in *space until its next use. scratch grows to the longest journey. */
typedef struct {
  da_coalition_space coalition;
  double *scratch;
  uint64_t capacity;
} da_answer_space;

da_status da_answer_space_init(const da_answer *answer, da_answer_space *space, da_error *err) DA_MUST_CHECK;
void da_answer_space_free(da_answer_space *space); /* {0} allowed */
da_status da_answer_share(const da_answer *answer, uint64_t row, da_answer_space *space, const da_shares **shares,
                          da_error *err) DA_MUST_CHECK;

/* Sums over conversions, each counted as often as its user. Conversions = sum of shapley + baseline. */
typedef struct {
  double *shapley, *removal; /* [n_campaigns] */
  double *removal_squares;   /* [n_campaigns] of the parts that sum to removal; NULL: not wanted */
  double *room;              /* [n_campaigns] baseline of the conversions after the campaign's touches, before anything is gained of it;
                                NULL: not wanted */
  double baseline;
} da_answer_totals;

/* pool NULL allowed; the same bits with and without. */
da_status da_answer_total(const da_answer *answer, const float *user_weight, da_pool *pool, da_answer_totals *totals,
                          da_error *err) DA_MUST_CHECK;

#endif
