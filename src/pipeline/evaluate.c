#include "pipeline/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "credit/evaluate/replay.h"
#include "pipeline/evaluate_model.h"
#include "pipeline/pipeline_run.h"
#include "pipeline/spend.h"
#include "report/publish.h"

enum { FIRST_HALF, SECOND_HALF, HELD_OUT, N_PARTS }; /* of the journeys: two halves of those learnt from, and the test split */
enum { MAX_METHODS = 64, N_BUDGETS = 4 };
static const double budgets[N_BUDGETS] = {1. / 2, 1. / 4, 1. / 8, 1. / 16};

typedef struct {
  da_run *run;
  const da_journeys *set;
  const da_method *methods[MAX_METHODS];
  size_t n_methods, n_campaigns;
  uint8_t *part;        /* [journeys] */
  double *credit;       /* [methods][N_PARTS][campaigns] */
  uint64_t *touches;    /* [campaigns] of the journeys learnt from */
  double *cost;         /* [campaigns] of one touch; NULL: unknown for some */
  double *shares;       /* [methods][campaigns] */
  da_metrics *held_out; /* [methods] */
  uint64_t *deleted;    /* [n_deleted] test journeys that converted: those that the deletion is tried on */
  uint64_t n_deleted;
  uint64_t *deleted_at; /* [journeys]: where its touches begin in touch_credit; UINT64_MAX for others */
  uint64_t n_deleted_touches;
  float *touch_credit; /* [methods][n_deleted_touches] */
  bool has_network;
  da_replay_log log;
  da_truth truth;
  bool has_truth;
  da_arena arena;
} evaluation;

static double *credit_of(const evaluation *x, size_t method, int part) {
  return x->credit + (method * N_PARTS + (size_t)part) * x->n_campaigns;
}

/* ---- The journeys and their credit ---- */

static void part_journeys(evaluation *x) {
  const da_journeys *set = x->set;
  for (uint64_t user = 0; user < set->n_users; user++) {
    da_random random;
    da_random_init(&random, x->run->job->config->seed, user);
    uint8_t half = da_random_below(&random, 2) ? SECOND_HALF : FIRST_HALF;
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) {
      x->part[j] = da_journey_set(set, j) == DA_SET_TEST ? HELD_OUT : half;
    }
  }
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    if (x->part[j] == HELD_OUT) continue;
    for (uint64_t i = set->first_touch[j]; i < set->first_touch[j + 1]; i++) x->touches[set->campaign[i]]++;
  }
}

static da_status add_rows(evaluation *x, const da_chunk *chunk, da_error *err) {
  const da_journeys *set = x->set;
  const int64_t *journey = chunk->columns[0].values, *index = chunk->columns[1].values;
  for (size_t row = 0; row < chunk->n_rows; row++) {
    bool is_there = journey[row] >= 0 && (uint64_t)journey[row] < set->n_journeys && index[row] >= 1 &&
                    (uint64_t)index[row] <= da_journey_length(set, (uint64_t)journey[row]);
    if (!is_there) {
      return da_fail(err, DA_ERR_DATA,
                     "expected in %s the touches of this bucket's journeys but found touch %lld of journey %lld; run attribute again",
                     DA_KEY_TOUCHES, (long long)index[row], (long long)journey[row]);
    }
    uint64_t touch = set->first_touch[journey[row]] + (uint64_t)index[row] - 1;
    uint64_t at = x->deleted_at[journey[row]];
    for (size_t m = 0; m < x->n_methods; m++) {
      double credit = ((const double *)chunk->columns[2 + m].values)[row];
      credit_of(x, m, x->part[journey[row]])[set->campaign[touch]] += credit;
      if (at != UINT64_MAX) x->touch_credit[m * x->n_deleted_touches + at + (uint64_t)index[row] - 1] = (float)credit;
    }
  }
  return DA_OK;
}

