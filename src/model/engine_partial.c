#include "model/engine_partial.h"

#include <string.h>

#include "base/mem.h"
#include "model/dropout.h"

static size_t dW_h_length(const da_weights *weights) { return ((size_t)weights->pad.P + 1) * weights->pad.z_stride; }
static size_t dW_x_length(const da_weights *weights) { return weights->shape.n_embedding * weights->pad.z_stride; }

/* Of dw_a, dw_o and, in whole vectors, dw_u. */
static size_t heads_length(const da_weights *weights) {
  const size_t U = weights->shape.n_user_rows;
  return 2 * (size_t)weights->pad.P + (U + DA_MAX_LANES - 1) / DA_MAX_LANES * DA_MAX_LANES;
}

size_t da_partial_block_length(const da_weights *weights) { return dW_h_length(weights) + dW_x_length(weights) + heads_length(weights); }

size_t da_partial_row_length(const da_weights *weights, const da_partial *partial) {
  return partial->has_dW_x ? partial->row_stride : 4 * (size_t)weights->pad.P;
}

da_status da_partial_reserve(da_partial *partial, const da_weights *weights, size_t row_stride, size_t n_rows, size_t n_active,
                             da_error *err) {
  const size_t n = da_partial_block_length(weights);
  const char *what = "the gradients of a chunk";
  DA_TRY(da_mem_reserve((void **)&partial->block, &partial->block_capacity, n, sizeof *partial->block, what, err));
  DA_TRY(
      da_mem_reserve((void **)&partial->rows_block, &partial->rows_capacity, n_rows * row_stride, sizeof *partial->rows_block, what, err));
  DA_TRY(da_mem_reserve((void **)&partial->slot_of, &partial->slot_capacity, n_active, sizeof *partial->slot_of, what, err));
  da_partial_view(partial, weights, partial->block, partial->rows_block);
  partial->row_stride = row_stride;
  return DA_OK;
}

void da_partial_view(da_partial *partial, const da_weights *weights, float *block, float *rows) {
  partial->rows = rows;
  partial->dW_h = block;
  partial->dW_x = partial->dW_h + dW_h_length(weights);
  partial->dw_a = partial->dW_x + dW_x_length(weights);
  partial->dw_o = partial->dw_a + weights->pad.P;
  partial->dw_u = partial->dw_o + weights->pad.P;
}

void da_partial_free(da_partial *partial) {
  da_mem_free(partial->block);
  da_mem_free(partial->rows_block);
  da_mem_free(partial->slot_of);
  *partial = (da_partial){0};
}

void da_partial_begin(da_partial *partial, const da_weights *weights, uint32_t n_active, bool needs_dW_x) {
  partial->has_dW_x = needs_dW_x;
  if (needs_dW_x) memset(partial->dW_x, 0, dW_x_length(weights) * sizeof *partial->dW_x);
  memset(partial->dw_a, 0, heads_length(weights) * sizeof *partial->dw_a); /* and dw_o, dw_u */
  memset(partial->slot_of, 0xff, n_active * sizeof *partial->slot_of);
  partial->present = true;
  partial->has_dW_h = false;
  partial->n_slots = 0;
  partial->db_a = partial->db_o = partial->d_log_decay = partial->loss = 0;
}

uint32_t da_partial_slot(da_partial *partial, uint32_t active) {
  uint32_t *slot = &partial->slot_of[active];
  if (*slot != UINT32_MAX) return *slot;
  *slot = partial->n_slots++;
  return *slot | DA_NEW_SLOT;
}

static void add_to(const da_weights *weights, size_t n, float *into, const float *from) {
  const float *parts[] = {into, from};
  weights->kernels->add_up(n, parts, 2, into);
}

da_status da_partial_merge(const da_weights *weights, da_partial *into, da_partial *from, uint32_t n_active, da_error *err) {
  const size_t row_stride = into->row_stride, row_length = da_partial_row_length(weights, into);
  DA_TRY(da_mem_reserve((void **)&into->rows_block, &into->rows_capacity, (size_t)(into->n_slots + from->n_slots) * row_stride,
                        sizeof *into->rows_block, "the gradients of chunks", err));
  into->rows = into->rows_block;
  add_to(weights, dW_h_length(weights), into->dW_h, from->dW_h);
  if (into->has_dW_x) add_to(weights, dW_x_length(weights), into->dW_x, from->dW_x);
  add_to(weights, heads_length(weights), into->dw_a, from->dw_a);
  for (uint32_t a = 0; a < n_active; a++) {
    if (from->slot_of[a] == UINT32_MAX) continue;
    const uint32_t slot = da_partial_slot(into, a);
    float *row = into->rows + (slot & ~DA_NEW_SLOT) * row_stride;
    const float *added = from->rows + from->slot_of[a] * row_stride;
    if (slot & DA_NEW_SLOT)
      memcpy(row, added, row_length * sizeof *row);
    else
      add_to(weights, row_length, row, added);
  }
  into->db_a += from->db_a;
  into->db_o += from->db_o;
  into->d_log_decay += from->d_log_decay;
  into->loss += from->loss;
  from->present = false;
  return DA_OK;
}

