/* Oracle: the metrics of scores collected journey by journey. */
#include "train/evaluate.h"

#include <math.h>

#include "support/journeys.h"

static void a_split_is_scored_and_measured(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(4, 300, 5, 6);
  const da_journeys *set = &made->set;
  da_inputs inputs;
  da_model model;
  assert_ok(da_inputs_choose(5, false, &inputs, &err), err);
  assert_ok(da_model_init(&inputs, 3, 4, &set->campaigns, "{}", &model, &err), err);
  da_network_init(&model.shape, 1, model.params);
  da_scorer *scorer;
  assert_ok(da_scorer_open(&model, set, NULL, NULL, &scorer, &err), err);
  float *logit = journeys_zeroed(set->n_journeys, sizeof *logit);
  uint8_t *converted = journeys_zeroed(set->n_journeys, 1);
  for (int which = 0; which < DA_N_SETS; which++) {
    uint64_t n = 0;
    for (uint64_t j = 0; j < set->n_journeys; j++) {
      if (da_journey_set(set, j) != which) continue;
      assert_ok(da_scorer_score(scorer, j, j + 1, NULL, &logit[n], &err), err);
      converted[n++] = da_journey_converted(set, j);
    }
    da_metrics wanted, found;
    assert_ok(da_metrics_compute(logit, converted, n, -0.3, &wanted, &err), err);
    assert_ok(da_evaluate(scorer, set, which, -0.3, NULL, NULL, "scoring", &found, &err), err);
    assert_memory_equal(&found, &wanted, sizeof wanted);
    assert_true(found.n_journeys > 100 && found.auc > 0);
  }
  free(logit), free(converted);
  da_scorer_close(scorer);
  da_model_close(&model);
  journeys_free(made);
}

static bool always(void *context) {
  (void)context;
  return true;
}

static void a_wish_to_stop_is_heard_and_an_empty_split_is_nothing(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 | b@1");
  da_inputs inputs;
  da_model model;
  assert_ok(da_inputs_choose(2, false, &inputs, &err), err);
  assert_ok(da_model_init(&inputs, 3, 4, &made->set.campaigns, "{}", &model, &err), err);
  da_scorer *scorer;
  assert_ok(da_scorer_open(&model, &made->set, NULL, NULL, &scorer, &err), err);
  da_metrics metrics;
  const da_monitor monitor = {.interrupted = always};
  assert_fails_with(da_evaluate(scorer, &made->set, DA_SET_TRAIN, 0, NULL, &monitor, "scoring train", &metrics, &err), DA_ERR_INTERRUPTED,
                    err, "scoring train");
  assert_ok(da_evaluate(scorer, &made->set, DA_SET_TEST, 0, NULL, NULL, "scoring test", &metrics, &err), err);
  assert_int_equal(metrics.n_journeys, 0);
  assert_true(isnan(metrics.loss));
  da_scorer_close(scorer);
  da_model_close(&model);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_split_is_scored_and_measured),
      cmocka_unit_test(a_wish_to_stop_is_heard_and_an_empty_split_is_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
