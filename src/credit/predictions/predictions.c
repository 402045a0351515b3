/* The method `shapley_predictions`: Shapley values of a game that the user's own predictions make (prediction_file.h).
 *
 *   by sets of campaigns   v(S) = p of S, 0 where the file has no such set
 *   by journeys            v(S) = mean p of the journeys that met no campaign outside S: the game of conversion rates
 *                          (credit/shapley/rates.h) with the predictions in place of what happened
 *
 * A conversion is shared among the campaigns P of its own journey: part_k = value_k / v(P); v of no campaign / v(P) is baseline. */
#include <string.h>

#include "base/mem.h"
#include "credit/paths/by_campaign.h"
#include "credit/predictions/prediction_file.h"
#include "credit/shapley/rates.h"
#include "credit/shapley/shapley_value.h"

typedef struct {
  da_predictions file;
  da_paths paths; /* the different sets of campaigns of the log */
  da_rates rates; /* by journeys */
  double *part;   /* as paths.path.item */
} own_game;

static void close_game(void *state) {
  own_game *own = state;
  if (!own) return;
  if (own->part != own->rates.part) da_mem_free(own->part);
  da_rates_free(&own->rates);
  da_paths_free(&own->paths);
  da_predictions_free(&own->file);
  da_mem_free(own);
}

/* ---- By journeys ---- */

/* Puts the predictions in place of the conversions. */
static da_status predict_paths(own_game *own, const da_journeys *set, da_error *err) {
  da_path_form form;
  da_status status = da_path_form_init((uint32_t)set->campaigns.n, &form, err);
  memset(own->paths.converted, 0, own->paths.path.n * sizeof(double));
  memset(own->paths.other, 0, own->paths.path.n * sizeof(double));
  for (uint64_t j = 0; j < set->n_journeys && status == DA_OK; j++) {
    uint32_t path = 0;
    double p = own->file.journey[j];
    status = da_path_form_set(&form, DA_PATH_SET, set->campaign + set->first_touch[j], da_journey_length(set, j), err);
    if (status != DA_OK || !da_sequences_find(&own->paths.path, form.item, form.length, &path)) break;
    own->paths.converted[path] += p;
    own->paths.other[path] += 1 - p;
  }
  da_path_form_free(&form);
  return status;
}

static da_status share_by_journeys(own_game *own, const da_credit_input *input, da_error *err) {
  for (uint64_t j = 0; j < input->set->n_journeys; j++) {
    if (own->file.journey[j] > 1)
      return da_fail(err, DA_ERR_DATA, "expected probabilities of journeys in %s (credit.predictions) but found %g for journey_id %llu",
                     input->config->credit.predictions, own->file.journey[j], (unsigned long long)j);
  }
  DA_TRY(predict_paths(own, input->set, err));
  DA_TRY(
      da_rates_init(&own->paths, DA_PATH_SET, input->config->seed, input->pool, "shapley_predictions", input->monitor, &own->rates, err));
  own->part = own->rates.part;
  return DA_OK;
}

/* ---- By sets ---- */

static double worth_of(const own_game *own, const uint32_t *campaign, size_t n) {
  uint32_t number;
  if (n == 0) return own->file.none;
  return da_sequences_find(&own->file.sets, campaign, n, &number) ? own->file.worth[number] : 0;
}

/* worth: [2^n]. False where the file gives the journey's own set no worth: then its campaigns get equal parts. */
static bool share_set(const own_game *own, const uint32_t *campaign, uint32_t n, double *worth, double *part) {
  uint32_t member[DA_SHAPLEY_MOST_PLAYERS];
  for (size_t coalition = 0; coalition < (size_t)1 << n; coalition++) {
    size_t n_members = 0;
    for (uint32_t k = 0; k < n; k++) {
      if (coalition >> k & 1) member[n_members++] = campaign[k];
    }
    worth[coalition] = worth_of(own, member, n_members);
  }
  double whole = worth[((size_t)1 << n) - 1];
  da_shapley_value(worth, n, part);
  for (uint32_t k = 0; k < n; k++) part[k] = whole > 0 ? part[k] / whole : 1 / (double)n;
  return whole > 0;
}

