/* The methods `shapley` and `shapley_ordered`: Shapley values of the game of conversion rates, of sets of campaigns and of their order. */
#include <string.h>

#include "base/mem.h"
#include "credit/evaluate/odds.h"
#include "credit/paths/by_campaign.h"
#include "credit/shapley/rates.h"

typedef struct {
  da_path_kind kind;
  uint64_t seed;
  da_paths paths;
  da_rates rates;
} path_shapley;

static void close_paths(void *state) {
  path_shapley *own = state;
  if (!own) return;
  da_paths_free(&own->paths);
  da_rates_free(&own->rates);
  da_mem_free(own);
}

static void tell(const path_shapley *own, const da_credit_input *input, const char *name) {
  const da_rates *rates = &own->rates;
  if (rates->n_sampled == 0) return;
  size_t worst = 0;
  for (size_t c = 1; c < input->set->campaigns.n; c++) worst = rates->error[c] > rates->error[worst] ? c : worst;
  da_slice campaign = input->set->campaigns.items[worst];
  da_monitor_note(
      input->monitor, DA_NOTE_INFO,
      "%s: exact for journeys of up to %u campaigns; %.0f conversions of longer ones were sampled, with a standard error of at most"
      " %.3g conversions (%.*s)",
      name, rates->most_exact, rates->n_sampled, rates->error[worst], (int)(campaign.length < 80 ? campaign.length : 80), campaign.data);
}

static da_status fit(const da_credit_input *input, da_path_kind kind, const char *name, void **state, da_error *err) {
  path_shapley *own = da_mem_calloc(1, sizeof *own);
  if (!own) return da_mem_fail(err, 1, sizeof *own, "the Shapley values of paths");
  own->kind = kind;
  own->seed = input->config->seed;
  da_status status = da_paths_init(input->set, kind, DA_PATHS_ALL_SETS, input->pool, &own->paths, err);
  if (status == DA_OK) status = da_rates_init(&own->paths, kind, input->config->seed, input->pool, name, input->monitor, &own->rates, err);
  if (status != DA_OK) {
    close_paths(own);
    return status;
  }
  tell(own, input, name);
  *state = own;
  return DA_OK;
}

static da_status fit_sets(const da_credit_input *input, void **state, da_error *err) {
  return fit(input, DA_PATH_SET, "shapley", state, err);
}
static da_status fit_orders(const da_credit_input *input, void **state, da_error *err) {
  return fit(input, DA_PATH_ORDER, "shapley_ordered", state, err);
}

/* A conversion of another log may have taken a path that none took in the log that was fitted. */
static da_status parts(const void *context, const uint32_t *campaign, uint32_t n, double *part, da_error *err) {
  const path_shapley *own = context;
  uint32_t path;
  if (!da_sequences_find(&own->paths.path, campaign, n, &path) || own->paths.converted[path] == 0) {
    return da_rates_share(&own->paths, own->kind, own->seed, campaign, n, part, err);
  }
  memcpy(part, own->rates.part + own->paths.path.end[path], n * sizeof *part);
  return DA_OK;
}

static da_status credit(const void *state, const da_credit_input *input, const da_credit_range *range, double *touch_credit,
                        double *baseline, da_error *err) {
  return da_credit_by_campaign(input, range, ((const path_shapley *)state)->kind, parts, state, touch_credit, baseline, err);
}

/* The rate of journeys that met the same campaigns. */
static da_status predict(const void *state, const da_credit_input *input, float *logit, da_error *err) {
  const path_shapley *own = state;
  const da_paths *paths = &own->paths;
  const da_journeys *set = input->set;
  double n = paths->n_converted + paths->n_other, rate = n > 0 ? paths->n_converted / n : 0;
  da_path_form form;
  da_status status = da_path_form_init((uint32_t)set->campaigns.n, &form, err);
  for (uint64_t j = 0; j < set->n_journeys && status == DA_OK; j++) {
    uint32_t path;
    status = da_path_form_set(&form, own->kind, set->campaign + set->first_touch[j], da_journey_length(set, j), err);
    bool is_known = status == DA_OK && da_sequences_find(&paths->path, form.item, form.length, &path);
    logit[j] = is_known ? da_log_odds(paths->converted[path], paths->other[path], rate) : da_log_odds(0, 0, rate);
  }
  da_path_form_free(&form);
  return status;
}

const da_method da_method_shapley = {
    .name = "shapley",
    .title = "Shapley value of paths",
    .explanation =
        "Shares each conversion by what campaigns add to the conversion rate of journeys, in all orders of joining; a campaign whose"
        " journeys convert less gets less than nothing. Who is reached by many campaigns is not asked.",
    .default_on = true,
    .learns = true,
    .on_paths = true,
    .fit = fit_sets,
    .credit = credit,
    .close = close_paths,
    .predict = predict,
};

const da_method da_method_shapley_ordered = {
    .name = "shapley_ordered",
    .title = "Shapley value of paths, in order",
    .explanation = "As shapley, but journeys are told apart by the order in which campaigns were first met: more that can differ, and fewer"
                   " journeys to learn each difference from.",
    .default_on = false,
    .learns = true,
    .on_paths = true,
    .fit = fit_orders,
    .credit = credit,
    .close = close_paths,
    .predict = predict,
};