/* ---- the sum over chunks ---- */

/* out = the sum of n floats over the parts that are there (not NULL; at least one is), in the tree of their numbers. Overwrites parts;
 * out may be one of them. */
static void add_tree(const da_kernel_set *kernels, size_t n, float **parts, uint32_t n_parts, float *out) {
  const float *there[DA_MAX_CHUNKS];
  uint32_t n_there = 0;
  for (uint32_t p = 0; p < n_parts; p++)
    if (parts[p]) there[n_there++] = parts[p];
  if (n_there <= 2 || n_there == n_parts) { /* the tree does not depend on which are missing */
    kernels->add_up(n, there, n_there, out);
    return;
  }
  for (uint32_t stride = 1; stride < n_parts; stride *= 2) {
    for (uint32_t p = 0; p + stride < n_parts; p += 2 * stride) {
      if (!parts[p])
        parts[p] = parts[p + stride];
      else if (parts[p + stride])
        kernels->add_up(n, (const float *[]){parts[p], parts[p + stride]}, 2, parts[p]);
    }
  }
  if (parts[0] != out) memcpy(out, parts[0], n * sizeof *out);
}

/* n floats at offset of the chunks' blocks. */
static const float *add_chunks(const da_sum *sum, size_t offset, size_t n) {
  float *parts[DA_MAX_CHUNKS];
  const uint32_t n_chunks = sum->plan->n_chunks;
  for (uint32_t c = 0; c < n_chunks; c++) parts[c] = sum->partials[c].present ? sum->partials[c].dW_h + offset : NULL;
  float *out = sum->partials[0].dW_h + offset;
  add_tree(sum->weights->kernels, n, parts, n_chunks, out);
  return out;
}

static void scale(float *values, const float *factors, size_t n) {
  for (size_t i = 0; i < n; i++) values[i] *= factors[i];
}

/* A share of the rows of dW_h, and the bias behind them. */
static void sum_recurrent_kernel(const da_sum *sum, size_t task) {
  const da_weights *weights = sum->weights;
  const size_t H = weights->shape.n_hidden, P = weights->pad.P, z_stride = weights->pad.z_stride;
  const da_weight_masks *masks = sum->masks;
  const uint64_t seed = da_mask_seed(masks->seed, DA_MASK_RECURRENT);
  float mask[4 * DA_NETWORK_MAX_UNITS];
  for (size_t k = task; k <= P; k += DA_SUM_TASKS) {
    if (k >= H && k < P) continue;      /* padding */
    const size_t offset = k * z_stride; /* dW_h begins the block */
    float *out = sum->dparams + (k < P ? weights->tensors[DA_TENSOR_W_H].offset + k * 4 * H : weights->tensors[DA_TENSOR_BIAS].offset);
    da_weights_unpad(weights, add_chunks(sum, offset, 4 * P), out);
    if (k < P && masks->recurrent_dropout > 0) {
      da_mask_fill(seed, k, masks->recurrent_dropout, (uint32_t)(4 * H), mask);
      scale(out, mask, 4 * H);
    }
  }
}

/* Rows begin .. end-1 of d_rows, each the sum over the chunks that have met it. */
static void sum_rows(const da_sum *sum, uint32_t begin, uint32_t end) {
  const size_t row_stride = sum->partials[0].row_stride, n = da_partial_row_length(sum->weights, &sum->partials[0]);
  for (uint32_t a = begin; a < end; a++) {
    float *parts[DA_MAX_CHUNKS];
    for (uint32_t c = 0; c < sum->plan->n_chunks; c++) {
      const da_partial *partial = &sum->partials[c];
      const bool met = partial->present && partial->slot_of[a] != UINT32_MAX;
      parts[c] = met ? partial->rows + partial->slot_of[a] * row_stride : NULL;
    }
    add_tree(sum->weights->kernels, n, parts, sum->plan->n_chunks, sum->d_rows + a * row_stride);
  }
}

