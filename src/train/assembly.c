#include "train/assembly.h"

#include <string.h>

#include "base/mem.h"

void da_assembly_free(da_assembly *assembly) {
  da_gather_free(&assembly->gather);
  da_mem_free(assembly->touches);
  da_mem_free(assembly->first);
  da_mem_free(assembly->rows);
  da_mem_free(assembly->user_rows);
  da_mem_free(assembly->days);
  *assembly = (da_assembly){0};
}

da_status da_team_check(const da_team *team, const da_monitor *monitor, const char *stage, da_error *err) {
  if (da_team_size(team) == 1) return da_monitor_check(monitor, stage, err);
  const unsigned char stop = da_monitor_interrupted(monitor);
  da_piece pieces[DA_TEAM_MAX_RANKS];
  DA_TRY(team->gather(team->context, &stop, 1, pieces, err));
  for (int rank = 0; rank < team->n; rank++)
    if (pieces[rank].n_bytes == 1 && pieces[rank].data[0]) return da_monitor_stop(stage, err);
  return DA_OK;
}

static da_status reserve_words(uint32_t **items, size_t *capacity, size_t n, da_error *err) {
  return da_mem_reserve((void **)items, capacity, n, sizeof **items, "a batch of journeys", err);
}

static int owner(const da_team *team, uint64_t n_journeys, uint64_t journey) {
  int rank = 0;
  while (journey >= da_team_begin(team, n_journeys, rank + 1)) rank++;
  return rank;
}

/* The rows of the batch's journeys that are this rank's, end to end in the batch's order. */
static da_status read_own(da_assembly *assembly, const da_input_reader *reader, const uint64_t *journeys, uint32_t n, da_pool *pool,
                          const da_team *team, da_batch *own, da_error *err) {
  const da_journeys *set = reader->set;
  uint32_t n_own = 0;
  DA_TRY(
      da_mem_reserve((void **)&assembly->touches, &assembly->touches_capacity, n, sizeof *assembly->touches, "a batch of journeys", err));
  const int rank = da_team_rank(team);
  const uint64_t begin = da_team_begin(team, set->n_journeys, rank), end = da_team_begin(team, set->n_journeys, rank + 1);
  for (uint32_t i = 0; i < n; i++)
    if (journeys[i] >= begin && journeys[i] < end) assembly->touches[n_own++] = da_touches_of_journey(set, journeys[i]);
  return da_gather_batch(&assembly->gather, reader, assembly->touches, n_own, pool, own, err);
}

/* Where the journeys of the whole batch begin. */
static da_status lay_out(da_assembly *assembly, const da_input_reader *reader, const uint64_t *journeys, uint32_t n, da_error *err) {
  DA_TRY(reserve_words(&assembly->first, &assembly->first_capacity, (size_t)n + 1, err));
  uint64_t n_touches = 0;
  for (uint32_t i = 0; i < n; i++) {
    assembly->first[i] = (uint32_t)n_touches;
    n_touches += da_journey_length(reader->set, journeys[i]);
    if (n_touches * reader->inputs->n > UINT32_MAX)
      return da_fail(err, DA_ERR_DATA, "expected at most 2^32 inputs in a batch but %u journeys have more; set a smaller batch_size", n);
  }
  assembly->first[n] = (uint32_t)n_touches;
  return reserve_words(&assembly->rows, &assembly->rows_capacity, n_touches * reader->inputs->n, err);
}

/* Sends this rank's n_own items and puts those of all ranks where the batch wants them: one item a touch or, by_journey, a journey. */
static da_status exchange(const da_assembly *assembly, const da_input_reader *reader, const uint64_t *journeys, uint32_t n,
                          const da_team *team, bool by_journey, const void *own, size_t n_own, size_t item_bytes, void *out,
                          da_error *err) {
  da_piece pieces[DA_TEAM_MAX_RANKS];
  DA_TRY(team->gather(team->context, own, n_own * item_bytes, pieces, err));
  size_t taken[DA_TEAM_MAX_RANKS] = {0};
  for (uint32_t i = 0; i < n; i++) {
    const int rank = owner(team, reader->set->n_journeys, journeys[i]);
    const uint32_t begin = by_journey ? i : assembly->first[i], end = by_journey ? i + 1 : assembly->first[i + 1];
    const size_t n_bytes = (end - begin) * item_bytes;
    if (pieces[rank].n_bytes - taken[rank] < n_bytes)
      return da_fail(err, DA_ERR_MPI, "expected the inputs of journey %llu from rank %d but found none", (unsigned long long)journeys[i],
                     rank);
    memcpy((unsigned char *)out + begin * item_bytes, pieces[rank].data + taken[rank], n_bytes);
    taken[rank] += n_bytes;
  }
  return DA_OK;
}

da_status da_assembly_batch(da_assembly *assembly, const da_input_reader *reader, const uint64_t *journeys, uint32_t n, da_pool *pool,
                            const da_team *team, da_batch *batch, da_error *err) {
  da_batch own;
  DA_TRY(read_own(assembly, reader, journeys, n, pool, team, &own, err));
  *batch = own;
  if (da_team_size(team) == 1) return DA_OK;
  const size_t n_own = own.first[own.n_journeys], row_bytes = reader->inputs->n * sizeof(uint32_t);
  DA_TRY(lay_out(assembly, reader, journeys, n, err));
  DA_TRY(exchange(assembly, reader, journeys, n, team, false, own.rows, n_own, row_bytes, assembly->rows, err));
  *batch = (da_batch){.n_journeys = n, .first = assembly->first, .rows = assembly->rows};
  const size_t n_user = reader->inputs->n_user;
  if (n_user) {
    DA_TRY(reserve_words(&assembly->user_rows, &assembly->user_capacity, n * n_user, err));
    batch->user_rows = assembly->user_rows;
    DA_TRY(exchange(assembly, reader, journeys, n, team, true, own.user_rows, own.n_journeys, n_user * sizeof(uint32_t),
                    assembly->user_rows, err));
  }
  if (!reader->inputs->time_decay) return DA_OK;
  DA_TRY(da_mem_reserve((void **)&assembly->days, &assembly->days_capacity, assembly->first[n], sizeof *assembly->days,
                        "a batch of journeys", err));
  batch->days_to_last = assembly->days;
  return exchange(assembly, reader, journeys, n, team, false, own.days_to_last, n_own, sizeof *assembly->days, assembly->days, err);
}
