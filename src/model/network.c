#include "model/network.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

size_t da_network_layout(const da_shape *shape, da_tensor *tensors) {
  const uint32_t R = shape->n_rows, E = shape->n_embedding, H = shape->n_hidden;
  const da_tensor table[DA_N_TENSORS] = {
      [DA_TENSOR_EMBEDDING] = {"embedding", R, E, 0},
      [DA_TENSOR_W_X] = {"lstm.kernel", E, 4 * H, 0},
      [DA_TENSOR_W_H] = {"lstm.recurrent_kernel", H, 4 * H, 0},
      [DA_TENSOR_BIAS] = {"lstm.bias", 1, 4 * H, 0},
      [DA_TENSOR_ATTENTION_W] = {"attention.kernel", H, 1, 0},
      [DA_TENSOR_ATTENTION_B] = {"attention.bias", 1, 1, 0},
      [DA_TENSOR_OUT_W] = {"output.kernel", H, 1, 0},
      [DA_TENSOR_OUT_B] = {"output.bias", 1, 1, 0},
      [DA_TENSOR_LOG_DECAY] = {"attention.log_decay", shape->time_decay, 1, 0},
      [DA_TENSOR_USER] = {"user.kernel", shape->n_user_rows, 1, 0},
  };
  size_t offset = 0;
  for (int i = 0; i < DA_N_TENSORS; i++) {
    tensors[i] = table[i];
    tensors[i].offset = offset;
    offset += (size_t)table[i].n_rows * table[i].n_columns;
  }
  return offset;
}

/* Floats of the block, as da_network_layout counts them but without overflow. */
static double block_length(const da_shape *shape) {
  const double R = shape->n_rows, E = shape->n_embedding, H = shape->n_hidden;
  return R * E + (E + H + 1) * 4 * H + 2 * H + 2 + shape->n_user_rows;
}

da_status da_network_check(const da_shape *shape, da_error *err) {
  const struct {
    const char *what;
    uint32_t size, limit;
  } sizes[] = {{"rows of the embedding", shape->n_rows, UINT32_MAX},
               {"inputs a touch", shape->n_inputs, DA_NETWORK_MAX_INPUTS},
               {"embedding dimensions", shape->n_embedding, DA_NETWORK_MAX_UNITS},
               {"LSTM units", shape->n_hidden, DA_NETWORK_MAX_UNITS}};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    if (sizes[i].size < 1 || sizes[i].size > sizes[i].limit)
      return da_fail(err, DA_ERR_ARG, "expected 1 to %u %s but found %u", sizes[i].limit, sizes[i].what, sizes[i].size);
  }
  if (shape->n_user_inputs > DA_NETWORK_MAX_INPUTS || shape->n_user_rows < shape->n_user_inputs)
    return da_fail(err, DA_ERR_ARG, "expected at most %d user inputs with a row or more each but found %u with %u rows",
                   DA_NETWORK_MAX_INPUTS, shape->n_user_inputs, shape->n_user_rows);
  double length = block_length(shape);
  if (length > 0x1p31)
    return da_fail(err, DA_ERR_ARG, "expected a network of at most 2^31 parameters but found %.0f: %u rows, embedding %u, %u LSTM units",
                   length, shape->n_rows, shape->n_embedding, shape->n_hidden);
  return DA_OK;
}

static void fill_uniform(da_random *random, float limit, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = limit * (float)(2 * da_random_uniform(random) - 1);
}

/* Glorot and Bengio 2010: uniform within sqrt(6 / (inputs + outputs)). */
static void fill_glorot(da_random *random, const da_tensor *tensor, float *out) {
  double limit = sqrt(6.0 / ((double)tensor->n_rows + tensor->n_columns));
  fill_uniform(random, (float)limit, (size_t)tensor->n_rows * tensor->n_columns, out);
}

static double dot(const float *a, const float *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)a[i] * b[i];
  return sum;
}

/* Rows of unit length at right angles, spread evenly over all such matrices: normal rows, made orthogonal one after the other
 * (Saxe et al. 2014). Twice, because one pass of Gram-Schmidt leaves rounding errors behind. Needs n_rows <= n_columns. */
static void fill_orthogonal(da_random *random, size_t n_rows, size_t n_columns, float *out) {
  for (size_t k = 0; k < n_rows; k++) {
    float *row = out + k * n_columns;
    for (size_t i = 0; i < n_columns; i++) row[i] = (float)da_random_normal(random);
    for (int pass = 0; pass < 2; pass++) {
      for (size_t j = 0; j < k; j++) {
        const float *before = out + j * n_columns;
        float along = (float)dot(row, before, n_columns);
        for (size_t i = 0; i < n_columns; i++) row[i] -= along * before[i];
      }
      float length = (float)sqrt(dot(row, row, n_columns));
      for (size_t i = 0; i < n_columns; i++) row[i] /= length;
    }
  }
}

void da_network_init(const da_shape *shape, uint64_t seed, float *params) {
  da_tensor tensors[DA_N_TENSORS];
  size_t length = da_network_layout(shape, tensors);
  memset(params, 0, length * sizeof *params);
  for (int i = 0; i < DA_N_TENSORS; i++) {
    const da_tensor *tensor = &tensors[i];
    float *out = params + tensor->offset;
    da_random random;
    da_random_init(&random, seed, (uint64_t)i);
    switch (i) {
    case DA_TENSOR_EMBEDDING:
      fill_uniform(&random, 0.05f, (size_t)tensor->n_rows * tensor->n_columns, out);
      break;
    case DA_TENSOR_W_H:
      fill_orthogonal(&random, tensor->n_rows, tensor->n_columns, out);
      break;
    case DA_TENSOR_W_X:
    case DA_TENSOR_ATTENTION_W:
    case DA_TENSOR_OUT_W:
      fill_glorot(&random, tensor, out);
      break;
    case DA_TENSOR_BIAS: /* the forget gate begins open */
      for (uint32_t k = shape->n_hidden; k < 2 * shape->n_hidden; k++) out[k] = 1;
      break;
    case DA_TENSOR_LOG_DECAY:
      if (shape->time_decay) *out = (float)log(log(2) / 7);
      break;
    default:
      break; /* zero */
    }
  }
}
