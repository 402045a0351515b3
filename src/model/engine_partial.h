/* The gradients of one chunk, and their sum over all chunks in a fixed binary tree over chunk numbers:
 *
 *   chunk   0   1   2   3   4        ((0 + 1) + (2 + 3)) + 4
 *           0 + 1   2 + 3   4        a chunk that has not met a row of the embedding is passed over there, not added as zero:
 *           0   +   2       4        so a part of the tree may be summed elsewhere (by another rank), to the same bits
 *           0       +       4 */
#ifndef DA_MODEL_ENGINE_PARTIAL_H
#define DA_MODEL_ENGINE_PARTIAL_H

#include "model/engine_plan.h"
#include "model/engine_weights.h"

typedef struct {
  bool present;       /* in the sum; false: already in a partial before it */
  bool has_dW_h;      /* false: dW_h holds nothing yet */
  bool has_dW_x;      /* masks on each journey */
  float *dW_h;        /* (P + 1, z_stride): row P is the bias, the weight of the 1 behind h */
  float *dW_x;        /* (E, z_stride); holds something only with has_dW_x */
  float *dw_a, *dw_o; /* [P] */
  float *dw_u;        /* [U] */
  double db_a, db_o, d_log_decay, loss;
  /* A row for each active embedding row that the chunk has met: the sum of dz (row_stride = z_stride), from which the embedding's and
   * W_x' gradients follow once a batch; with masks on each journey the embedding's gradient itself (row_stride = x_stride). */
  float *rows;
  uint32_t *slot_of; /* [n_active] number of the row, UINT32_MAX: not met */
  uint32_t n_slots;
  size_t row_stride;
  /* private */
  float *block, *rows_block; /* owned; where dW_h and rows begin, unless they are another rank's */
  size_t block_capacity, rows_capacity, slot_capacity;
} da_partial;

/* Floats of dW_h, dW_x, dw_a, dw_o and dw_u, which follow each other. */
size_t da_partial_block_length(const da_weights *weights);
/* Floats of a gradient row that mean something. */
size_t da_partial_row_length(const da_weights *weights, const da_partial *partial);

/* Makes room for a chunk of at most n_rows different rows, of n_active in the batch. */
da_status da_partial_reserve(da_partial *partial, const da_weights *weights, size_t row_stride, size_t n_rows, size_t n_active,
                             da_error *err) DA_MUST_CHECK;
void da_partial_free(da_partial *partial);
/* An empty sum. */
void da_partial_begin(da_partial *partial, const da_weights *weights, uint32_t n_active, bool needs_dW_x);
/* The number of an active row's gradient row; with DA_NEW_SLOT added the first time, when the row holds nothing yet. */
uint32_t da_partial_slot(da_partial *partial, uint32_t active);
/* Lets the partial's sums lie elsewhere until it is reserved again: block [da_partial_block_length], rows [n_slots] (row_stride). */
void da_partial_view(da_partial *partial, const da_weights *weights, float *block, float *rows);
/* into += from, which is then no longer present. */
da_status da_partial_merge(const da_weights *weights, da_partial *into, da_partial *from, uint32_t n_active, da_error *err) DA_MUST_CHECK;

/* The sum over chunks, cut into tasks that may run at the same time: 0 .. DA_SUM_TASKS + DA_ROW_GROUPS - 1 of da_partial_sum, then
 * da_partial_finish. Writes every gradient but those of embedding rows that are not active. */
enum { DA_SUM_TASKS = 16, DA_ROW_GROUPS = 16 };
typedef struct {
  const da_weights *weights;
  const da_plan *plan;
  const da_weight_masks *masks;
  bool journey_masks;
  da_partial *partials; /* [n_chunks of the plan] */
  float *x;             /* [n_active] (x_stride): the embedding rows, as the step used them; overwritten */
  float *d_rows;        /* [n_active] (row_stride): scratch */
  float *dW_x_groups;   /* [DA_ROW_GROUPS] (E, z_stride): scratch */
  float *dparams;       /* out */
} da_sum;

void da_partial_sum(const da_sum *sum, size_t task);
void da_partial_finish(const da_sum *sum, double *loss);

#endif
