/* Rows of the embedding table that training never saw: campaigns and bins that only other journeys have, and the row for unknown
 * campaigns. Left as they began they would be noise. */
#ifndef DA_TRAIN_ROWS_H
#define DA_TRAIN_ROWS_H

#include "base/team.h"
#include "model/inputs.h"

/* count: [R] of the reader's inputs; touches of the train split that read each row. The ranks of a team
 * count a part of the set each, and all get the sum. */
da_status da_rows_count(const da_input_reader *reader, const da_team *team, uint64_t *count, da_error *err) DA_MUST_CHECK;

/* embedding (R, E): a row with count 0 becomes the mean over touches of its input's rows or, where the input is ordered, its nearest
 * neighbour with touches (row 0 of an ordered input, "nothing to measure", has no neighbours). */
void da_rows_settle(const da_inputs *inputs, const uint64_t *count, uint32_t n_embedding, float *embedding);

#endif
