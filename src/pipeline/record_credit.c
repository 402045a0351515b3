#include "pipeline/record_credit.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static bool add_number(cJSON *object, const char *name, double number) {
  return isfinite(number) ? cJSON_AddNumberToObject(object, name, number) != NULL : cJSON_AddNullToObject(object, name) != NULL;
}

static double sum_of(const double *items, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += items[i];
  return sum;
}

/* share_error: NaN without truth. */
static bool add_method(cJSON *methods, const da_credit_totals *totals, const da_method_totals *method, const double *share_error) {
  cJSON *json = cJSON_CreateObject();
  if (!json || !cJSON_AddItemToArray(methods, json)) return false;
  size_t n = totals->n_campaigns;
  double credited = sum_of(method->conversions, n);
  bool done = cJSON_AddStringToObject(json, "method", method->method->name) &&
              cJSON_AddStringToObject(json, "title", method->method->title) && add_number(json, "conversions", credited) &&
              add_number(json, "value", method->value ? sum_of(method->value, n) : NAN) && add_number(json, "baseline", method->baseline) &&
              add_number(json, "baseline_value", method->value ? method->baseline_value : NAN) &&
              add_number(json, "total", credited + method->baseline);
  return done && (!share_error || add_number(json, "share_error", *share_error));
}

static bool add_campaign(cJSON *campaigns, const da_journeys *set, const da_credit_totals *totals, const double *truth, size_t campaign) {
  cJSON *json = cJSON_CreateObject();
  if (!json || !cJSON_AddItemToArray(campaigns, json)) return false;
  da_slice slice = set->campaigns.items[campaign];
  char *name = da_mem_strndup(slice.data, slice.length);
  bool done = name && cJSON_AddStringToObject(json, "campaign", name) && add_number(json, "touches", (double)totals->touches[campaign]);
  da_mem_free(name);
  cJSON *credit = done ? cJSON_AddArrayToObject(json, "credit") : NULL;
  for (size_t m = 0; credit && m < totals->n_methods; m++) {
    cJSON *number = cJSON_CreateNumber(totals->methods[m].conversions[campaign]);
    if (!number || !cJSON_AddItemToArray(credit, number)) return false;
  }
  return credit && (!truth || add_number(json, "truth", truth[campaign]));
}

/* Does campaign a come before b: more credit by the first method, then more touches, then its name. */
static bool earns_more(const da_credit_totals *totals, size_t a, size_t b) {
  const double *credit = totals->n_methods ? totals->methods[0].conversions : NULL;
  if (credit && credit[a] != credit[b]) return credit[a] > credit[b];
  if (totals->touches[a] != totals->touches[b]) return totals->touches[a] > totals->touches[b];
  return a < b;
}

/* The best few, in order, by insertion. */
static size_t find_top(const da_credit_totals *totals, size_t top[DA_N_TOP_CAMPAIGNS]) {
  size_t n = 0;
  for (size_t campaign = 0; campaign < totals->n_campaigns; campaign++) {
    size_t place = n;
    while (place > 0 && earns_more(totals, campaign, top[place - 1])) place--;
    if (place == DA_N_TOP_CAMPAIGNS) continue;
    if (n < DA_N_TOP_CAMPAIGNS) n++;
    for (size_t i = n - 1; i > place; i--) top[i] = top[i - 1];
    top[place] = campaign;
  }
  return n;
}

static da_status add_methods(cJSON *record, const da_journeys *set, const da_credit_totals *totals, const da_truth *truth, da_error *err) {
  cJSON *methods = cJSON_AddArrayToObject(record, "methods");
  if (!methods) return da_mem_fail(err, 1, 64, "the record of the credit");
  for (size_t m = 0; m < totals->n_methods; m++) {
    const da_method_totals *method = &totals->methods[m];
    da_truth_score score = {0};
    if (truth) {
      DA_TRY(da_truth_compare(truth, DA_TRUTH_REMOVAL, set->campaigns.items, method->conversions, totals->n_campaigns, &score, err));
    }
    if (!add_method(methods, totals, method, truth ? &score.share_mae : NULL)) return da_mem_fail(err, 1, 256, "the record of the credit");
  }
  return DA_OK;
}

void da_truth_of_campaigns(const da_truth *truth, const da_names *campaigns, double *truth_of) {
  for (size_t i = 0; i < campaigns->n; i++) {
    truth_of[i] = 0;
    for (size_t k = 0; k < truth->n_campaigns; k++) {
      da_slice name = {truth->campaigns[k].name, strlen(truth->campaigns[k].name)};
      if (da_slice_compare(name, campaigns->items[i]) == 0) truth_of[i] = truth->campaigns[k].removal;
    }
  }
}

static bool add_top_campaigns(cJSON *record, const da_journeys *set, const da_credit_totals *totals, const double *truth_of) {
  size_t top[DA_N_TOP_CAMPAIGNS];
  size_t n_top = find_top(totals, top);
  cJSON *campaigns = cJSON_AddArrayToObject(record, "top_campaigns");
  for (size_t i = 0; campaigns && i < n_top; i++) {
    if (!add_campaign(campaigns, set, totals, truth_of, top[i])) return false;
  }
  return campaigns != NULL;
}

da_status da_record_add_credit(cJSON *record, const da_journeys *set, const da_credit_totals *totals, const da_truth *truth,
                               da_error *err) {
  bool done = add_number(record, "campaigns", (double)totals->n_campaigns) &&
              add_number(record, "conversions", (double)totals->n_conversions) &&
              add_number(record, "value", totals->has_value ? totals->value : NAN) &&
              add_number(record, "unattributed", (double)totals->n_unattributed);
  if (!done) return da_mem_fail(err, 1, 256, "the record of the credit");
  DA_TRY(add_methods(record, set, totals, truth, err));
  double *truth_of = NULL;
  if (truth) {
    truth_of = da_mem_alloc(set->campaigns.n, sizeof *truth_of);
    if (!truth_of) return da_mem_fail(err, set->campaigns.n, sizeof *truth_of, "true credit");
    da_truth_of_campaigns(truth, &set->campaigns, truth_of);
  }
  done = add_top_campaigns(record, set, totals, truth_of);
  da_mem_free(truth_of);
  return done ? DA_OK : da_mem_fail(err, 1, 256, "the record of the credit");
}