static void tell(const own_game *own, const da_credit_input *input, double n_without) {
  if (own->file.n_unknown > 0)
    da_monitor_note(input->monitor, DA_NOTE_WARNING, "shapley_predictions: %llu rows of %s name campaigns that the log does not have",
                    (unsigned long long)own->file.n_unknown, input->config->credit.predictions);
  if (n_without > 0)
    da_monitor_note(input->monitor, DA_NOTE_WARNING,
                    "shapley_predictions: for %.0f conversions %s has no worth of their journey's campaigns; they are shared equally",
                    n_without, input->config->credit.predictions);
}

static da_status share_by_sets(own_game *own, const da_credit_input *input, da_error *err) {
  const da_sequences *path = &own->paths.path;
  size_t n, n_most = 0;
  double n_without = 0;
  for (uint32_t p = 0; p < path->n; p++) {
    (void)da_sequence(path, p, &n);
    if (own->paths.converted[p] > 0 && n > n_most) n_most = n;
  }
  if (n_most > DA_SHAPLEY_MOST_PLAYERS)
    return da_fail(
        err, DA_ERR_DATA,
        "expected converting journeys of at most %d campaigns for shapley_predictions but found one of %zu; journey_max_len cuts them",
        DA_SHAPLEY_MOST_PLAYERS, n_most);
  double *worth = da_mem_alloc((size_t)1 << n_most, sizeof *worth);
  own->part = da_mem_calloc(path->n ? (size_t)path->end[path->n] : 0, sizeof *own->part);
  if (!worth || !own->part) {
    da_mem_free(worth);
    return da_mem_fail(err, (size_t)1 << n_most, sizeof *worth, "the coalitions of a journey");
  }
  for (uint32_t p = 0; p < path->n; p++) {
    const uint32_t *campaign = da_sequence(path, p, &n);
    if (own->paths.converted[p] > 0 && !share_set(own, campaign, (uint32_t)n, worth, own->part + path->end[p]))
      n_without += own->paths.converted[p];
  }
  da_mem_free(worth);
  tell(own, input, n_without);
  return DA_OK;
}

/* ---- The method ---- */

static da_status fit(const da_credit_input *input, void **state, da_error *err) {
  const char *path = input->config->credit.predictions;
  if (!path) return da_fail(err, DA_ERR_CONFIG, "expected a file in credit.predictions for shapley_predictions but found none");
  own_game *own = da_mem_calloc(1, sizeof *own);
  if (!own) return da_mem_fail(err, 1, sizeof *own, "predictions");
  da_status status = da_predictions_read(path, input->set, &own->file, err);
  if (status == DA_OK) status = da_paths_init(input->set, DA_PATH_SET, DA_PATHS_ALL_SETS, input->pool, &own->paths, err);
  if (status == DA_OK) status = own->file.of_journeys ? share_by_journeys(own, input, err) : share_by_sets(own, input, err);
  if (status != DA_OK) {
    close_game(own);
    return status;
  }
  *state = own;
  return DA_OK;
}

static da_status parts(const void *context, const uint32_t *campaign, uint32_t n, double *part, da_error *err) {
  const own_game *own = context;
  uint32_t path;
  if (!da_sequences_find(&own->paths.path, campaign, n, &path))
    return da_fail(err, DA_ERR_INTERNAL, "expected the journeys that the predictions were read for but found another path");
  memcpy(part, own->part + own->paths.path.end[path], n * sizeof *part);
  return DA_OK;
}

static da_status credit(const void *state, const da_credit_input *input, const da_credit_range *range, double *touch_credit,
                        double *baseline, da_error *err) {
  return da_credit_by_campaign(input, range, DA_PATH_SET, parts, state, touch_credit, baseline, err);
}

const da_method da_method_shapley_predictions = {
    .name = "shapley_predictions",
    .title = "Shapley value of your predictions",
    .explanation = "Shapley values of what a model of your own predicts for sets of campaigns or for journeys (credit.predictions); as good"
                   " as that model's answers to what would have happened without a campaign.",
    .default_on = false,
    .on_paths = true,
    .fit = fit,
    .credit = credit,
    .close = close_game,
};
