#include "model/engine_tree.h"

#include <string.h>

#include "base/mem.h"

/* ---- memory ---- */

/* A block is laid out twice: first with base NULL, to learn its size. */
typedef struct {
  char *base;
  size_t used;
} layout;

static void *take(layout *l, size_t n, size_t item_bytes) {
  void *here = l->base ? l->base + l->used : NULL;
  l->used += (n * item_bytes + DA_MEM_ALIGNMENT - 1) / DA_MEM_ALIGNMENT * DA_MEM_ALIGNMENT;
  return here;
}

typedef struct {
  size_t n_nodes, n_levels, n_journeys, n_segments;
} sizes;

/* Bounds that hold for every tile of the plan. */
static sizes sizes_of(const da_plan *plan) {
  sizes s = {.n_nodes = plan->max_tile_nodes, .n_levels = plan->longest < DA_SEGMENT ? plan->longest : DA_SEGMENT};
  for (uint32_t i = 0; i < plan->n_tiles; i++) {
    const uint32_t n = plan->tiles[i].end - plan->tiles[i].begin;
    if (n > s.n_journeys) s.n_journeys = n;
  }
  if (plan->longest > DA_SEGMENT) {
    if (s.n_nodes < DA_SEGMENT) s.n_nodes = DA_SEGMENT;
    s.n_segments = (plan->longest + DA_SEGMENT - 1) / DA_SEGMENT;
  }
  return s;
}

static void lay_out(da_tile_space *space, const da_tile_context *context, const sizes *s, bool keep, layout *l) {
  const da_padding *pad = &context->weights->pad;
  const size_t I = context->weights->shape.n_inputs, P = pad->P, N = s->n_nodes, padded = N + DA_MAX_LANES;
  da_cells *cells = &space->cells;
  space->level_begin = take(l, s->n_levels + 1, sizeof(uint32_t));
  space->parent_begin = take(l, s->n_levels + 1, sizeof(uint32_t));
  space->cursor = take(l, s->n_levels + 1, sizeof(uint32_t));
  space->path = take(l, s->n_levels + 1, sizeof(uint32_t));
  space->parent_node = take(l, N, sizeof(uint32_t));
  space->touch = take(l, N, sizeof(uint32_t));
  space->end_node = take(l, s->n_journeys, sizeof(uint32_t));
  space->parent = take(l, N, sizeof(uint32_t));
  space->inner = take(l, N, sizeof(uint32_t));
  space->active = take(l, N * I, sizeof(uint32_t));
  space->slot = take(l, N * I, sizeof(uint32_t));
  cells->gates = take(l, (keep ? N : 1) * 4 * P, sizeof(float));
  cells->tanh_c = take(l, (keep ? N : 1) * P, sizeof(float));
  cells->z = take(l, (N + 1) * pad->z_stride, sizeof(float));
  cells->h = take(l, (N + 1) * pad->h_stride, sizeof(float));
  cells->c = take(l, (N + 1) * P, sizeof(float));
  cells->u = take(l, padded, sizeof(float));
  cells->s = take(l, padded, sizeof(float));
  space->tanh_u = take(l, padded, sizeof(float));
  space->e = take(l, padded, sizeof(float));
  space->sum_e = take(l, N, sizeof(double));
  space->sum_es = take(l, N, sizeof(double));
  space->journey = take(l, N, sizeof(uint32_t));
  space->entry_h = take(l, s->n_segments * P, sizeof(float));
  space->entry_c = take(l, s->n_segments * P, sizeof(float));
  if (!keep) return;
  space->dh_after = take(l, pad->dh_stride, sizeof(float));
  space->dc_after = take(l, P, sizeof(float));
  cells->dc = take(l, (N + 1) * P, sizeof(float));
  cells->dh = take(l, (N + 1) * pad->dh_stride, sizeof(float));
  space->du = take(l, N, sizeof(float));
  space->ds = take(l, N, sizeof(float));
  space->d_sum_e = take(l, N, sizeof(double));
  space->d_sum_es = take(l, N, sizeof(double));
  if (!context->masks.on) return;
  space->x = take(l, N * pad->x_stride, sizeof(float));
  space->dx = take(l, N * pad->x_stride, sizeof(float));
  space->own_table = take(l, N * pad->z_stride, sizeof(float));
  space->mask_x = take(l, s->n_journeys * pad->x_stride, sizeof(float));
  space->mask_h = take(l, s->n_journeys * P, sizeof(float));
}

