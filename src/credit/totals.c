#include "credit/totals.h"

#include <math.h>

#include "base/mem.h"
#include "base/sum.h"
#include "credit/cents.h"

/* The running sums of one method. */
typedef struct {
  da_sum *conversions, *value; /* [campaigns] */
  da_sum baseline, baseline_value;
  da_sum *squares;     /* [campaigns] over the users before this one */
  uint64_t user;       /* whose journeys are being added */
  double *of_user;     /* [campaigns] the user's credit so far */
  uint64_t *last_user; /* [campaigns] 1 + the last user who gave the campaign credit */
  uint32_t *credited;  /* [campaigns] those that this user gave credit to */
  size_t n_credited;
} method_sums;

struct da_credit_tally {
  const da_journeys *set;
  method_sums *sums;      /* [methods] */
  uint64_t *last_journey; /* [campaigns]: 1 + the last converting journey that was counted for the campaign */
  da_credit_totals totals;
  da_arena arena; /* owns every array here */
  bool failed;    /* an allocation from the arena did */
};

static void *zeroed(da_credit_tally *tally, size_t n, size_t item_bytes) {
  unsigned char *block = da_arena_alloc(&tally->arena, n, item_bytes);
  if (!block) tally->failed = true;
  for (size_t i = 0; block && i < n * item_bytes; i++) block[i] = 0;
  return block;
}

static void lay_out(da_credit_tally *tally, const da_method *const *methods) {
  da_credit_totals *totals = &tally->totals;
  size_t n_campaigns = totals->n_campaigns;
  totals->touches = zeroed(tally, n_campaigns, sizeof *totals->touches);
  totals->converting_touches = zeroed(tally, n_campaigns, sizeof *totals->converting_touches);
  totals->converting_journeys = zeroed(tally, n_campaigns, sizeof *totals->converting_journeys);
  tally->last_journey = zeroed(tally, n_campaigns, sizeof *tally->last_journey);
  totals->methods = zeroed(tally, totals->n_methods, sizeof *totals->methods);
  tally->sums = zeroed(tally, totals->n_methods, sizeof *tally->sums);
  for (size_t m = 0; m < totals->n_methods && !tally->failed; m++) {
    totals->methods[m].method = methods[m];
    totals->methods[m].conversions = zeroed(tally, n_campaigns, sizeof(double));
    totals->methods[m].spread = zeroed(tally, n_campaigns, sizeof(double));
    method_sums *sums = &tally->sums[m];
    sums->conversions = zeroed(tally, n_campaigns, sizeof(da_sum));
    sums->squares = zeroed(tally, n_campaigns, sizeof(da_sum));
    sums->of_user = zeroed(tally, n_campaigns, sizeof(double));
    sums->last_user = zeroed(tally, n_campaigns, sizeof(uint64_t));
    sums->credited = zeroed(tally, n_campaigns, sizeof(uint32_t));
    if (!totals->has_value) continue;
    totals->methods[m].value = zeroed(tally, n_campaigns, sizeof(double));
    sums->value = zeroed(tally, n_campaigns, sizeof(da_sum));
  }
}

da_status da_credit_tally_open(const da_journeys *set, const da_method *const *methods, size_t n_methods, da_credit_tally **opened,
                               da_error *err) {
  *opened = NULL;
  da_credit_tally *tally = da_mem_calloc(1, sizeof *tally);
  if (!tally) return da_mem_fail(err, 1, sizeof *tally, "the credit totals");
  tally->set = set;
  tally->totals.n_campaigns = set->campaigns.n;
  tally->totals.n_methods = n_methods;
  tally->totals.has_value = set->value != NULL;
  lay_out(tally, methods);
  if (tally->failed) {
    da_credit_tally_close(tally);
    return da_mem_fail(err, n_methods * set->campaigns.n, sizeof(da_sum), "the credit totals of each method and campaign");
  }
  *opened = tally;
  return DA_OK;
}

void da_credit_tally_close(da_credit_tally *tally) {
  if (!tally) return;
  da_arena_free(&tally->arena);
  da_mem_free(tally);
}

static double sum_of(const double *terms, uint64_t n) {
  da_sum sum = {0};
  for (uint64_t i = 0; i < n; i++) da_sum_add(&sum, terms[i]);
  return da_sum_value(&sum);
}

