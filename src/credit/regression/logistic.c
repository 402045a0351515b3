/* The method `logistic`: bagged logistic regression of Shao and Li (KDD 2011, section 4.1).
 *
 * BAGS times, half of the campaigns and a random half of the journeys are drawn, and conversion is regressed on which of these campaigns a
 * journey met (presence.h); a campaign's coefficient is the mean over the bags that drew it. The odds of conversion of a journey with
 * campaigns P are then exp(a + sum of b_c), and the conversion is shared by the Shapley values of these odds: v(S) = odds(S) / odds(P), in
 * closed form (coalition.h). What the odds are without any campaign is baseline. The intercept cancels in all of this. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "credit/incremental/coalition.h"
#include "credit/paths/by_campaign.h"
#include "credit/regression/presence.h"

enum { BAGS = 48 };
static const double RIDGE = 1;

typedef struct {
  double *coefficient; /* [n_campaigns] */
  double intercept;    /* gives the log its own rate of conversions; 0 where it has none */
} logistic;

static void close_logistic(void *state) {
  logistic *own = state;
  if (!own) return;
  da_mem_free(own->coefficient);
  da_mem_free(own);
}

/* ---- Bags ---- */

typedef struct {
  const da_paths *sets;
  uint64_t seed;
  double *coefficient; /* [BAGS][n_campaigns] */
  bool *uses;          /* [BAGS][n_campaigns] */
  da_error *errors;    /* [BAGS] */
} bagging;

/* How many of n journeys come into the bag: each with chance 1/2; from 1,000 on by the normal approximation. */
static double draw_half(da_random *random, double n) {
  if (n >= 1000) return round(fmin(fmax(n / 2 + sqrt(n) / 2 * da_random_normal(random), 0), n));
  double drawn = 0;
  for (double i = 0; i < n; i += 64) {
    uint64_t bits = da_random_next(random);
    if (n - i < 64) bits &= (UINT64_C(1) << (uint64_t)(n - i)) - 1;
    drawn += __builtin_popcountll(bits);
  }
  return drawn;
}

static da_status fit_bag(const bagging *all, size_t bag, double *weight, da_error *err) {
  const da_paths *sets = all->sets;
  bool *uses = all->uses + bag * sets->n_campaigns;
  double *converted = weight, *other = weight + sets->path.n, sum = 0, intercept = 0;
  da_random random;
  da_random_init(&random, all->seed, bag);
  for (uint32_t c = 0; c < sets->n_campaigns; c++) uses[c] = sets->n_campaigns == 1 || (da_random_next(&random) & 1);
  for (uint32_t p = 0; p < sets->path.n; p++) {
    converted[p] = draw_half(&random, sets->converted[p]);
    other[p] = draw_half(&random, sets->other[p]);
    sum += converted[p];
  }
  if (sum > 0) intercept = log(fmax(sum, .5) / fmax((sets->n_converted + sets->n_other) / 2 - sum, .5));
  da_presence_data data = {.converted = converted, .other = other, .uses = uses, .ridge = RIDGE};
  return da_presence_fit(sets, &data, &intercept, all->coefficient + bag * sets->n_campaigns, err);
}

static void bag_task(void *context, size_t bag, int thread) {
  (void)thread;
  const bagging *all = context;
  da_error *err = &all->errors[bag];
  double *weight = da_mem_alloc(2 * (size_t)all->sets->path.n, sizeof *weight);
  err->code =
      weight ? fit_bag(all, bag, weight, err) : da_mem_fail(err, 2 * (size_t)all->sets->path.n, sizeof *weight, "a bag of journeys");
  da_mem_free(weight);
}

static da_status average(const bagging *all, double *coefficient, da_error *err) {
  uint32_t n = all->sets->n_campaigns;
  for (size_t bag = 0; bag < BAGS; bag++) {
    if (all->errors[bag].code == DA_OK) continue;
    if (err) *err = all->errors[bag];
    return all->errors[bag].code;
  }
  for (uint32_t c = 0; c < n; c++) {
    double sum = 0, drawn = 0;
    for (size_t bag = 0; bag < BAGS; bag++) {
      sum += all->coefficient[bag * n + c];
      drawn += all->uses[bag * n + c];
    }
    coefficient[c] = drawn > 0 ? sum / drawn : 0;
  }
  return DA_OK;
}

static da_status fit_bags(const da_credit_input *input, const da_paths *sets, double *coefficient, da_error *err) {
  size_t n = (size_t)BAGS * sets->n_campaigns;
  bagging all = {.sets = sets,
                 .seed = input->config->seed,
                 .coefficient = da_mem_calloc(n, sizeof(double)),
                 .uses = da_mem_calloc(n, sizeof(bool)),
                 .errors = da_mem_calloc(BAGS, sizeof(da_error))};
  da_status status;
  if (all.coefficient && all.uses && all.errors) {
    da_pool_run(input->pool, BAGS, bag_task, &all);
    status = average(&all, coefficient, err);
  } else {
    status = da_mem_fail(err, n, sizeof(double), "the coefficients of bags");
  }
  da_mem_free(all.coefficient);
  da_mem_free(all.uses);
  da_mem_free(all.errors);
  return status;
}

