/* Ranks of a team as threads of one process: what MPI does with processes. */
#ifndef DA_TESTS_TEAM_H
#define DA_TESTS_TEAM_H

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/team.h"
#include "support/testing.h"

typedef struct {
  pthread_barrier_t barrier;
  int n;
  da_piece given[DA_TEAM_MAX_RANKS]; /* what each rank hands in, while all look at it */
} test_meeting;

typedef struct {
  test_meeting *meeting;
  da_team team;
  da_piece got[DA_TEAM_MAX_RANKS]; /* copies of this rank's own */
} test_rank;

static inline da_status test_gather(void *context, const void *bytes, size_t n_bytes, da_piece *pieces, da_error *err) {
  (void)err;
  test_rank *rank = context;
  test_meeting *meeting = rank->meeting;
  meeting->given[rank->team.rank] = (da_piece){(unsigned char *)(uintptr_t)bytes, n_bytes};
  pthread_barrier_wait(&meeting->barrier);
  for (int r = 0; r < meeting->n; r++) {
    da_mem_free(rank->got[r].data);
    rank->got[r] = (da_piece){da_mem_alloc(meeting->given[r].n_bytes, 1), meeting->given[r].n_bytes};
    assert_non_null(rank->got[r].data);
    if (meeting->given[r].n_bytes) memcpy(rank->got[r].data, meeting->given[r].data, meeting->given[r].n_bytes);
    pieces[r] = rank->got[r];
  }
  pthread_barrier_wait(&meeting->barrier);
  return DA_OK;
}

/* work(context, team) for n ranks at the same time. */
typedef struct {
  test_rank rank;
  void (*work)(void *context, const da_team *team);
  void *context;
} test_rank_job;

static inline void *test_rank_main(void *argument) {
  test_rank_job *job = argument;
  job->work(job->context, &job->rank.team);
  return NULL;
}

static inline void team_run(int n, void (*work)(void *context, const da_team *team), void *context) {
  test_meeting meeting = {.n = n};
  pthread_barrier_init(&meeting.barrier, NULL, (unsigned)n);
  test_rank_job jobs[DA_TEAM_MAX_RANKS] = {0};
  pthread_t threads[DA_TEAM_MAX_RANKS];
  for (int r = 0; r < n; r++) {
    jobs[r] = (test_rank_job){.work = work, .context = context};
    jobs[r].rank = (test_rank){.meeting = &meeting, .team = {.rank = r, .n = n, .gather = test_gather, .context = &jobs[r].rank}};
    assert_int_equal(pthread_create(&threads[r], NULL, test_rank_main, &jobs[r]), 0);
  }
  for (int r = 0; r < n; r++) {
    pthread_join(threads[r], NULL);
    for (int k = 0; k < n; k++) da_mem_free(jobs[r].rank.got[k].data);
  }
  pthread_barrier_destroy(&meeting.barrier);
}

#endif