/* Invariant 1 of the header. The comparison is written so that NaN fails it. */
static da_status check_journey(const da_method *method, uint64_t journey, bool converted, double found, da_error *err) {
  if (fabs(found - converted) <= DA_CREDIT_TOLERANCE) return DA_OK;
  if (converted) {
    return da_fail(err, DA_ERR_NUM, "%s: expected the credit and baseline of the conversion of journey %llu to sum to 1 but found %.17g",
                   method->name, (unsigned long long)journey, found);
  }
  return da_fail(err, DA_ERR_NUM, "%s: expected no credit for journey %llu, which did not convert, but found %.17g", method->name,
                 (unsigned long long)journey, found);
}

static double size_of(const double *terms, uint64_t n) {
  double size = 0;
  for (uint64_t i = 0; i < n; i++) size += fabs(terms[i]);
  return size;
}

static void end_user(method_sums *sums) {
  for (size_t i = 0; i < sums->n_credited; i++) {
    double *credit = &sums->of_user[sums->credited[i]];
    da_sum_add(&sums->squares[sums->credited[i]], *credit * *credit);
    *credit = 0;
  }
  sums->n_credited = 0;
  sums->user++;
}

static void add_to_user(method_sums *sums, uint32_t campaign, double credit) {
  if (sums->last_user[campaign] != sums->user + 1) {
    sums->last_user[campaign] = sums->user + 1;
    sums->credited[sums->n_credited++] = campaign;
  }
  sums->of_user[campaign] += credit;
}

static da_status add_method(da_credit_tally *tally, const da_credit_block *block, size_t m, da_error *err) {
  const da_journeys *set = tally->set;
  method_sums *sums = &tally->sums[m];
  const double *credit = block->credit[m];
  uint64_t conversion = block->first_conversion;
  for (uint64_t journey = block->begin; journey < block->end; journey++) {
    uint64_t first = set->first_touch[journey], n = da_journey_length(set, journey);
    double baseline = block->baseline[m][journey - block->begin];
    bool converted = da_journey_converted(set, journey);
    double found = converted ? sum_of(credit, n) + baseline : size_of(credit, n) + fabs(baseline);
    DA_TRY(check_journey(tally->totals.methods[m].method, journey, converted, found, err));
    while (set->first_journey[sums->user + 1] <= journey) end_user(sums);
    if (converted) {
      for (uint64_t i = 0; i < n; i++) {
        da_sum_add(&sums->conversions[set->campaign[first + i]], credit[i]);
        add_to_user(sums, set->campaign[first + i], credit[i]);
      }
      da_sum_add(&sums->baseline, baseline);
    }
    if (converted && set->value) {
      double value = set->value[conversion];
      for (uint64_t i = 0; i < n; i++) da_sum_add(&sums->value[set->campaign[first + i]], credit[i] * value);
      da_sum_add(&sums->baseline_value, baseline * value);
    }
    conversion += converted;
    credit += n;
  }
  return DA_OK;
}

static void add_counts(da_credit_tally *tally, const da_credit_block *block) {
  const da_journeys *set = tally->set;
  da_credit_totals *totals = &tally->totals;
  for (uint64_t journey = block->begin; journey < block->end; journey++) {
    bool converted = da_journey_converted(set, journey);
    for (uint64_t t = set->first_touch[journey]; t < set->first_touch[journey + 1]; t++) {
      uint32_t campaign = set->campaign[t];
      totals->touches[campaign]++;
      totals->converting_touches[campaign] += converted;
      if (converted && tally->last_journey[campaign] != journey + 1) {
        tally->last_journey[campaign] = journey + 1;
        totals->converting_journeys[campaign]++;
      }
    }
  }
}

da_status da_credit_tally_add(da_credit_tally *tally, const da_credit_block *block, size_t part, da_error *err) {
  if (part < tally->totals.n_methods) return add_method(tally, block, part, err);
  add_counts(tally, block);
  return DA_OK;
}

