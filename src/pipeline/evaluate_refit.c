#include "pipeline/evaluate_refit.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "credit/evaluate/calibration.h"
#include "credit/evaluate/prefixes.h"
#include "credit/evaluate/verdict.h"
#include "credit/incremental.h"
#include "credit/incremental/lift.h"
#include "credit/network/what_if.h"
#include "credit/subset.h"
#include "pipeline/experiments.h"
#include "train/metrics.h"

static const uint64_t MOST_TOUCHES = 1000000; /* of beginnings of held-out journeys */
static const da_held_out nothing_known = {NAN, NAN, NAN, NAN, NAN};

typedef struct {
  da_run *run;
  const da_evaluated_credit *credit;
  da_arena *arena;
  da_refits *refits;
  da_config config;                                   /* the job's, without experiments and intervals */
  da_monitor monitor;                                 /* the run's, without its notes: they are of the fit to all journeys */
  da_lifts lifts;                                     /* of the whole log */
  uint64_t *touches;                                  /* [campaigns] of the whole log */
  const da_method *methods[DA_EVALUATE_MOST_METHODS]; /* those that are fitted */
  size_t number[DA_EVALUATE_MOST_METHODS];            /* theirs among those of the credit */
  size_t n_methods;
} refitting;

/* ---- One fit ---- */

/* What experiments found in the whole log is carried over to a part of it touch by touch. */
static da_status experiments_of(const refitting *r, const da_journeys *set, da_experiments *experiments, da_error *err) {
  uint32_t n = r->lifts.n;
  da_experiment *items = da_arena_alloc(r->arena, n, sizeof *items);
  uint64_t *touches = da_arena_alloc(r->arena, set->campaigns.n, sizeof *touches);
  if (!items || !touches) return da_mem_fail(err, n, sizeof *items, "the experiments");
  da_journeys_count_touches(set, touches);
  for (uint32_t i = 0; i < n; i++) {
    const da_pin *pin = &r->lifts.pins[i];
    double part = (double)touches[pin->campaign] / fmax((double)r->touches[pin->campaign], 1);
    items[i] = (da_experiment){.campaign = set->campaigns.items[pin->campaign],
                               .begin_us = INT64_MIN,
                               .end_us = INT64_MAX,
                               .conversions = part * pin->conversions,
                               .standard_error = part * pin->standard_error};
  }
  *experiments = (da_experiments){items, n};
  return DA_OK;
}

static da_status open_fit(const refitting *r, const da_journeys *set, da_credit_input *input, da_fitted *fitted, da_error *err) {
  *input = (da_credit_input){.set = set, .config = &r->config, .pool = r->run->pool, .monitor = &r->monitor};
  DA_TRY(experiments_of(r, set, &input->experiments, err));
  return da_fitted_open(input, r->methods, r->n_methods, fitted, err);
}

/* conversions: [methods of the credit][campaigns]. */
static da_status credit_by(const refitting *r, const da_credit_input *input, const da_fitted *fitted, double *conversions, da_error *err) {
  da_pass *pass = NULL;
  da_pass_options options = {0};
  size_t n = r->credit->n_campaigns;
  da_status status = da_pass_open(input, fitted, &options, &pass, err);
  if (status == DA_OK) status = da_pass_finish(pass, err);
  for (size_t m = 0; m < r->n_methods && status == DA_OK; m++) {
    memcpy(conversions + r->number[m] * n, da_pass_totals(pass)->methods[m].conversions, n * sizeof *conversions);
  }
  da_pass_close(pass);
  return status;
}

static da_status refit_half(const refitting *r, const da_journeys *set, double *conversions, da_error *err) {
  da_credit_input input;
  da_fitted fitted = {0};
  da_status status = open_fit(r, set, &input, &fitted, err);
  if (status == DA_OK) status = credit_by(r, &input, &fitted, conversions, err);
  da_fitted_close(&fitted);
  return status;
}

/* ---- Held out ---- */

/* Journeys, whether each converted, and room for what is said of them. */
typedef struct {
  const da_journeys *set;
  uint8_t *converted;
  float *logit;
} questions;

