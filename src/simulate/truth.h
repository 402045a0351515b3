/* The true incremental credit of a simulated log: truth.json.
 *
 * In conversions, summed over users, for the same users and random numbers as the log's:
 *
 *   removal     expected conversions of the log as it is, less those when the campaign's touches are deleted
 *   shapley     the campaign's Shapley value over all coalitions of campaigns; these sum to expected - baseline
 *   expected    the probabilities of the log's conversions, summed; `conversions` were drawn from them
 *   baseline    of those expected, the ones that would come if nothing were shown
 *   unlogged    expected conversions before a user's first touch, or of users without any: no row of the log can carry them */
#ifndef DA_SIMULATE_TRUTH_H
#define DA_SIMULATE_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

typedef struct {
  char *name;
  uint64_t touches;
  double removal;
  double shapley;
  double shapley_se; /* of the sampled part; 0 where all coalitions were tried */
} da_truth_campaign;

/* Valid as {0}; give back with da_truth_free. */
typedef struct {
  char *world;
  uint64_t n_users, seed; /* users drawn, also those without a touch */
  bool cut;
  uint64_t n_touches, n_conversions;
  double expected, baseline, unlogged;
  da_truth_campaign *campaigns; /* in the world's order */
  size_t n_campaigns;
  double *coalitions; /* [2^n_campaigns] expected conversions when campaign k is shown where bit k is set; NULL when too many */
} da_truth;

enum { DA_TRUTH_COALITION_CAMPAIGNS = 8 }; /* up to here the coalitions are kept */

void da_truth_free(da_truth *truth);

/* As JSON. */
void da_truth_print(const da_truth *truth, da_text *json);
/* Reads what da_truth_print wrote, or what somebody else did: every field is checked, DA_ERR_DATA says which one is wrong. name (a path
 * or key) stands in messages. Counts above 2^53 come back rounded. */
da_status da_truth_read(const char *name, const char *json, size_t length, da_truth *truth, da_error *err) DA_MUST_CHECK;

typedef enum { DA_TRUTH_REMOVAL, DA_TRUTH_SHAPLEY } da_truth_kind;

/* Negative credit clipped to 0, then divided by the sum; no positive credit: all 0. */
void da_truth_shares(const double *credit, size_t n, double *shares);

/* How far a credit is from the truth, in shares as above. */
typedef struct {
  double share_mae;   /* mean over the truth's campaigns of |share - true share| */
  double max_error;   /* the largest of these */
  double spearman;    /* rank correlation of the values, ties at their mean rank; NaN when either side is constant */
  double total_ratio; /* sum of the credit over sum of the truth */
} da_truth_score;

/* Scores credit[i] of the campaign called names[i]. A campaign of the truth that is not among the names has credit 0 (it had no touch);
 * a name that the truth does not know is DA_ERR_DATA: the truth is that of another log. */
da_status da_truth_compare(const da_truth *truth, da_truth_kind kind, const da_slice *names, const double *credit, size_t n,
                           da_truth_score *score, da_error *err) DA_MUST_CHECK;

#endif
