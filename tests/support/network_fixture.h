/* What another framework says of a small network (src/model/fixtures/): a batch, parameters, and its results. */
#ifndef DA_TESTS_NETWORK_FIXTURE_H
#define DA_TESTS_NETWORK_FIXTURE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/engine.h"
#include "model/safetensors.h"
#include "support/folder.h"

typedef struct {
  const char *name;
  unsigned char *bytes;
  da_safetensors file;
  da_shape shape;
  da_tensor tensors[DA_N_TENSORS];
  size_t length; /* of the parameters */
  float *params;
  da_batch batch; /* first, rows, label are the fixture's */
  uint32_t *first, *rows, *user_rows;
  uint8_t *label;
  float *weight, *days;
  da_engine_options options; /* dropout */
  uint64_t mask_seed;
} network_fixture;

/* The values of a tensor of the file, of any length if n is 0; the caller frees them. */
static inline float *fixture_values(const network_fixture *fixture, const char *name, uint64_t n) {
  da_error err = {0};
  const da_safetensor *tensor = da_safetensors_find(&fixture->file, name);
  if (!tensor) fail_msg("%s: expected tensor %s but found none", fixture->name, name);
  float *values = malloc(tensor->n_values * sizeof *values);
  assert_ok(da_safetensors_read(&fixture->file, name, values, n ? n : tensor->n_values, &err), err);
  return values;
}

/* One block from the tensors prefix + name, laid out as parameters are; the caller frees it. */
static inline float *fixture_block(const network_fixture *fixture, const char *prefix) {
  float *block = calloc(fixture->length, sizeof *block);
  for (int i = 0; i < DA_N_TENSORS; i++) {
    const da_tensor *tensor = &fixture->tensors[i];
    if (!tensor->n_rows) continue;
    char name[128];
    snprintf(name, sizeof name, "%s%s", prefix, tensor->name);
    const size_t n = (size_t)tensor->n_rows * tensor->n_columns;
    float *values = fixture_values(fixture, name, n);
    memcpy(block + tensor->offset, values, n * sizeof *values);
    free(values);
  }
  return block;
}

static inline const char *fixture_setting(const network_fixture *fixture, const char *key) {
  const char *value = da_safetensors_metadata(&fixture->file, key);
  if (!value) fail_msg("%s: expected setting %s but found none", fixture->name, key);
  return value;
}

static inline uint32_t *fixture_whole_numbers(const network_fixture *fixture, const char *name, uint64_t *n) {
  *n = da_safetensors_find(&fixture->file, name)->n_values;
  float *values = fixture_values(fixture, name, 0);
  uint32_t *numbers = malloc(*n * sizeof *numbers);
  for (uint64_t i = 0; i < *n; i++) numbers[i] = (uint32_t)values[i];
  free(values);
  return numbers;
}

static inline void fixture_read_batch(network_fixture *fixture) {
  uint64_t n_first, n_rows;
  fixture->first = fixture_whole_numbers(fixture, "first", &n_first);
  fixture->rows = fixture_whole_numbers(fixture, "rows", &n_rows);
  fixture->weight = fixture_values(fixture, "weight", n_first - 1);
  fixture->label = malloc(n_first - 1);
  float *label = fixture_values(fixture, "label", n_first - 1);
  for (uint64_t j = 0; j + 1 < n_first; j++) fixture->label[j] = label[j] > 0;
  free(label);
  uint64_t n_user = 0;
  if (fixture->shape.n_user_inputs) fixture->user_rows = fixture_whole_numbers(fixture, "user_rows", &n_user);
  if (fixture->shape.time_decay) fixture->days = fixture_values(fixture, "days_to_last", fixture->first[n_first - 1]);
  fixture->batch = (da_batch){.n_journeys = (uint32_t)n_first - 1,
                              .first = fixture->first,
                              .rows = fixture->rows,
                              .label = fixture->label,
                              .weight = fixture->weight,
                              .days_to_last = fixture->days,
                              .user_rows = fixture->user_rows};
}

