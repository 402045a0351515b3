/* Oracle: the naive twin in double precision (engine_naive.h), whose own gradients are checked here against finite differences. */
#include "model/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "model/engine_naive.h"
#include "model/engine_plan.h"
#include "model/kernels/kernels.h"
#include "support/testing.h"

/* A batch of random journeys with random parameters, in both precisions. */
typedef struct {
  da_shape shape;
  da_batch batch;
  uint32_t *first, *rows, *user_rows;
  uint8_t *label;
  float *weight, *days;
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
  s.days = da_mem_calloc(s.first[n_journeys], sizeof *s.days); /* none for the last touch of a journey */
  for (uint32_t j = 0; j < n_journeys; j++)
    for (uint32_t k = s.first[j + 1] - 1; k-- > s.first[j];) s.days[k] = s.days[k + 1] + (float)da_random_exponential(&random);
  s.user_rows = da_mem_alloc((size_t)n_journeys * shape.n_user_inputs, sizeof *s.user_rows);
  for (size_t i = 0; i < (size_t)n_journeys * shape.n_user_inputs; i++)
    s.user_rows[i] = (uint32_t)da_random_below(&random, shape.n_user_rows);
  s.length = da_network_layout(&shape, t);
  s.params = da_mem_alloc(s.length, sizeof *s.params);
  s.wide = da_mem_alloc(s.length, sizeof *s.wide);
  for (size_t i = 0; i < s.length; i++) {
    s.params[i] = (float)(0.3 * da_random_normal(&random));
    s.wide[i] = s.params[i];
  }
  s.batch = (da_batch){.n_journeys = n_journeys,
                       .first = s.first,
                       .rows = s.rows,
                       .label = s.label,
                       .weight = s.weight,
                       .days_to_last = s.days,
                       .user_rows = s.user_rows};
  return s;
}

static void free_sample(sample *s) {
  da_mem_free(s->first);
  da_mem_free(s->rows);
  da_mem_free(s->user_rows);
  da_mem_free(s->label);
  da_mem_free(s->weight);
  da_mem_free(s->days);
  da_mem_free(s->params);
  da_mem_free(s->wide);
}