static da_status questions_open(const da_journeys *set, questions *q, da_error *err) {
  uint64_t n = set->n_journeys;
  *q = (questions){.set = set, .converted = da_mem_alloc(n, sizeof *q->converted), .logit = da_mem_alloc(n, sizeof *q->logit)};
  if (!q->converted || !q->logit) return da_mem_fail(err, n, sizeof *q->logit, "predictions of journeys");
  for (uint64_t j = 0; j < n; j++) q->converted[j] = da_journey_converted(set, j);
  return DA_OK;
}

static void questions_close(questions *q) {
  da_mem_free(q->converted);
  da_mem_free(q->logit);
}

static da_status ask(const da_credit_input *fit, const da_method *method, const void *state, questions *q, da_error *err) {
  da_credit_input input = *fit;
  input.set = q->set;
  return method->predict(state, &input, q->logit, err);
}

static da_status auc_of(const questions *q, double *auc, double *auc_error, da_error *err) {
  uint64_t n = q->set->n_journeys;
  da_metrics metrics;
  DA_TRY(da_metrics_compute(q->logit, q->converted, n, 0, &metrics, err));
  *auc = metrics.auc;
  *auc_error = da_auc_error(metrics.auc, metrics.n_conversions, n - metrics.n_conversions);
  return DA_OK;
}

static da_status judge(const da_credit_input *fit, const da_method *method, const void *state, questions *learnt, questions *held_out,
                       questions *touches, da_held_out *result, da_error *err) {
  uint64_t n = held_out->set->n_journeys;
  da_metrics metrics;
  DA_TRY(ask(fit, method, state, touches, err));
  DA_TRY(auc_of(touches, &result->touch_auc, &result->touch_auc_error, err));
  DA_TRY(ask(fit, method, state, learnt, err));
  da_calibration to_rates = da_calibration_fit(learnt->logit, learnt->converted, learnt->set->n_journeys);
  DA_TRY(ask(fit, method, state, held_out, err));
  DA_TRY(auc_of(held_out, &result->auc, &result->auc_error, err));
  for (uint64_t j = 0; j < n; j++) held_out->logit[j] = (float)(to_rates.a + to_rates.b * (double)held_out->logit[j]);
  DA_TRY(da_metrics_compute(held_out->logit, held_out->converted, n, 0, &metrics, err));
  result->log_loss = metrics.loss;
  return DA_OK;
}

/* Every journey gets the rate of those that were learnt from. */
static da_status judge_rate(const questions *learnt, questions *held_out, double *loss, da_error *err) {
  double converted = (double)learnt->set->n_conversions, n = (double)learnt->set->n_journeys, p = (converted + .5) / (n + 1);
  da_metrics metrics;
  for (uint64_t j = 0; j < held_out->set->n_journeys; j++) held_out->logit[j] = (float)log(p / (1 - p));
  DA_TRY(da_metrics_compute(held_out->logit, held_out->converted, held_out->set->n_journeys, 0, &metrics, err));
  *loss = metrics.loss;
  return DA_OK;
}

static da_status judge_all(const refitting *r, const da_credit_input *input, const da_fitted *fitted, const da_journeys *held_out_set,
                           da_error *err) {
  questions learnt = {0}, held_out = {0}, touches = {0};
  da_prefixes prefixes = {0};
  da_status status = questions_open(input->set, &learnt, err);
  if (status == DA_OK) status = questions_open(held_out_set, &held_out, err);
  if (status == DA_OK) status = da_prefixes_init(held_out_set, MOST_TOUCHES, &prefixes, err);
  if (status == DA_OK) status = questions_open(&prefixes.set, &touches, err);
  if (status == DA_OK) status = judge_rate(&learnt, &held_out, &r->refits->rate_log_loss, err);
  for (size_t m = 0; m < r->n_methods && status == DA_OK; m++) {
    if (!r->methods[m]->predict) continue;
    status = judge(input, r->methods[m], fitted->states[m], &learnt, &held_out, &touches, &r->refits->held_out[r->number[m]], err);
  }
  questions_close(&learnt);
  questions_close(&held_out);
  questions_close(&touches);
  da_prefixes_free(&prefixes);
  return status;
}

