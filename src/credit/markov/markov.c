#include "credit/markov/markov.h"

#include "base/mem.h"
#include "credit/evaluate/odds.h"
#include "credit/markov/removal.h"
#include "credit/paths/by_campaign.h"
#include "credit/paths/strengths.h"

const da_markov *da_markov_of(const void *state) { return state; }

static void close_markov(void *state) {
  da_markov *own = state;
  if (!own) return;
  da_chain_free(&own->chain);
  da_mem_free(own->removal_effect);
  da_mem_free(own->total);
  da_mem_free(own->strength);
  da_mem_free(own);
}

/* credit.markov_order, or what held-out journeys say when it is 0. */
static da_status choose_order(da_markov *own, const da_credit_input *input, int *order, da_error *err) {
  *order = (int)input->config->credit.markov_order;
  if (*order > 0) return DA_OK;
  da_paths train, held_out = {0};
  DA_TRY(da_paths_init(input->set, DA_PATH_WHOLE, 1 << DA_SET_TRAIN, input->pool, &train, err));
  da_status status = da_paths_init(input->set, DA_PATH_WHOLE, 1 << DA_SET_VAL, input->pool, &held_out, err);
  if (status == DA_OK) status = da_order_choose(&train, &held_out, &own->evidence, err);
  da_paths_free(&train);
  da_paths_free(&held_out);
  if (status != DA_OK) return status;
  own->order_was_chosen = true;
  *order = own->evidence.best;
  if (own->evidence.n == 0) {
    da_monitor_note(input->monitor, DA_NOTE_WARNING,
                    "markov: there are no journeys to choose the order by (split.fractions); order 1 was taken");
  } else {
    const double *l = own->evidence.log_likelihood;
    da_monitor_note(input->monitor, DA_NOTE_INFO,
                    "markov: order %d was chosen; log likelihood of held-out journeys per step, orders 1 to 4: %.5f, %.5f, %.5f, %.5f",
                    *order, l[1] / own->evidence.n, l[2] / own->evidence.n, l[3] / own->evidence.n, l[4] / own->evidence.n);
  }
  return DA_OK;
}

static da_status fit_chain(da_markov *own, const da_credit_input *input, da_error *err) {
  int order;
  da_paths paths;
  DA_TRY(choose_order(own, input, &order, err));
  DA_TRY(da_paths_init(input->set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, input->pool, &paths, err));
  own->n_conversions = paths.n_converted;
  da_status status = da_chain_init(&paths, order, &own->chain, err);
  da_paths_free(&paths);
  return status;
}

static da_status make_totals(da_markov *own, const da_credit_input *input, da_error *err) {
  size_t n = input->set->campaigns.n;
  own->removal_effect = da_mem_calloc(n, sizeof(double));
  own->total = da_mem_calloc(n, sizeof(double));
  own->strength = da_mem_calloc(n, sizeof(double));
  if (!own->removal_effect || !own->total || !own->strength) return da_mem_fail(err, 3 * n, sizeof(double), "the removal effects");
  if (own->n_conversions == 0) return DA_OK;
  DA_TRY(da_chain_removal(&own->chain, input->pool, own->removal_effect, err));
  double sum = 0;
  for (size_t c = 0; c < n; c++) sum += own->removal_effect[c] /= own->n_conversions;
  for (size_t c = 0; c < n; c++) own->total[c] = own->n_conversions * own->removal_effect[c] / sum;
  return DA_OK;
}

static da_status place_totals(da_markov *own, const da_credit_input *input, da_error *err) {
  da_paths sets;
  DA_TRY(da_paths_init(input->set, DA_PATH_SET, DA_PATHS_ALL_SETS, input->pool, &sets, err));
  da_status status = da_strengths_fit(&sets, own->total, own->strength, &own->unplaced, err);
  da_paths_free(&sets);
  if (status == DA_OK && own->unplaced > 1e-3 * own->n_conversions) {
    da_monitor_note(
        input->monitor, DA_NOTE_WARNING,
        "markov: for %.1f of %.0f conversions the chain names other campaigns than those that their journeys met; they are shared "
        "among those",
        own->unplaced, own->n_conversions);
  }
  return status;
}

static da_status fit(const da_credit_input *input, void **state, da_error *err) {
  da_markov *own = da_mem_calloc(1, sizeof *own);
  if (!own) return da_mem_fail(err, 1, sizeof *own, "the Markov chain");
  da_status status = fit_chain(own, input, err);
  if (status == DA_OK) status = make_totals(own, input, err);
  if (status == DA_OK) status = place_totals(own, input, err);
  if (status != DA_OK) {
    close_markov(own);
    return status;
  }
  *state = own;
  return DA_OK;
}

static da_status parts(const void *context, const uint32_t *campaign, uint32_t n, double *part, da_error *err) {
  (void)err;
  da_parts_by_weight(((const da_markov *)context)->strength, campaign, n, part);
  return DA_OK;
}

static da_status credit(const void *state, const da_credit_input *input, const da_credit_range *range, double *touch_credit,
                        double *baseline, da_error *err) {
  return da_credit_by_campaign(input, range, DA_PATH_SET, parts, state, touch_credit, baseline, err);
}

/* How journeys end that are in the state of this one's last campaigns. */
static da_status predict(const void *state, const da_credit_input *input, float *logit, da_error *err) {
  (void)err;
  const da_markov *own = state;
  const da_chain *chain = &own->chain;
  const da_journeys *set = input->set;
  double rate = chain->total[0] > 0 ? own->n_conversions / chain->total[0] : 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    size_t n = da_journey_length(set, j), context = da_chain_context(chain->order, n);
    uint32_t s;
    bool is_known = da_sequences_find(&chain->state, set->campaign + set->first_touch[j + 1] - context, context, &s);
    logit[j] = is_known ? da_log_odds(chain->converted[s], chain->other[s], rate) : da_log_odds(0, 0, rate);
  }
  return DA_OK;
}

const da_method da_method_markov = {
    .name = "markov",
    .title = "Markov chain",
    .explanation =
        "Shares conversions by removal effects: the part of them that would be lost if every path ended where it meets the campaign"
        " (credit.markov_order campaigns are remembered, 1 unless set). It takes what follows a campaign for its effect.",
    .default_on = true,
    .learns = true,
    .on_paths = true,
    .fit = fit,
    .credit = credit,
    .close = close_markov,
    .predict = predict,
};
