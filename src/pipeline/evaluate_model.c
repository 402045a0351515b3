#include "pipeline/evaluate_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "credit/network/what_if.h"
#include "credit/subset.h"

/* ---- Held out ---- */

/* The test journeys as a set of their own, and what is asked of each. */
typedef struct {
  da_subset learnt_from, held_out;
  float *logit;
  uint8_t *converted;
} split;

static void split_free(split *s) {
  da_subset_free(&s->learnt_from);
  da_subset_free(&s->held_out);
  da_mem_free(s->logit);
  da_mem_free(s->converted);
}

static da_status subset_of(const da_journeys *set, bool is_test, bool *keeps, da_subset *subset, da_error *err) {
  for (uint64_t j = 0; j < set->n_journeys; j++) keeps[j] = (da_journey_set(set, j) == DA_SET_TEST) == is_test;
  return da_subset_init(set, keeps, NULL, subset, err);
}

static da_status split_open(const da_journeys *set, split *s, da_error *err) {
  *s = (split){0};
  bool *keeps = da_mem_alloc(set->n_journeys, sizeof *keeps);
  if (!keeps) return da_mem_fail(err, set->n_journeys, sizeof *keeps, "the parts of the journeys");
  da_status status = subset_of(set, false, keeps, &s->learnt_from, err);
  if (status == DA_OK) status = subset_of(set, true, keeps, &s->held_out, err);
  da_mem_free(keeps);
  DA_TRY(status);
  uint64_t n = s->held_out.set.n_journeys;
  s->logit = da_mem_alloc(n, sizeof *s->logit);
  s->converted = da_mem_alloc(n, sizeof *s->converted);
  if (!s->logit || !s->converted) return da_mem_fail(err, n, sizeof *s->logit, "predictions of held-out journeys");
  for (uint64_t j = 0; j < n; j++) s->converted[j] = da_journey_converted(&s->held_out.set, j);
  return DA_OK;
}

static da_status judge(const da_run *run, const da_config *config, const da_method *method, split *s, da_metrics *metrics, da_error *err) {
  da_credit_input learn = {.set = &s->learnt_from.set, .config = config, .pool = run->pool};
  da_credit_input ask = {.set = &s->held_out.set, .config = config, .pool = run->pool};
  da_fitted fitted;
  DA_TRY(da_fitted_open(&learn, &method, 1, &fitted, err));
  uint64_t n = s->held_out.set.n_journeys;
  da_status status = method->predict(fitted.states[0], &ask, s->logit, err);
  if (status == DA_OK) status = da_metrics_compute(s->logit, s->converted, n, 0, metrics, err);
  da_fitted_close(&fitted);
  return status;
}

da_status da_evaluate_held_out(da_run *run, const da_method *const *methods, size_t n, da_metrics *metrics, da_error *err) {
  memset(metrics, 0, n * sizeof *metrics);
  split s;
  da_config config = *run->job->config; /* its texts stay the job's */
  da_status status = split_open(&run->set, &s, err);
  bool is_split = status == DA_OK && s.learnt_from.set.n_journeys > 0 && s.held_out.set.n_journeys > 0;
  for (size_t m = 0; m < n && is_split && status == DA_OK; m++) {
    if (methods[m]->predict) status = judge(run, &config, methods[m], &s, &metrics[m], err);
  }
  split_free(&s);
  return status;
}

/* ---- Deletion ---- */

typedef struct {
  const float *credit;
  uint32_t touch;
} ranked;

static int by_credit(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  float p = x->credit[x->touch], q = y->credit[y->touch];
  if (p != q) return p > q ? -1 : 1;
  return x->touch > y->touch ? -1 : x->touch < y->touch; /* of equals the later goes first */
}

/* Working memory for one journey. */
typedef struct {
  ranked *order;
  uint32_t *player; /* each touch is a player of its own */
  bool *is_kept;
  size_t order_capacity, player_capacity, kept_capacity;
} deletion;

static da_status reserve(deletion *d, size_t n, da_error *err) {
  void *order = d->order, *player = d->player, *is_kept = d->is_kept;
  DA_TRY(da_mem_reserve(&order, &d->order_capacity, n, sizeof *d->order, "the touches of a journey", err));
  d->order = order;
  DA_TRY(da_mem_reserve(&player, &d->player_capacity, n, sizeof *d->player, "the touches of a journey", err));
  d->player = player;
  DA_TRY(da_mem_reserve(&is_kept, &d->kept_capacity, n, sizeof *d->is_kept, "the touches of a journey", err));
  d->is_kept = is_kept;
  return DA_OK;
}

/* Asks for the whole journey, and for it without its most credited half. */
static da_status ask(const da_journeys *set, uint64_t journey, const float *credit, deletion *d, da_what_ifs *asked, da_error *err) {
  uint64_t first = set->first_touch[journey];
  uint32_t n = (uint32_t)da_journey_length(set, journey);
  DA_TRY(reserve(d, n, err));
  for (uint32_t i = 0; i < n; i++) {
    d->order[i] = (ranked){credit, i};
    d->player[i] = i;
    d->is_kept[i] = true;
  }
  DA_TRY(da_what_ifs_ask(asked, first, n, d->player, d->is_kept, err));
  qsort(d->order, n, sizeof *d->order, by_credit);
  for (uint32_t i = 0; i < n / 2; i++) d->is_kept[d->order[i].touch] = false;
  return da_what_ifs_ask(asked, first, n, d->player, d->is_kept, err);
}

static da_status ask_all(const da_journeys *set, const uint64_t *journey, uint64_t n, const float *credit, da_what_ifs *asked,
                         da_error *err) {
  deletion d = {0};
  da_status status = DA_OK;
  for (uint64_t i = 0; i < n && status == DA_OK; i++) {
    uint64_t length = da_journey_length(set, journey[i]);
    if (length > 1) status = ask(set, journey[i], credit, &d, asked, err);
    credit += length;
  }
  da_mem_free(d.order);
  da_mem_free(d.player);
  da_mem_free(d.is_kept);
  return status == DA_OK ? da_what_ifs_finish(asked, err) : status;
}

da_status da_evaluate_deletion(const da_run *run, const uint64_t *journey, uint64_t n, const float *credit, double *kept, da_error *err) {
  *kept = NAN;
  da_what_ifs asked;
  da_status status = da_what_ifs_open(&run->model, &run->set, &asked, err);
  if (status == DA_OK) status = ask_all(&run->set, journey, n, credit, &asked, err);
  double sum = 0;
  for (size_t i = 0; status == DA_OK && i + 1 < asked.n_answers; i += 2)
    sum += asked.answer[i] > 0 ? asked.answer[i + 1] / asked.answer[i] : 0;
  if (status == DA_OK && asked.n_answers > 0) *kept = sum / (double)(asked.n_answers / 2);
  da_what_ifs_close(&asked);
  return status;
}
