/* Oracle: PyTorch and Keras in double precision, whose results stand in fixtures/ (torch_fixtures.py, keras_fixtures.py). */
#include "base/mem.h"
#include "model/dropout.h"
#include "model/engine_naive.h"
#include "model/kernels/kernels.h"
#include "support/network_fixture.h"

static const char *const ALL[] = {"torch_one_touch",   "torch_one_journey", "torch_many",           "torch_time",
                                  "torch_decay",       "torch_users",       "torch_dropout_step",   "torch_dropout_journey",
                                  "keras_one_journey", "keras_many",        "keras_dropout_journey"};
enum { N_ALL = sizeof ALL / sizeof ALL[0] };

static bool has_dropout(const network_fixture *fixture) { return fixture->options.dropout > 0; }

static void assert_near(const network_fixture *fixture, const char *what, const float *found, const float *expected, uint32_t n,
                        float tolerance) {
  for (uint32_t i = 0; i < n; i++) {
    if (!(fabsf(found[i] - expected[i]) <= tolerance * (1 + fabsf(expected[i]))))
      fail_msg("%s, %s %u: expected %.9g but found %.9g", fixture->name, what, i, (double)expected[i], (double)found[i]);
  }
}

static void check_scores(const network_fixture *fixture, da_engine *engine) {
  da_error err = {0};
  const uint32_t B = fixture->batch.n_journeys, n = fixture->first[B];
  float *attention = malloc(n * sizeof *attention), *logit = malloc(B * sizeof *logit);
  float *wanted_attention = fixture_values(fixture, "attention", n), *wanted_logit = fixture_values(fixture, "logit", B);
  assert_ok(da_engine_score(engine, fixture->params, &fixture->batch, attention, logit, &err), err);
  assert_near(fixture, "attention", attention, wanted_attention, n, 1e-6f);
  assert_near(fixture, "logit", logit, wanted_logit, B, 2e-6f);
  free(attention), free(logit), free(wanted_attention), free(wanted_logit);
}

static void check_gradient(const network_fixture *fixture, da_engine *engine) {
  da_error err = {0};
  double loss;
  float *gradient = malloc(fixture->length * sizeof *gradient), *wanted = fixture_block(fixture, "gradient.");
  float *wanted_loss = fixture_values(fixture, "loss", 1);
  assert_ok(da_engine_gradient(engine, fixture->params, &fixture->batch, fixture->mask_seed, gradient, &loss, &err), err);
  assert_true(fabs(loss - (double)*wanted_loss) <= 1e-6 * loss);
  assert_blocks_near(fixture, "gradient", gradient, wanted, 1e-5);
  free(gradient), free(wanted), free(wanted_loss);
}

static void the_engine_agrees_on_attention_logits_loss_and_gradients(void **state) {
  (void)state;
  for (int i = 0; i < N_ALL; i++) {
    network_fixture fixture;
    fixture_open(&fixture, ALL[i]);
    for (int family = DA_KERNELS_PLAIN; family <= DA_KERNELS_AVX512; family++) {
      if (!da_kernels_find((da_kernels)family)) continue;
      da_error err = {0};
      da_engine *engine = NULL;
      da_engine_options options = fixture.options;
      options.kernels = (da_kernels)family;
      assert_ok(da_engine_open(&fixture.shape, &options, NULL, &engine, &err), err);
      if (!has_dropout(&fixture)) check_scores(&fixture, engine); /* scoring has none */
      check_gradient(&fixture, engine);
      da_engine_close(engine);
    }
    fixture_close(&fixture);
  }
}

static void the_slow_twin_agrees_on_gradients(void **state) {
  (void)state;
  for (int i = 0; i < N_ALL; i++) {
    network_fixture fixture;
    fixture_open(&fixture, ALL[i]);
    double *params = malloc(fixture.length * sizeof *params), *gradient = malloc(fixture.length * sizeof *gradient);
    float *found = malloc(fixture.length * sizeof *found), *wanted = fixture_block(&fixture, "gradient.");
    for (size_t k = 0; k < fixture.length; k++) params[k] = fixture.params[k];
    naive_engine(&fixture.shape, &fixture.options, params, &fixture.batch, fixture.mask_seed, gradient, NULL, NULL);
    for (size_t k = 0; k < fixture.length; k++) found[k] = (float)gradient[k];
    assert_blocks_near(&fixture, "gradient", found, wanted, 1e-6);
    free(params), free(gradient), free(found), free(wanted);
    fixture_close(&fixture);
  }
}

static void check_masks(const network_fixture *fixture, const char *name, da_mask_use use, float rate) {
  const da_safetensor *tensor = da_safetensors_find(&fixture->file, name);
  const uint32_t n_masks = (uint32_t)tensor->dims[0], n_units = (uint32_t)tensor->dims[1];
  float *wanted = fixture_values(fixture, name, 0), *found = malloc(n_units * sizeof *found);
  for (uint32_t m = 0; m < n_masks; m++) {
    da_mask_fill(da_mask_seed(fixture->mask_seed, use), m, rate, n_units, found);
    assert_memory_equal(found, wanted + (size_t)m * n_units, n_units * sizeof *found);
  }
  free(wanted), free(found);
}

/* The masks that PyTorch and Keras were given are those of the engine. */
static void masks_are_those_of_the_script(void **state) {
  (void)state;
  const char *const names[] = {"torch_dropout_step", "torch_dropout_journey", "keras_dropout_journey"};
  for (int i = 0; i < 3; i++) {
    network_fixture fixture;
    fixture_open(&fixture, names[i]);
    check_masks(&fixture, "mask.input", DA_MASK_INPUT, fixture.options.dropout);
    check_masks(&fixture, "mask.recurrent", DA_MASK_RECURRENT, fixture.options.recurrent_dropout);
    fixture_close(&fixture);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_engine_agrees_on_attention_logits_loss_and_gradients),
      cmocka_unit_test(the_slow_twin_agrees_on_gradients),
      cmocka_unit_test(masks_are_those_of_the_script),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
