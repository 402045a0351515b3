/* The method `shao_li`: the probabilistic model of Shao and Li (KDD 2011, section 4.2). For each conversion, campaign i of its journey's n
 * campaigns contributes
 *
 *   c_i = p(i) + 1 / (2 (n - 1)) sum over the others j of ( p(i, j) - p(i) - p(j) )
 *
 * with p(i) the conversion rate of journeys that met i, p(i, j) of those that met both. The contributions of a journey are divided by the
 * sum of their absolute values: campaign parts sum to 1 unless some are negative (a pair that converts less than the other alone); those
 * stay negative, and what is then left of the conversion is baseline. */
#include <math.h>

#include "base/mem.h"
#include "credit/paths/by_campaign.h"

typedef struct {
  double converted, all;
} counts;

typedef struct {
  counts *one;       /* [n_campaigns] */
  da_sequences pair; /* (i, j), i < j, that met in some journey */
  counts *two;       /* [pair.n] */
  size_t two_capacity;
} pair_rates;

static void close_pairs(void *state) {
  pair_rates *own = state;
  if (!own) return;
  da_mem_free(own->one);
  da_mem_free(own->two);
  da_sequences_free(&own->pair);
  da_mem_free(own);
}

static void count(counts *to, double converted, double other) {
  to->converted += converted;
  to->all += converted + other;
}

static da_status count_pair(pair_rates *own, uint32_t i, uint32_t j, double converted, double other, da_error *err) {
  uint32_t number, n_before = own->pair.n;
  void *two = own->two;
  DA_TRY(da_mem_reserve(&two, &own->two_capacity, (size_t)n_before + 1, sizeof *own->two, "the pairs of campaigns", err));
  own->two = two;
  DA_TRY(da_sequences_add(&own->pair, (const uint32_t[]){i, j}, 2, &number, err));
  if (number == n_before) own->two[number] = (counts){0};
  count(&own->two[number], converted, other);
  return DA_OK;
}

static da_status count_paths(pair_rates *own, const da_paths *sets, da_error *err) {
  for (uint32_t p = 0; p < sets->path.n; p++) {
    size_t n;
    const uint32_t *campaign = da_sequence(&sets->path, p, &n);
    for (size_t i = 0; i < n; i++) {
      count(&own->one[campaign[i]], sets->converted[p], sets->other[p]);
      for (size_t j = i + 1; j < n; j++) DA_TRY(count_pair(own, campaign[i], campaign[j], sets->converted[p], sets->other[p], err));
    }
  }
  return DA_OK;
}

static da_status fit(const da_credit_input *input, void **state, da_error *err) {
  size_t n = input->set->campaigns.n;
  pair_rates *own = da_mem_calloc(1, sizeof *own);
  if (!own) return da_mem_fail(err, 1, sizeof *own, "the rates of pairs");
  da_paths sets = {0};
  own->one = da_mem_calloc(n, sizeof *own->one);
  da_status status = own->one ? DA_OK : da_mem_fail(err, n, sizeof *own->one, "the rates of campaigns");
  if (status == DA_OK) status = da_paths_init(input->set, DA_PATH_SET, DA_PATHS_ALL_SETS, input->pool, &sets, err);
  if (status == DA_OK) status = count_paths(own, &sets, err);
  da_paths_free(&sets);
  if (status != DA_OK) {
    close_pairs(own);
    return status;
  }
  *state = own;
  return DA_OK;
}

static double rate(counts c) { return c.all > 0 ? c.converted / c.all : 0; }

static double rate_of_pair(const pair_rates *own, uint32_t i, uint32_t j) {
  uint32_t number;
  const uint32_t pair[] = {i < j ? i : j, i < j ? j : i};
  return da_sequences_find(&own->pair, pair, 2, &number) ? rate(own->two[number]) : 0;
}

static da_status parts(const void *context, const uint32_t *campaign, uint32_t n, double *part, da_error *err) {
  (void)err;
  const pair_rates *own = context;
  double size = 0;
  for (uint32_t i = 0; i < n; i++) {
    double alone = rate(own->one[campaign[i]]), sum = 0;
    for (uint32_t j = 0; j < n; j++) {
      if (j != i) sum += rate_of_pair(own, campaign[i], campaign[j]) - alone - rate(own->one[campaign[j]]);
    }
    part[i] = n > 1 ? alone + sum / (2 * ((double)n - 1)) : alone;
    size += fabs(part[i]);
  }
  for (uint32_t i = 0; i < n; i++) part[i] = size > 0 ? part[i] / size : 1 / (double)n;
  return DA_OK;
}

static da_status credit(const void *state, const da_credit_input *input, const da_credit_range *range, double *touch_credit,
                        double *baseline, da_error *err) {
  return da_credit_by_campaign(input, range, DA_PATH_SET, parts, state, touch_credit, baseline, err);
}

/* As those do who compare it with others (Ren et al., CIKM 2018): p = 1 - product of 1 - p(i). */
static da_status predict(const void *state, const da_credit_input *input, float *logit, da_error *err) {
  const pair_rates *own = state;
  const da_journeys *set = input->set;
  const double least = 1e-6;
  da_path_form form;
  da_status status = da_path_form_init((uint32_t)set->campaigns.n, &form, err);
  for (uint64_t j = 0; j < set->n_journeys && status == DA_OK; j++) {
    double none = 1;
    status = da_path_form_set(&form, DA_PATH_SET, set->campaign + set->first_touch[j], da_journey_length(set, j), err);
    for (size_t i = 0; i < form.length; i++) none *= 1 - rate(own->one[form.item[i]]);
    none = fmin(fmax(none, least), 1 - least);
    logit[j] = (float)log((1 - none) / none);
  }
  da_path_form_free(&form);
  return status;
}

const da_method da_method_shao_li = {
    .name = "shao_li",
    .title = "Shao and Li's pairs",
    .explanation =
        "Shares each conversion by the conversion rates of journeys that met a campaign and of those that met a pair of them: rates"
        " of people who were reached, not what reaching them changed.",
    .default_on = false,
    .learns = true,
    .on_paths = true,
    .fit = fit,
    .credit = credit,
    .close = close_pairs,
    .predict = predict,
};
