/* Puts a batch together from what the ranks of a team read: each turns the touches of its own part of the set into rows, then all get
 * the rows of all. A rank's part is its share of the journeys, in the set's order. */
#ifndef DA_TRAIN_ASSEMBLY_H
#define DA_TRAIN_ASSEMBLY_H

#include "base/monitor.h"
#include "base/team.h"
#include "model/gather.h"

/* Room that is used again from batch to batch. Valid as {0}. */
typedef struct {
  da_gather gather; /* of this rank's journeys */
  da_touches *touches;
  uint32_t *first, *rows, *user_rows; /* of the whole batch, with other ranks */
  float *days;
  size_t touches_capacity, first_capacity, rows_capacity, user_capacity, days_capacity;
} da_assembly;

/* The journeys [n] of the reader's set; batch points into assembly (label and weight NULL) and is valid until the next call. */
da_status da_assembly_batch(da_assembly *assembly, const da_input_reader *reader, const uint64_t *journeys, uint32_t n, da_pool *pool,
                            const da_team *team, da_batch *batch, da_error *err) DA_MUST_CHECK;
void da_assembly_free(da_assembly *assembly); /* a second call allowed */

/* da_monitor_check for all ranks at once: a wish to stop that one of them has heard stops all at the same place. */
da_status da_team_check(const da_team *team, const da_monitor *monitor, const char *stage, da_error *err) DA_MUST_CHECK;

#endif
