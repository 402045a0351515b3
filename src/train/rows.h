/* Rows of the embedding table that training never saw: campaigns and bins that only other journeys have, and the row for unknown
 * campaigns. Left as they began they would be noise. */
#ifndef DA_TRAIN_ROWS_H
#define DA_TRAIN_ROWS_H

#include "base/team.h"
#include "model/inputs.h"

/* count: [R] of the inputs of touches, then [U] of the user's: touches and journeys of the train split that read each row. The ranks of a team
 * count a part of the set each, and all get the sum. */
da_status da_rows_count(const da_input_reader *reader, const da_team *team, uint64_t *count, da_error *err) DA_MUST_CHECK;

/* table (rows of the n inputs, width): a row with count 0 becomes the mean, as often as they were read, of its input's rows or, where the
 * input is ordered, its nearest neighbour with a count (row 0 of an ordered input, which says that there is nothing to measure, has no
 * neighbours, and takes the mean). */
void da_rows_settle(const da_input *inputs, uint32_t n, const uint64_t *count, uint32_t width, float *table);

#endif
