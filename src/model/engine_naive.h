/* The slow twin of the engine: network.h's equations one touch after the other, in double precision, nothing shared or packed.
 * Tests compare the engine with it, and it with finite differences and PyTorch. */
#ifndef DA_MODEL_ENGINE_NAIVE_H
#define DA_MODEL_ENGINE_NAIVE_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "model/dropout.h"
#include "model/engine.h"

/* What the backward pass of a journey needs of one touch. */
typedef struct {
  double *x, *h, *c, *tanh_c; /* (E), (H), (H), (H) */
  double *gates;              /* (4H): i, f, g, o after their sigmoid or tanh */
  double tanh_u, e, s;        /* u = w_a . h + b_a, e = exp(tanh u), s = w_o . h */
} naive_touch;

typedef struct {
  const da_shape *shape;
  const double *emb, *W_x, *W_h, *b, *w_a, *b_a, *w_o, *b_o, *log_decay, *w_u;
  double *d_emb, *dW_x, *dW_h, *db, *dw_a, *db_a, *dw_o, *db_o, *d_log_decay, *dw_u; /* NULL when scoring */
  const float *days;       /* of this journey's touches; NULL without time decay */
  double *mask_x, *mask_h; /* (E), (H) of this journey */
  naive_touch *touches;    /* [longest] */
  uint32_t longest;        /* touches of the longest journey */
} naive_run;

static inline double naive_sigmoid(double z) { return 1 / (1 + exp(-z)); }

static inline void naive_set_tensors(naive_run *run, const double *params, double *dparams) {
  da_tensor t[DA_N_TENSORS];
  da_network_layout(run->shape, t);
  const double **in[] = {&run->emb, &run->W_x, &run->W_h, &run->b, &run->w_a, &run->b_a, &run->w_o, &run->b_o, &run->log_decay, &run->w_u};
  double **out[] = {&run->d_emb, &run->dW_x, &run->dW_h, &run->db,          &run->dw_a,
                    &run->db_a,  &run->dw_o, &run->db_o, &run->d_log_decay, &run->dw_u};
  for (int i = 0; i < DA_N_TENSORS; i++) {
    *in[i] = params + t[i].offset;
    *out[i] = dparams ? dparams + t[i].offset : NULL;
  }
}

static inline void naive_forward(const naive_run *run, const uint32_t *rows, uint32_t n) {
  const uint32_t E = run->shape->n_embedding, H = run->shape->n_hidden, I = run->shape->n_inputs;
  for (uint32_t t = 0; t < n; t++) {
    naive_touch *now = &run->touches[t], *before = t ? &run->touches[t - 1] : NULL;
    for (uint32_t k = 0; k < E; k++) {
      now->x[k] = 0;
      for (uint32_t i = 0; i < I; i++) now->x[k] += run->emb[(size_t)rows[t * I + i] * E + k];
      now->x[k] *= run->mask_x[k];
    }
    for (uint32_t j = 0; j < 4 * H; j++) {
      double z = run->b[j];
      for (uint32_t k = 0; k < E; k++) z += now->x[k] * run->W_x[(size_t)k * 4 * H + j];
      for (uint32_t k = 0; before && k < H; k++) z += before->h[k] * run->mask_h[k] * run->W_h[(size_t)k * 4 * H + j];
      now->gates[j] = j / H == 2 ? tanh(z) : naive_sigmoid(z);
    }
    double u = *run->b_a;
    now->s = 0;
    for (uint32_t k = 0; k < H; k++) {
      const double i = now->gates[k], f = now->gates[H + k], g = now->gates[2 * H + k], o = now->gates[3 * H + k];
      now->c[k] = i * g + (before ? f * before->c[k] : 0);
      now->tanh_c[k] = tanh(now->c[k]);
      now->h[k] = o * now->tanh_c[k];
      u += run->w_a[k] * now->h[k];
      now->s += run->w_o[k] * now->h[k];
    }
    now->tanh_u = tanh(u);
    now->e = exp(now->tanh_u - (run->days ? exp(*run->log_decay) * run->days[t] : 0));
  }
}