da_status da_tile_space_reserve(da_tile_space *space, const da_tile_context *context, bool keep, da_error *err) {
  const da_weights *weights = context->weights;
  const sizes s = sizes_of(context->plan);
  layout l = {0};
  lay_out(space, context, &s, keep, &l);
  if (l.used > space->block_bytes) {
    da_mem_free(space->block);
    space->block_bytes = 0;
    space->block = da_mem_alloc(l.used, 1);
    if (!space->block) return da_mem_fail(err, l.used, 1, "the states of a tile of journeys");
    space->block_bytes = l.used;
  }
  l = (layout){.base = space->block};
  lay_out(space, context, &s, keep, &l);
  da_cells *cells = &space->cells;
  cells->n_inputs = weights->shape.n_inputs;
  cells->P = weights->pad.P;
  cells->z_stride = weights->pad.z_stride;
  cells->h_stride = weights->pad.h_stride;
  cells->dh_stride = weights->pad.dh_stride;
  cells->zeros = weights->zeros;
  cells->table = context->table;
  cells->w_a = weights->w_a;
  cells->w_o = weights->w_o;
  cells->keep = keep;
  cells->parent = space->parent;
  cells->inner = space->inner;
  cells->active = space->active;
  cells->slot = space->slot;
  cells->du = space->du;
  cells->ds = space->ds;
  return DA_OK;
}

void da_tile_space_free(da_tile_space *space) {
  da_mem_free(space->block);
  *space = (da_tile_space){0};
}

/* ---- the tree ---- */

static uint32_t length_of(const da_batch *batch, uint32_t journey) { return batch->first[journey + 1] - batch->first[journey]; }

/* What position p shares with the journey before it in its tile. */
static uint32_t n_shared(const da_tile_context *context, const da_tile *tile, uint32_t p) {
  return p == tile->begin ? 0 : context->plan->n_shared[p];
}

/* First node of each level, from how many journeys bring a node of their own to it. */
static void count_levels(da_tile_space *space, const da_tile_context *context, const da_tile *tile) {
  uint32_t *begin = space->level_begin, n_levels = 0;
  for (uint32_t p = tile->begin; p < tile->end; p++) {
    const uint32_t n = length_of(context->batch, context->plan->order[p]);
    for (; n_levels < n; n_levels++) begin[n_levels] = 0;
  }
  begin[n_levels] = 0;
  for (uint32_t p = tile->begin; p < tile->end; p++) { /* differences: a journey has nodes in levels n_shared .. n-1 */
    begin[n_shared(context, tile, p)]++;
    begin[length_of(context->batch, context->plan->order[p])]--;
  }
  uint32_t n_nodes = 0, in_level = 0;
  for (uint32_t level = 0; level <= n_levels; level++) {
    in_level += begin[level];
    begin[level] = n_nodes;
    n_nodes += in_level;
  }
  space->n_levels = n_levels;
  space->n_nodes = n_nodes;
}

/* Numbers inner nodes from 1, in node order. */
static void number_parents(da_tile_space *space) {
  const uint32_t first_level_end = space->level_begin[1];
  memset(space->inner, 0, space->n_nodes * sizeof *space->inner);
  for (uint32_t node = first_level_end; node < space->n_nodes; node++) space->inner[space->parent_node[node]] = 1;
  uint32_t n_parents = 1; /* the root */
  for (uint32_t level = 0; level < space->n_levels; level++) {
    space->parent_begin[level] = n_parents;
    for (uint32_t node = space->level_begin[level]; node < space->level_begin[level + 1]; node++) {
      if (space->inner[node]) space->inner[node] = n_parents++;
      space->parent[node] = level == 0 ? 0 : space->inner[space->parent_node[node]];
    }
  }
  space->parent_begin[space->n_levels] = n_parents;
  space->n_parents = n_parents;
}

void da_tree_build(da_tile_space *space, const da_tile_context *context, const da_tile *tile) {
  count_levels(space, context, tile);
  uint32_t *cursor = space->cursor, *path = space->path; /* next free node of a level; the node of the journey at hand in a level */
  memcpy(cursor, space->level_begin, space->n_levels * sizeof *cursor);
  for (uint32_t p = tile->begin; p < tile->end; p++) {
    const uint32_t journey = context->plan->order[p], n = length_of(context->batch, journey);
    for (uint32_t level = n_shared(context, tile, p); level < n; level++) {
      const uint32_t node = cursor[level]++;
      space->parent_node[node] = level ? path[level - 1] : 0;
      space->touch[node] = context->batch->first[journey] + level;
      space->journey[node] = p - tile->begin;
      path[level] = node;
    }
    space->end_node[p - tile->begin] = path[n - 1];
  }
  number_parents(space);
}

void da_tree_build_chain(da_tile_space *space, uint32_t first_touch, uint32_t n) {
  for (uint32_t node = 0; node < n; node++) {
    space->level_begin[node] = node;
    space->parent_begin[node] = node + 1;
    space->parent_node[node] = node ? node - 1 : 0;
    space->parent[node] = node;
    space->inner[node] = node + 1;
    space->touch[node] = first_touch + node;
    space->journey[node] = 0;
  }
  space->level_begin[n] = n;
  space->parent_begin[n] = n; /* the last level's inner node has no child here */
  space->n_levels = space->n_nodes = space->n_parents = n;
}
