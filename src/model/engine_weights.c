#include "model/engine_weights.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "model/dropout.h"

static size_t round_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

static da_padding padding_of(const da_shape *shape, uint32_t lanes) {
  const size_t P = round_up(shape->n_hidden, lanes), panel = DA_PANEL_VECTORS * lanes;
  return (da_padding){.P = (uint32_t)P,
                      .z_stride = 4 * P + DA_MAX_LANES,
                      .h_stride = P + lanes,
                      .dh_stride = round_up(P, panel),
                      .x_stride = round_up(shape->n_embedding, panel),
                      .panel = panel};
}

da_status da_weights_open(da_weights *weights, const da_shape *shape, const da_kernel_set *kernels, da_error *err) {
  *weights = (da_weights){.shape = *shape, .kernels = kernels, .pad = padding_of(shape, kernels->lanes)};
  weights->length = da_network_layout(shape, weights->tensors);
  const da_padding *pad = &weights->pad;
  const size_t P = pad->P, E = shape->n_embedding, n_zeros = pad->z_stride + pad->x_stride + pad->dh_stride; /* enough for each */
  const struct {
    float **start;
    size_t n;
  } parts[] = {{&weights->W_h, P * 4 * P},
               {&weights->W_h_back, 4 * P * pad->dh_stride},
               {&weights->W_x, E * 4 * P},
               {&weights->W_x_back, 4 * P * pad->x_stride},
               {&weights->bias, pad->z_stride},
               {&weights->zeros, n_zeros},
               {&weights->w_a, P},
               {&weights->w_o, P}};
  enum { N_PARTS = sizeof parts / sizeof parts[0] };
  size_t total = 0;
  for (int i = 0; i < N_PARTS; i++) total += round_up(parts[i].n, DA_MAX_LANES);
  weights->block = da_mem_calloc(total, sizeof *weights->block); /* the padding stays zero */
  if (!weights->block) return da_mem_fail(err, total, sizeof *weights->block, "the network's packed weights");
  size_t offset = 0;
  for (int i = 0; i < N_PARTS; i++) {
    *parts[i].start = weights->block + offset;
    offset += round_up(parts[i].n, DA_MAX_LANES);
  }
  return DA_OK;
}

void da_weights_close(da_weights *weights) {
  da_mem_free(weights->block);
  *weights = (da_weights){0};
}

/* Row k of a kernel (n_rows, 4H) goes into forward panels [4P / 4L][n_rows][4L] and into backward panels [n_rows / 4L][4P][4L]. mask,
 * if not NULL: a scale for each of the 4H weights. */
static void pack_row(const da_weights *weights, const float *row, const float *mask, size_t k, size_t n_rows, float *forward,
                     float *backward) {
  const size_t H = weights->shape.n_hidden, P = weights->pad.P, panel = weights->pad.panel;
  float *back = backward + k / panel * 4 * P * panel + k % panel;
  for (size_t q = 0; q < 4; q++) {
    for (size_t unit = 0; unit < H; unit++) {
      const size_t column = q * P + unit;
      const float w = mask ? row[q * H + unit] * mask[q * H + unit] : row[q * H + unit];
      forward[(column / panel * n_rows + k) * panel + column % panel] = w;
      back[column * panel] = w;
    }
  }
}

static void pack_vectors(da_weights *weights, const float *params) {
  const size_t H = weights->shape.n_hidden;
  const da_tensor *t = weights->tensors;
  for (size_t q = 0; q < 4; q++)
    memcpy(weights->bias + q * weights->pad.P, params + t[DA_TENSOR_BIAS].offset + q * H, H * sizeof *weights->bias);
  memcpy(weights->w_a, params + t[DA_TENSOR_ATTENTION_W].offset, H * sizeof *weights->w_a);
  memcpy(weights->w_o, params + t[DA_TENSOR_OUT_W].offset, H * sizeof *weights->w_o);
  weights->b_a = params[t[DA_TENSOR_ATTENTION_B].offset];
  weights->b_o = params[t[DA_TENSOR_OUT_B].offset];
  weights->w_u = params + t[DA_TENSOR_USER].offset;
  weights->decay = weights->shape.time_decay ? expf(params[t[DA_TENSOR_LOG_DECAY].offset]) : 0;
}

