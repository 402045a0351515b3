/* Oracle: the rule of the paper, played through by hand; trials whose final loss is known. */
#include "tune/halving.h"

#include <math.h>

#include "base/random.h"
#include "support/testing.h"

static da_halving start(uint32_t n_trials) {
  da_error err = {0};
  const da_tune_point first = {{0.01, 18, 20, 64, 0.1, 0.1}};
  da_halving halving;
  assert_ok(da_halving_init(n_trials, 1, &first, &halving, &err), err);
  return halving;
}

static void report(da_halving *halving, uint32_t trial, double loss) {
  const da_trial_result result = {.val_loss = loss, .diverged = isinf(loss) != 0};
  da_halving_report(halving, trial, &result);
}

static void the_best_third_goes_on_as_soon_as_it_is_known(void **state) {
  (void)state;
  da_halving halving = start(9);
  uint32_t trial;
  const double losses[] = {5, 4, 6, 3, INFINITY, 7};
  /* Two trials: no third of them yet. With the third result the best one goes on before a new one begins. */
  for (uint32_t i = 0; i < 3; i++) {
    assert_true(da_halving_next(&halving, &trial));
    assert_int_equal(trial, i);
    report(&halving, trial, losses[i]);
  }
  assert_true(da_halving_next(&halving, &trial));
  assert_int_equal(trial, 1);
  assert_int_equal(halving.trials[1].n_rungs, 1);
  assert_true(da_halving_next(&halving, &trial)); /* while it trains, another begins, and is better */
  assert_int_equal(trial, 3);
  report(&halving, 3, losses[3]);
  assert_true(da_halving_next(&halving, &trial));
  assert_int_equal(trial, 3);
  for (uint32_t i = 4; i < 6; i++) { /* the two best of six are on their way */
    assert_true(da_halving_next(&halving, &trial));
    assert_int_equal(trial, i);
    report(&halving, trial, losses[i]);
  }
  assert_true(da_halving_next(&halving, &trial));
  assert_int_equal(trial, 6);
  report(&halving, 1, 2);
  assert_int_equal(da_halving_best(&halving), 1);
  report(&halving, 6, 1); /* the lowest loss, though others came further */
  assert_int_equal(da_halving_best(&halving), 6);
  report(&halving, 3, 0.5);
  assert_int_equal(da_halving_best(&halving), 3);
  da_halving_free(&halving);
}

static void rungs_are_2_6_18_and_all_epochs(void **state) {
  (void)state;
  const da_tune_trial trials[] = {
      {.point.value[DA_TUNE_EPOCHS] = 10}, {.point.value[DA_TUNE_EPOCHS] = 18}, {.point.value[DA_TUNE_EPOCHS] = 50}};
  const uint32_t wanted[][DA_TUNE_N_RUNGS] = {{2, 6, 10, 10}, {2, 6, 18, 18}, {2, 6, 18, 50}};
  for (int i = 0; i < 3; i++)
    for (uint32_t r = 0; r < DA_TUNE_N_RUNGS; r++) assert_int_equal(da_halving_epochs(&trials[i], r), wanted[i][r]);
}

static void a_trial_is_complete_when_nothing_is_left_of_it(void **state) {
  (void)state;
  da_tune_trial trial = {.point.value[DA_TUNE_EPOCHS] = 50, .n_rungs = 2, .results = {{.n_epochs = 2}, {.n_epochs = 6}}};
  assert_false(da_halving_is_complete(&trial));
  trial.results[1].n_epochs = 5; /* no better epoch came for long */
  assert_true(da_halving_is_complete(&trial));
  trial.results[1].diverged = true;
  assert_false(da_halving_is_complete(&trial));
  trial.n_rungs = DA_TUNE_N_RUNGS;
  trial.results[DA_TUNE_N_RUNGS - 1].n_epochs = 50;
  assert_true(da_halving_is_complete(&trial));
}

/* Plays a whole search in which a trial's loss is a function of its point; counts rungs. */
static uint32_t play(da_halving *halving) {
  uint32_t trial, n_rungs = 0;
  while (da_halving_next(halving, &trial)) {
    const double distance = log(halving->trials[trial].point.value[DA_TUNE_LEARNING_RATE] / 0.02);
    report(halving, trial, distance * distance);
    n_rungs++;
  }
  return n_rungs;
}

static void a_search_ends_with_one_trial_trained_through(void **state) {
  (void)state;
  for (uint32_t n = 1; n <= 30; n++) {
    da_halving halving = start(n);
    const uint32_t n_rungs = play(&halving), best = da_halving_best(&halving);
    assert_int_equal(halving.n_started, n);
    assert_int_equal(halving.trials[best].n_rungs, DA_TUNE_N_RUNGS);
    /* A trial may be among the best third for a while only: the paper bounds those by the root of their number. */
    assert_true(n_rungs >= n + 3 && n_rungs <= n + n / 3 + n / 9 + n / 27 + 3 + 3 * sqrt(n));
    if (n == 30) assert_true(fabs(log(halving.trials[best].point.value[DA_TUNE_LEARNING_RATE] / 0.02)) < 0.3);
    da_halving_free(&halving);
  }
}

static void where_all_diverge_none_is_best(void **state) {
  (void)state;
  da_halving halving = start(4);
  uint32_t trial, n = 0;
  for (; da_halving_next(&halving, &trial); n++) report(&halving, trial, INFINITY);
  assert_int_equal(n, 4);
  assert_int_equal(da_halving_best(&halving), 4);
  da_halving_free(&halving);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_best_third_goes_on_as_soon_as_it_is_known),
      cmocka_unit_test(rungs_are_2_6_18_and_all_epochs),
      cmocka_unit_test(a_trial_is_complete_when_nothing_is_left_of_it),
      cmocka_unit_test(a_search_ends_with_one_trial_trained_through),
      cmocka_unit_test(where_all_diverge_none_is_best),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
