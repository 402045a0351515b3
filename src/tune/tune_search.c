#include "tune/tune_search.h"

#include <pthread.h>

#include "base/mem.h"

/* A piece of work that was given out. */
typedef struct {
  bool busy, taken, done; /* given out; a thread trains it; its result is there */
  uint32_t trial, rung;
  double due; /* when it is finished, by the search's clock */
  da_trial_result result;
} slot;

typedef struct {
  const da_tune_job *job;
  da_halving *halving;
  da_journal *journal;
  da_train_state *states; /* [n_trials]: of trials between rungs */
  pthread_mutex_t lock;   /* over all below, halving and journal */
  pthread_cond_t changed;
  slot slots[DA_TUNE_N_SLOTS];
  double now;
  bool over;
  da_status status;
  da_error error;
  int threads_each; /* of each piece */
} search;

/* ---- the clock ---- */

/* Arithmetic of the epochs between two rungs, in units that only differences of matter. */
static double duration(const da_tune_trial *trial, uint32_t rung) {
  const uint32_t before = rung ? da_halving_epochs(trial, rung - 1) : 0;
  const double H = trial->point.value[DA_TUNE_LSTM], E = trial->point.value[DA_TUNE_EMBEDDING];
  return (da_halving_epochs(trial, rung) - before) * H * (H + E / 4 + 32);
}

/* Gives work to every slot that is free. A trial that came to no more epochs, and a result that the journal has, are done at once. */
static void fill_slots(search *s) {
  for (int i = 0; i < DA_TUNE_N_SLOTS; i++) {
    slot *free_slot = &s->slots[i];
    uint32_t trial;
    if (free_slot->busy) continue;
    if (!da_halving_next(s->halving, &trial)) return;
    const da_tune_trial *taken = &s->halving->trials[trial];
    *free_slot = (slot){.busy = true, .trial = trial, .rung = taken->n_rungs, .due = s->now + duration(taken, taken->n_rungs)};
    const da_trial_result *known = da_journal_find(s->journal, trial, taken->n_rungs, &taken->point);
    if (!known) continue;
    free_slot->result = *known;
    free_slot->taken = free_slot->done = true;
  }
}

/* The slot that is due first; waiting: of those that no thread has taken. NULL: none. */
static slot *first_due(search *s, bool waiting) {
  slot *first = NULL;
  for (int i = 0; i < DA_TUNE_N_SLOTS; i++) {
    slot *candidate = &s->slots[i];
    if (!candidate->busy || (waiting && candidate->taken)) continue;
    if (!first || candidate->due < first->due) first = candidate;
  }
  return first;
}

/* Moves the clock as far as results are there. */
static void advance(search *s) {
  for (;;) {
    fill_slots(s);
    slot *next = first_due(s, false);
    if (!next) {
      s->over = true;
      return;
    }
    if (!next->done) return;
    s->now = next->due;
    da_halving_report(s->halving, next->trial, &next->result);
    next->busy = false;
    const da_tune_trial *trial = &s->halving->trials[next->trial];
    if (trial->n_rungs == DA_TUNE_N_RUNGS || next->result.diverged) da_train_state_free(&s->states[next->trial]);
    da_monitor_progress(s->job->monitor, "search", "trials", s->halving->n_started - s->halving->n_running, s->halving->n_trials);
  }
}

/* ---- threads ---- */

/* Trials tell nothing; whether to stop is asked by one thread at a time. */
static bool ask(void *context) {
  search *s = context;
  pthread_mutex_lock(&s->lock);
  const bool stop = s->status != DA_OK || da_monitor_interrupted(s->job->monitor);
  pthread_mutex_unlock(&s->lock);
  return stop;
}

static da_status train(search *s, const da_tune_point *point, uint32_t trial, uint32_t n_epochs, da_pool *pool, da_trial_result *result,
                       da_error *err) {
  const da_monitor monitor = {.interrupted = ask, .context = s};
  da_config config = *s->job->config; /* its texts stay the job's */
  da_tune_point_apply(s->job->set, point, &config);
  const da_train_job job = {.set = s->job->set, .config = &config, .pool = pool, .monitor = &monitor};
  return da_trial_run(&job, n_epochs, &s->states[trial], result, err);
}

static void fail(search *s, da_status status, const da_error *err) {
  if (s->status != DA_OK) return;
  s->status = status;
  s->error = *err;
}

/* Trains a piece; the lock is held before and after, and not meanwhile. */
static void work_on(search *s, slot *piece, da_pool *pool) {
  const da_tune_trial *trial = &s->halving->trials[piece->trial];
  const da_tune_point point = trial->point;
  const uint32_t n_epochs = da_halving_epochs(trial, piece->rung);
  piece->taken = true;
  pthread_mutex_unlock(&s->lock);
  da_error err = {0};
  da_trial_result result = {0};
  da_status status = train(s, &point, piece->trial, n_epochs, pool, &result, &err);
  pthread_mutex_lock(&s->lock);
  const da_journal_entry entry = {.trial = piece->trial, .rung = piece->rung, .point = point, .result = result};
  if (status == DA_OK) status = da_journal_add(s->journal, &entry, &err);
  if (status != DA_OK) fail(s, status, &err);
  piece->result = result;
  piece->done = true;
  pthread_cond_broadcast(&s->changed);
}

static void search_task(void *context, size_t task, int thread) {
  (void)task, (void)thread;
  search *s = context;
  da_error err = {0};
  da_pool *pool = NULL; /* the caller's thread alone */
  da_status status = s->threads_each > 1 ? da_pool_open(s->threads_each, &pool, &err) : DA_OK;
  pthread_mutex_lock(&s->lock);
  if (status != DA_OK) fail(s, status, &err);
  while (s->status == DA_OK) {
    advance(s);
    if (s->over) break;
    slot *piece = first_due(s, true);
    if (piece)
      work_on(s, piece, pool);
    else
      pthread_cond_wait(&s->changed, &s->lock);
  }
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
  da_pool_close(pool);
}

da_status da_search_run(const da_tune_job *job, da_halving *halving, da_journal *journal, da_error *err) {
  search s = {.job = job, .halving = halving, .journal = journal, .status = DA_OK};
  s.states = da_mem_calloc(halving->n_trials, sizeof *s.states);
  if (!s.states) return da_mem_fail(err, halving->n_trials, sizeof *s.states, "the trials of a search");
  pthread_mutex_init(&s.lock, NULL);
  pthread_cond_init(&s.changed, NULL);
  const int n_threads = da_pool_n_threads(job->pool), n_tasks = n_threads < DA_TUNE_N_SLOTS ? n_threads : DA_TUNE_N_SLOTS;
  s.threads_each = n_threads / n_tasks;
  da_pool_run(job->pool, (size_t)n_tasks, search_task, &s);
  pthread_cond_destroy(&s.changed);
  pthread_mutex_destroy(&s.lock);
  for (uint32_t i = 0; i < halving->n_trials; i++) da_train_state_free(&s.states[i]);
  da_mem_free(s.states);
  return s.status == DA_OK ? DA_OK : da_fail(err, s.status, "%s", s.error.msg);
}
