#include "model/engine_tile.h"

#include <math.h>
#include <string.h>

#include "model/dropout.h"
#include "model/engine_tree.h"

static uint32_t length_of(const da_batch *batch, uint32_t journey) { return batch->first[journey + 1] - batch->first[journey]; }

/* ---- forward and backward through the levels ---- */

/* The state before the first touch of a journey: h and c are 0. */
static void begin_at_root(da_tile_space *space, const da_weights *weights) {
  da_cells *cells = &space->cells;
  memset(cells->h, 0, weights->pad.P * sizeof *cells->h);
  memset(cells->c, 0, weights->pad.P * sizeof *cells->c);
  memcpy(cells->z, weights->bias, 4 * (size_t)weights->pad.P * sizeof *cells->z);
}

/* z = b + h W_h for inner nodes begin .. end-1. [LSTM] */
static void recurrent_product(da_tile_space *space, const da_weights *weights, uint32_t begin, uint32_t end) {
  const da_padding *pad = &weights->pad;
  weights->kernels->product(&(da_product){.M = end - begin,
                                          .N = 4 * (size_t)pad->P,
                                          .K = pad->P,
                                          .A = space->cells.h + begin * pad->h_stride,
                                          .a_row = pad->h_stride,
                                          .a_k = 1,
                                          .B = weights->W_h,
                                          .b_k = pad->panel,
                                          .b_panel = pad->P * pad->panel,
                                          .init = weights->bias,
                                          .C = space->cells.z + begin * pad->z_stride,
                                          .c_row = pad->z_stride});
}

/* dh = dz W_h^T for inner nodes begin .. end-1, dz the sum over their children. [LSTM] backward */
static void recurrent_product_backward(da_tile_space *space, const da_weights *weights, uint32_t begin, uint32_t end) {
  const da_padding *pad = &weights->pad;
  weights->kernels->product(&(da_product){.M = end - begin,
                                          .N = pad->dh_stride,
                                          .K = 4 * (size_t)pad->P,
                                          .A = space->cells.z + begin * pad->z_stride,
                                          .a_row = pad->z_stride,
                                          .a_k = 1,
                                          .B = weights->W_h_back,
                                          .b_k = pad->panel,
                                          .b_panel = 4 * (size_t)pad->P * pad->panel,
                                          .init = weights->zeros,
                                          .C = space->cells.dh + begin * pad->dh_stride,
                                          .c_row = pad->dh_stride});
}

/* rows of the level's inner nodes times their journeys' masks on h. */
static void mask_level(const da_tile_space *space, uint32_t level, float *rows, size_t stride) {
  const size_t P = space->cells.P;
  for (uint32_t node = space->level_begin[level]; node < space->level_begin[level + 1]; node++) {
    const float *mask = space->mask_h + space->journey[node] * P;
    float *row = rows + space->inner[node] * stride;
    for (size_t k = 0; space->inner[node] && k < P; k++) row[k] *= mask[k];
  }
}

/* [ATTENTION] e of each touch loses exp(-lambda d): its age at the journey's last touch. */
static void decay_attention(da_tile_space *space, const da_tile_context *context) {
  const float *days = context->batch->days_to_last, decay = context->weights->decay;
  for (uint32_t node = 0; node < space->n_nodes; node++) space->e[node] *= expf(-decay * days[space->touch[node]]);
}

static void forward(da_tile_space *space, const da_tile_context *context) {
  const da_weights *weights = context->weights;
  const size_t P = weights->pad.P, h_stride = weights->pad.h_stride;
  for (uint32_t k = 0; k <= space->n_parents; k++) { /* the 1 behind h, whose weight is the bias */
    float *behind = space->cells.h + k * h_stride + P;
    memset(behind, 0, (h_stride - P) * sizeof *behind);
    behind[0] = 1;
  }
  for (uint32_t level = 0; level < space->n_levels; level++) {
    if (level > 0) recurrent_product(space, weights, space->parent_begin[level - 1], space->parent_begin[level]);
    weights->kernels->cells_forward(&space->cells, space->level_begin[level], space->level_begin[level + 1]);
    if (context->masks.on) mask_level(space, level, space->cells.h, h_stride);
  }
  weights->kernels->attention_forward(space->n_nodes, space->cells.u, weights->b_a, space->tanh_u, space->e);
  if (weights->shape.time_decay) decay_attention(space, context);
}

