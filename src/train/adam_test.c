/* Oracle: ten steps of Keras' and PyTorch's own optimisers (adam_fixture.py); one step worked out by hand. */
#include "train/adam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/testing.h"
#include "train/adam_fixture.h"
#include "train/adam_fixture_torch.h"

static void assert_follows(const float wanted[N_STEPS][N_PARAMS], double weight_decay, double clip_norm) {
  da_error err = {0};
  da_adam adam;
  assert_ok(da_adam_init(N_PARAMS, &adam, &err), err);
  float params[N_PARAMS];
  memcpy(params, start[0], sizeof params);
  for (int s = 0; s < N_STEPS; s++) {
    /* The gradient comes as a sum over four journeys. */
    float sum[N_PARAMS];
    for (int i = 0; i < N_PARAMS; i++) sum[i] = 4 * gradients[s][i];
    const da_adam_options options = {
        .learning_rate = (double)rates[0][s], .weight_decay = weight_decay, .clip_norm = clip_norm, .scale = 0.25};
    double norm = da_adam_update(&adam, &options, NULL, sum, params), square = 0;
    for (int i = 0; i < N_PARAMS; i++) square += (double)gradients[s][i] * (double)gradients[s][i];
    assert_true(fabs(norm - sqrt(square)) < 1e-6);
    for (int i = 0; i < N_PARAMS; i++) {
      if (fabsf(params[i] - wanted[s][i]) > 5e-7f * (1 + fabsf(wanted[s][i])))
        fail_msg("step %d, parameter %d: expected %.9g but found %.9g", s, i, (double)wanted[s][i], (double)params[i]);
    }
  }
  assert_int_equal(adam.step, N_STEPS);
  da_adam_free(&adam);
  da_adam_free(&adam);
}

static void ten_steps_are_those_of_keras(void **state) {
  (void)state;
  assert_follows(keras_plain, 0, 0);
  assert_follows(keras_clipped, 0, 5);
  assert_follows(keras_decayed, 0.1, 0);
  assert_follows(keras_both, 0.1, 5);
}

static void ten_steps_are_those_of_pytorch(void **state) {
  (void)state;
  assert_follows(torch_plain, 0, 0);
  assert_follows(torch_clipped, 0, 5);
  assert_follows(torch_decayed, 0.1, 0);
  assert_follows(torch_both, 0.1, 5);
}

static void the_first_step_is_the_rate_in_the_direction_of_the_sign(void **state) {
  (void)state;
  da_error err = {0};
  da_adam adam;
  assert_ok(da_adam_init(3, &adam, &err), err);
  float params[3] = {1, 1, 1};
  const float gradient[3] = {7, -0.01f, 0};
  (void)da_adam_update(&adam, &(da_adam_options){.learning_rate = 0.5, .scale = 1}, NULL, gradient, params);
  assert_true(fabsf(params[0] - 0.5f) < 1e-4f && fabsf(params[1] - 1.5f) < 1e-3f && params[2] == 1);
  da_adam_free(&adam);
}

static void a_gradient_that_is_no_number_changes_nothing(void **state) {
  (void)state;
  da_error err = {0};
  da_adam adam;
  assert_ok(da_adam_init(2, &adam, &err), err);
  float params[2] = {1, 2};
  const float gradient[2] = {0, NAN};
  assert_true(isnan(da_adam_update(&adam, &(da_adam_options){.learning_rate = 0.5, .scale = 1}, NULL, gradient, params)));
  assert_true(params[0] == 1 && params[1] == 2 && adam.m[0] == 0 && adam.step == 0);
  da_adam_free(&adam);
}

static void threads_do_not_change_a_bit(void **state) {
  (void)state;
  da_error err = {0};
  enum { N = 100003 };
  da_pool *pools[2] = {NULL, NULL};
  assert_ok(da_pool_open(3, &pools[1], &err), err);
  float *params[2], *gradient = malloc(N * sizeof *gradient);
  da_random random;
  da_random_init(&random, 1, 0);
  for (int i = 0; i < N; i++) gradient[i] = (float)da_random_normal(&random);
  double norms[2];
  for (int p = 0; p < 2; p++) {
    params[p] = calloc(N, sizeof(float));
    da_adam adam;
    assert_ok(da_adam_init(N, &adam, &err), err);
    for (int s = 0; s < 3; s++)
      norms[p] = da_adam_update(&adam, &(da_adam_options){.learning_rate = 0.1, .clip_norm = 1, .scale = 1}, pools[p], gradient, params[p]);
    da_adam_free(&adam);
  }
  assert_true(norms[0] == norms[1]);
  assert_memory_equal(params[0], params[1], N * sizeof(float));
  free(params[0]), free(params[1]), free(gradient);
  da_pool_close(pools[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ten_steps_are_those_of_keras),
      cmocka_unit_test(ten_steps_are_those_of_pytorch),
      cmocka_unit_test(the_first_step_is_the_rate_in_the_direction_of_the_sign),
      cmocka_unit_test(a_gradient_that_is_no_number_changes_nothing),
      cmocka_unit_test(threads_do_not_change_a_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