/* The gradient of z at touch t, given those of h and c there; dh and dc become those of the touch before. */
static inline void naive_backward_touch(const naive_run *run, const uint32_t *rows, uint32_t t, double *dh, double *dc, double *dz) {
  const uint32_t E = run->shape->n_embedding, H = run->shape->n_hidden, I = run->shape->n_inputs;
  const naive_touch *now = &run->touches[t], *before = t ? &run->touches[t - 1] : NULL;
  for (uint32_t k = 0; k < H; k++) {
    const double i = now->gates[k], f = now->gates[H + k], g = now->gates[2 * H + k], o = now->gates[3 * H + k];
    const double dck = dc[k] + dh[k] * o * (1 - now->tanh_c[k] * now->tanh_c[k]);
    dz[k] = dck * g * i * (1 - i);
    dz[H + k] = before ? dck * before->c[k] * f * (1 - f) : 0;
    dz[2 * H + k] = dck * i * (1 - g * g);
    dz[3 * H + k] = dh[k] * now->tanh_c[k] * o * (1 - o);
    dc[k] = dck * f;
    dh[k] = 0;
  }
  for (uint32_t j = 0; j < 4 * H; j++) {
    run->db[j] += dz[j];
    for (uint32_t k = 0; before && k < H; k++) {
      run->dW_h[(size_t)k * 4 * H + j] += before->h[k] * run->mask_h[k] * dz[j];
      dh[k] += dz[j] * run->W_h[(size_t)k * 4 * H + j] * run->mask_h[k];
    }
    for (uint32_t k = 0; k < E; k++) {
      run->dW_x[(size_t)k * 4 * H + j] += now->x[k] * dz[j];
      for (uint32_t i = 0; i < I; i++)
        run->d_emb[(size_t)rows[t * I + i] * E + k] += dz[j] * run->W_x[(size_t)k * 4 * H + j] * run->mask_x[k];
    }
  }
}

/* dlogit: gradient of the logit; sum_e, sum_es: over the journey, of e_t and e_t s_t. */
static inline void naive_backward(const naive_run *run, const uint32_t *rows, uint32_t n, double dlogit, double sum_e, double sum_es) {
  const uint32_t H = run->shape->n_hidden;
  double *dh = da_mem_calloc(6 * (size_t)H, sizeof *dh), *dc = dh + H, *dz = dc + H;
  *run->db_o += dlogit;
  for (uint32_t t = n; t-- > 0;) {
    const naive_touch *now = &run->touches[t];
    const double a = now->e / sum_e;
    const double d_exponent = dlogit * a * (now->s - sum_es / sum_e), du = d_exponent * (1 - now->tanh_u * now->tanh_u);
    if (run->days) *run->d_log_decay -= d_exponent * exp(*run->log_decay) * run->days[t];
    *run->db_a += du;
    for (uint32_t k = 0; k < H; k++) {
      run->dw_o[k] += dlogit * a * now->h[k];
      run->dw_a[k] += du * now->h[k];
      dh[k] += dlogit * a * run->w_o[k] + du * run->w_a[k];
    }
    naive_backward_touch(run, rows, t, dh, dc, dz);
  }
  da_mem_free(dh);
}

/* Masks each weight of the step: params becomes what the step computes with; later its gradient goes through the same masks. */
static inline void naive_mask_weights(const da_shape *shape, const da_engine_options *options, uint64_t mask_seed, double *params) {
  da_tensor t[DA_N_TENSORS];
  da_network_layout(shape, t);
  const struct {
    const da_tensor *tensor;
    float rate;
    da_mask_use use;
  } masked[] = {{&t[DA_TENSOR_EMBEDDING], options->dropout, DA_MASK_INPUT},
                {&t[DA_TENSOR_W_H], options->recurrent_dropout, DA_MASK_RECURRENT}};
  for (int m = 0; m < 2; m++) {
    const uint32_t n = masked[m].tensor->n_columns;
    float *scale = da_mem_alloc(n, sizeof *scale);
    for (uint32_t row = 0; row < masked[m].tensor->n_rows; row++) {
      da_mask_fill(da_mask_seed(mask_seed, masked[m].use), row, masked[m].rate, n, scale);
      for (uint32_t k = 0; k < n; k++) params[masked[m].tensor->offset + (size_t)row * n + k] *= scale[k];
    }
    da_mem_free(scale);
  }
}

