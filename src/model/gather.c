#include "model/gather.h"

#include "base/mem.h"

enum { TASK_JOURNEYS = 128 }; /* below it a thread's wake-up costs more than its work */
/* The journeys of a batch lie anywhere in the set: so many of them are on their way from memory at a time. */
enum { JOURNEYS_AHEAD = 12 };

typedef struct {
  const da_input_reader *reader;
  const da_touches *journeys;
  const uint32_t *first;
  uint32_t *rows;
  uint32_t *user_rows; /* NULL: none */
  float *days;         /* NULL: not wanted */
  uint32_t n_journeys;
} gather_work;

static void gather_task(void *context, size_t task, int thread) {
  (void)thread;
  const gather_work *work = context;
  uint32_t begin = (uint32_t)task * TASK_JOURNEYS, end = begin + TASK_JOURNEYS;
  if (end > work->n_journeys) end = work->n_journeys;
  for (uint32_t j = begin; j < end; j++) {
    if (j + JOURNEYS_AHEAD < end) da_input_reader_prefetch(work->reader, &work->journeys[j + JOURNEYS_AHEAD]);
    da_input_reader_rows(work->reader, &work->journeys[j], work->rows + (size_t)work->first[j] * work->reader->inputs->n);
    if (work->user_rows)
      da_input_reader_user_rows(work->reader, &work->journeys[j], work->user_rows + (size_t)j * work->reader->inputs->n_user);
    if (work->days) da_input_reader_days(work->reader, &work->journeys[j], work->days + work->first[j]);
  }
}

/* items of 4 bytes */
static da_status make_room(void **items, size_t *capacity, size_t needed, da_error *err) {
  return da_mem_reserve(items, capacity, needed, sizeof(uint32_t), "a batch of journeys", err);
}

da_status da_gather_batch(da_gather *gather, const da_input_reader *reader, const da_touches *journeys, uint32_t n_journeys, da_pool *pool,
                          da_batch *batch, da_error *err) {
  DA_TRY(make_room((void **)&gather->first, &gather->first_capacity, (size_t)n_journeys + 1, err));
  uint64_t n_touches = 0;
  for (uint32_t j = 0; j < n_journeys; j++) {
    gather->first[j] = (uint32_t)n_touches;
    n_touches += journeys[j].n;
    if (n_touches * reader->inputs->n > UINT32_MAX)
      return da_fail(err, DA_ERR_DATA,
                     "expected at most 2^32 inputs in a batch but %u journeys have more; set journey_max_len or a smaller batch_size",
                     n_journeys);
  }
  gather->first[n_journeys] = (uint32_t)n_touches;
  DA_TRY(make_room((void **)&gather->rows, &gather->rows_capacity, n_touches * reader->inputs->n, err));
  const size_t n_user = (size_t)n_journeys * reader->inputs->n_user;
  if (n_user) DA_TRY(make_room((void **)&gather->user_rows, &gather->user_capacity, n_user, err));
  const bool decay = reader->inputs->time_decay;
  if (decay) DA_TRY(make_room((void **)&gather->days, &gather->days_capacity, n_touches, err));
  gather_work work = {.reader = reader,
                      .journeys = journeys,
                      .first = gather->first,
                      .rows = gather->rows,
                      .user_rows = n_user ? gather->user_rows : NULL,
                      .days = decay ? gather->days : NULL,
                      .n_journeys = n_journeys};
  da_pool_run(pool, (n_journeys + TASK_JOURNEYS - 1) / TASK_JOURNEYS, gather_task, &work);
  *batch = (da_batch){
      .n_journeys = n_journeys, .first = gather->first, .rows = gather->rows, .days_to_last = work.days, .user_rows = work.user_rows};
  return DA_OK;
}

void da_gather_free(da_gather *gather) {
  da_mem_free(gather->first);
  da_mem_free(gather->rows);
  da_mem_free(gather->user_rows);
  da_mem_free(gather->days);
  *gather = (da_gather){0};
}