/* Needs du and ds of all nodes; adds to the gradients of W_h, b, w_a, w_o and of the table's rows. */
static void backward(da_tile_space *space, const da_tile_context *context, da_partial *partial) {
  const da_weights *weights = context->weights;
  const da_padding *pad = &weights->pad;
  for (uint32_t level = space->n_levels; level-- > 0;) {
    recurrent_product_backward(space, weights, space->parent_begin[level], space->parent_begin[level + 1]);
    if (context->masks.on) mask_level(space, level, space->cells.dh, pad->dh_stride);
    weights->kernels->cells_backward(&space->cells, space->level_begin[level], space->level_begin[level + 1]);
  }
  weights->kernels->product(&(da_product){.M = (size_t)pad->P + 1,
                                          .N = 4 * (size_t)pad->P,
                                          .K = space->n_parents,
                                          .A = space->cells.h,
                                          .a_row = 1,
                                          .a_k = pad->h_stride,
                                          .B = space->cells.z,
                                          .b_k = pad->z_stride,
                                          .b_panel = pad->panel,
                                          .init = partial->has_dW_h ? partial->dW_h : weights->zeros,
                                          .init_row = partial->has_dW_h ? pad->z_stride : 0,
                                          .C = partial->dW_h,
                                          .c_row = pad->z_stride});
  partial->has_dW_h = true;
}

/* ---- attention and loss ---- */

/* Of the touches on a path: the sums of e and of e s; or the gradients of these two. */
typedef struct {
  double e, es;
} path_sums;

/* [ATTENTION] sum_e and sum_es of every node; before: those of the touches before the first level. */
static void sum_paths(da_tile_space *space, path_sums before) {
  const float *e = space->e, *s = space->cells.s;
  const uint32_t first_level_end = space->level_begin[1];
  for (uint32_t node = 0; node < space->n_nodes; node++) {
    const uint32_t parent = space->parent_node[node];
    const path_sums so_far = node < first_level_end ? before : (path_sums){.e = space->sum_e[parent], .es = space->sum_es[parent]};
    space->sum_e[node] = so_far.e + e[node];
    space->sum_es[node] = so_far.es + (double)e[node] * s[node];
  }
}

/* [FUSION] What the logit of a journey has beside its touches: b_o and a number for each user input. */
static double logit_beside_touches(const da_tile_context *context, uint32_t journey) {
  const da_weights *weights = context->weights;
  const uint32_t n = weights->shape.n_user_inputs, *rows = context->batch->user_rows;
  double z = weights->b_o;
  for (uint32_t i = 0; i < n; i++) z += weights->w_u[rows[(size_t)journey * n + i]];
  return z;
}

/* The gradient dz of a journey's logit goes to b_o and to the rows of its user inputs. */
static void logit_backward(const da_tile_context *context, uint32_t journey, double dz, da_partial *partial) {
  const uint32_t n = context->weights->shape.n_user_inputs, *rows = context->batch->user_rows;
  partial->db_o += dz;
  for (uint32_t i = 0; i < n; i++) partial->dw_u[rows[(size_t)journey * n + i]] += (float)dz;
}

/* [LOSS] Adds a journey's weight (log(1 + exp(z)) - label z), z = sum_es / sum_e + what there is beside touches, and the gradients of
 * the latter to partial; returns the gradients of its two sums. */
static path_sums judge(const da_tile_context *context, uint32_t journey, path_sums sums, da_partial *partial) {
  const da_batch *batch = context->batch;
  const double weight = batch->weight ? batch->weight[journey] : 1, label = batch->label[journey];
  const double v = sums.es / sums.e, z = v + logit_beside_touches(context, journey);
  const double small = exp(-fabs(z)), p = (z < 0 ? small : 1) / (1 + small), dz = weight * (p - label);
  partial->loss += weight * (fmax(z, 0) + log1p(small) - label * z);
  logit_backward(context, journey, dz, partial);
  return (path_sums){.e = -dz * v / sums.e, .es = dz / sums.e};
}