/* The methods are those that the table has columns of. */
static da_status find_methods(evaluation *x, const char *url, da_error *err) {
  size_t n_all;
  const da_method *const *all = da_methods(&n_all);
  da_text sql = {0};
  da_text_append(&sql, "SELECT * FROM read_parquet(");
  da_sql_path(&sql, url);
  da_text_append(&sql, ")");
  da_rows *rows = NULL;
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(x->run->db, da_text_cstr(&sql), &rows, err);
  for (size_t m = 0; status == DA_OK && m < n_all && x->n_methods < MAX_METHODS; m++) {
    char name[96];
    snprintf(name, sizeof name, "%s_attribution", all[m]->name);
    bool found = false;
    for (size_t c = 0; c < da_rows_n_columns(rows) && !found; c++) found = strcmp(da_rows_column_name(rows, c), name) == 0;
    if (found) x->methods[x->n_methods++] = all[m];
  }
  da_rows_close(rows);
  da_text_free(&sql);
  if (status == DA_OK && x->n_methods == 0)
    status = da_fail(err, DA_ERR_DATA, "expected the credit of a method in %s but found none", DA_KEY_TOUCHES);
  return status;
}

static da_status read_credit(evaluation *x, const char *url, da_error *err) {
  da_text sql = {0};
  da_text_append(&sql, "SELECT journey_id, touch_index");
  for (size_t m = 0; m < x->n_methods; m++) da_text_printf(&sql, ", %s_attribution", x->methods[m]->name);
  da_text_append(&sql, " FROM read_parquet(");
  da_sql_path(&sql, url);
  da_text_append(&sql, ") ORDER BY 1, 2"); /* sums must not depend on threads */
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(x->run->db, da_text_cstr(&sql), &rows, err);
  while (status == DA_OK && (status = da_rows_next(rows, &x->run->monitor, "reading the credit", &chunk, err)) == DA_OK &&
         chunk.n_rows > 0) {
    status = add_rows(x, &chunk, err);
  }
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

static da_status make_room(evaluation *x, da_error *err) {
  size_t n = x->n_methods * N_PARTS * x->n_campaigns;
  x->part = da_arena_alloc(&x->arena, x->set->n_journeys, 1);
  x->credit = da_arena_alloc(&x->arena, n, sizeof *x->credit);
  x->shares = da_arena_alloc(&x->arena, x->n_methods * x->n_campaigns, sizeof *x->shares);
  x->touches = da_arena_alloc(&x->arena, x->n_campaigns, sizeof *x->touches);
  if (!x->part || !x->credit || !x->shares || !x->touches) return da_mem_fail(err, n, sizeof *x->credit, "the evaluation");
  memset(x->credit, 0, n * sizeof *x->credit);
  memset(x->touches, 0, x->n_campaigns * sizeof *x->touches);
  return DA_OK;
}

/* Test journeys that converted, where there is a network to ask. */
static da_status list_deleted(evaluation *x, da_error *err) {
  const da_journeys *set = x->set;
  DA_TRY(da_run_need_model(x->run, &x->has_network, err));
  x->deleted = da_arena_alloc(&x->arena, set->n_journeys, sizeof *x->deleted);
  x->deleted_at = da_arena_alloc(&x->arena, set->n_journeys, sizeof *x->deleted_at);
  if (!x->deleted || !x->deleted_at) return da_mem_fail(err, set->n_journeys, sizeof *x->deleted, "the evaluation");
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    x->deleted_at[j] = UINT64_MAX;
    if (!x->has_network || da_journey_set(set, j) != DA_SET_TEST || !da_journey_converted(set, j)) continue;
    x->deleted_at[j] = x->n_deleted_touches;
    x->deleted[x->n_deleted++] = j;
    x->n_deleted_touches += da_journey_length(set, j);
  }
  x->touch_credit = da_arena_alloc(&x->arena, x->n_methods * x->n_deleted_touches, sizeof *x->touch_credit);
  return x->touch_credit ? DA_OK : da_mem_fail(err, x->n_methods * x->n_deleted_touches, sizeof *x->touch_credit, "the evaluation");
}

