/* The network of DNAMTA (arXiv 1809.02230), on touches that are sums of embedding rows.
 *
 *   B journeys, T touches (all journeys of a batch laid end to end, no padding), I inputs a touch, R rows, E embedding, H hidden
 *
 *   x_t = sum over inputs i of emb[row_ti]                     emb (R, E)   campaigns are rows 0 .. K-1; every further
 *   z_t = x_t W_x + h_{t-1} W_h + b                            W_x (E, 4H)  categorical input (binned time, device ...)
 *   i, f, o = sigmoid(z_i, z_f, z_o), g = tanh(z_g)            W_h (H, 4H)  has rows of its own behind them
 *   c_t = f c_{t-1} + i g,  h_t = o tanh(c_t)                  b   (4H)     gate order i, f, g, o, as Keras (i, f, c, o)
 *   e_t = exp(tanh(w_a . h_t + b_a) - lambda d_t)              w_a (H), b_a (1); d_t: days from touch t to the journey's last;
 *   a_t = e_t / sum e                                          lambda 0, or learned: softmax over the journey's own touches only
 *   p = sigmoid(w_o . sum_t a_t h_t + b_o + sum_i w_u[row_ji]) w_o (H), b_o (1); w_u (U): user inputs
 *
 * User inputs are the paper's fusion with static features: their one-hot vector is concatenated with the attention's output before
 * the last dense layer. That layer is linear, so each row of a user input (a region, a bin of ages) is one number added to the logit;
 * an embedding in between would give the same function.
 *
 * Loss: sum over journeys of weight x binary cross-entropy. All parameters stand in one flat block of float32; one table gives
 * each tensor's name, shape and offset and drives initialisation, update, files, sums over ranks and gradient checks. */
#ifndef DA_MODEL_NETWORK_H
#define DA_MODEL_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { DA_NETWORK_MAX_INPUTS = 64, DA_NETWORK_MAX_UNITS = 4096 }; /* the most inputs a touch; the largest E and H */

typedef struct {
  uint32_t n_rows;                     /* R >= 1 */
  uint32_t n_inputs;                   /* I >= 1 */
  uint32_t n_embedding;                /* E */
  uint32_t n_hidden;                   /* H */
  bool time_decay;                     /* lambda is learned */
  uint32_t n_user_rows, n_user_inputs; /* U, and inputs a journey; 0: none */
} da_shape;

enum {
  DA_TENSOR_EMBEDDING,
  DA_TENSOR_W_X,
  DA_TENSOR_W_H,
  DA_TENSOR_BIAS,
  DA_TENSOR_ATTENTION_W,
  DA_TENSOR_ATTENTION_B,
  DA_TENSOR_OUT_W,
  DA_TENSOR_OUT_B,
  DA_TENSOR_LOG_DECAY, /* ln lambda; without time_decay it has no row, and takes no place in files */
  DA_TENSOR_USER,      /* w_u; without user inputs neither */
  DA_N_TENSORS
};

typedef struct {
  const char *
      name; /* "embedding", "lstm.kernel", "lstm.recurrent_kernel", "lstm.bias", "attention.kernel", "attention.bias", "output.kernel", "output.bias", "attention.log_decay", "user.kernel" */
  uint32_t n_rows, n_columns;
  size_t offset; /* in floats, from the start of the block */
} da_tensor;

/* Fills tensors[DA_N_TENSORS]; returns the block's length in floats. */
size_t da_network_layout(const da_shape *shape, da_tensor *tensors);
/* Refuses absurd sizes (zero, beyond the limits above, or more than 2^31 floats in all): DA_ERR_ARG. */
da_status da_network_check(const da_shape *shape, da_error *err) DA_MUST_CHECK;
/* Keras' defaults: uniform embedding, Glorot kernels, orthogonal recurrent kernel, bias 0 with 1 at the forget gate;
 * a decay that halves in a week, and user inputs that say nothing yet.
 * A function of (shape, seed) alone. */
void da_network_init(const da_shape *shape, uint64_t seed, float *params);

/* Journeys laid end to end. The arrays stay the caller's. */
typedef struct {
  uint32_t n_journeys;       /* B */
  const uint32_t *first;     /* [B + 1]: journey j has touches first[j] .. first[j+1]-1, at least one; first[0] is 0 */
  const uint32_t *rows;      /* [T][I] */
  const uint8_t *label;      /* [B]: 1 converted; NULL when scoring */
  const float *weight;       /* [B] or NULL: 1 each */
  const float *days_to_last; /* [T] d_t; used, and needed, with time_decay */
  const uint32_t *user_rows; /* [B][user inputs], rows of w_u; used, and needed, with user inputs */
} da_batch;

#endif
