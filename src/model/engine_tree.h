/* The memory of a tile, and its journeys as a tree of nodes (kernels.h).
 *
 *   journeys in order   nodes, level by level       inner nodes
 *   a b c               0 a    1 f                  root 0: parent of a and f
 *   a b d               2 b                         1: a
 *   f                   3 c    4 d                  2: b */
#ifndef DA_MODEL_ENGINE_TREE_H
#define DA_MODEL_ENGINE_TREE_H

#include "model/engine_plan.h"
#include "model/engine_weights.h"

/* Masks of Keras' kind, on each journey's x and h. Rates 0: none. */
typedef struct {
  bool on;
  float dropout, recurrent_dropout;
  uint64_t seed;
} da_journey_masks;

/* What all tiles of a batch share. */
typedef struct {
  const da_weights *weights;
  const da_plan *plan;
  const da_batch *batch;
  const float *params;
  const float *table; /* [n_active] (z_stride) */
  da_journey_masks masks;
} da_tile_context;

/* A thread's memory for one tile. Valid as {0}. */
typedef struct {
  da_cells cells; /* points into the block */
  uint32_t n_nodes, n_levels;
  uint32_t n_parents;                       /* inner nodes with children here, and the root */
  uint32_t *level_begin;                    /* [n_levels + 1] first node of a level */
  uint32_t *parent_begin;                   /* [n_levels + 1] first inner node of a level */
  uint32_t *parent_node;                    /* [N] node number of the parent; undefined in the first level */
  uint32_t *touch;                          /* [N] a touch of the batch that is this node */
  uint32_t *end_node;                       /* [journeys] */
  uint32_t *parent, *inner, *active, *slot; /* what cells points to, writable */
  uint32_t *path, *cursor;                  /* [longest] while the tree is built */
  float *du, *ds;                           /* [N] */
  float *tanh_u, *e;                        /* [N], padded to whole vectors */
  double *sum_e, *sum_es;                   /* [N] over the path from the root: of e, and of e s */
  double *d_sum_e, *d_sum_es;               /* [N] their gradients */
  /* masks on each journey */
  float *x, *dx, *own_table; /* [N] (x_stride), (x_stride), (z_stride) */
  float *mask_x, *mask_h;    /* [journeys] (E), (P) */
  uint32_t *journey;         /* [N] position in the tile */
  /* a segmented journey */
  float *entry_h, *entry_c;   /* [segments] (P) state before each segment */
  float *dh_after, *dc_after; /* (dh_stride), (P) */
  void *block;
  size_t block_bytes;
} da_tile_space;

da_status da_tile_space_reserve(da_tile_space *space, const da_tile_context *context, bool keep, da_error *err) DA_MUST_CHECK;
void da_tile_space_free(da_tile_space *space);

/* The tree of a tile's journeys. */
void da_tree_build(da_tile_space *space, const da_tile_context *context, const da_tile *tile);
/* A piece of one journey: a chain of n touches, whose last node is inner too, for the piece that follows. */
void da_tree_build_chain(da_tile_space *space, uint32_t first_touch, uint32_t n);

#endif
