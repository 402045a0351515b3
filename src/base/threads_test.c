/* Oracle: a plain loop. The same file under ThreadSanitizer (preset tsan) checks the locking. */
#include "base/threads.h"

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "support/testing.h"

enum { MAX_TASKS = 10000 };

typedef struct {
  int n_threads;
  atomic_int times_run[MAX_TASKS];
  atomic_int in_use[64]; /* by thread number: two tasks at once on one number would share its workspace */
  atomic_int faults;
  uint64_t squares[MAX_TASKS];
} tally;

static void count(void *context, size_t task, int thread) {
  tally *all = context;
  if (thread < 0 || thread >= all->n_threads || atomic_fetch_add(&all->in_use[thread], 1) != 0) {
    atomic_fetch_add(&all->faults, 1);
    return;
  }
  atomic_fetch_add(&all->times_run[task], 1);
  all->squares[task] = (uint64_t)task * task;
  atomic_fetch_sub(&all->in_use[thread], 1);
}

static void every_task_runs_once_at_any_number_of_threads(void **state) {
  (void)state;
  const size_t n_tasks[] = {0, 1, 2, 3, 100, MAX_TASKS};
  tally *all = da_mem_alloc(1, sizeof *all);
  for (int n_threads = 1; n_threads <= 5; n_threads++) {
    da_error err = {0};
    da_pool *pool = NULL;
    assert_ok(da_pool_open(n_threads, &pool, &err), err);
    assert_int_equal(da_pool_n_threads(pool), n_threads);
    for (size_t i = 0; i < sizeof n_tasks / sizeof n_tasks[0]; i++) {
      memset(all, 0, sizeof *all);
      all->n_threads = n_threads;
      da_pool_run(pool, n_tasks[i], count, all);
      assert_int_equal(all->faults, 0);
      for (size_t task = 0; task < MAX_TASKS; task++) {
        assert_int_equal(all->times_run[task], task < n_tasks[i]);
        assert_int_equal(all->squares[task], task < n_tasks[i] ? task * task : 0);
      }
    }
    da_pool_close(pool);
  }
  da_mem_free(all);
}

static void add_one(void *context, size_t task, int thread) {
  (void)task;
  (void)thread;
  atomic_fetch_add((atomic_int *)context, 1);
}

static void many_short_rounds_lose_nothing(void **state) {
  (void)state;
  da_error err = {0};
  da_pool *pool = NULL;
  assert_ok(da_pool_open(4, &pool, &err), err);
  atomic_int sum = 0;
  for (int round = 0; round < 2000; round++) da_pool_run(pool, 3, add_one, &sum);
  assert_int_equal(sum, 6000);
  da_pool_close(pool);
}

static void without_a_pool_the_caller_does_all(void **state) {
  (void)state;
  atomic_int sum = 0;
  assert_int_equal(da_pool_n_threads(NULL), 1);
  da_pool_run(NULL, 7, add_one, &sum);
  assert_int_equal(sum, 7);
}

static void zero_threads_means_one_a_processor(void **state) {
  (void)state;
  da_error err = {0};
  da_pool *pool = NULL;
  assert_ok(da_pool_open(0, &pool, &err), err);
  assert_true(da_n_processors() >= 1);
  assert_int_equal(da_pool_n_threads(pool), da_n_processors());
  da_pool_close(pool);
  da_pool_close(NULL);
}

static void absurd_numbers_and_missing_memory_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_pool *pool = NULL;
  assert_fails_with(da_pool_open(-1, &pool, &err), DA_ERR_ARG, err, "-1");
  assert_fails_with(da_pool_open(1000000, &pool, &err), DA_ERR_ARG, err, "1000000");
  for (uint64_t nth = 1; nth <= 2; nth++) {
    da_mem_fail_at(nth);
    assert_fails_with(da_pool_open(3, &pool, &err), DA_ERR_MEM, err, "pool");
    assert_null(pool);
  }
  da_mem_fail_at(0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_task_runs_once_at_any_number_of_threads),
      cmocka_unit_test(many_short_rounds_lose_nothing),
      cmocka_unit_test(without_a_pool_the_caller_does_all),
      cmocka_unit_test(zero_threads_means_one_a_processor),
      cmocka_unit_test(absurd_numbers_and_missing_memory_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
