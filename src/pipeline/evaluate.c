#include "pipeline/evaluate.h"

#include <math.h>

#include "credit/evaluate/deletion.h"
#include "credit/evaluate/replay.h"
#include "credit/evaluate/verdict.h"
#include "pipeline/evaluate_credit.h"
#include "pipeline/evaluate_refit.h"
#include "pipeline/spend.h"

enum { N_BUDGETS = 4 };
static const double budgets[N_BUDGETS] = {1. / 2, 1. / 4, 1. / 8, 1. / 16};

typedef struct {
  da_run *run;
  const da_journeys *set;
  da_evaluated_credit credit;
  da_refits refits;
  double *cost;             /* [campaigns] of one touch; NULL: unknown for some */
  double *whole;            /* [methods][campaigns]: the credit of all journeys */
  double *shares;           /* [methods][campaigns] */
  double *scratch;          /* [campaigns] */
  da_measured *measured;    /* [methods] */
  double *rank_correlation; /* [methods] */
  double *auc_error;        /* [methods] */
  bool has_network;
  da_replay_log log;
  da_truth truth;
  bool has_truth;
  da_arena arena;
} evaluation;

static bool add_number(cJSON *object, const char *name, double number) {
  return isfinite(number) ? cJSON_AddNumberToObject(object, name, number) != NULL : cJSON_AddNullToObject(object, name) != NULL;
}

static da_status check(bool done, da_error *err) { return done ? DA_OK : da_mem_fail(err, 1, 256, "the evaluation"); }

/* ---- What is measured ---- */

/* Where the cost of every campaign with touches is known: what one of its touches cost. */
static da_status gather_costs(evaluation *x, da_error *err) {
  const double *spend = NULL;
  size_t n = x->credit.n_campaigns;
  DA_TRY(da_spend_load(x->run->job->bucket, &x->set->campaigns, &x->arena, NULL, &spend, err));
  if (!spend) return DA_OK;
  double *cost = da_arena_alloc(&x->arena, n, sizeof *cost);
  uint64_t *touches = da_arena_alloc(&x->arena, n, sizeof *touches);
  if (!cost || !touches) return da_mem_fail(err, n, sizeof *cost, "the cost of a touch");
  da_journeys_count_touches(x->set, touches);
  for (size_t k = 0; k < n; k++) {
    if (touches[k] && !(spend[k] > 0)) return DA_OK;
    cost[k] = touches[k] ? spend[k] / (double)touches[k] : 1;
  }
  x->cost = cost;
  return DA_OK;
}

static da_status make_room(evaluation *x, da_error *err) {
  size_t n = x->credit.n_methods, n_numbers = n * x->credit.n_campaigns;
  x->whole = da_arena_alloc(&x->arena, n_numbers, sizeof *x->whole);
  x->shares = da_arena_alloc(&x->arena, n_numbers, sizeof *x->shares);
  x->scratch = da_arena_alloc(&x->arena, x->credit.n_campaigns, sizeof *x->scratch);
  x->measured = da_arena_alloc(&x->arena, n, sizeof *x->measured);
  x->rank_correlation = da_arena_alloc(&x->arena, n, sizeof *x->rank_correlation);
  x->auc_error = da_arena_alloc(&x->arena, n, sizeof *x->auc_error);
  bool complete = x->auc_error && x->whole && x->shares && x->scratch && x->measured && x->rank_correlation;
  return complete ? DA_OK : da_mem_fail(err, n_numbers, sizeof *x->whole, "the evaluation");
}

static void add_up(evaluation *x) {
  size_t n = x->credit.n_campaigns;
  for (size_t m = 0; m < x->credit.n_methods; m++) {
    for (size_t k = 0; k < n; k++) {
      x->whole[m * n + k] = 0;
      for (int part = 0; part < DA_N_PARTS; part++) x->whole[m * n + k] += da_evaluated_part(&x->credit, m, part)[k];
    }
    da_truth_shares(x->whole + m * n, n, x->shares + m * n);
  }
}