/* [ATTENTION] backward: from the sums at the ends of journeys back along their paths, to du and ds. */
static void attention_backward(da_tile_space *space, const da_tile_context *context, da_partial *partial) {
  const uint32_t first_level_end = space->level_begin[1];
  const double decay = context->weights->decay;
  const float *days = context->batch->days_to_last;
  double db_a = 0, d_log_decay = 0;
  for (uint32_t node = space->n_nodes; node-- > 0;) {
    const double e = space->e[node], tanh_u = space->tanh_u[node], d_sum_e = space->d_sum_e[node], d_sum_es = space->d_sum_es[node];
    const double d_exponent = (d_sum_e + d_sum_es * space->cells.s[node]) * e, du = d_exponent * (1 - tanh_u * tanh_u);
    space->du[node] = (float)du;
    space->ds[node] = (float)(d_sum_es * e);
    db_a += du;
    if (decay > 0) d_log_decay -= d_exponent * decay * days[space->touch[node]];
    if (node >= first_level_end) {
      space->d_sum_e[space->parent_node[node]] += d_sum_e;
      space->d_sum_es[space->parent_node[node]] += d_sum_es;
    }
  }
  partial->db_a += db_a;
  partial->d_log_decay += d_log_decay;
}

static void clear_slopes(da_tile_space *space) {
  memset(space->d_sum_e, 0, space->n_nodes * sizeof *space->d_sum_e);
  memset(space->d_sum_es, 0, space->n_nodes * sizeof *space->d_sum_es);
}

/* ---- inputs ---- */

/* The table's rows. */
static void find_inputs(da_tile_space *space, const da_tile_context *context) {
  const size_t I = context->weights->shape.n_inputs;
  for (uint32_t node = 0; node < space->n_nodes; node++) { /* a few words: no call of memcpy for them */
    for (size_t i = 0; i < I; i++) space->active[node * I + i] = context->plan->active[space->touch[node] * I + i];
  }
}

/* Where the gradients of the table's rows are summed: in the order of the backward pass, whose first visit overwrites. */
static void find_slots(da_tile_space *space, da_partial *partial, size_t I) {
  for (uint32_t level = space->n_levels; level-- > 0;) {
    const size_t end = space->level_begin[level + 1] * I;
    for (size_t k = space->level_begin[level] * I; k < end; k++) space->slot[k] = da_partial_slot(partial, space->active[k]);
  }
  space->cells.d_table = partial->rows;
}

/* Masks on each journey: no two nodes have the same input, so that each has a row of its own in the table, x W_x with its masked x. */
static void compute_own_inputs(da_tile_space *space, const da_tile_context *context) {
  const da_weights *weights = context->weights;
  const da_padding *pad = &weights->pad;
  const size_t I = weights->shape.n_inputs, E = weights->shape.n_embedding;
  const float *emb = context->params + weights->tensors[DA_TENSOR_EMBEDDING].offset;
  for (uint32_t node = 0; node < space->n_nodes; node++) {
    const uint32_t *rows = context->batch->rows + space->touch[node] * I;
    const float *mask = space->mask_x + space->journey[node] * pad->x_stride;
    float *x = space->x + node * pad->x_stride;
    memset(x, 0, pad->x_stride * sizeof *x);
    for (size_t i = 0; i < I; i++) {
      for (size_t k = 0; k < E; k++) x[k] += emb[rows[i] * E + k] * mask[k];
    }
    space->active[node] = node;
    space->slot[node] = node | DA_NEW_SLOT;
  }
  da_weights_input_product(weights, space->x, space->n_nodes, space->own_table);
  space->cells.n_inputs = 1;
  space->cells.table = space->cells.d_table = space->own_table;
}

/* From dz, which has taken the place of the table's rows, to the gradients of W_x and of the embedding. */
static void own_inputs_backward(da_tile_space *space, const da_tile_context *context, da_partial *partial) {
  const da_weights *weights = context->weights;
  const size_t I = weights->shape.n_inputs, E = weights->shape.n_embedding, x_stride = weights->pad.x_stride;
  da_weights_input_product_backward(weights, space->x, space->own_table, space->n_nodes, partial->dW_x, space->dx);
  for (uint32_t node = 0; node < space->n_nodes; node++) {
    const float *mask = space->mask_x + space->journey[node] * x_stride, *dx = space->dx + node * x_stride;
    for (size_t i = 0; i < I; i++) {
      const uint32_t slot = da_partial_slot(partial, context->plan->active[space->touch[node] * I + i]);
      float *row = partial->rows + (slot & ~DA_NEW_SLOT) * x_stride;
      if (slot & DA_NEW_SLOT) memset(row, 0, x_stride * sizeof *row);
      for (size_t k = 0; k < E; k++) row[k] += dx[k] * mask[k];
    }
  }
}