static da_status refit_learnt(const refitting *r, const da_journeys *learnt, const da_journeys *held_out, da_error *err) {
  da_credit_input input;
  da_fitted fitted = {0};
  da_status status = open_fit(r, learnt, &input, &fitted, err);
  if (status == DA_OK) status = credit_by(r, &input, &fitted, r->refits->learnt, err);
  if (status == DA_OK && held_out->n_journeys > 0) status = judge_all(r, &input, &fitted, held_out, err);
  for (size_t m = 0; m < r->n_methods && status == DA_OK; m++) {
    if (r->methods[m] != &da_method_incremental && r->methods[m] != &da_method_removal) continue;
    r->refits->form_undetermined = da_incremental_result_of(fitted.states[m])->form_undetermined;
  }
  da_fitted_close(&fitted);
  return status;
}

/* ---- The network ---- */

/* player: [longest journey] zeros: all touches are kept, as if they were of one campaign. The journeys that prefixes are of are the held-out
 * ones, in order. */
static da_status ask_network(const refitting *r, const da_prefixes *prefixes, const uint32_t *player, da_what_ifs *asked, da_error *err) {
  const da_journeys *whole = &r->run->set, *set = &prefixes->set;
  const bool is_kept[] = {true};
  uint64_t journey = 0, number = 0; /* of the whole set; how many held-out ones are before it */
  for (uint64_t i = 0; i < set->n_journeys; i++) {
    while (r->credit->part[journey] != DA_PART_HELD_OUT || number < prefixes->journey[i])
      number += r->credit->part[journey++] == DA_PART_HELD_OUT;
    DA_TRY(da_what_ifs_ask(asked, whole->first_touch[journey], da_journey_length(set, i), player, is_kept, err));
  }
  return da_what_ifs_finish(asked, err);
}

static da_status answer_by_network(const refitting *r, const da_prefixes *prefixes, questions *touches, da_error *err) {
  uint64_t longest = da_journeys_longest(&prefixes->set);
  uint32_t *player = da_mem_calloc(longest, sizeof *player);
  da_what_ifs asked = {0};
  da_status status = player ? DA_OK : da_mem_fail(err, longest, sizeof *player, "the touches of a journey");
  if (status == DA_OK) status = da_what_ifs_open(&r->run->model, &r->run->set, &asked, err);
  if (status == DA_OK) status = ask_network(r, prefixes, player, &asked, err);
  for (uint64_t i = 0; status == DA_OK && i < prefixes->set.n_journeys; i++)
    touches->logit[i] = (float)log(asked.answer[i] / (1 - asked.answer[i]));
  da_what_ifs_close(&asked);
  da_mem_free(player);
  return status;
}

/* The network of methods that need one: it has been trained without the held-out journeys. */
static da_status judge_network(const refitting *r, const da_journeys *held_out, da_error *err) {
  da_held_out *result = &r->refits->network;
  da_prefixes prefixes = {0};
  questions touches = {0};
  da_status status = da_prefixes_init(held_out, MOST_TOUCHES, &prefixes, err);
  if (status == DA_OK) status = questions_open(&prefixes.set, &touches, err);
  if (status == DA_OK) status = answer_by_network(r, &prefixes, &touches, err);
  if (status == DA_OK) status = auc_of(&touches, &result->touch_auc, &result->touch_auc_error, err);
  questions_close(&touches);
  da_prefixes_free(&prefixes);
  return status;
}

/* ---- Parts of the journeys ---- */

/* Journeys of these parts (bits), as a set of their own. */
static da_status subset_of(const refitting *r, unsigned parts, da_subset *subset, da_error *err) {
  const da_journeys *set = &r->run->set;
  bool *keeps = da_mem_alloc(set->n_journeys, sizeof *keeps);
  if (!keeps) return da_mem_fail(err, set->n_journeys, sizeof *keeps, "the parts of the journeys");
  for (uint64_t j = 0; j < set->n_journeys; j++) keeps[j] = parts >> r->credit->part[j] & 1;
  da_status status = da_subset_init(set, keeps, NULL, subset, err);
  da_mem_free(keeps);
  return status;
}

