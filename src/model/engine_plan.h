/* How a batch is worked off: which journeys stand together, and who takes which of them.
 *
 * Journeys are ordered so that those that begin alike are neighbours; what a journey shares with the one before it is computed once
 * (equal inputs at the same positions give equal states). The order is cut into chunks (the unit of a thread, with gradients of its
 * own), and those into tiles (the unit of a cache). All of it depends on the batch alone, not on the number of threads.
 *
 *   order      0: a b c   1: a b d   2: a b d e   3: a b d e   4: f       journeys by their touches
 *   n_shared      0          2          3            4            0
 *   new nodes     3          1          1            0            1       journeys 2 and 3 end in the same node */
#ifndef DA_MODEL_ENGINE_PLAN_H
#define DA_MODEL_ENGINE_PLAN_H

#include <stdbool.h>

#include "model/network.h"

/* A tile aims at this many nodes, so that its states stay in the second-level cache, and at this many journeys where they are long:
 * a product's rows are the nodes of one level. */
enum { DA_TILE_NODES = 384, DA_TILE_JOURNEYS = 16, DA_TILE_MAX_NODES = 2048 };
/* A journey with more touches than this is a tile of its own, worked off in segments of this length. */
enum { DA_SEGMENT = 512 };
/* A chunk has about DA_CHUNK_NODES, for each has gradients of its own to add up in the end; down to DA_SMALL_CHUNK_NODES where the batch
 * would have less than DA_EVEN_CHUNKS, too few for threads to share evenly. */
enum { DA_CHUNK_NODES = 896, DA_SMALL_CHUNK_NODES = 256, DA_EVEN_CHUNKS = 8, DA_MAX_CHUNKS = 16 };

typedef struct {
  uint32_t begin, end; /* positions in the order */
  uint32_t n_nodes;
} da_tile;

typedef struct {
  uint32_t begin, end; /* tiles */
  uint32_t n_nodes;
} da_chunk;

/* Valid as {0}; used again for every batch, so that memory is asked for only when a batch is larger than all before. */
typedef struct {
  /* rows of the embedding that occur in the batch, in order of appearance */
  uint32_t n_active;
  uint32_t *active_row;   /* [n_active] */
  uint32_t *active;       /* [T][I] index into active_row */
  uint32_t *index_of_row; /* [R] index into active_row, UINT32_MAX for the others */
  /* journeys */
  uint32_t *order;    /* [B] */
  uint32_t *n_shared; /* [B] touches that order[p] shares with order[p - 1] */
  uint32_t longest;   /* touches of the longest journey */
  uint64_t n_nodes;
  da_tile *tiles;
  da_chunk *chunks;
  uint32_t n_tiles, n_chunks;
  uint32_t max_tile_nodes; /* of the tiles that are no segmented journey */
  struct da_sort_item *items, *scratch;
  size_t capacity[8]; /* of the arrays above, in items */
} da_plan;

typedef struct {
  bool share; /* false: every journey by itself (its masks differ) */
  uint32_t max_chunks;
} da_plan_options;

da_status da_plan_make(da_plan *plan, const da_shape *shape, const da_batch *batch, const da_plan_options *options,
                       da_error *err) DA_MUST_CHECK;
void da_plan_free(da_plan *plan);

#endif