static void make_journey_masks(da_tile_space *space, const da_tile_context *context, const da_tile *tile) {
  const da_journey_masks *masks = &context->masks;
  const da_weights *weights = context->weights;
  const uint64_t seed_x = da_mask_seed(masks->seed, DA_MASK_INPUT), seed_h = da_mask_seed(masks->seed, DA_MASK_RECURRENT);
  for (uint32_t p = tile->begin; p < tile->end; p++) {
    const uint32_t journey = context->plan->order[p], i = p - tile->begin;
    da_mask_fill(seed_x, journey, masks->dropout, weights->shape.n_embedding, space->mask_x + i * weights->pad.x_stride);
    da_mask_fill(seed_h, journey, masks->recurrent_dropout, weights->pad.P, space->mask_h + i * weights->pad.P);
  }
}

/* ---- the passes of a tree or chain, whose root is set ---- */

static void run_forward(da_tile_space *space, const da_tile_context *context) {
  if (context->masks.on)
    compute_own_inputs(space, context);
  else
    find_inputs(space, context);
  forward(space, context);
}

/* After run_forward; needs the gradients of the sums at the ends of journeys. */
static void run_backward(da_tile_space *space, const da_tile_context *context, da_partial *partial) {
  space->cells.dw_a = partial->dw_a;
  space->cells.dw_o = partial->dw_o;
  if (!context->masks.on) find_slots(space, partial, context->weights->shape.n_inputs);
  attention_backward(space, context, partial);
  backward(space, context, partial);
  if (context->masks.on) own_inputs_backward(space, context, partial);
}

/* ---- a journey of more than DA_SEGMENT touches ---- */

/* Makes segment `number` the chain at hand and its root the state before it; returns its first touch. */
static uint32_t enter_segment(da_tile_space *space, const da_tile_context *context, uint32_t journey, uint32_t number) {
  const size_t P = context->weights->pad.P;
  const uint32_t first = context->batch->first[journey] + number * DA_SEGMENT, left = context->batch->first[journey + 1] - first;
  da_tree_build_chain(space, first, left < DA_SEGMENT ? left : DA_SEGMENT);
  begin_at_root(space, context->weights);
  if (number > 0) {
    memcpy(space->cells.h, space->entry_h + number * P, P * sizeof(float));
    memcpy(space->cells.c, space->entry_c + number * P, P * sizeof(float));
    recurrent_product(space, context->weights, 0, 1);
  }
  return first;
}

/* Forward through all segments; the state before each is kept, nothing else. Returns the sums of the whole journey, and leaves e in
 * attention where it is wanted. */
static path_sums segments_forward(da_tile_space *space, const da_tile_context *context, uint32_t journey, uint32_t n_segments,
                                  float *attention) {
  const size_t P = context->weights->pad.P;
  path_sums sums = {0};
  for (uint32_t number = 0; number < n_segments; number++) {
    const uint32_t first = enter_segment(space, context, journey, number);
    run_forward(space, context);
    sum_paths(space, sums);
    const uint32_t last = space->n_nodes - 1;
    sums = (path_sums){.e = space->sum_e[last], .es = space->sum_es[last]};
    if (attention) memcpy(attention + first, space->e, space->n_nodes * sizeof *attention);
    if (number + 1 == n_segments) break;
    memcpy(space->entry_h + (number + 1) * P, space->cells.h + (last + 1) * space->cells.h_stride, P * sizeof(float));
    memcpy(space->entry_c + (number + 1) * P, space->cells.c + (last + 1) * P, P * sizeof(float));
  }
  return sums;
}

static uint32_t count_segments(uint32_t n_touches) { return (n_touches + DA_SEGMENT - 1) / DA_SEGMENT; }