static da_status fit_to_halves(const refitting *r, da_error *err) {
  for (int half = 0; half < 2; half++) {
    da_subset part = {0};
    da_status status = subset_of(r, 1u << (DA_PART_FIRST + half), &part, err);
    if (status == DA_OK && part.set.n_conversions > 0) status = refit_half(r, &part.set, r->refits->half[half], err);
    da_subset_free(&part);
    DA_TRY(status);
  }
  return DA_OK;
}

static da_status fit_to_learnt(const refitting *r, da_error *err) {
  da_subset learnt = {0}, held_out = {0};
  da_status status = subset_of(r, 1u << DA_PART_FIRST | 1u << DA_PART_SECOND, &learnt, err);
  if (status == DA_OK) status = subset_of(r, 1u << DA_PART_HELD_OUT, &held_out, err);
  if (status == DA_OK) da_journeys_count_touches(&learnt.set, r->refits->touches);
  if (status == DA_OK && learnt.set.n_conversions > 0) status = refit_learnt(r, &learnt.set, &held_out.set, err);
  if (status == DA_OK && r->run->model_is_open && held_out.set.n_journeys > 0) status = judge_network(r, &held_out.set, err);
  da_subset_free(&learnt);
  da_subset_free(&held_out);
  return status;
}

/* ---- All of them ---- */

static da_status make_room(refitting *r, da_error *err) {
  da_refits *refits = r->refits;
  size_t n = r->credit->n_methods, n_campaigns = r->credit->n_campaigns, n_numbers = n * n_campaigns;
  double *numbers = da_arena_alloc(r->arena, 3 * n_numbers, sizeof *numbers);
  refits->held_out = da_arena_alloc(r->arena, n, sizeof *refits->held_out);
  refits->touches = da_arena_alloc(r->arena, n_campaigns, sizeof *refits->touches);
  r->touches = da_arena_alloc(r->arena, n_campaigns, sizeof *r->touches);
  if (!numbers || !refits->held_out || !refits->touches || !r->touches)
    return da_mem_fail(err, 3 * n_numbers, sizeof *numbers, "the refits");
  memset(numbers, 0, 3 * n_numbers * sizeof *numbers);
  refits->learnt = numbers;
  refits->half[0] = numbers + n_numbers;
  refits->half[1] = numbers + 2 * n_numbers;
  for (size_t m = 0; m < n; m++) refits->held_out[m] = nothing_known;
  return DA_OK;
}

/* What attribute left is right for methods that are not fitted; the others are listed. */
static void begin_with_the_table(refitting *r) {
  size_t n = r->credit->n_campaigns;
  for (size_t m = 0; m < r->credit->n_methods; m++) {
    if (r->credit->methods[m]->learns) {
      r->methods[r->n_methods] = r->credit->methods[m];
      r->number[r->n_methods++] = m;
      continue;
    }
    for (int half = 0; half < 2; half++) {
      const double *part = da_evaluated_part(r->credit, m, DA_PART_FIRST + half);
      for (size_t k = 0; k < n; k++) {
        r->refits->half[half][m * n + k] = part[k];
        r->refits->learnt[m * n + k] += part[k];
      }
    }
  }
}

static da_status gather_lifts(refitting *r, da_error *err) {
  const da_config *config = r->run->job->config;
  da_experiments from_file = {0};
  da_journeys_count_touches(&r->run->set, r->touches);
  DA_TRY(da_experiments_read(r->run->db, r->run->job->bucket, config->credit.lift_file, r->arena, &from_file, err));
  return da_lift_gather(&config->credit.lift, &from_file, &r->run->set, &r->lifts, err);
}

da_status da_refits_make(da_run *run, const da_evaluated_credit *credit, da_arena *arena, da_refits *refits, da_error *err) {
  *refits = (da_refits){.network = nothing_known, .rate_log_loss = NAN};
  refitting r = {.run = run, .credit = credit, .arena = arena, .refits = refits, .config = *run->job->config, .monitor = run->monitor};
  r.config.credit.intervals = 0;
  r.config.credit.lift = (da_text_list){0};
  r.monitor.note = NULL;
  DA_TRY(make_room(&r, err));
  begin_with_the_table(&r);
  da_status status = gather_lifts(&r, err);
  if (status == DA_OK) status = fit_to_learnt(&r, err);
  if (status == DA_OK) status = fit_to_halves(&r, err);
  da_lift_free(&r.lifts);
  return status;
}