/* ---- The intercept ---- */

static double log_odds_of(const logistic *own, const uint32_t *campaign, size_t n) {
  double sum = own->intercept;
  for (size_t i = 0; i < n; i++) sum += own->coefficient[campaign[i]];
  return sum;
}

/* Newton's steps on: the sum of all probabilities = the conversions. Both rise with the intercept. */
static void fit_intercept(const da_paths *sets, logistic *own) {
  if (sets->n_converted == 0 || sets->n_other == 0) return;
  own->intercept = log(sets->n_converted / sets->n_other);
  for (int step = 0; step < 50; step++) {
    double missing = sets->n_converted, slope = 0;
    for (uint32_t p = 0; p < sets->path.n; p++) {
      size_t n;
      const uint32_t *campaign = da_sequence(&sets->path, p, &n);
      double chance = 1 / (1 + exp(-log_odds_of(own, campaign, n))), journeys = sets->converted[p] + sets->other[p];
      missing -= journeys * chance;
      slope += journeys * chance * (1 - chance);
    }
    double move = slope > 0 ? fmax(-1, fmin(1, missing / slope)) : 0;
    own->intercept += move;
    if (fabs(move) < 1e-10) return;
  }
}

static da_status fit(const da_credit_input *input, void **state, da_error *err) {
  size_t n = input->set->campaigns.n;
  logistic *own = da_mem_calloc(1, sizeof *own);
  if (!own) return da_mem_fail(err, 1, sizeof *own, "the logistic regression");
  da_paths sets = {0};
  own->coefficient = da_mem_calloc(n, sizeof(double));
  da_status status = own->coefficient ? DA_OK : da_mem_fail(err, n, sizeof(double), "the coefficients of campaigns");
  if (status == DA_OK) status = da_paths_init(input->set, DA_PATH_SET, DA_PATHS_ALL_SETS, input->pool, &sets, err);
  if (status == DA_OK) status = fit_bags(input, &sets, own->coefficient, err);
  if (status == DA_OK) fit_intercept(&sets, own);
  da_paths_free(&sets);
  if (status != DA_OK) {
    close_logistic(own);
    return status;
  }
  *state = own;
  return DA_OK;
}

/* ---- Credit ---- */

typedef struct {
  const logistic *own;
  da_coalition_space *space;
} sharing;

/* Campaigns of the journey differ, so that the coalition's players are they, in the same order. */
static da_status parts(const void *context, const uint32_t *campaign, uint32_t n, double *part, da_error *err) {
  const sharing *s = context;
  const da_shares *shares;
  for (uint32_t i = 0; i < n; i++) part[i] = s->own->coefficient[campaign[i]];
  DA_TRY(da_coalition_product(n, campaign, part, NULL, s->space, &shares, err));
  memcpy(part, shares->shapley, n * sizeof *part);
  return DA_OK;
}

static da_status credit(const void *state, const da_credit_input *input, const da_credit_range *range, double *touch_credit,
                        double *baseline, da_error *err) {
  da_coalition_space space;
  DA_TRY(da_coalition_space_init((uint32_t)input->set->campaigns.n, &space, err));
  const sharing s = {.own = state, .space = &space};
  da_status status = da_credit_by_campaign(input, range, DA_PATH_SET, parts, &s, touch_credit, baseline, err);
  da_coalition_space_free(&space);
  return status;
}

static da_status predict(const void *state, const da_credit_input *input, float *logit, da_error *err) {
  const da_journeys *set = input->set;
  da_path_form form;
  da_status status = da_path_form_init((uint32_t)set->campaigns.n, &form, err);
  for (uint64_t j = 0; j < set->n_journeys && status == DA_OK; j++) {
    status = da_path_form_set(&form, DA_PATH_SET, set->campaign + set->first_touch[j], da_journey_length(set, j), err);
    if (status == DA_OK) logit[j] = (float)log_odds_of(state, form.item, form.length);
  }
  da_path_form_free(&form);
  return status;
}

const da_method da_method_logistic = {
    .name = "logistic",
    .title = "Logistic regression",
    .explanation =
        "Shares each conversion by a bagged logistic regression of conversion on which campaigns a journey met; what the odds would"
        " be without them is baseline. Long journeys are those that did not convert early: effects come out too small.",
    .default_on = false,
    .learns = true,
    .on_paths = true,
    .fit = fit,
    .credit = credit,
    .close = close_logistic,
    .predict = predict,
};
