#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "simulate/truth.h"

void da_truth_shares(const double *credit, size_t n, double *shares) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += shares[k] = fmax(credit[k], 0);
  for (size_t k = 0; k < n && sum > 0; k++) shares[k] /= sum;
}

/* Ranks from 0, ties at their mean: how many values are smaller, and half of the other equal ones. */
static void rank(const double *values, size_t n, double *ranks) {
  for (size_t k = 0; k < n; k++) {
    double smaller = 0, equal = 0;
    for (size_t other = 0; other < n; other++) {
      smaller += values[other] < values[k];
      equal += values[other] == values[k];
    }
    ranks[k] = smaller + (equal - 1) / 2;
  }
}

static double correlation(const double *x, const double *y, size_t n) {
  double x_mean = 0, y_mean = 0, xx = 0, yy = 0, xy = 0;
  for (size_t k = 0; k < n; k++) {
    x_mean += x[k] / (double)n;
    y_mean += y[k] / (double)n;
  }
  for (size_t k = 0; k < n; k++) {
    xx += (x[k] - x_mean) * (x[k] - x_mean);
    yy += (y[k] - y_mean) * (y[k] - y_mean);
    xy += (x[k] - x_mean) * (y[k] - y_mean);
  }
  return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* The credits in the order of the truth's campaigns. */
static da_status match_names(const da_truth *truth, const da_slice *names, const double *credit, size_t n, double *matched, da_error *err) {
  memset(matched, 0, truth->n_campaigns * sizeof *matched);
  for (size_t i = 0; i < n; i++) {
    size_t k = 0;
    while (k < truth->n_campaigns && da_slice_compare(names[i], (da_slice){truth->campaigns[k].name, strlen(truth->campaigns[k].name)}))
      k++;
    if (k == truth->n_campaigns) {
      return da_fail(err, DA_ERR_DATA, "expected the truth of this log but found that of world %s, which has no campaign \"%.*s\"",
                     truth->world, (int)(names[i].length < 100 ? names[i].length : 100), names[i].data);
    }
    matched[k] += credit[i];
  }
  return DA_OK;
}

static da_truth_score score_of(const double *found, const double *wanted, size_t n, double *scratch) {
  double *found_scratch = scratch, *wanted_scratch = scratch + n;
  da_truth_score score = {0};
  da_truth_shares(found, n, found_scratch);
  da_truth_shares(wanted, n, wanted_scratch);
  double found_sum = 0, wanted_sum = 0;
  for (size_t k = 0; k < n; k++) {
    double error = fabs(found_scratch[k] - wanted_scratch[k]);
    score.share_mae += error / (double)n;
    score.max_error = fmax(score.max_error, error);
    found_sum += found[k];
    wanted_sum += wanted[k];
  }
  score.total_ratio = found_sum / wanted_sum;
  rank(found, n, found_scratch);
  rank(wanted, n, wanted_scratch);
  score.spearman = correlation(found_scratch, wanted_scratch, n);
  return score;
}

da_status da_truth_compare(const da_truth *truth, da_truth_kind kind, const da_slice *names, const double *credit, size_t n,
                           da_truth_score *score, da_error *err) {
  size_t n_campaigns = truth->n_campaigns;
  double *block = da_mem_alloc(4 * n_campaigns, sizeof *block);
  if (!block) return da_mem_fail(err, 4 * n_campaigns, sizeof *block, "the comparison with the truth");
  double *found = block, *wanted = block + n_campaigns;
  for (size_t k = 0; k < n_campaigns; k++) {
    const da_truth_campaign *campaign = &truth->campaigns[k];
    wanted[k] = kind == DA_TRUTH_REMOVAL ? campaign->removal : campaign->shapley;
  }
  da_status status = match_names(truth, names, credit, n, found, err);
  if (status == DA_OK) *score = score_of(found, wanted, n_campaigns, block + 2 * n_campaigns);
  da_mem_free(block);
  return status;
}