/* Mean over campaigns of |its part of the conversions in one half - in the other|. */
static double difference_of_halves(const evaluation *x, size_t method) {
  size_t n = x->credit.n_campaigns;
  double sum = 0, all[2];
  for (int half = 0; half < 2; half++) all[half] = (double)x->credit.n_conversions[DA_PART_FIRST + half];
  if (all[0] == 0 || all[1] == 0) return NAN;
  for (size_t k = 0; k < n; k++) {
    sum += fabs(x->refits.half[0][method * n + k] / all[0] - x->refits.half[1][method * n + k] / all[1]);
  }
  return sum / (double)n;
}

static double negative_part(const evaluation *x, size_t method) {
  size_t n = x->credit.n_campaigns;
  double sum = 0, all = 0;
  for (size_t k = 0; k < n; k++) sum -= fmin(x->whole[method * n + k], 0);
  for (int part = 0; part < DA_N_PARTS; part++) all += (double)x->credit.n_conversions[part];
  return all > 0 ? sum / all : NAN;
}

/* How the network itself predicts test journeys, as training has found. */
static const cJSON *network_metrics(const evaluation *x) {
  const cJSON *record = x->has_network ? da_run_state_find(&x->run->state, da_stage_name(DA_STAGE_TRAIN), NULL) : NULL;
  return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(record, "metrics"), "test");
}

static double number_in(const cJSON *object, const char *name) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
  return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static da_held_out network_held_out(const evaluation *x) {
  const cJSON *test = network_metrics(x);
  double auc = number_in(test, "auc");
  uint64_t n = x->log.n_journeys, converted = x->log.n_conversions;
  da_held_out held_out = x->refits.network;
  held_out.log_loss = number_in(test, "loss");
  held_out.auc = auc;
  held_out.auc_error = da_auc_error(auc, converted, n - converted);
  return held_out;
}

static da_status measure(evaluation *x, da_error *err) {
  double least = INFINITY;
  size_t n = x->credit.n_methods;
  for (size_t m = 0; m < n; m++) {
    const da_method *method = x->credit.methods[m];
    da_held_out held_out = method->needs_network ? network_held_out(x) : x->refits.held_out[m];
    da_truth_score score = {.share_mae = NAN, .spearman = NAN};
    const double *credit = x->whole + m * x->credit.n_campaigns;
    if (x->has_truth) {
      DA_TRY(da_truth_compare(&x->truth, DA_TRUTH_REMOVAL, x->set->campaigns.items, credit, x->credit.n_campaigns, &score, err));
    }
    least = fmin(least, score.share_mae);
    x->rank_correlation[m] = score.spearman;
    x->auc_error[m] = held_out.auc_error;
    x->measured[m] = (da_measured){.method = method,
                                   .share_error = score.share_mae,
                                   .log_loss = held_out.log_loss,
                                   .rate_loss = x->refits.rate_log_loss,
                                   .auc = held_out.auc,
                                   .touch_auc = held_out.touch_auc,
                                   .touch_auc_error = held_out.touch_auc_error,
                                   .halves = difference_of_halves(x, m),
                                   .negative = negative_part(x, m),
                                   .form_undetermined = method->counterfactual && x->refits.form_undetermined};
  }
  for (size_t m = 0; m < n; m++) x->measured[m].least_error = least;
  return DA_OK;
}

/* ---- What is said of a method ---- */

static da_status add_agreement(const evaluation *x, size_t method, cJSON *json, da_error *err) {
  size_t n = x->credit.n_campaigns, n_methods = x->credit.n_methods;
  cJSON *with = cJSON_AddObjectToObject(json, "agreement_with");
  bool done = with != NULL;
  double sum = 0;
  for (size_t other = 0; other < n_methods && done; other++) {
    double apart = 0;
    if (other == method) continue;
    for (size_t k = 0; k < n; k++) apart += fabs(x->shares[method * n + k] - x->shares[other * n + k]);
    sum += 1 - apart / 2;
    done = add_number(with, x->credit.methods[other]->name, 1 - apart / 2);
  }
  return check(done && add_number(json, "agreement", n_methods > 1 ? sum / (double)(n_methods - 1) : NAN), err);
}