static inline void naive_journey_masks(const naive_run *run, const da_engine_options *options, uint64_t mask_seed, uint32_t journey) {
  const uint32_t E = run->shape->n_embedding, H = run->shape->n_hidden;
  float *scale = da_mem_alloc(E > H ? E : H, sizeof *scale);
  const bool on = options && options->dropout_kind == DA_DROPOUT_JOURNEY;
  da_mask_fill(da_mask_seed(mask_seed, DA_MASK_INPUT), journey, on ? options->dropout : 0, E, scale);
  for (uint32_t k = 0; k < E; k++) run->mask_x[k] = scale[k];
  da_mask_fill(da_mask_seed(mask_seed, DA_MASK_RECURRENT), journey, on ? options->recurrent_dropout : 0, H, scale);
  for (uint32_t k = 0; k < H; k++) run->mask_h[k] = scale[k];
  da_mem_free(scale);
}

static inline void naive_open(naive_run *run, const da_batch *batch) {
  const size_t E = run->shape->n_embedding, H = run->shape->n_hidden;
  run->longest = 0;
  for (uint32_t j = 0; j < batch->n_journeys; j++) {
    uint32_t n = batch->first[j + 1] - batch->first[j];
    if (n > run->longest) run->longest = n;
  }
  run->touches = da_mem_alloc(run->longest, sizeof *run->touches);
  for (uint32_t t = 0; t < run->longest; t++) {
    naive_touch *touch = &run->touches[t];
    touch->x = da_mem_alloc(E + 7 * H, sizeof *touch->x);
    touch->h = touch->x + E;
    touch->c = touch->h + H;
    touch->tanh_c = touch->c + H;
    touch->gates = touch->tanh_c + H;
  }
  run->mask_x = da_mem_alloc(E + H, sizeof *run->mask_x);
  run->mask_h = run->mask_x + E;
}

static inline void naive_close(naive_run *run) {
  for (uint32_t t = 0; t < run->longest; t++) da_mem_free(run->touches[t].x);
  da_mem_free(run->touches);
  da_mem_free(run->mask_x);
}

/* All outputs may be NULL. options NULL: no dropout. dparams is overwritten. */
static inline double naive_engine(const da_shape *shape, const da_engine_options *options, const double *given, const da_batch *batch,
                                  uint64_t mask_seed, double *dparams, double *attention, double *logit) {
  da_tensor tensors[DA_N_TENSORS];
  const size_t length = da_network_layout(shape, tensors);
  const bool weights_masked = options && options->dropout_kind == DA_DROPOUT_STEP;
  double *params = da_mem_alloc(length, sizeof *params), loss = 0;
  memcpy(params, given, length * sizeof *params);
  if (weights_masked) naive_mask_weights(shape, options, mask_seed, params);
  if (dparams) memset(dparams, 0, length * sizeof *dparams);
  naive_run run = {.shape = shape};
  naive_set_tensors(&run, params, dparams);
  naive_open(&run, batch);
  for (uint32_t j = 0; j < batch->n_journeys; j++) {
    const uint32_t first = batch->first[j], n = batch->first[j + 1] - first;
    const uint32_t *rows = batch->rows + (size_t)first * shape->n_inputs;
    naive_journey_masks(&run, options, mask_seed, j);
    run.days = shape->time_decay ? batch->days_to_last + first : NULL;
    naive_forward(&run, rows, n);
    double sum_e = 0, sum_es = 0;
    for (uint32_t t = 0; t < n; t++) sum_e += run.touches[t].e, sum_es += run.touches[t].e * run.touches[t].s;
    double z = sum_es / sum_e + *run.b_o;
    const uint32_t n_user = shape->n_user_inputs, *user_rows = n_user ? batch->user_rows + (size_t)j * n_user : NULL;
    for (uint32_t i = 0; i < n_user; i++) z += run.w_u[user_rows[i]];
    for (uint32_t t = 0; attention && t < n; t++) attention[first + t] = run.touches[t].e / sum_e;
    if (logit) logit[j] = z;
    if (!batch->label) continue;
    const double weight = batch->weight ? batch->weight[j] : 1, label = batch->label[j];
    loss += weight * (fmax(z, 0) + log1p(exp(-fabs(z))) - label * z);
    const double dz = weight * (naive_sigmoid(z) - label);
    if (dparams) naive_backward(&run, rows, n, dz, sum_e, sum_es);
    for (uint32_t i = 0; dparams && i < n_user; i++) run.dw_u[user_rows[i]] += dz;
  }
  if (weights_masked && dparams) naive_mask_weights(shape, options, mask_seed, dparams);
  naive_close(&run);
  da_mem_free(params);
  return loss;
}

#endif
