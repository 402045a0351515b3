/* The order in which training sees journeys: every journey of the train split once an epoch, shuffled, in batches of equal size.
 *
 *   set, in blocks of 1,024      A B C D E F G H
 *   blocks shuffled              F A H C | B G D E        a window: 256 blocks
 *   journeys of a window shuffled, then cut into batches (which may span windows)
 *
 * So an epoch reads a set larger than memory window by window, and a set of up to 262,144 journeys is shuffled as a whole. The order
 * is a function of (seed, epoch) alone.
 *
 * Oversampling repeats converting journeys until they are as many as the others: each the same number of times, up to one; which
 * ones come once more changes from epoch to epoch. */
#ifndef DA_TRAIN_BATCHES_H
#define DA_TRAIN_BATCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "journey/set.h"

typedef struct {
  uint64_t n_journeys, n_converting, n_touches; /* of the train split */
  uint64_t n_samples;                           /* journeys an epoch, copies counted */
  uint64_t n_sample_touches;                    /* touches an epoch; with oversampling the mean over epochs */
  double sampling_ratio;                        /* copies of a converting journey for each of another; 1: none */
  uint32_t batch_size;                          /* the largest batch; others have one journey less */
  uint64_t n_batches;                           /* an epoch */
} da_batches_info;

typedef struct da_batches da_batches;

/* batch_size >= 1: at most so many journeys a batch. */
da_status da_batches_open(const da_journeys *set, uint64_t seed, bool oversample, uint32_t batch_size, da_batches **batches,
                          da_error *err) DA_MUST_CHECK;
void da_batches_close(da_batches *batches); /* NULL allowed */
const da_batches_info *da_batches_describe(const da_batches *batches);

/* Begins an epoch (any number, in any order) and skips its first n_skipped batches. */
da_status da_batches_start(da_batches *batches, uint64_t epoch, uint64_t n_skipped, da_error *err) DA_MUST_CHECK;
/* The journeys of the next batch, valid until the next call; *n = 0 at the epoch's end. */
da_status da_batches_next(da_batches *batches, const uint64_t **journeys, uint32_t *n, da_error *err) DA_MUST_CHECK;

#endif