static da_status gather_credit(evaluation *x, da_error *err) {
  const da_bucket *bucket = x->run->job->bucket;
  bool exists = false;
  DA_TRY(da_bucket_exists(bucket, DA_KEY_TOUCHES, &exists, err));
  if (!exists) {
    return da_fail(err, DA_ERR_DATA, "expected credit in %s of %s but found none; run 'deepattribution attribute %s' first", DA_KEY_TOUCHES,
                   da_bucket_location(bucket), da_bucket_location(bucket));
  }
  char *url = da_bucket_url(bucket, DA_KEY_TOUCHES);
  if (!url) return da_mem_fail(err, 1, 256, "a path");
  da_status status = find_methods(x, url, err);
  if (status == DA_OK) status = make_room(x, err);
  if (status == DA_OK) part_journeys(x);
  if (status == DA_OK) status = list_deleted(x, err);
  if (status == DA_OK) status = read_credit(x, url, err);
  da_mem_free(url);
  return status;
}

/* Where the cost of every campaign with touches is known: what one of its touches cost. */
static da_status gather_costs(evaluation *x, da_error *err) {
  const double *spend = NULL;
  DA_TRY(da_spend_load(x->run->job->bucket, &x->set->campaigns, &x->arena, NULL, &spend, err));
  if (!spend) return DA_OK;
  double *cost = da_arena_alloc(&x->arena, x->n_campaigns, sizeof *cost);
  uint64_t *touches = da_arena_alloc(&x->arena, x->n_campaigns, sizeof *touches);
  if (!cost || !touches) return da_mem_fail(err, x->n_campaigns, sizeof *cost, "the cost of a touch");
  memset(touches, 0, x->n_campaigns * sizeof *touches);
  for (uint64_t i = 0; i < x->set->n_touches; i++) touches[x->set->campaign[i]]++;
  for (size_t k = 0; k < x->n_campaigns; k++) {
    if (touches[k] && !(spend[k] > 0)) return DA_OK;
    cost[k] = touches[k] ? spend[k] / (double)touches[k] : 1;
  }
  x->cost = cost;
  return DA_OK;
}

/* ---- What is said of a method ---- */

static void shares_of(const double *credit, size_t n, double *shares) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += credit[k] > 0 ? credit[k] : 0;
  for (size_t k = 0; k < n; k++) shares[k] = sum > 0 && credit[k] > 0 ? credit[k] / sum : 0;
}

static double distance(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += fabs(a[k] - b[k]);
  return sum;
}

/* Of all parts together: [campaigns] in the arena. */
static double *whole_credit(evaluation *x, size_t method) {
  double *sum = da_arena_alloc(&x->arena, x->n_campaigns, sizeof *sum);
  for (size_t k = 0; sum && k < x->n_campaigns; k++) {
    sum[k] = 0;
    for (int part = 0; part < N_PARTS; part++) sum[k] += credit_of(x, method, part)[k];
  }
  return sum;
}

static bool add_number(cJSON *object, const char *name, double number) {
  return isfinite(number) ? cJSON_AddNumberToObject(object, name, number) != NULL : cJSON_AddNullToObject(object, name) != NULL;
}

static double difference_of_halves(evaluation *x, size_t method, double *scratch) {
  shares_of(credit_of(x, method, FIRST_HALF), x->n_campaigns, scratch);
  shares_of(credit_of(x, method, SECOND_HALF), x->n_campaigns, scratch + x->n_campaigns);
  return distance(scratch, scratch + x->n_campaigns, x->n_campaigns) / (double)x->n_campaigns;
}

