/* A rank's share of a batch's chunks, and the exchange of what the ranks made of theirs.
 *
 * A rank takes neighbouring chunks and adds up those that are a whole branch of the tree over chunk numbers (engine_partial.h), so
 * that of 8 chunks one partial gradient travels; then each rank has what it needs for the rest of the tree. */
#ifndef DA_MODEL_ENGINE_SHARE_H
#define DA_MODEL_ENGINE_SHARE_H

#include "base/team.h"
#include "model/engine_partial.h"

/* Valid as {0}. */
typedef struct {
  const da_team *team; /* NULL: alone */
  uint32_t begin, end; /* chunks of this rank */
  bool mark, any_mark; /* travels along with the exchange: this rank's, and whether any rank had one */
  unsigned char *message;
  size_t message_capacity;
} da_share;

void da_share_take(da_share *share, const da_team *team, uint32_t n_chunks);
/* Afterwards partials [n_chunks of the plan] are complete: sums of other ranks stand at the first of the chunks that are in them, and
 * lie in the team's memory until its next gather. row_stride, has_dW_x: as in the partials. Alone: nothing to do. DA_ERR_MPI when another rank is gone or sends nonsense. */
da_status da_share_exchange(da_share *share, const da_weights *weights, const da_plan *plan, da_partial *partials, size_t row_stride,
                            bool has_dW_x, da_error *err) DA_MUST_CHECK;
void da_share_free(da_share *share);

#endif