/* credit NULL: touches taken at random. */
static da_status add_deletion(const evaluation *x, const float *credit, cJSON *json, da_error *err) {
  const da_deletion_journeys journeys = {x->credit.journey, x->credit.n_journeys};
  da_deletion_curve curve = {.area = NAN};
  if (x->has_network) {
    DA_TRY(da_deletion_measure(&x->run->model, x->set, &journeys, credit, x->run->job->config->seed, &curve, err));
  }
  cJSON *array = cJSON_AddArrayToObject(json, "deletion_curve");
  bool done = array && add_number(json, "deletion", curve.area);
  for (int part = 0; part < DA_DELETION_PARTS && done && isfinite(curve.area); part++) {
    done = cJSON_AddItemToArray(array, cJSON_CreateNumber(curve.left[part]));
  }
  return check(done, err);
}

static da_status add_replay(evaluation *x, size_t method, cJSON *json, da_error *err) {
  cJSON *all = cJSON_AddArrayToObject(json, "replay");
  const double *credit = x->refits.learnt + method * x->credit.n_campaigns;
  double sum = 0;
  for (size_t k = 0; k < x->credit.n_campaigns; k++) sum += credit[k] > 0 && x->refits.touches[k] ? credit[k] : 0;
  for (int b = 0; b < N_BUDGETS && sum > 0 && x->log.n > 0; b++) {
    da_replay_result r;
    DA_TRY(da_replay_run(x->set, &x->log, credit, x->refits.touches, x->cost, budgets[b], &r, err));
    cJSON *one = cJSON_CreateObject();
    bool done = one && cJSON_AddItemToArray(all, one) && add_number(one, "budget", budgets[b]) && add_number(one, "spend", r.spend) &&
                add_number(one, "touches", (double)r.n_touches) && add_number(one, "conversions", (double)r.n_conversions) &&
                add_number(one, "cpa", r.cost_per_conversion) && add_number(one, "cvr", r.conversions_of_reached);
    DA_TRY(check(done, err));
  }
  return check(all != NULL, err);
}

static da_status add_method(evaluation *x, size_t method, const da_verdict *verdict, size_t rank, cJSON *methods, da_error *err) {
  cJSON *json = cJSON_CreateObject();
  const da_measured *m = &x->measured[method];
  DA_TRY(check(json && cJSON_AddItemToArray(methods, json), err));
  bool done = cJSON_AddStringToObject(json, "method", m->method->name) && cJSON_AddStringToObject(json, "title", m->method->title) &&
              add_number(json, "rank", (double)rank) && cJSON_AddStringToObject(json, "trust", da_trust_name(verdict->trust)) &&
              cJSON_AddStringToObject(json, "why", verdict->why) && add_number(json, "share_error", m->share_error) &&
              add_number(json, "rank_correlation", x->rank_correlation[method]) && add_number(json, "log_loss", m->log_loss) &&
              add_number(json, "auc", m->auc) && add_number(json, "auc_error", x->auc_error[method]) &&
              add_number(json, "touch_auc", m->touch_auc) && add_number(json, "touch_auc_error", m->touch_auc_error) &&
              add_number(json, "halves", m->halves) && add_number(json, "negative", m->negative);
  DA_TRY(check(done, err));
  DA_TRY(add_deletion(x, x->credit.touch_credit + method * x->credit.n_touches, json, err));
  DA_TRY(add_agreement(x, method, json, err));
  return add_replay(x, method, json, err);
}

/* ---- What to trust ---- */

/* Whether method a comes before b: by trust, by the error where the truth is known, those that model the world first, then as methods are shown. */
static bool comes_before(const evaluation *x, const da_verdict *verdicts, size_t a, size_t b) {
  double error_a = x->measured[a].share_error, error_b = x->measured[b].share_error;
  if (verdicts[a].trust != verdicts[b].trust) return verdicts[a].trust < verdicts[b].trust;
  if (x->has_truth && error_a != error_b) return error_a < error_b;
  if (x->measured[a].method->counterfactual != x->measured[b].method->counterfactual) return x->measured[a].method->counterfactual;
  return a < b;
}

