/* Oracle: ten steps of training by PyTorch and by Keras in double precision (src/model/fixtures/). */
#include "support/network_fixture.h"
#include "train/adam.h"

/* Adam divides by the root of what a gradient was: one of rounding error alone would move its parameter by the rate each step. So a
 * parameter is held against how far ten steps of that rate can take it: five parts in ten thousand were seen where its gradient changes sign. */
static void assert_moved_alike(const network_fixture *fixture, const float *found, const float *wanted, double rate) {
  for (size_t k = 0; k < fixture->length; k++) {
    if (!(fabs((double)found[k] - (double)wanted[k]) <= 1e-3 * 10 * rate))
      fail_msg("%s, parameter %zu: expected %.9g but found %.9g from %.9g", fixture->name, k, (double)wanted[k], (double)found[k],
               (double)fixture->params[k]);
  }
}

static void check_ten_steps(const char *name) {
  da_error err = {0};
  network_fixture fixture;
  fixture_open(&fixture, name);
  da_engine *engine = NULL;
  da_adam adam;
  assert_ok(da_engine_open(&fixture.shape, &fixture.options, NULL, &engine, &err), err);
  assert_ok(da_adam_init(fixture.length, &adam, &err), err);
  const double rate = strtod(fixture_setting(&fixture, "learning_rate"), NULL);
  const da_adam_options options = {.learning_rate = rate, .scale = 1.0 / fixture.batch.n_journeys};
  float *params = malloc(fixture.length * sizeof *params), *gradient = malloc(fixture.length * sizeof *gradient);
  float *wanted = fixture_block(&fixture, "after."), *losses = fixture_values(&fixture, "losses", 10);
  memcpy(params, fixture.params, fixture.length * sizeof *params);
  for (int step = 0; step < 10; step++) {
    double loss;
    assert_ok(da_engine_gradient(engine, params, &fixture.batch, fixture.mask_seed, gradient, &loss, &err), err);
    assert_true(fabs(loss - (double)losses[step]) <= 1e-5 * loss);
    assert_true(isfinite(da_adam_update(&adam, &options, NULL, gradient, params)));
  }
  assert_true(losses[9] < losses[0]);
  assert_moved_alike(&fixture, params, wanted, rate);
  da_engine_close(engine);
  da_adam_free(&adam);
  free(params), free(gradient), free(wanted), free(losses);
  fixture_close(&fixture);
}

static void ten_steps_end_where_pytorch_and_keras_end(void **state) {
  (void)state;
  const char *const names[] = {"torch_one_touch",   "torch_one_journey", "torch_many",           "torch_time",
                               "torch_decay",       "torch_users",       "torch_dropout_step",   "torch_dropout_journey",
                               "keras_one_journey", "keras_many",        "keras_dropout_journey"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) check_ten_steps(names[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(ten_steps_end_where_pytorch_and_keras_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
