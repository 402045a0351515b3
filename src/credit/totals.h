/* What each campaign got: credit added up over all journeys, checked to add up to the conversions that went in.
 *
 * blocks of credited journeys, in order -> tally -> da_credit_totals
 *
 * For every method m, to 1e-9 relative, in conversions and in value:
 *   1. each conversion: the sum of its touches' credit + its baseline = 1; each journey without one: all credit is 0
 *   2. in total: the sum over campaigns + baseline + unattributed = the conversions of the input
 * Anything else is DA_ERR_NUM, naming the method, what was expected and what was found.
 *
 * Then, where every value of the input is a whole number of cents, the values of campaigns and baseline are made whole cents that come to the
 * input's exactly (credit/cents.h). */
#ifndef DA_CREDIT_TOTALS_H
#define DA_CREDIT_TOTALS_H

#include "credit/method.h"

#define DA_CREDIT_TOLERANCE 1e-9

/* Journeys begin .. end-1 with the credit of every method. Touch arrays start at the block's first touch. */
typedef struct {
  uint64_t begin, end;           /* equal: no journeys are left */
  uint64_t first_conversion;     /* converted journeys before begin */
  const float *attention;        /* [touches]; NULL without a network */
  const float *probability;      /* [journeys]: the network's probability of conversion; NULL without a network */
  const double *const *credit;   /* [methods][touches], in conversions */
  const double *const *baseline; /* [methods][journeys], in conversions */
} da_credit_block;

typedef struct {
  const da_method *method;
  double *conversions; /* [campaigns] */
  double *value;       /* [campaigns]; NULL without a value column */
  double *spread;      /* [campaigns]: the standard deviation of conversions if every user counted Poisson(1) times and each journey's
                          credit stayed as it is: the root of the sum over users of (credit that the user's journeys gave)^2 */
  double baseline, baseline_value;
} da_method_totals;

typedef struct {
  size_t n_campaigns, n_methods;
  uint64_t *touches;                      /* [campaigns], in all journeys */
  uint64_t *converting_touches;           /* [campaigns], in journeys that converted */
  uint64_t *converting_journeys;          /* [campaigns]: journeys that converted and had at least one touch of the campaign */
  da_method_totals *methods;              /* in the order they were given */
  uint64_t n_conversions, n_unattributed; /* of journeys; without a touch in their window */
  bool has_value;
  double value, unattributed_value; /* of the same; 0 without a value column */
} da_credit_totals;

/* The side of the input: conversions and value of the set, with and without a journey. */
void da_credit_totals_expect(da_credit_totals *totals, const da_journeys *set);
/* Invariant 2 for every method, against the side of the input. */
da_status da_credit_totals_check(const da_credit_totals *totals, const da_journeys *set, da_error *err) DA_MUST_CHECK;

typedef struct da_credit_tally da_credit_tally;

da_status da_credit_tally_open(const da_journeys *set, const da_method *const *methods, size_t n_methods, da_credit_tally **tally,
                               da_error *err) DA_MUST_CHECK;
void da_credit_tally_close(da_credit_tally *tally); /* NULL allowed */

/* A block is added by n_methods + 1 parts that may run at the same time; blocks one after the other, in order. The sums run in the
 * order of the touches and compensate their rounding: neither threads nor block sizes show in the result. */
da_status da_credit_tally_add(da_credit_tally *tally, const da_credit_block *block, size_t part, da_error *err) DA_MUST_CHECK;

/* After the last block: the totals, checked. They stay the tally's; NULL when they do not add up. */
da_status da_credit_tally_finish(da_credit_tally *tally, const da_credit_totals **totals, da_error *err) DA_MUST_CHECK;

#endif