static inline void fixture_open(network_fixture *fixture, const char *name) {
  da_error err = {0};
  size_t n_bytes;
  char path[256];
  *fixture = (network_fixture){.name = name};
  snprintf(path, sizeof path, "src/model/fixtures/%s.safetensors", name);
  fixture->bytes = folder_read(path, &n_bytes);
  assert_ok(da_safetensors_parse(path, fixture->bytes, n_bytes, &fixture->file, &err), err);
  const da_safetensor *embedding = da_safetensors_find(&fixture->file, "embedding"),
                      *user = da_safetensors_find(&fixture->file, "user.kernel");
  fixture->shape = (da_shape){.n_rows = (uint32_t)embedding->dims[0],
                              .n_inputs = (uint32_t)atoi(fixture_setting(fixture, "n_inputs")),
                              .n_embedding = (uint32_t)embedding->dims[1],
                              .n_hidden = (uint32_t)da_safetensors_find(&fixture->file, "lstm.recurrent_kernel")->dims[0],
                              .time_decay = da_safetensors_find(&fixture->file, "attention.log_decay") != NULL,
                              .n_user_rows = user ? (uint32_t)user->dims[0] : 0,
                              .n_user_inputs = user ? (uint32_t)atoi(fixture_setting(fixture, "n_user_inputs")) : 0};
  fixture->length = da_network_layout(&fixture->shape, fixture->tensors);
  fixture->params = fixture_block(fixture, "");
  fixture_read_batch(fixture);
  const bool on_journeys = !strcmp(fixture_setting(fixture, "dropout_kind"), "journey");
  fixture->options = (da_engine_options){.dropout_kind = on_journeys ? DA_DROPOUT_JOURNEY : DA_DROPOUT_STEP,
                                         .dropout = strtof(fixture_setting(fixture, "dropout"), NULL),
                                         .recurrent_dropout = strtof(fixture_setting(fixture, "recurrent_dropout"), NULL)};
  fixture->mask_seed = strtoull(fixture_setting(fixture, "mask_seed"), NULL, 10);
}

static inline void fixture_close(network_fixture *fixture) {
  da_safetensors_close(&fixture->file);
  free(fixture->bytes), free(fixture->params), free(fixture->first), free(fixture->rows), free(fixture->user_rows), free(fixture->label),
      free(fixture->weight), free(fixture->days);
}

/* The tensor whose values are as large as the terms that this one is a sum of: a bias of one number may be what is left of terms that cancel. */
static inline int fixture_scale_of(int tensor) {
  return tensor == DA_TENSOR_ATTENTION_B ? DA_TENSOR_ATTENTION_W : tensor == DA_TENSOR_OUT_B ? DA_TENSOR_OUT_W : tensor;
}

static inline double fixture_largest(const network_fixture *fixture, int i, const float *values) {
  const da_tensor *tensor = &fixture->tensors[i];
  double largest = 1e-30;
  for (size_t k = tensor->offset; k < tensor->offset + (size_t)tensor->n_rows * tensor->n_columns; k++)
    largest = fmax(largest, fabs((double)values[k]));
  return largest;
}

/* The worst difference of a tensor relative to its largest value: a float32 sum cannot be held against each small term of it. */
static inline void assert_blocks_near(const network_fixture *fixture, const char *what, const float *found, const float *expected,
                                      double tolerance) {
  for (int i = 0; i < DA_N_TENSORS; i++) {
    const da_tensor *tensor = &fixture->tensors[i];
    const double scale = fmax(fixture_largest(fixture, i, expected), fixture_largest(fixture, fixture_scale_of(i), expected));
    double worst = 0;
    for (size_t k = tensor->offset; k < tensor->offset + (size_t)tensor->n_rows * tensor->n_columns; k++) {
      worst = fmax(worst, isfinite(found[k]) ? fabs((double)found[k] - (double)expected[k]) : INFINITY);
    }
    if (worst > tolerance * scale)
      fail_msg("%s, %s of %s: off by %.3g of its largest value", fixture->name, what, tensor->name, worst / scale);
  }
}

#endif
