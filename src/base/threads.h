/* A pool of threads that runs numbered tasks.
 *
 * Which thread takes which task is left to chance; results must depend on the task number alone. That, and
 * reductions in the order of task numbers, is how the same seed gives the same bytes at any number of threads. */
#ifndef DA_BASE_THREADS_H
#define DA_BASE_THREADS_H

#include <stddef.h>

#include "base/status.h"

typedef struct da_pool da_pool;

/* thread is 0 .. n_threads-1: an index into per-thread workspaces. */
typedef void (*da_task)(void *context, size_t task, int thread);

/* n_threads >= 1 counts the caller's own thread, which works too; 0 means one a processor we may run on. */
da_status da_pool_open(int n_threads, da_pool **pool, da_error *err) DA_MUST_CHECK;
/* NULL allowed. */
void da_pool_close(da_pool *pool);
/* 1 for NULL. */
int da_pool_n_threads(const da_pool *pool);
/* Runs task(context, i, thread) for i in 0 .. n_tasks-1 and returns when all are done. Not re-entrant.
 * pool NULL: one after the other in the caller's thread, for work that is itself a task of a pool. */
void da_pool_run(da_pool *pool, size_t n_tasks, da_task task, void *context);
/* Processors this process may use. */
int da_n_processors(void);

#endif
