/* The parameters of one step as the kernels want them: padded, packed, masked, and the table of input products. */
#ifndef DA_MODEL_ENGINE_WEIGHTS_H
#define DA_MODEL_ENGINE_WEIGHTS_H

#include "model/kernels/kernels.h"

/* Sizes in floats. P: H padded to the kernels' lanes L. */
typedef struct {
  uint32_t P;
  size_t z_stride;  /* of gate rows: 4P and a little more, so that equal columns of following rows fall into different cache sets */
  size_t h_stride;  /* of rows of h with the 1 behind them */
  size_t dh_stride; /* of rows of dh: P padded to a product's panel */
  size_t x_stride;  /* of rows of x and dx: E padded to a product's panel */
  size_t panel;     /* 4L */
} da_padding;

typedef struct {
  da_shape shape;
  const da_kernel_set *kernels;
  da_padding pad;
  da_tensor tensors[DA_N_TENSORS];
  size_t length; /* of the parameters */
  /* one block */
  float *W_h, *W_h_back; /* packed for the forward and the backward product: kernels.h */
  float *W_x, *W_x_back;
  float *bias, *zeros; /* [z_stride]; as long as the longest of the rows above */
  float *w_a, *w_o;    /* [P] */
  float b_a, b_o;
  float decay;      /* lambda; 0: none */
  const float *w_u; /* [U], in the step's parameters */
  float *block;
} da_weights;

/* Masks on weights: DA_DROPOUT_STEP. Rates 0: none. */
typedef struct {
  float dropout, recurrent_dropout;
  uint64_t seed;
} da_weight_masks;

da_status da_weights_open(da_weights *weights, const da_shape *shape, const da_kernel_set *kernels, da_error *err) DA_MUST_CHECK;
void da_weights_close(da_weights *weights);

/* Packing is cut into tasks, which may run at the same time. */
enum { DA_PACK_TASKS = 8 };
void da_weights_pack(da_weights *weights, const float *params, const da_weight_masks *masks, size_t task);

/* x: (n, x_stride) gets the embedding rows rows[0 .. n-1], masked; table: (n, z_stride) gets x W_x. [TABLE] */
void da_weights_table(const da_weights *weights, const float *params, const da_weight_masks *masks, const uint32_t *rows, size_t n,
                      float *x, float *table);

/* z (n, z_stride) = x (n, x_stride) W_x */
void da_weights_input_product(const da_weights *weights, const float *x, size_t n, float *z);
/* dW_x (E, z_stride) += x^T dz, then dx (n, x_stride) = dz W_x^T; dx may be x. */
void da_weights_input_product_backward(const da_weights *weights, const float *x, const float *dz, size_t n, float *dW_x, float *dx);

/* A gate row without its padding: (4P) -> (4H). */
void da_weights_unpad(const da_weights *weights, const float *row, float *out);

#endif