/* Segments from the last to the first, each forward once more and then backward: memory for one segment, and a state a segment. */
static void differentiate_segments(da_tile_space *space, const da_tile_context *context, uint32_t journey, da_partial *partial) {
  da_cells *cells = &space->cells;
  const size_t P = context->weights->pad.P, dh_stride = context->weights->pad.dh_stride;
  const uint32_t n_segments = count_segments(length_of(context->batch, journey));
  const path_sums sums = segments_forward(space, context, journey, n_segments, NULL);
  const path_sums slopes = judge(context, journey, sums, partial);
  float *dh = space->dh_after, *dc = space->dc_after; /* gradients of the state behind the segment */
  memset(dh, 0, dh_stride * sizeof *dh);
  memset(dc, 0, P * sizeof *dc);
  for (uint32_t number = n_segments; number-- > 0;) {
    enter_segment(space, context, journey, number);
    run_forward(space, context);
    const uint32_t last = space->n_nodes - 1;
    clear_slopes(space);
    space->d_sum_e[last] = slopes.e;
    space->d_sum_es[last] = slopes.es;
    memcpy(cells->dh + (last + 1) * dh_stride, dh, dh_stride * sizeof *dh);
    memcpy(cells->dc + (last + 1) * P, dc, P * sizeof *dc);
    run_backward(space, context, partial);
    recurrent_product_backward(space, context->weights, 0, 1);
    memcpy(dh, cells->dh, dh_stride * sizeof *dh);
    memcpy(dc, cells->dc, P * sizeof *dc);
  }
}

static void score_segments(da_tile_space *space, const da_tile_context *context, uint32_t journey, float *attention, float *logit) {
  const uint32_t n = length_of(context->batch, journey), first = context->batch->first[journey];
  const path_sums sums = segments_forward(space, context, journey, count_segments(n), attention);
  if (logit) logit[journey] = (float)(sums.es / sums.e + logit_beside_touches(context, journey));
  for (uint32_t t = first; attention && t < first + n; t++) attention[t] = (float)(attention[t] / sums.e);
}

/* ---- tiles ---- */

/* A segmented journey is a tile of its own. */
static bool is_segmented(const da_tile_context *context, const da_tile *tile) {
  return length_of(context->batch, context->plan->order[tile->begin]) > DA_SEGMENT;
}

void da_tile_gradient(da_tile_space *space, const da_tile_context *context, const da_tile *tile, da_partial *partial) {
  if (context->masks.on) make_journey_masks(space, context, tile);
  if (is_segmented(context, tile)) {
    differentiate_segments(space, context, context->plan->order[tile->begin], partial);
    return;
  }
  da_tree_build(space, context, tile);
  begin_at_root(space, context->weights);
  run_forward(space, context);
  sum_paths(space, (path_sums){0});
  clear_slopes(space);
  for (uint32_t p = tile->begin; p < tile->end; p++) {
    const uint32_t end = space->end_node[p - tile->begin];
    const path_sums slopes =
        judge(context, context->plan->order[p], (path_sums){.e = space->sum_e[end], .es = space->sum_es[end]}, partial);
    space->d_sum_e[end] += slopes.e;
    space->d_sum_es[end] += slopes.es;
  }
  run_backward(space, context, partial);
}

void da_tile_score(da_tile_space *space, const da_tile_context *context, const da_tile *tile, float *attention, float *logit) {
  if (is_segmented(context, tile)) {
    score_segments(space, context, context->plan->order[tile->begin], attention, logit);
    return;
  }
  da_tree_build(space, context, tile);
  begin_at_root(space, context->weights);
  run_forward(space, context);
  sum_paths(space, (path_sums){0});
  for (uint32_t p = tile->begin; p < tile->end; p++) {
    const uint32_t journey = context->plan->order[p], first = context->batch->first[journey];
    uint32_t node = space->end_node[p - tile->begin];
    const double sum_e = space->sum_e[node];
    if (logit) logit[journey] = (float)(space->sum_es[node] / sum_e + logit_beside_touches(context, journey));
    for (uint32_t t = length_of(context->batch, journey); attention && t-- > 0; node = space->parent_node[node])
      attention[first + t] = (float)(space->e[node] / sum_e);
  }
}
