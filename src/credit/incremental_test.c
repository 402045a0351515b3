/* Oracle: conservation, sameness at any number of threads, and sensible answers to logs that hold almost nothing. */
#include "credit/incremental.h"

#include "base/mem.h"
#include "support/credit.h"
#include "support/journeys.h"

/* Fits, credits by both methods, checks that every conversion is shared out whole, and returns the Shapley credit. */
static double *credit_whole(const da_journeys *set, const da_config *config, int n_threads, da_incremental_result *copy) {
  da_error err = {0};
  da_pool *pool;
  void *state = NULL;
  assert_ok(da_pool_open(n_threads, &pool, &err), err);
  da_credit_input input = {.set = set, .config = config, .pool = pool};
  assert_ok(da_method_incremental.fit(&input, &state, &err), err);
  const da_method *methods[] = {&da_method_removal, &da_method_incremental};
  double *credit = calloc(set->n_touches + 1, sizeof *credit), *baseline = calloc(set->n_journeys + 1, sizeof *baseline);
  const da_credit_range range = {.end = set->n_journeys};
  for (int m = 0; m < 2; m++) {
    memset(credit, 0, set->n_touches * sizeof *credit);
    memset(baseline, 0, set->n_journeys * sizeof *baseline);
    assert_ok(methods[m]->credit(state, &input, &range, credit, baseline, &err), err);
    for (uint64_t j = 0; j < set->n_journeys; j++) {
      double sum = baseline[j];
      for (uint64_t i = set->first_touch[j]; i < set->first_touch[j + 1]; i++) sum += credit[i];
      assert_near(sum, da_journey_converted(set, j) ? 1 : 0, 1e-9);
    }
  }
  *copy = *da_incremental_result_of(state);
  assert_true(isfinite(copy->baseline.value));
  for (uint32_t k = 0; k < copy->n_campaigns; k++) {
    assert_true(isfinite(copy->campaigns[k].shapley.value) && isfinite(copy->campaigns[k].removal.low));
    assert_true(copy->campaigns[k].shapley.low <= copy->campaigns[k].shapley.value);
  }
  copy->campaigns = NULL; /* goes with the state */
  da_method_incremental.close(state);
  da_pool_close(pool);
  free(baseline);
  return credit;
}

static void thin_logs_get_an_answer_and_a_sentence(void **state) {
  (void)state;
  const char *logs[] = {
      "a@0",                                          /* no conversion */
      "a@0!",                                         /* one touch */
      "a@0! | a@0 | a@0! | a@0",                      /* one moment, one campaign */
      "a@0 b@0 a@0! ; b@0! ; a@0! | b@0 | a@0 b@0!",  /* all at once, conversions on tied rows */
      "a@0 b@3! | b@1 | a@2 a@2! ; b@9 | c@0 | c@4!", /* five users */
  };
  da_config config = credit_config();
  for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
    for (int intervals = 0; intervals < 2; intervals++) {
      config.credit.intervals = intervals ? .9 : 0;
      config.credit.bootstrap = 5;
      test_journeys *made = journeys_from_text(logs[i]);
      da_incremental_result result;
      free(credit_whole(&made->set, &config, 2, &result));
      assert_true(result.form_undetermined);
      assert_true(result.n_notes > 0);
      journeys_free(made);
    }
  }
}

static void credits_are_the_same_bits_at_any_number_of_threads(void **state) {
  (void)state;
  da_config config = credit_config();
  config.credit.intervals = .9;
  config.credit.bootstrap = 4;
  test_journeys *made = journeys_random(11, 500, 5, 6);
  da_incremental_result one, three;
  double *alone = credit_whole(&made->set, &config, 1, &one), *together = credit_whole(&made->set, &config, 3, &three);
  assert_memory_equal(alone, together, made->set.n_touches * sizeof *alone);
  assert_true(one.hazard_over_journey.gain == three.hazard_over_journey.gain);
  assert_true(one.baseline.low == three.baseline.low);
  free(alone);
  free(together);
  journeys_free(made);
}

static void one_user_may_have_a_hundred_thousand_touches(void **state) {
  (void)state;
  enum { N = 100000 };
  test_journeys *made = journeys_room(N + 3, 2);
  da_journeys *set = &made->set;
  strcpy(made->name_text[0], "a");
  strcpy(made->name_text[1], "b");
  for (uint64_t i = 0; i < N; i++) made->campaign[i] = i % 3 == 0, made->time_us[i] = (int64_t)i * 1000000;
  set->n_touches = made->first_touch[1] = N;
  set->n_journeys = made->first_journey[1] = set->n_users = set->n_conversions = 1;
  made->flags[0] = DA_JOURNEY_CONVERTED;
  journeys_finish(made, 2, false);
  da_config config = credit_config();
  da_incremental_result result;
  free(credit_whole(set, &config, 2, &result));
  journeys_free(made);
}

static void an_unknown_campaign_in_lift_is_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_config config = credit_config();
  const char *lift[] = {"z=3"};
  config.credit.lift = (da_text_list){lift, 1};
  test_journeys *made = journeys_from_text("a@0! | b@1");
  da_credit_input input = {.set = &made->set, .config = &config};
  void *fitted = NULL;
  assert_int_equal(da_method_incremental.fit(&input, &fitted, &err), DA_ERR_CONFIG);
  assert_non_null(strstr(err.msg, "z=3"));
  journeys_free(made);
}

