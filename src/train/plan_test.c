/* Oracle: the rules of plan.h worked out by hand. */
#include "train/plan.h"

#include <math.h>

#include "support/journeys.h"

static da_config some_config(void) {
  return (da_config){.model = {.n_embedding = 20, .n_hidden = 64, .dropout = 0.1, .recurrent_dropout = 0.1},
                     .training = {.epochs = 10, .learning_rate = 0.001, .patience = 2, .oversample = true},
                     .seed = 7};
}

/* One-touch journeys, all in train. */
static da_journeys set_of(uint64_t n, const uint8_t *flags, const uint64_t *first_touch, const int64_t *time_us) {
  return (da_journeys){.n_journeys = n, .n_touches = n, .flags = flags, .first_touch = first_touch, .time_us = time_us};
}

static void an_open_batch_size_follows_the_data(void **state) {
  (void)state;
  enum { N = 2 * 75 * 16384 };
  uint8_t *flags = calloc(N, 1);
  int64_t *time_us = calloc(N, sizeof *time_us);
  uint64_t *first_touch = calloc(N + 1, sizeof *first_touch);
  for (uint64_t j = 0; j <= N; j++) first_touch[j] = j;
  const struct {
    uint64_t n;
    uint32_t batch_size;
    double rate;
  } wanted[] = {{0, 32, .001 * sqrt(2)}, {40, 32, .001 * sqrt(2)}, {6399, 32, .001 * sqrt(2)},       {6400, 64, .002}, {25600, 256, .004},
                {102400, 1024, .008},    {614399, 4096, .016},     {614400, 8192, .001 * sqrt(512)}, {N, 16384, .032}};
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    da_journeys set = set_of(wanted[i].n, flags, first_touch, time_us);
    da_config config = some_config();
    da_train_plan plan;
    da_train_plan_make(&set, &config, &plan);
    assert_int_equal(plan.batch_size, wanted[i].batch_size);
    assert_true(fabs(plan.learning_rate - wanted[i].rate) < 1e-12);
    assert_false(plan.time);
    config.training.batch_size = 1000;
    da_train_plan_make(&set, &config, &plan);
    assert_int_equal(plan.batch_size, 1000);
    assert_true(plan.learning_rate == 0.001);
  }
  free(flags), free(time_us), free(first_touch);
}

static void time_is_used_where_it_varies_unless_told(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@0 b@1! | a@0");
  da_train_plan plan;
  da_config config = some_config();
  da_train_plan_make(&made->set, &config, &plan);
  assert_true(plan.time);
  config.model.time = DA_SWITCH_OFF;
  da_train_plan_make(&made->set, &config, &plan);
  assert_false(plan.time);
  made->time_us[1] = 0;
  config.model.time = DA_SWITCH_AUTO;
  da_train_plan_make(&made->set, &config, &plan);
  assert_false(plan.time);
  config.model.time = DA_SWITCH_ON;
  da_train_plan_make(&made->set, &config, &plan);
  assert_true(plan.time);
  journeys_free(made);
}

static void the_plan_as_json(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@0 b@1!");
  da_train_plan plan;
  da_config config = some_config();
  config.training.batch_size = 32;
  da_train_plan_make(&made->set, &config, &plan);
  da_text json = {0};
  da_train_plan_print_json(&plan, &json);
  assert_string_equal(
      da_text_cstr(&json),
      "{\"embedding\":20,\"lstm\":64,\"dropout\":0.1,\"recurrent_dropout\":0.1,\"epochs\":10,\"batch_size\":32,\"learning_rate\":0.001,"
      "\"patience\":2,\"weight_decay\":0,\"clip_norm\":0,\"dropout_per\":\"step\",\"time\":true,\"time_decay\":false,\"oversample\":true,"
      "\"seed\":7}");
  da_text_free(&json);
  journeys_free(made);
}

static void the_rate_warms_up_and_decays_to_nothing(void **state) {
  (void)state;
  const da_train_plan plan = {.learning_rate = 2};
  /* 100 steps, 5 of them warm-up: 2/6, 4/6, ... then a half cosine over 95. */
  assert_true(fabs(da_train_plan_rate(&plan, 0, 100) - 2 / 6.0) < 1e-12);
  assert_true(fabs(da_train_plan_rate(&plan, 4, 100) - 10 / 6.0) < 1e-12);
  assert_true(fabs(da_train_plan_rate(&plan, 5, 100) - 2) < 1e-12);
  assert_true(fabs(da_train_plan_rate(&plan, 5 + 47, 100) + da_train_plan_rate(&plan, 5 + 48, 100) - 2) < 1e-12);
  assert_true(da_train_plan_rate(&plan, 99, 100) < 0.001 && da_train_plan_rate(&plan, 99, 100) > 0);
  assert_true(da_train_plan_rate(&plan, 0, 1) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_open_batch_size_follows_the_data),
      cmocka_unit_test(time_is_used_where_it_varies_unless_told),
      cmocka_unit_test(the_plan_as_json),
      cmocka_unit_test(the_rate_warms_up_and_decays_to_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
