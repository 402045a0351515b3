/* Rows of the embedding table before training and after it.
 *
 * Bins have an order, of which single rows know nothing: begun at random, each bin must learn from its own touches alone. And rows that
 * training never saw (campaigns and bins that only other journeys have, the row for unknown campaigns) would stay the noise they were. */
#ifndef DA_TRAIN_ROWS_H
#define DA_TRAIN_ROWS_H

#include "base/team.h"
#include "model/inputs.h"

/* count: [R] of the inputs of touches, then [U] of the user's: touches and journeys of the train split that read each row. The ranks of a team
 * count a part of the set each, and all get the sum. */
da_status da_rows_count(const da_input_reader *reader, const da_team *team, uint64_t *count, da_error *err) DA_MUST_CHECK;

/* table (rows of the n inputs, width): each column of an ordered input's bins begins as a smooth curve of its own over them, half a wave and
 * a whole one with random heights (standard deviations 1 and 1/2), so that neighbouring bins begin nearly alike. Row 0 and inputs without
 * an order stay as they are. A function of (inputs, width, seed) alone. */
void da_rows_begin(const da_input *inputs, uint32_t n, uint32_t width, uint64_t seed, float *table);

/* table (rows of the n inputs, width): a row with count 0 becomes the mean, as often as they were read, of its input's rows or, where the
 * input is ordered, its nearest neighbour with a count (row 0 of an ordered input, which says that there is nothing to measure, has no
 * neighbours, and takes the mean). */
void da_rows_settle(const da_input *inputs, uint32_t n, const uint64_t *count, uint32_t width, float *table);

#endif