static double agreement(const evaluation *x, size_t method) {
  double sum = 0;
  for (size_t other = 0; other < x->n_methods; other++) {
    if (other == method) continue;
    sum += 1 - distance(x->shares + method * x->n_campaigns, x->shares + other * x->n_campaigns, x->n_campaigns) / 2;
  }
  return x->n_methods > 1 ? sum / (double)(x->n_methods - 1) : NAN;
}

static da_status add_replay(evaluation *x, size_t method, double *scratch, cJSON *json, da_error *err) {
  cJSON *all = cJSON_AddArrayToObject(json, "replay");
  const double *first = credit_of(x, method, FIRST_HALF), *second = credit_of(x, method, SECOND_HALF);
  double sum = 0;
  for (size_t k = 0; k < x->n_campaigns; k++) {
    scratch[k] = first[k] + second[k];
    sum += scratch[k] > 0 && x->touches[k] ? scratch[k] : 0;
  }
  for (int b = 0; b < N_BUDGETS && sum > 0 && x->log.n > 0; b++) {
    da_replay_result r;
    DA_TRY(da_replay_run(x->set, &x->log, scratch, x->touches, x->cost, budgets[b], &r, err));
    cJSON *one = cJSON_CreateObject();
    bool done = one && cJSON_AddItemToArray(all, one) && add_number(one, "budget", budgets[b]) && add_number(one, "spend", r.spend) &&
                add_number(one, "touches", (double)r.n_touches) && add_number(one, "conversions", (double)r.n_conversions) &&
                add_number(one, "cpa", r.cost_per_conversion) && add_number(one, "cvr", r.conversions_of_reached);
    if (!done) return da_mem_fail(err, 1, 256, "the evaluation");
  }
  return all ? DA_OK : da_mem_fail(err, 1, 256, "the evaluation");
}

static da_status add_method(evaluation *x, size_t method, double *scratch, cJSON *methods, da_error *err) {
  cJSON *json = cJSON_CreateObject();
  if (!json || !cJSON_AddItemToArray(methods, json)) return da_mem_fail(err, 1, 256, "the evaluation");
  da_truth_score score = {.share_mae = NAN, .spearman = NAN};
  const double *credit = whole_credit(x, method);
  if (!credit) return da_mem_fail(err, x->n_campaigns, sizeof *credit, "the evaluation");
  if (x->has_truth) DA_TRY(da_truth_compare(&x->truth, DA_TRUTH_REMOVAL, x->set->campaigns.items, credit, x->n_campaigns, &score, err));
  double kept = NAN;
  const float *touch_credit = x->touch_credit + method * x->n_deleted_touches;
  if (x->has_network) DA_TRY(da_evaluate_deletion(x->run, x->deleted, x->n_deleted, touch_credit, &kept, err));
  const da_metrics *held_out = &x->held_out[method];
  bool done = cJSON_AddStringToObject(json, "method", x->methods[method]->name) &&
              cJSON_AddStringToObject(json, "title", x->methods[method]->title) && add_number(json, "share_error", score.share_mae) &&
              add_number(json, "rank_correlation", score.spearman) &&
              add_number(json, "log_loss", held_out->n_journeys ? held_out->loss : NAN) &&
              add_number(json, "auc", held_out->n_journeys ? held_out->auc : NAN) && add_number(json, "deletion", kept) &&
              add_number(json, "halves", difference_of_halves(x, method, scratch)) && add_number(json, "agreement", agreement(x, method));
  if (!done) return da_mem_fail(err, 1, 256, "the evaluation");
  return add_replay(x, method, scratch, json, err);
}

/* ---- What to trust ---- */

