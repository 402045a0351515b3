/* Oracle: the naive twin in double precision (engine_naive.h), whose own gradients are checked here against finite differences. */
#include "model/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "model/engine_naive.h"
#include "support/testing.h"

/* A batch of random journeys with random parameters, in both precisions. */
typedef struct {
  da_shape shape;
  da_batch batch;
  uint32_t *first, *rows;
  uint8_t *label;
  float *weight;
  size_t length; /* of the parameters */
  float *params;
  double *wide; /* the same parameters */
} sample;

static sample make_sample(da_shape shape, uint32_t n_journeys, uint32_t longest, uint64_t seed) {
  sample s = {.shape = shape};
  da_tensor t[DA_N_TENSORS];
  da_random random;
  da_random_init(&random, seed, 0);
  s.first = da_mem_calloc(n_journeys + 1, sizeof *s.first);
  s.label = da_mem_alloc(n_journeys, 1);
  s.weight = da_mem_alloc(n_journeys, sizeof *s.weight);
  for (uint32_t j = 0; j < n_journeys; j++) {
    s.first[j + 1] = s.first[j] + 1 + (uint32_t)da_random_below(&random, longest);
    s.label[j] = da_random_below(&random, 3) == 0;
    s.weight[j] = (float)(0.5 + da_random_uniform(&random));
  }
  const size_t n = (size_t)s.first[n_journeys] * shape.n_inputs;
  s.rows = da_mem_alloc(n, sizeof *s.rows);
  /* Small rows are the most frequent, so that journeys begin alike and rows repeat. */
  for (size_t i = 0; i < n; i++) s.rows[i] = (uint32_t)(shape.n_rows * pow(da_random_uniform(&random), 2));
  s.length = da_network_layout(&shape, t);
  s.params = da_mem_alloc(s.length, sizeof *s.params);
  s.wide = da_mem_alloc(s.length, sizeof *s.wide);
  for (size_t i = 0; i < s.length; i++) {
    s.params[i] = (float)(0.5 * da_random_normal(&random));
    s.wide[i] = s.params[i];
  }
  s.batch = (da_batch){.n_journeys = n_journeys, .first = s.first, .rows = s.rows, .label = s.label, .weight = s.weight};
  return s;
}

static void free_sample(sample *s) {
  da_mem_free(s->first);
  da_mem_free(s->rows);
  da_mem_free(s->label);
  da_mem_free(s->weight);
  da_mem_free(s->params);
  da_mem_free(s->wide);
}

static void the_twin_agrees_with_finite_differences(void **state) {
  (void)state;
  const da_engine_options dropouts[] = {{.dropout = 0},
                                        {.dropout_kind = DA_DROPOUT_STEP, .dropout = 0.3f, .recurrent_dropout = 0.4f},
                                        {.dropout_kind = DA_DROPOUT_JOURNEY, .dropout = 0.3f, .recurrent_dropout = 0.4f}};
  for (int d = 0; d < 3; d++) {
    sample s = make_sample((da_shape){.n_rows = 5, .n_inputs = 2, .n_embedding = 3, .n_hidden = 4}, 6, 5, 1);
    double *gradient = da_mem_alloc(s.length, sizeof *gradient);
    naive_engine(&s.shape, &dropouts[d], s.wide, &s.batch, 11, gradient, NULL, NULL);
    for (size_t i = 0; i < s.length; i++) {
      const double kept = s.wide[i], step = 1e-5;
      s.wide[i] = kept + step;
      const double above = naive_engine(&s.shape, &dropouts[d], s.wide, &s.batch, 11, NULL, NULL, NULL);
      s.wide[i] = kept - step;
      const double below = naive_engine(&s.shape, &dropouts[d], s.wide, &s.batch, 11, NULL, NULL, NULL);
      s.wide[i] = kept;
      const double slope = (above - below) / (2 * step);
      if (fabs(slope - gradient[i]) > 1e-8 * (1 + fabs(slope)))
        fail_msg("parameter %zu: expected %.12g but found %.12g", i, slope, gradient[i]);
    }
    da_mem_free(gradient);
    free_sample(&s);
  }
}

/* Relative to the largest value of the tensor. */
static void assert_tensors_near(const sample *s, const float *found, const double *expected, double tolerance) {
  da_tensor t[DA_N_TENSORS];
  da_network_layout(&s->shape, t);
  for (int i = 0; i < DA_N_TENSORS; i++) {
    const size_t n = (size_t)t[i].n_rows * t[i].n_columns;
    double largest = 1e-30, worst = 0;
    for (size_t k = t[i].offset; k < t[i].offset + n; k++) {
      largest = fmax(largest, fabs(expected[k]));
      worst = fmax(worst, fabs(found[k] - expected[k]));
    }
    if (!(worst <= tolerance * largest)) fail_msg("%s: off by %.3g of its largest gradient %.3g", t[i].name, worst / largest, largest);
  }
}