/* Invariant 2 of the header. scale: what 1e-9 is relative to. */
static da_status check_total(const char *method, const char *what, double credited, double baseline, double unattributed, double expected,
                             double scale, da_error *err) {
  double found = credited + baseline + unattributed;
  if (fabs(found - expected) <= DA_CREDIT_TOLERANCE * scale) return DA_OK;
  return da_fail(
      err, DA_ERR_NUM,
      "%s: expected credit, baseline and unattributed to sum to the %s of the input, %.17g, but found %.17g (%.17g + %.17g + %.17g)",
      method, what, expected, found, credited, baseline, unattributed);
}

static da_status check_method(const da_credit_totals *totals, const da_method_totals *method, double value_scale, da_error *err) {
  double n_unattributed = (double)totals->n_unattributed, n_all = (double)totals->n_conversions + n_unattributed;
  DA_TRY(check_total(method->method->name, "conversions", sum_of(method->conversions, totals->n_campaigns), method->baseline,
                     n_unattributed, n_all, n_all, err));
  if (!totals->has_value) return DA_OK;
  return check_total(method->method->name, "value", sum_of(method->value, totals->n_campaigns), method->baseline_value,
                     totals->unattributed_value, totals->value + totals->unattributed_value, value_scale, err);
}

void da_credit_totals_expect(da_credit_totals *totals, const da_journeys *set) {
  totals->n_conversions = set->n_conversions;
  totals->n_unattributed = set->n_unattributed;
  totals->has_value = set->value != NULL;
  totals->value = set->value ? sum_of(set->value, set->n_conversions) : 0;
  totals->unattributed_value = set->value ? set->unattributed_value : 0;
}

da_status da_credit_totals_check(const da_credit_totals *totals, const da_journeys *set, da_error *err) {
  double value_scale = set->value ? size_of(set->value, set->n_conversions) + fabs(set->unattributed_value) : 0;
  for (size_t m = 0; m < totals->n_methods; m++) DA_TRY(check_method(totals, &totals->methods[m], value_scale, err));
  return DA_OK;
}

static void settle(const da_sum *sums, size_t n, double *totals) {
  for (size_t i = 0; i < n; i++) totals[i] = da_sum_value(&sums[i]);
}

/* Where the input has whole cents, every method's values become whole cents that come to the input's. */
static da_status round_to_cents(const da_journeys *set, da_credit_totals *totals, da_error *err) {
  size_t n = totals->n_campaigns + 1; /* the baseline's is one of them */
  int64_t cents;
  if (!set->value || !da_cents_total(set->value, set->n_conversions, 0, &cents)) return DA_OK;
  double *amounts = da_mem_alloc(2 * n, sizeof *amounts);
  if (!amounts) return da_mem_fail(err, 2 * n, sizeof *amounts, "the values of campaigns");
  for (size_t m = 0; m < totals->n_methods; m++) {
    da_method_totals *method = &totals->methods[m];
    memcpy(amounts, method->value, (n - 1) * sizeof *amounts);
    amounts[n - 1] = method->baseline_value;
    if (!da_cents_share(amounts, n, cents, amounts + n)) continue; /* sums so large that cents are lost in them */
    memcpy(method->value, amounts, (n - 1) * sizeof *amounts);
    method->baseline_value = amounts[n - 1];
  }
  da_mem_free(amounts);
  return DA_OK;
}

da_status da_credit_tally_finish(da_credit_tally *tally, const da_credit_totals **finished, da_error *err) {
  da_credit_totals *totals = &tally->totals;
  *finished = NULL;
  da_credit_totals_expect(totals, tally->set);
  for (size_t m = 0; m < totals->n_methods; m++) {
    da_method_totals *method = &totals->methods[m];
    settle(tally->sums[m].conversions, totals->n_campaigns, method->conversions);
    end_user(&tally->sums[m]);
    settle(tally->sums[m].squares, totals->n_campaigns, method->spread);
    for (size_t k = 0; k < totals->n_campaigns; k++) method->spread[k] = sqrt(method->spread[k]);
    method->baseline = da_sum_value(&tally->sums[m].baseline);
    if (method->value) settle(tally->sums[m].value, totals->n_campaigns, method->value);
    method->baseline_value = da_sum_value(&tally->sums[m].baseline_value);
  }
  DA_TRY(da_credit_totals_check(totals, tally->set, err));
  DA_TRY(round_to_cents(tally->set, totals, err));
  *finished = totals;
  return DA_OK;
}