/* One group of the active rows, from the chunks' rows to the embedding's gradient. */
static void sum_row_group(const da_sum *sum, size_t group) {
  const da_weights *weights = sum->weights;
  const size_t E = weights->shape.n_embedding, x_stride = weights->pad.x_stride;
  const uint64_t n = sum->plan->n_active;
  const uint32_t begin = (uint32_t)(n * group / DA_ROW_GROUPS), end = (uint32_t)(n * (group + 1) / DA_ROW_GROUPS);
  sum_rows(sum, begin, end);
  if (!sum->journey_masks) { /* [TABLE] backward */
    float *x = sum->x + begin * x_stride, *dW_x = sum->dW_x_groups + group * dW_x_length(weights);
    memset(dW_x, 0, dW_x_length(weights) * sizeof *dW_x);
    da_weights_input_product_backward(weights, x, sum->d_rows + begin * weights->pad.z_stride, end - begin, dW_x, x);
  }
  const float *dx = sum->journey_masks ? sum->d_rows : sum->x;
  const uint64_t seed = da_mask_seed(sum->masks->seed, DA_MASK_INPUT);
  float mask[DA_NETWORK_MAX_UNITS];
  for (uint32_t a = begin; a < end; a++) {
    const uint32_t row = sum->plan->active_row[a];
    float *out = sum->dparams + weights->tensors[DA_TENSOR_EMBEDDING].offset + row * E;
    memcpy(out, dx + a * x_stride, E * sizeof *out);
    if (sum->masks->dropout > 0) {
      da_mask_fill(seed, row, sum->masks->dropout, (uint32_t)E, mask);
      scale(out, mask, E);
    }
  }
}

void da_partial_sum(const da_sum *sum, size_t task) {
  if (task < DA_SUM_TASKS)
    sum_recurrent_kernel(sum, task);
  else
    sum_row_group(sum, task - DA_SUM_TASKS);
}

/* A member of the chunks, in the same tree. */
static double add_scalars(const da_sum *sum, size_t member) {
  double parts[DA_MAX_CHUNKS];
  bool there[DA_MAX_CHUNKS];
  const uint32_t n = sum->plan->n_chunks;
  for (uint32_t c = 0; c < n; c++) {
    there[c] = sum->partials[c].present;
    parts[c] = *(const double *)((const char *)&sum->partials[c] + member);
  }
  for (uint32_t stride = 1; stride < n; stride *= 2) {
    for (uint32_t c = 0; c + stride < n; c += 2 * stride) {
      if (!there[c + stride]) continue;
      parts[c] = there[c] ? parts[c] + parts[c + stride] : parts[c + stride];
      there[c] = true;
    }
  }
  return parts[0];
}

static const float *add_groups(const da_sum *sum) {
  const float *parts[DA_ROW_GROUPS];
  const size_t n = dW_x_length(sum->weights);
  for (size_t group = 0; group < DA_ROW_GROUPS; group++) parts[group] = sum->dW_x_groups + group * n;
  sum->weights->kernels->add_up(n, parts, DA_ROW_GROUPS, sum->dW_x_groups);
  return sum->dW_x_groups;
}

void da_partial_finish(const da_sum *sum, double *loss) {
  const da_weights *weights = sum->weights;
  const size_t E = weights->shape.n_embedding, H = weights->shape.n_hidden, P = weights->pad.P, n_x = dW_x_length(weights);
  const float *dW_x = sum->journey_masks ? add_chunks(sum, dW_h_length(weights), n_x) : add_groups(sum);
  for (size_t k = 0; k < E; k++)
    da_weights_unpad(weights, dW_x + k * weights->pad.z_stride, sum->dparams + weights->tensors[DA_TENSOR_W_X].offset + k * 4 * H);
  const float *heads = add_chunks(sum, dW_h_length(weights) + n_x, heads_length(weights));
  memcpy(sum->dparams + weights->tensors[DA_TENSOR_ATTENTION_W].offset, heads, H * sizeof(float));
  memcpy(sum->dparams + weights->tensors[DA_TENSOR_OUT_W].offset, heads + P, H * sizeof(float));
  memcpy(sum->dparams + weights->tensors[DA_TENSOR_USER].offset, heads + 2 * P, weights->shape.n_user_rows * sizeof(float));
  sum->dparams[weights->tensors[DA_TENSOR_ATTENTION_B].offset] = (float)add_scalars(sum, offsetof(da_partial, db_a));
  sum->dparams[weights->tensors[DA_TENSOR_OUT_B].offset] = (float)add_scalars(sum, offsetof(da_partial, db_o));
  if (weights->shape.time_decay)
    sum->dparams[weights->tensors[DA_TENSOR_LOG_DECAY].offset] = (float)add_scalars(sum, offsetof(da_partial, d_log_decay));
  *loss = add_scalars(sum, offsetof(da_partial, loss));
}