/* By --lift; and the same days again by the fit that was kept. */
static void an_experiment_is_what_both_methods_credit(void **state) {
  (void)state;
  da_error err = {0};
  da_config config = credit_config();
  test_journeys *made = journeys_random(11, 500, 5, 6);
  const char *lift[] = {"c00001=4.5"};
  config.credit.lift = (da_text_list){lift, 1};
  da_credit_input input = {.set = &made->set, .config = &config};
  void *fitted[2];
  da_text json = {0};
  assert_ok(da_method_incremental.fit(&input, &fitted[0], &err), err);
  assert_ok(da_incremental_write(fitted[0], &json, &err), err);
  input.known_incremental = (da_slice){json.data, json.length};
  assert_ok(da_method_incremental.fit(&input, &fitted[1], &err), err);
  for (int i = 0; i < 2; i++) {
    const da_incremental_campaign *campaign = &da_incremental_result_of(fitted[i])->campaigns[1];
    assert_near(campaign->shapley.value, 4.5, 1e-6);
    assert_near(campaign->removal.value, 4.5, 1e-6);
    assert_true(campaign->pinned == (i == 0)); /* the kept fit knows the part, not the experiment */
    da_method_incremental.close(fitted[i]);
  }
  da_text_free(&json);
  config.credit.lift = (da_text_list){0};
  journeys_free(made);
}

static void memory_that_runs_out_is_an_error_at_every_allocation(void **state) {
  (void)state;
  da_config config = credit_config();
  const char *lift[] = {"c00001=2+-1"};
  config.credit.lift = (da_text_list){lift, 1};
  test_journeys *made = journeys_random(2, 60, 3, 4);
  da_credit_input input = {.set = &made->set, .config = &config};
  da_status status = DA_ERR_MEM;
  uint64_t step = 1;
  for (uint64_t nth = 1; status != DA_OK; nth += step) {
    da_error err = {0};
    void *fitted = NULL;
    da_mem_fail_at(nth);
    status = da_method_incremental.fit(&input, &fitted, &err);
    da_mem_fail_at(0);
    if (status != DA_OK)
      assert_int_equal(status, DA_ERR_MEM);
    else
      da_method_incremental.close(fitted);
    if (nth > 60) step = 7; /* the folds repeat themselves */
  }
  journeys_free(made);
}

/* The fit to one log, taken to another. The caller frees the credit. */
static double *credit_by_known(const da_journeys *fitted, const da_journeys *other, const da_config *config, da_incremental_result *copy) {
  da_error err = {0};
  da_text json = {0};
  void *state = NULL;
  da_credit_input input = {.set = fitted, .config = config};
  assert_ok(da_method_incremental.fit(&input, &state, &err), err);
  assert_ok(da_incremental_write(state, &json, &err), err);
  da_method_incremental.close(state);
  da_credit_input again = {.set = other, .config = config, .known_incremental = {json.data, json.length}};
  assert_ok(da_method_incremental.fit(&again, &state, &err), err);
  double *credit = calloc(other->n_touches, sizeof *credit), *baseline = calloc(other->n_journeys, sizeof *baseline);
  const da_credit_range range = {.end = other->n_journeys};
  assert_ok(da_method_incremental.credit(state, &again, &range, credit, baseline, &err), err);
  for (uint64_t j = 0; j < other->n_journeys; j++) {
    double sum = baseline[j];
    for (uint64_t i = other->first_touch[j]; i < other->first_touch[j + 1]; i++) sum += credit[i];
    assert_near(sum, da_journey_converted(other, j) ? 1 : 0, 1e-9);
  }
  *copy = *da_incremental_result_of(state);
  copy->campaigns = NULL;
  da_method_incremental.close(state);
  da_text_free(&json);
  free(baseline);
  return credit;
}

static void an_earlier_fit_gives_the_same_log_the_same_credit(void **state) {
  (void)state;
  da_config config = credit_config();
  test_journeys *made = journeys_random(11, 500, 5, 6);
  da_incremental_result fitted, known;
  double *first = credit_whole(&made->set, &config, 1, &fitted), *second = credit_by_known(&made->set, &made->set, &config, &known);
  assert_memory_equal(first, second, made->set.n_touches * sizeof *first);
  assert_true(known.known && !fitted.known && known.form == fitted.form && known.coverage == 0);
  free(first);
  free(second);
  journeys_free(made);
}

static void an_earlier_fit_credits_a_log_with_other_campaigns(void **state) {
  (void)state;
  da_config config = credit_config();
  test_journeys *made = journeys_from_text("a@0 b@3! | b@1 | a@2 a@2! ; b@9 | c@0 | c@4!"), *other = journeys_from_text("b@0 d@1! | d@2!");
  da_incremental_result known;
  double *credit = credit_by_known(&made->set, &other->set, &config, &known);
  assert_true(credit[1] == 0 && credit[2] == 0); /* d is new */
  free(credit);
  journeys_free(made);
  journeys_free(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(thin_logs_get_an_answer_and_a_sentence),
      cmocka_unit_test(credits_are_the_same_bits_at_any_number_of_threads),
      cmocka_unit_test(one_user_may_have_a_hundred_thousand_touches),
      cmocka_unit_test(an_earlier_fit_gives_the_same_log_the_same_credit),
      cmocka_unit_test(an_earlier_fit_credits_a_log_with_other_campaigns),
      cmocka_unit_test(an_unknown_campaign_in_lift_is_refused),
      cmocka_unit_test(an_experiment_is_what_both_methods_credit),
      cmocka_unit_test(memory_that_runs_out_is_an_error_at_every_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
