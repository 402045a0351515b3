/* Forward and backward through one tile, level by level. */
#ifndef DA_MODEL_ENGINE_TILE_H
#define DA_MODEL_ENGINE_TILE_H

#include "model/engine_partial.h"
#include "model/engine_tree.h"

/* Adds the tile's gradients and loss to partial. */
void da_tile_gradient(da_tile_space *space, const da_tile_context *context, const da_tile *tile, da_partial *partial);
/* attention: [T] or NULL; logit: [B] or NULL. */
void da_tile_score(da_tile_space *space, const da_tile_context *context, const da_tile *tile, float *attention, float *logit);

#endif