void da_weights_pack(da_weights *weights, const float *params, const da_weight_masks *masks, size_t task) {
  const size_t E = weights->shape.n_embedding, H = weights->shape.n_hidden, P = weights->pad.P;
  const float *W_x = params + weights->tensors[DA_TENSOR_W_X].offset, *W_h = params + weights->tensors[DA_TENSOR_W_H].offset;
  const uint64_t seed = da_mask_seed(masks->seed, DA_MASK_RECURRENT);
  const bool masked = masks->recurrent_dropout > 0;
  float mask[4 * DA_NETWORK_MAX_UNITS];
  for (size_t k = task; k < H; k += DA_PACK_TASKS) {
    if (masked) da_mask_fill(seed, k, masks->recurrent_dropout, (uint32_t)(4 * H), mask);
    pack_row(weights, W_h + k * 4 * H, masked ? mask : NULL, k, P, weights->W_h, weights->W_h_back);
  }
  for (size_t k = task; k < E; k += DA_PACK_TASKS) pack_row(weights, W_x + k * 4 * H, NULL, k, E, weights->W_x, weights->W_x_back);
  if (task == 0) pack_vectors(weights, params);
}

void da_weights_table(const da_weights *weights, const float *params, const da_weight_masks *masks, const uint32_t *rows, size_t n,
                      float *x, float *table) {
  const da_padding *pad = &weights->pad;
  const size_t E = weights->shape.n_embedding;
  const float *emb = params + weights->tensors[DA_TENSOR_EMBEDDING].offset;
  const uint64_t seed = da_mask_seed(masks->seed, DA_MASK_INPUT);
  float mask[DA_NETWORK_MAX_UNITS];
  for (size_t r = 0; r < n; r++) {
    float *out = x + r * pad->x_stride;
    memcpy(out, emb + rows[r] * E, E * sizeof *out);
    memset(out + E, 0, (pad->x_stride - E) * sizeof *out);
    if (masks->dropout > 0) {
      da_mask_fill(seed, rows[r], masks->dropout, (uint32_t)E, mask);
      for (size_t k = 0; k < E; k++) out[k] *= mask[k];
    }
  }
  da_weights_input_product(weights, x, n, table);
}

void da_weights_input_product(const da_weights *weights, const float *x, size_t n, float *z) {
  const da_padding *pad = &weights->pad;
  weights->kernels->product(&(da_product){.M = n,
                                          .N = 4 * (size_t)pad->P,
                                          .K = weights->shape.n_embedding,
                                          .A = x,
                                          .a_row = pad->x_stride,
                                          .a_k = 1,
                                          .B = weights->W_x,
                                          .b_k = pad->panel,
                                          .b_panel = weights->shape.n_embedding * pad->panel,
                                          .init = weights->zeros,
                                          .C = z,
                                          .c_row = pad->z_stride});
}

void da_weights_input_product_backward(const da_weights *weights, const float *x, const float *dz, size_t n, float *dW_x, float *dx) {
  const da_padding *pad = &weights->pad;
  const size_t Z = 4 * (size_t)pad->P;
  weights->kernels->product(&(da_product){.M = weights->shape.n_embedding,
                                          .N = Z,
                                          .K = n,
                                          .A = x,
                                          .a_row = 1,
                                          .a_k = pad->x_stride,
                                          .B = dz,
                                          .b_k = pad->z_stride,
                                          .b_panel = pad->panel,
                                          .init = dW_x,
                                          .init_row = pad->z_stride,
                                          .C = dW_x,
                                          .c_row = pad->z_stride});
  weights->kernels->product(&(da_product){.M = n,
                                          .N = pad->x_stride,
                                          .K = Z,
                                          .A = dz,
                                          .a_row = pad->z_stride,
                                          .a_k = 1,
                                          .B = weights->W_x_back,
                                          .b_k = pad->panel,
                                          .b_panel = Z * pad->panel,
                                          .init = weights->zeros,
                                          .C = dx,
                                          .c_row = pad->x_stride});
}

void da_weights_unpad(const da_weights *weights, const float *row, float *out) {
  const size_t H = weights->shape.n_hidden;
  for (size_t q = 0; q < 4; q++) memcpy(out + q * H, row + q * weights->pad.P, H * sizeof *out);
}