static void the_twin_agrees_with_finite_differences(void **state) {
  (void)state;
  const da_engine_options dropouts[] = {{.dropout = 0},
                                        {.dropout_kind = DA_DROPOUT_STEP, .dropout = 0.3f, .recurrent_dropout = 0.4f},
                                        {.dropout_kind = DA_DROPOUT_JOURNEY, .dropout = 0.3f, .recurrent_dropout = 0.4f}};
  for (int d = 0; d < 3; d++) {
    sample s = make_sample(
        (da_shape){.n_rows = 5, .n_inputs = 2, .n_embedding = 3, .n_hidden = 4, .time_decay = d != 1, .n_user_rows = 7, .n_user_inputs = 2},
        6, 5, 1);
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

static double largest(const double *values, const da_tensor *tensor) {
  double scale = 1e-30;
  for (size_t k = tensor->offset; k < tensor->offset + (size_t)tensor->n_rows * tensor->n_columns; k++)
    scale = fmax(scale, fabs(values[k]));
  return scale;
}

/* The worst error of any tensor relative to its largest value. The attention's gradients are differences of terms as large as those of
 * the output kernel, and may cancel: they are held against a twentieth of these where that is more. */
static double largest_error(const sample *s, const float *found, const double *expected) {
  da_tensor t[DA_N_TENSORS];
  da_network_layout(&s->shape, t);
  double error = 0;
  for (int i = 0; i < DA_N_TENSORS; i++) {
    double scale = largest(expected, &t[i]), worst = 0;
    if (i == DA_TENSOR_ATTENTION_W || i == DA_TENSOR_ATTENTION_B) scale = fmax(scale, largest(expected, &t[DA_TENSOR_OUT_W]) / 20);
    for (size_t k = t[i].offset; k < t[i].offset + (size_t)t[i].n_rows * t[i].n_columns; k++) {
      if (!isfinite(found[k])) return INFINITY;
      worst = fmax(worst, fabs(found[k] - expected[k]));
    }
    error = fmax(error, worst / scale);
  }
  return error;
}

static const da_kernels FAMILIES[] = {DA_KERNELS_PLAIN, DA_KERNELS_AVX2, DA_KERNELS_AVX512};
enum { N_FAMILIES = sizeof FAMILIES / sizeof FAMILIES[0] };

static da_engine *open_engine(const da_shape *shape, const da_engine_options *options, da_pool *pool) {
  da_error err = {0};
  da_engine *engine = NULL;
  assert_ok(da_engine_open(shape, options, pool, &engine, &err), err);
  return engine;
}

static void check_gradient(const sample *s, const da_engine_options *options, da_pool *pool) {
  da_error err = {0};
  double loss = 0, *expected = da_mem_alloc(s->length, sizeof *expected);
  float *found = da_mem_alloc(s->length, sizeof *found);
  const double expected_loss = naive_engine(&s->shape, options, s->wide, &s->batch, 3, expected, NULL, NULL);
  da_engine_options with_family = *options;
  for (int f = 0; f < N_FAMILIES; f++) {
    if (!da_kernels_find(FAMILIES[f])) continue;
    with_family.kernels = FAMILIES[f];
    da_engine *engine = open_engine(&s->shape, &with_family, pool);
    memset(found, 0xff, s->length * sizeof *found);
    for (int repeat = 0; repeat < 2; repeat++) { /* the second time, memory is in use already */
      assert_ok(da_engine_gradient(engine, s->params, &s->batch, 3, found, &loss, &err), err);
      const double error = largest_error(s, found, expected);
      if (!(error <= 3e-6)) fail_msg("%s: a gradient is off by %.3g", da_engine_kernels(engine), error);
      if (!(fabs(loss - expected_loss) <= 2e-7 * fabs(expected_loss)))
        fail_msg("expected the loss %.9g but found %.9g", expected_loss, loss);
    }
    da_engine_close(engine);
  }
  da_mem_free(expected);
  da_mem_free(found);
}

static void check_scores(const sample *s, da_pool *pool) {
  const uint32_t B = s->batch.n_journeys, n = s->first[B];
  float *attention = da_mem_alloc(n, sizeof *attention), *logit = da_mem_alloc(B, sizeof *logit);
  double *expected_attention = da_mem_alloc(n, sizeof *expected_attention), *expected_logit = da_mem_alloc(B, sizeof *expected_logit);
  da_batch batch = s->batch;
  batch.label = NULL;
  naive_engine(&s->shape, NULL, s->wide, &batch, 0, NULL, expected_attention, expected_logit);
  for (int f = 0; f < N_FAMILIES; f++) {
    if (!da_kernels_find(FAMILIES[f])) continue;
    da_error err = {0};
    const da_engine_options options = {.kernels = FAMILIES[f], .dropout = 0.5f}; /* which scoring must not apply */
    da_engine *engine = open_engine(&s->shape, &options, pool);
    assert_ok(da_engine_score(engine, s->params, &batch, attention, logit, &err), err);
    for (uint32_t t = 0; t < n; t++) /* what has decayed to almost nothing has fewer digits */
      assert_true(fabs(attention[t] - expected_attention[t]) <= 2e-6 * expected_attention[t] + 1e-12);
    for (uint32_t j = 0; j < B; j++) assert_true(fabs(logit[j] - expected_logit[j]) <= 1e-6 * (1 + fabs(expected_logit[j])));
    da_engine_close(engine);
  }
  da_mem_free(attention);
  da_mem_free(logit);
  da_mem_free(expected_attention);
  da_mem_free(expected_logit);
}

static const da_shape SHAPES[] = {
    {.n_rows = 12, .n_inputs = 1, .n_embedding = 20, .n_hidden = 64},
    {.n_rows = 1, .n_inputs = 1, .n_embedding = 1, .n_hidden = 1},
    {.n_rows = 40, .n_inputs = 4, .n_embedding = 20, .n_hidden = 32},
    {.n_rows = 7, .n_inputs = 3, .n_embedding = 5, .n_hidden = 13},
    {.n_rows = 9, .n_inputs = 1, .n_embedding = 70, .n_hidden = 40},
    {.n_rows = 6, .n_inputs = 1, .n_embedding = 8, .n_hidden = 16, .time_decay = true},
    {.n_rows = 12, .n_inputs = 1, .n_embedding = 8, .n_hidden = 16, .n_user_rows = 21, .n_user_inputs = 3},
};
enum { N_SHAPES = sizeof SHAPES / sizeof SHAPES[0] };

/* none, on weights, on journeys */
static const da_engine_options DROPOUTS[] = {{.dropout = 0},
                                             {.dropout_kind = DA_DROPOUT_STEP, .dropout = 0.2f, .recurrent_dropout = 0.3f},
                                             {.dropout_kind = DA_DROPOUT_JOURNEY, .dropout = 0.2f, .recurrent_dropout = 0.3f}};
enum { N_DROPOUTS = sizeof DROPOUTS / sizeof DROPOUTS[0] };

static void gradients_are_those_of_the_twin(void **state) {
  const uint32_t n_journeys[] = {1, 2, 90};
  for (int i = 0; i < N_SHAPES; i++) {
    for (int n = 0; n < 3; n++) {
      sample s = make_sample(SHAPES[i], n_journeys[n], 9, (uint64_t)(i + n));
      for (int d = 0; d < N_DROPOUTS; d++) check_gradient(&s, &DROPOUTS[d], *state);
      free_sample(&s);
    }
  }
}

static void gradients_of_long_journeys_are_those_of_the_twin(void **state) {
  da_shape shape = SHAPES[3];
  shape.time_decay = true;
  shape.n_user_rows = 3, shape.n_user_inputs = 2;
  sample s = make_sample(shape, 12, 2 * DA_SEGMENT + 100, 5); /* some in one piece, some in two or three */
  uint32_t n_long = 0;
  for (uint32_t j = 0; j < s.batch.n_journeys; j++) n_long += s.first[j + 1] - s.first[j] > DA_SEGMENT;
  assert_in_range(n_long, 3, s.batch.n_journeys - 3);
  for (int d = 0; d < N_DROPOUTS; d++) check_gradient(&s, &DROPOUTS[d], *state);
  check_scores(&s, *state);
  free_sample(&s);
}

static void scores_are_those_of_the_twin(void **state) {
  for (int i = 0; i < N_SHAPES; i++) {
    sample s = make_sample(SHAPES[i], 200, i % 2 ? 9 : 50, (uint64_t)i);
    check_scores(&s, *state);
    free_sample(&s);
  }
}

/* More than one chunk, several tiles a chunk. */
static void any_number_of_threads_gives_the_same_bits(void **state) {
  (void)state;
  da_shape shape = SHAPES[0];
  shape.n_user_rows = 5, shape.n_user_inputs = 1;
  sample s = make_sample(shape, 1500, 9, 4);
  const uint32_t n = s.first[1500];
  float *gradient[2], *attention[2], *logit[2];
  double loss[2];
  for (int d = 0; d < N_DROPOUTS; d++) {
    for (int k = 0; k < 2; k++) {
      da_error err = {0};
      da_pool *pool = NULL;
      assert_ok(da_pool_open(k ? 3 : 1, &pool, &err), err);
      da_engine *engine = open_engine(&s.shape, &DROPOUTS[d], pool);
      gradient[k] = da_mem_alloc(s.length, sizeof(float));
      attention[k] = da_mem_alloc(n, sizeof(float));
      logit[k] = da_mem_alloc(1500, sizeof(float));
      assert_ok(da_engine_gradient(engine, s.params, &s.batch, 9, gradient[k], &loss[k], &err), err);
      assert_ok(da_engine_score(engine, s.params, &s.batch, attention[k], logit[k], &err), err);
      da_engine_close(engine);
      da_pool_close(pool);
    }
    assert_memory_equal(gradient[0], gradient[1], s.length * sizeof(float));
    assert_memory_equal(attention[0], attention[1], n * sizeof(float));
    assert_memory_equal(logit[0], logit[1], 1500 * sizeof(float));
    assert_true(loss[0] == loss[1]);
    for (int k = 0; k < 2; k++) {
      da_mem_free(gradient[k]);
      da_mem_free(attention[k]);
      da_mem_free(logit[k]);
    }
  }
  free_sample(&s);
}

typedef struct {
  da_engine *engine;
  const da_batch *batch;
  da_status status;
  da_error err;
} plan_errand;

static void plan_next(void *context, size_t number) {
  (void)number;
  plan_errand *errand = context;
  errand->status = da_engine_plan(errand->engine, errand->batch, false, &errand->err);
}

/* Oracle: an engine that plans each batch when it comes. */
static void a_batch_planned_ahead_gives_the_same_bits(void **state) {
  sample s[2] = {make_sample(SHAPES[0], 700, 9, 4), make_sample(SHAPES[0], 900, 9, 5)};
  float *gradient = da_mem_alloc(s[0].length, sizeof *gradient), *expected = da_mem_alloc(s[0].length, sizeof *gradient);
  const size_t n_bytes = s[0].length * sizeof *gradient;
  for (int d = 0; d < N_DROPOUTS; d++) {
    da_error err = {0};
    double loss, expected_loss;
    da_engine *engine = open_engine(&s[0].shape, &DROPOUTS[d], *state), *plain = open_engine(&s[0].shape, &DROPOUTS[d], *state);
    plan_errand errand = {.engine = engine, .batch = &s[1].batch};
    assert_ok(da_engine_plan(engine, &s[0].batch, false, &err), err);
    da_engine_take_along(engine, plan_next, 1, &errand);
    for (int k = 0; k < 2; k++) { /* the second is planned beside the first */
      assert_ok(da_engine_gradient(engine, s[0].params, &s[k].batch, 9, gradient, &loss, &err), err);
      assert_ok(da_engine_gradient(plain, s[0].params, &s[k].batch, 9, expected, &expected_loss, &err), err);
      assert_ok(errand.status, errand.err);
      assert_memory_equal(gradient, expected, n_bytes);
      assert_true(loss == expected_loss);
    }
    assert_ok(da_engine_plan(engine, &s[0].batch, false, &err), err); /* another batch comes than was planned */
    assert_ok(da_engine_gradient(engine, s[0].params, &s[1].batch, 9, gradient, &loss, &err), err);
    assert_memory_equal(gradient, expected, n_bytes);
    da_engine_close(engine);
    da_engine_close(plain);
  }
  da_mem_free(gradient);
  da_mem_free(expected);
  free_sample(&s[0]);
  free_sample(&s[1]);
}

static void bad_batches_are_refused(void **state) {
  sample s = make_sample(SHAPES[0], 3, 4, 2);
  const da_engine_options options = {0};
  da_engine *engine = open_engine(&s.shape, &options, *state);
  float *gradient = da_mem_alloc(s.length, sizeof *gradient), logit[3];
  double loss;
  da_error err = {0};
  da_batch batch = s.batch;
  batch.n_journeys = 0;
  assert_fails_with(da_engine_gradient(engine, s.params, &batch, 0, gradient, &loss, &err), DA_ERR_ARG, err, "at least 1 journey");
  batch = s.batch;
  batch.label = NULL;
  assert_fails_with(da_engine_gradient(engine, s.params, &batch, 0, gradient, &loss, &err), DA_ERR_ARG, err, "with labels");
  s.rows[1] = 12;
  assert_fails_with(da_engine_score(engine, s.params, &s.batch, NULL, logit, &err), DA_ERR_DATA, err, "rows below 12 but found 12");
  s.first[2] = s.first[1];
  assert_fails_with(da_engine_score(engine, s.params, &s.batch, NULL, logit, &err), DA_ERR_DATA, err, "found journey 1 without any");
  s.first[0] = 1;
  assert_fails_with(da_engine_score(engine, s.params, &s.batch, NULL, logit, &err), DA_ERR_ARG, err, "begin at touch 0");
  da_engine_close(engine);
  da_mem_free(gradient);
  const da_engine_options absurd = {.recurrent_dropout = 1};
  assert_fails_with(da_engine_open(&s.shape, &absurd, *state, &engine, &err), DA_ERR_ARG, err, "dropout rate of 0 to 0.99 but found 1");
  free_sample(&s);
}

static void time_decay_needs_times(void **state) {
  da_error err = {0};
  sample s = make_sample((da_shape){.n_rows = 4, .n_inputs = 1, .n_embedding = 3, .n_hidden = 4, .time_decay = true}, 3, 4, 2);
  da_engine *engine = open_engine(&s.shape, &(da_engine_options){0}, *state);
  float logit[3];
  s.batch.days_to_last = NULL;
  assert_fails_with(da_engine_score(engine, s.params, &s.batch, NULL, logit, &err), DA_ERR_ARG, err, "for time decay");
  da_engine_close(engine);
  free_sample(&s);
}

static void user_inputs_need_rows_of_the_table(void **state) {
  da_error err = {0};
  sample s =
      make_sample((da_shape){.n_rows = 4, .n_inputs = 1, .n_embedding = 3, .n_hidden = 4, .n_user_rows = 5, .n_user_inputs = 2}, 3, 4, 2);
  da_engine *engine = open_engine(&s.shape, &(da_engine_options){0}, *state);
  float logit[3];
  s.user_rows[4] = 5;
  assert_fails_with(da_engine_score(engine, s.params, &s.batch, NULL, logit, &err), DA_ERR_DATA, err, "below 5 but found 5 at input 4");
  s.batch.user_rows = NULL;
  assert_fails_with(da_engine_score(engine, s.params, &s.batch, NULL, logit, &err), DA_ERR_ARG, err, "rows of user inputs");
  da_engine_close(engine);
  s.shape.n_user_rows = 1;
  assert_fails_with(da_engine_open(&s.shape, &(da_engine_options){0}, *state, &engine, &err), DA_ERR_ARG, err, "2 with 1 rows");
  free_sample(&s);
}

static void parameters_that_are_no_numbers_give_a_loss_that_is_none(void **state) {
  da_shape shape = SHAPES[0];
  shape.time_decay = true;
  sample s = make_sample(shape, 20, 4, 2);
  da_tensor t[DA_N_TENSORS];
  da_network_layout(&s.shape, t);
  float *gradient = da_mem_alloc(s.length, sizeof *gradient);
  const da_engine_options options = {0};
  da_engine *engine = open_engine(&s.shape, &options, *state);
  for (int i = 0; i < DA_N_TENSORS; i++) {
    if (!t[i].n_rows) continue;
    float *first = &s.params[t[i].offset], kept = *first;
    double loss = 0;
    da_error err = {0};
    *first = NAN;
    assert_ok(da_engine_gradient(engine, s.params, &s.batch, 0, gradient, &loss, &err), err);
    if (!isnan(loss)) fail_msg("%s: expected a loss that is no number but found %g", t[i].name, loss);
    *first = kept;
  }
  da_engine_close(engine);
  da_mem_free(gradient);
  free_sample(&s);
}

/* The nth allocation fails, for every n: an error each time, no leak (the sanitizer's business), and the engine works afterwards. */
static void memory_that_runs_out_is_an_error(void **state) {
  sample s = make_sample(SHAPES[3], 60, 9, 2);
  float *gradient = da_mem_alloc(s.length, sizeof *gradient);
  double loss;
  uint64_t nth = 0;
  da_status status = DA_ERR_MEM;
  while (status != DA_OK) {
    da_error err = {0};
    da_engine *engine = NULL;
    da_mem_fail_at(++nth);
    status = da_engine_open(&s.shape, &DROPOUTS[0], *state, &engine, &err);
    if (status == DA_OK) status = da_engine_gradient(engine, s.params, &s.batch, 0, gradient, &loss, &err);
    da_mem_fail_at(0);
    if (status != DA_OK) assert_int_equal(status, DA_ERR_MEM);
    if (engine) assert_ok(da_engine_gradient(engine, s.params, &s.batch, 0, gradient, &loss, &err), err);
    da_engine_close(engine);
  }
  assert_true(nth > 10);
  da_mem_free(gradient);
  free_sample(&s);
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
      cmocka_unit_test(gradients_of_long_journeys_are_those_of_the_twin),
      cmocka_unit_test(scores_are_those_of_the_twin),
      cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
      cmocka_unit_test(a_batch_planned_ahead_gives_the_same_bits),
      cmocka_unit_test(bad_batches_are_refused),
      cmocka_unit_test(time_decay_needs_times),
      cmocka_unit_test(user_inputs_need_rows_of_the_table),
      cmocka_unit_test(parameters_that_are_no_numbers_give_a_loss_that_is_none),
      cmocka_unit_test(memory_that_runs_out_is_an_error),
  };
  return cmocka_run_group_tests(tests, open_pool, close_pool);
}
