#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

/* Rounds often follow within microseconds: a thread looks so many times before it sleeps, for waking up takes tens of them. */
enum { LOOKS = 4000 };

typedef struct {
  da_pool *pool;
  pthread_t handle;
  int number;
} worker;

struct da_pool {
  pthread_mutex_t lock;
  pthread_cond_t start, finished;
  atomic_ullong round;  /* counts da_pool_run calls; a worker waits until it changes */
  atomic_int n_running; /* workers that still work on this round */
  bool stopping;
  bool crowded; /* more threads than processors: who looks keeps another from working */
  da_task task;
  void *context;
  size_t n_tasks;
  atomic_size_t next_task;
  int n_workers; /* threads beside the caller's */
  worker *workers;
};

static void work(da_pool *pool, int thread) {
  for (;;) {
    size_t task = atomic_fetch_add_explicit(&pool->next_task, 1, memory_order_relaxed);
    if (task >= pool->n_tasks) return;
    pool->task(pool->context, task, thread);
  }
}

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

static void look_for_round(da_pool *pool, unsigned long long seen) {
  for (int i = 0; !pool->crowded && i < LOOKS && atomic_load_explicit(&pool->round, memory_order_relaxed) == seen; i++) pause_briefly();
}

static void look_for_end(da_pool *pool) {
  for (int i = 0; !pool->crowded && i < LOOKS && atomic_load_explicit(&pool->n_running, memory_order_relaxed) > 0; i++) pause_briefly();
}

static void *worker_main(void *argument) {
  worker *self = argument;
  da_pool *pool = self->pool;
  unsigned long long seen = 0;
  pthread_mutex_lock(&pool->lock);
  for (;;) {
    while (pool->round == seen && !pool->stopping) pthread_cond_wait(&pool->start, &pool->lock);
    if (pool->stopping) break;
    seen = pool->round;
    pthread_mutex_unlock(&pool->lock);
    work(pool, self->number);
    pthread_mutex_lock(&pool->lock);
    if (--pool->n_running == 0) pthread_cond_signal(&pool->finished);
    pthread_mutex_unlock(&pool->lock);
    look_for_round(pool, seen);
    pthread_mutex_lock(&pool->lock);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

int da_n_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  return 1;
}

da_status da_pool_open(int n_threads, da_pool **out, da_error *err) {
  *out = NULL;
  if (n_threads < 0 || n_threads > 4096) return da_fail(err, DA_ERR_ARG, "expected 0 to 4096 threads but found %d", n_threads);
  if (n_threads == 0) n_threads = da_n_processors();
  da_pool *pool = da_mem_calloc(1, sizeof *pool);
  if (!pool) return da_mem_fail(err, 1, sizeof *pool, "a pool of threads");
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->start, NULL);
  pthread_cond_init(&pool->finished, NULL);
  pool->crowded = n_threads > da_n_processors();
  pool->workers = da_mem_calloc((size_t)n_threads, sizeof *pool->workers);
  if (!pool->workers) {
    da_pool_close(pool);
    return da_mem_fail(err, (size_t)n_threads, sizeof *pool->workers, "a pool of threads");
  }
  for (int i = 0; i < n_threads - 1; i++) {
    pool->workers[i] = (worker){.pool = pool, .number = i + 1};
    int fault = pthread_create(&pool->workers[i].handle, NULL, worker_main, &pool->workers[i]);
    if (fault) {
      da_pool_close(pool);
      return da_fail(err, DA_ERR_MEM, "expected to start thread %d of %d but found: %s; use a smaller --threads", i + 2, n_threads,
                     strerror(fault));
    }
    pool->n_workers++;
  }
  *out = pool;
  return DA_OK;
}

void da_pool_close(da_pool *pool) {
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  pool->stopping = true;
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 0; i < pool->n_workers; i++) pthread_join(pool->workers[i].handle, NULL);
  pthread_cond_destroy(&pool->finished);
  pthread_cond_destroy(&pool->start);
  pthread_mutex_destroy(&pool->lock);
  da_mem_free(pool->workers);
  da_mem_free(pool);
}

int da_pool_n_threads(const da_pool *pool) { return pool ? pool->n_workers + 1 : 1; }

void da_pool_run(da_pool *pool, size_t n_tasks, da_task task, void *context) {
  if (!pool) {
    for (size_t i = 0; i < n_tasks; i++) task(context, i, 0);
    return;
  }
  pthread_mutex_lock(&pool->lock);
  pool->task = task;
  pool->context = context;
  pool->n_tasks = n_tasks;
  atomic_store(&pool->next_task, 0);
  bool shared = n_tasks > 1 && pool->n_workers > 0;
  if (shared) {
    pool->n_running = pool->n_workers;
    pool->round++;
    pthread_cond_broadcast(&pool->start);
  }
  pthread_mutex_unlock(&pool->lock);
  work(pool, 0);
  if (!shared) return;
  look_for_end(pool);
  pthread_mutex_lock(&pool->lock);
  while (pool->n_running > 0) pthread_cond_wait(&pool->finished, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}