static da_status add_trust(const evaluation *x, size_t first, const da_verdict *verdict, cJSON *result, da_error *err) {
  static const char caution[] =
      "; only an experiment (--lift) can prove it, and replay and agreement reward what goes along with conversions, whether or not it"
      " causes them";
  const da_method *method = x->credit.methods[first];
  da_text why = {0};
  if (x->has_truth || method->counterfactual)
    da_text_printf(&why, "%s%s", verdict->why, x->has_truth ? "" : caution);
  else
    da_text_append(&why, "none of these methods asks what would have happened without a campaign; add incremental to credit.methods");
  cJSON *trust = cJSON_AddObjectToObject(result, "trust");
  da_status status = da_text_check(&why, err);
  bool done = status == DA_OK && trust && cJSON_AddStringToObject(trust, "method", method->name) &&
              cJSON_AddStringToObject(trust, "why", da_text_cstr(&why));
  da_text_free(&why);
  return status == DA_OK ? check(done, err) : status;
}

static da_status add_methods(evaluation *x, cJSON *result, da_error *err) {
  size_t n = x->credit.n_methods, first = 0;
  da_verdict *verdicts = da_arena_alloc(&x->arena, n, sizeof *verdicts);
  cJSON *methods = cJSON_AddArrayToObject(result, "methods");
  if (!verdicts || !methods) return da_mem_fail(err, n, sizeof *verdicts, "the evaluation");
  for (size_t m = 0; m < n; m++) verdicts[m] = da_verdict_of(&x->measured[m]);
  for (size_t m = 0; m < n; m++) {
    size_t rank = 1;
    for (size_t other = 0; other < n; other++) rank += other != m && comes_before(x, verdicts, other, m);
    if (rank == 1) first = m;
    DA_TRY(add_method(x, m, &verdicts[m], rank, methods, err));
  }
  return add_trust(x, first, &verdicts[first], result, err);
}

static da_status add_others(const evaluation *x, cJSON *result, da_error *err) {
  const cJSON *test = network_metrics(x);
  cJSON *copy = test ? cJSON_Duplicate(test, true) : cJSON_CreateNull();
  if (!copy || !cJSON_AddItemToObject(result, "network", copy)) {
    cJSON_Delete(copy);
    return check(false, err);
  }
  cJSON *rate = cJSON_AddObjectToObject(result, "rate"), *random = cJSON_AddObjectToObject(result, "random");
  cJSON *log = cJSON_AddObjectToObject(result, "replay_of");
  bool done = rate && add_number(rate, "log_loss", x->refits.rate_log_loss) && log && add_number(log, "touches", (double)x->log.n) &&
              add_number(log, "journeys", (double)x->log.n_journeys) && add_number(log, "conversions", (double)x->log.n_conversions) &&
              cJSON_AddBoolToObject(log, "money", x->cost != NULL);
  DA_TRY(check(done && random, err));
  return add_deletion(x, NULL, random, err);
}

static da_status evaluate(evaluation *x, cJSON *result, da_error *err) {
  DA_TRY(da_run_need_db(x->run, err));
  DA_TRY(da_run_need_set(x->run, err));
  x->set = &x->run->set;
  DA_TRY(da_evaluated_credit_read(x->run, &x->arena, &x->credit, err));
  DA_TRY(da_run_need_model(x->run, &x->has_network, err));
  DA_TRY(gather_costs(x, err));
  DA_TRY(da_run_read_truth(x->run, &x->truth, &x->has_truth, err));
  DA_TRY(da_replay_log_init(x->set, DA_SET_TEST, &x->log, err));
  DA_TRY(da_refits_make(x->run, &x->credit, &x->arena, &x->refits, err));
  DA_TRY(make_room(x, err));
  add_up(x);
  DA_TRY(measure(x, err));
  DA_TRY(add_methods(x, result, err));
  return add_others(x, result, err);
}

da_status da_evaluate_bucket(const da_run_job *job, cJSON **result, da_error *err) {
  *result = cJSON_CreateObject();
  if (!*result) return da_mem_fail(err, 1, 64, "the evaluation");
  da_run run;
  evaluation x = {.run = &run};
  da_status status = da_run_open(job, &run, err);
  if (status == DA_OK) status = evaluate(&x, *result, err);
  da_replay_log_free(&x.log);
  da_truth_free(&x.truth);
  da_arena_free(&x.arena);
  da_run_close(&run);
  if (status == DA_OK) return DA_OK;
  cJSON_Delete(*result);
  *result = NULL;
  return status;
}