static da_status add_trust(const cJSON *methods, cJSON *result, da_error *err) {
  const cJSON *method, *best = NULL, *first = cJSON_GetArrayItem(methods, 0);
  double least = INFINITY;
  cJSON_ArrayForEach(method, methods) {
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(method, "share_error");
    if (cJSON_IsNumber(error) && error->valuedouble < least) {
      least = error->valuedouble;
      best = method;
    }
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(method, "method"));
    if (!isfinite(least) && name && strcmp(name, "incremental") == 0) best = method;
  }
  const char *why =
      isfinite(least) ? "its shares are the nearest to the true ones of this simulated world"
      : best          ? "of these methods it and removal alone ask what would have happened without a campaign, and its form was chosen on "
                        "held-out users; only an experiment (--lift) can prove it. Replay and agreement reward what goes along with "
                        "conversions, whether or not it causes them"
                      : "none of these methods asks what would have happened without a campaign; add incremental to credit.methods";
  if (!best) best = first;
  cJSON *trust = cJSON_AddObjectToObject(result, "trust");
  const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(best, "method"));
  bool done = trust && cJSON_AddStringToObject(trust, "method", name ? name : "") && cJSON_AddStringToObject(trust, "why", why);
  return done ? DA_OK : da_mem_fail(err, 1, 256, "the evaluation");
}

static da_status add_network(const evaluation *x, cJSON *result, da_error *err) {
  const cJSON *record = da_run_state_find(&x->run->state, da_stage_name(DA_STAGE_TRAIN), NULL);
  const cJSON *metrics = cJSON_GetObjectItemCaseSensitive(record, "metrics");
  const cJSON *test = cJSON_GetObjectItemCaseSensitive(metrics, "test");
  cJSON *copy = test ? cJSON_Duplicate(test, true) : cJSON_CreateNull();
  if (copy && cJSON_AddItemToObject(result, "network", copy)) return DA_OK;
  cJSON_Delete(copy);
  return da_mem_fail(err, 1, 256, "the evaluation");
}

static da_status add_log(const evaluation *x, cJSON *result, da_error *err) {
  cJSON *log = cJSON_AddObjectToObject(result, "replay_of");
  bool done = log && add_number(log, "touches", (double)x->log.n) && add_number(log, "journeys", (double)x->log.n_journeys) &&
              add_number(log, "conversions", (double)x->log.n_conversions) && cJSON_AddBoolToObject(log, "money", x->cost != NULL);
  return done ? DA_OK : da_mem_fail(err, 1, 256, "the evaluation");
}

static da_status evaluate(evaluation *x, cJSON *result, da_error *err) {
  DA_TRY(da_run_need_db(x->run, err));
  DA_TRY(da_run_need_set(x->run, err));
  x->set = &x->run->set;
  x->n_campaigns = x->set->campaigns.n;
  DA_TRY(gather_credit(x, err));
  DA_TRY(gather_costs(x, err));
  DA_TRY(da_run_read_truth(x->run, &x->truth, &x->has_truth, err));
  DA_TRY(da_replay_log_init(x->set, DA_SET_TEST, &x->log, err));
  double *scratch = da_arena_alloc(&x->arena, 2 * x->n_campaigns, sizeof *scratch);
  cJSON *methods = cJSON_AddArrayToObject(result, "methods");
  if (!scratch || !methods) return da_mem_fail(err, 2 * x->n_campaigns, sizeof *scratch, "the evaluation");
  for (size_t m = 0; m < x->n_methods; m++) {
    const double *credit = whole_credit(x, m);
    if (!credit) return da_mem_fail(err, x->n_campaigns, sizeof *credit, "the evaluation");
    shares_of(credit, x->n_campaigns, x->shares + m * x->n_campaigns);
  }
  x->held_out = da_arena_alloc(&x->arena, x->n_methods, sizeof *x->held_out);
  if (!x->held_out) return da_mem_fail(err, x->n_methods, sizeof *x->held_out, "the evaluation");
  DA_TRY(da_evaluate_held_out(x->run, x->methods, x->n_methods, x->held_out, err));
  DA_TRY(add_network(x, result, err));
  for (size_t m = 0; m < x->n_methods; m++) DA_TRY(add_method(x, m, scratch, methods, err));
  DA_TRY(add_log(x, result, err));
  return add_trust(methods, result, err);
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
