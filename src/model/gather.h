/* Journeys laid end to end for the engine: the rows of each journey's touches, those of its user, and the touches' age where the attention decays: gathered on all threads of a pool. */
#ifndef DA_MODEL_GATHER_H
#define DA_MODEL_GATHER_H

#include "base/threads.h"
#include "model/inputs.h"
#include "model/network.h"

/* Room that is used again from batch to batch. Valid as {0}. */
typedef struct {
  uint32_t *first, *rows, *user_rows;
  float *days;
  size_t first_capacity, rows_capacity, user_capacity, days_capacity;
} da_gather;

/* batch points into gather (label and weight NULL) and is valid until the next call. pool NULL: the caller's thread.
 * DA_ERR_DATA when the touches are more than a batch can hold (2^32 rows). */
da_status da_gather_batch(da_gather *gather, const da_input_reader *reader, const da_touches *journeys, uint32_t n_journeys, da_pool *pool,
                          da_batch *batch, da_error *err) DA_MUST_CHECK;
void da_gather_free(da_gather *gather); /* a second call allowed */

#endif
