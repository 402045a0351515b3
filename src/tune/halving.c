#include "tune/halving.h"

#include <math.h>

#include "base/mem.h"
#include "base/random.h"
#include "tune/tpe.h"

enum { N_RANDOM = 6 }; /* trials before TPE has something to go by */
enum { STREAM_TPE = 100 };

da_status da_halving_init(uint32_t n_trials, uint64_t seed, const da_tune_point *first, da_halving *halving, da_error *err) {
  *halving = (da_halving){.seed = seed, .first = *first, .n_trials = n_trials};
  halving->trials = da_mem_calloc(n_trials, sizeof *halving->trials);
  halving->units = da_mem_alloc(n_trials, DA_TUNE_N_DIMENSIONS * sizeof *halving->units);
  halving->order = da_mem_alloc(n_trials, sizeof *halving->order);
  if (halving->trials && halving->units && halving->order) return DA_OK;
  da_halving_free(halving);
  return da_mem_fail(err, n_trials, sizeof *halving->trials, "the trials of a search");
}

void da_halving_free(da_halving *halving) {
  da_mem_free(halving->trials);
  da_mem_free(halving->units);
  da_mem_free(halving->order);
  *halving = (da_halving){0};
}

uint32_t da_halving_epochs(const da_tune_trial *trial, uint32_t rung) {
  const uint32_t all = (uint32_t)trial->point.value[DA_TUNE_EPOCHS];
  uint32_t n = DA_TUNE_FIRST_RUNG_EPOCHS;
  for (uint32_t r = 0; r < rung; r++) n *= DA_TUNE_REDUCTION;
  return rung + 1 == DA_TUNE_N_RUNGS || n > all ? all : n;
}

bool da_halving_is_complete(const da_tune_trial *trial) {
  const da_trial_result *result = &trial->results[trial->n_rungs - 1];
  return !result->diverged && (trial->n_rungs == DA_TUNE_N_RUNGS || result->n_epochs < da_halving_epochs(trial, trial->n_rungs - 1));
}

/* The loss after a rung that is done. */
static double loss_of(const da_tune_trial *trial, uint32_t rung) {
  const da_trial_result *result = &trial->results[rung];
  return result->diverged || isnan(result->val_loss) ? INFINITY : result->val_loss;
}

static bool failed(const da_tune_trial *trial) { return trial->n_rungs > 0 && isinf(loss_of(trial, trial->n_rungs - 1)); }

/* Came further, or as far and to a lower loss; the earlier trial where both are equal. One that diverged is last. */
static bool is_better(const da_halving *halving, uint32_t a, uint32_t b) {
  const da_tune_trial *x = &halving->trials[a], *y = &halving->trials[b];
  if (failed(x) != failed(y)) return failed(y);
  if (x->n_rungs != y->n_rungs) return x->n_rungs > y->n_rungs;
  const double loss_x = x->n_rungs ? loss_of(x, x->n_rungs - 1) : 0, loss_y = y->n_rungs ? loss_of(y, y->n_rungs - 1) : 0;
  return loss_x != loss_y ? loss_x < loss_y : a < b;
}

/* The trials in order, the best first, for TPE. */
static void sort_trials(da_halving *halving) {
  for (uint32_t i = 0; i < halving->n_started; i++) {
    uint32_t at = i;
    for (; at > 0 && is_better(halving, i, halving->order[at - 1]); at--) halving->order[at] = halving->order[at - 1];
    halving->order[at] = i;
  }
  for (uint32_t i = 0; i < halving->n_started; i++)
    da_tune_point_to_unit(&halving->trials[halving->order[i]].point, halving->units + i * DA_TUNE_N_DIMENSIONS);
}

/* Of the trials that have finished the rung before, whether this one is among the best third. */
static bool is_promotable(const da_halving *halving, uint32_t trial, uint32_t rung) {
  const da_tune_trial *candidate = &halving->trials[trial];
  if (candidate->running || candidate->n_rungs != rung || isinf(loss_of(candidate, rung - 1))) return false;
  uint32_t n_finished = 0, n_better = 0;
  for (uint32_t i = 0; i < halving->n_started; i++) {
    const da_tune_trial *other = &halving->trials[i];
    if (other->n_rungs < rung) continue;
    n_finished++;
    const double loss = loss_of(other, rung - 1), own = loss_of(candidate, rung - 1);
    n_better += loss < own || (loss == own && i < trial);
  }
  return n_better < n_finished / DA_TUNE_REDUCTION;
}

static bool promote(da_halving *halving, uint32_t *trial) {
  for (uint32_t rung = DA_TUNE_N_RUNGS - 1; rung > 0; rung--) {
    for (uint32_t i = 0; i < halving->n_started; i++) {
      if (!is_promotable(halving, i, rung)) continue;
      *trial = i;
      return true;
    }
  }
  return false;
}

static void begin_trial(da_halving *halving, uint32_t *trial) {
  *trial = halving->n_started;
  da_tune_trial *begun = &halving->trials[*trial];
  if (*trial == 0) {
    begun->point = halving->first;
  } else {
    const da_tpe tpe = {.seed = da_random_hash(halving->seed, STREAM_TPE), .n_dimensions = DA_TUNE_N_DIMENSIONS, .n_random = N_RANDOM};
    double unit[DA_TUNE_N_DIMENSIONS];
    sort_trials(halving);
    da_tpe_draw(&tpe, *trial, halving->units, halving->n_started, unit);
    da_tune_point_from_unit(unit, &begun->point);
  }
  halving->n_started++;
}

/* At the end: the best trial is trained to its last epoch, so that its settings and its loss belong together. */
static bool finish_best(da_halving *halving, uint32_t *trial) {
  if (halving->n_running > 0) return false;
  *trial = da_halving_best(halving);
  return *trial < halving->n_trials && halving->trials[*trial].n_rungs < DA_TUNE_N_RUNGS;
}

bool da_halving_next(da_halving *halving, uint32_t *trial) {
  if (!promote(halving, trial)) {
    if (halving->n_started < halving->n_trials)
      begin_trial(halving, trial);
    else if (!finish_best(halving, trial))
      return false;
  }
  halving->trials[*trial].running = true;
  halving->n_running++;
  return true;
}

void da_halving_report(da_halving *halving, uint32_t trial, const da_trial_result *result) {
  da_tune_trial *reported = &halving->trials[trial];
  reported->results[reported->n_rungs++] = *result;
  reported->running = false;
  halving->n_running--;
}

uint32_t da_halving_best(const da_halving *halving) {
  uint32_t best = halving->n_trials;
  double lowest = INFINITY;
  for (uint32_t i = 0; i < halving->n_started; i++) {
    const da_tune_trial *trial = &halving->trials[i];
    if (trial->n_rungs == 0 || loss_of(trial, trial->n_rungs - 1) >= lowest) continue;
    lowest = loss_of(trial, trial->n_rungs - 1);
    best = i;
  }
  return best;
}