static void check_gradient(const sample *s, const da_engine_options *options, da_pool *pool) {
  da_error err = {0};
  da_engine *engine = NULL;
  double loss = 0, *expected = da_mem_alloc(s->length, sizeof *expected);
  float *found = da_mem_alloc(s->length, sizeof *found);
  assert_ok(da_engine_open(&s->shape, options, pool, &engine, &err), err);
  assert_ok(da_engine_gradient(engine, s->params, &s->batch, 3, found, &loss, &err), err);
  const double expected_loss = naive_engine(&s->shape, options, s->wide, &s->batch, 3, expected, NULL, NULL);
  assert_true(fabs(loss - expected_loss) <= 2e-6 * fabs(expected_loss));
  assert_tensors_near(s, found, expected, 5e-6);
  da_engine_close(engine);
  da_mem_free(expected);
  da_mem_free(found);
}

static const da_shape SHAPES[] = {
    {.n_rows = 12, .n_inputs = 1, .n_embedding = 20, .n_hidden = 64}, {.n_rows = 1, .n_inputs = 1, .n_embedding = 1, .n_hidden = 1},
    {.n_rows = 40, .n_inputs = 4, .n_embedding = 20, .n_hidden = 32}, {.n_rows = 7, .n_inputs = 3, .n_embedding = 5, .n_hidden = 13},
    {.n_rows = 9, .n_inputs = 1, .n_embedding = 33, .n_hidden = 40},
};
enum { N_SHAPES = sizeof SHAPES / sizeof SHAPES[0] };

static void gradients_are_those_of_the_twin(void **state) {
  da_pool *pool = *state;
  for (int i = 0; i < N_SHAPES; i++) {
    for (int kind = 0; kind < 3; kind++) {
      const da_engine_options options = {.dropout_kind = kind == 2 ? DA_DROPOUT_JOURNEY : DA_DROPOUT_STEP,
                                         .dropout = kind ? 0.2f : 0,
                                         .recurrent_dropout = kind ? 0.3f : 0};
      sample s = make_sample(SHAPES[i], 70, 9, (uint64_t)i);
      check_gradient(&s, &options, pool);
      free_sample(&s);
    }
  }
}

static void scores_are_those_of_the_twin(void **state) {
  da_pool *pool = *state;
  for (int i = 0; i < N_SHAPES; i++) {
    sample s = make_sample(SHAPES[i], 100, 50, (uint64_t)i);
    const uint32_t n = s.first[s.batch.n_journeys], B = s.batch.n_journeys;
    float *attention = da_mem_alloc(n, sizeof *attention), *logit = da_mem_alloc(B, sizeof *logit);
    double *expected_attention = da_mem_alloc(n, sizeof *expected_attention), *expected_logit = da_mem_alloc(B, sizeof *expected_logit);
    da_error err = {0};
    da_engine *engine = NULL;
    const da_engine_options options = {.dropout = 0.5f}; /* which scoring must not apply */
    s.batch.label = NULL;
    assert_ok(da_engine_open(&s.shape, &options, pool, &engine, &err), err);
    assert_ok(da_engine_score(engine, s.params, &s.batch, attention, logit, &err), err);
    naive_engine(&s.shape, NULL, s.wide, &s.batch, 0, NULL, expected_attention, expected_logit);
    for (uint32_t t = 0; t < n; t++) assert_true(fabs(attention[t] - expected_attention[t]) <= 2e-6 * expected_attention[t]);
    for (uint32_t j = 0; j < B; j++) assert_true(fabs(logit[j] - expected_logit[j]) <= 5e-6 * (1 + fabs(expected_logit[j])));
    da_engine_close(engine);
    da_mem_free(attention);
    da_mem_free(logit);
    da_mem_free(expected_attention);
    da_mem_free(expected_logit);
    free_sample(&s);
  }
}

static int open_pool(void **state) {
  da_error err = {0};
  da_pool *pool = NULL;
  assert_ok(da_pool_open(2, &pool, &err), err);
  *state = pool;
  return 0;
}

static int close_pool(void **state) {
  da_pool_close(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_twin_agrees_with_finite_differences),
      cmocka_unit_test(gradients_are_those_of_the_twin),
      cmocka_unit_test(scores_are_those_of_the_twin),
  };
  return cmocka_run_group_tests(tests, open_pool, close_pool);
}
