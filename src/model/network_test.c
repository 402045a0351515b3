/* Oracle: the definitions of Keras' initialisers, checked as properties; sizes worked out by hand. */
#include "model/network.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "support/testing.h"

static const da_shape SHAPE = {.n_rows = 50, .n_inputs = 1, .n_embedding = 20, .n_hidden = 64};

static void tensors_follow_each_other_in_one_block(void **state) {
  (void)state;
  da_tensor t[DA_N_TENSORS];
  const size_t length = da_network_layout(&SHAPE, t);
  assert_int_equal(length, 50 * 20 + 20 * 256 + 64 * 256 + 256 + 64 + 1 + 64 + 1);
  size_t end = 0;
  for (int i = 0; i < DA_N_TENSORS; i++) {
    assert_int_equal(t[i].offset, end);
    end += (size_t)t[i].n_rows * t[i].n_columns;
  }
  assert_int_equal(end, length);
  assert_string_equal(t[DA_TENSOR_W_H].name, "lstm.recurrent_kernel");
}

static void absurd_sizes_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  assert_ok(da_network_check(&SHAPE, &err), err);
  da_shape shape = SHAPE;
  shape.n_rows = 0;
  assert_fails_with(da_network_check(&shape, &err), DA_ERR_ARG, err, "rows of the embedding but found 0");
  shape = SHAPE;
  shape.n_hidden = DA_NETWORK_MAX_UNITS + 1;
  assert_fails_with(da_network_check(&shape, &err), DA_ERR_ARG, err, "LSTM units but found 4097");
  shape = SHAPE;
  shape.n_inputs = 0;
  assert_fails_with(da_network_check(&shape, &err), DA_ERR_ARG, err, "inputs a touch but found 0");
  shape = SHAPE;
  shape.n_rows = UINT32_MAX;
  assert_fails_with(da_network_check(&shape, &err), DA_ERR_ARG, err, "2^31 parameters");
}

static void initial_weights_are_those_of_keras(void **state) {
  (void)state;
  da_tensor t[DA_N_TENSORS];
  const size_t length = da_network_layout(&SHAPE, t);
  float *params = da_mem_alloc(length, sizeof *params);
  da_network_init(&SHAPE, 7, params);
  const struct {
    int tensor;
    double limit; /* uniform within +-limit */
  } uniform[] = {{DA_TENSOR_EMBEDDING, 0.05},
                 {DA_TENSOR_W_X, sqrt(6.0 / (20 + 256))},
                 {DA_TENSOR_ATTENTION_W, sqrt(6.0 / 65)},
                 {DA_TENSOR_OUT_W, sqrt(6.0 / 65)}};
  for (size_t i = 0; i < sizeof uniform / sizeof uniform[0]; i++) {
    const da_tensor *tensor = &t[uniform[i].tensor];
    const size_t n = (size_t)tensor->n_rows * tensor->n_columns;
    const double limit = uniform[i].limit;
    double sum_squares = 0;
    for (size_t k = 0; k < n; k++) {
      assert_true(fabs(params[tensor->offset + k]) <= limit * 1.0001);
      sum_squares += pow(params[tensor->offset + k], 2);
    }
    assert_true(fabs(sum_squares / (double)n / (limit * limit / 3) - 1) < 3 / sqrt((double)n));
  }
  const float *bias = params + t[DA_TENSOR_BIAS].offset;
  for (int k = 0; k < 256; k++) assert_true(bias[k] == (k / 64 == 1 ? 1.0f : 0.0f));
  da_mem_free(params);
}

static void recurrent_kernel_has_orthonormal_rows(void **state) {
  (void)state;
  da_tensor t[DA_N_TENSORS];
  const size_t length = da_network_layout(&SHAPE, t);
  float *params = da_mem_alloc(length, sizeof *params);
  da_network_init(&SHAPE, 7, params);
  const float *W_h = params + t[DA_TENSOR_W_H].offset;
  for (int a = 0; a < 64; a++) {
    for (int b = 0; b <= a; b++) {
      double dot = 0;
      for (int j = 0; j < 256; j++) dot += (double)W_h[a * 256 + j] * W_h[b * 256 + j];
      assert_true(fabs(dot - (a == b)) < 1e-6);
    }
  }
  da_mem_free(params);
}

static void the_seed_alone_decides(void **state) {
  (void)state;
  da_tensor t[DA_N_TENSORS];
  const size_t length = da_network_layout(&SHAPE, t);
  float *a = da_mem_alloc(length, sizeof *a), *b = da_mem_alloc(length, sizeof *b);
  da_network_init(&SHAPE, 7, a);
  da_network_init(&SHAPE, 7, b);
  assert_memory_equal(a, b, length * sizeof *a);
  da_network_init(&SHAPE, 8, b);
  assert_true(memcmp(a, b, length * sizeof *a) != 0);
  da_mem_free(a);
  da_mem_free(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tensors_follow_each_other_in_one_block),
      cmocka_unit_test(absurd_sizes_are_refused),
      cmocka_unit_test(initial_weights_are_those_of_keras),
      cmocka_unit_test(recurrent_kernel_has_orthonormal_rows),
      cmocka_unit_test(the_seed_alone_decides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
