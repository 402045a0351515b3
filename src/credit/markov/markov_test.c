/* Oracle: removal effects and totals of chains that were worked by hand; totals that sum to the conversions. */
#include "credit/markov/markov.h"

#include "support/credit.h"

static void fit_text(const char *text, uint32_t order, test_journeys **made, da_config *config, void **fitted) {
  da_error err = {0};
  *config = credit_config();
  config->credit.markov_order = order;
  *made = journeys_from_text(text);
  da_credit_input input = {.set = &(*made)->set, .config = config};
  assert_ok(da_method_markov.fit(&input, fitted, &err), err);
}

static void a_chain_by_hand(void **state) {
  (void)state;
  test_journeys *made;
  da_config config;
  void *fitted;
  /* start -> a 2/3, b 1/3; a -> b 1/2, conversion 1/2; b -> conversion 1/2, end 1/2. Of 3 journeys 2 convert: without a 1/6, without b 1/3
   * of a walk against 2/3: effects 3/4 and 1/2, 2 conversions in proportion. */
  fit_text("a@0 b@1! | a@0! | b@0", 1, &made, &config, &fitted);
  const da_markov *own = da_markov_of(fitted);
  assert_near(own->removal_effect[0], .75, 1e-12);
  assert_near(own->removal_effect[1], .5, 1e-12);
  assert_near(own->total[0], 1.2, 1e-12);
  assert_near(own->unplaced, 0, 1e-9);
  double credit[4] = {0}, baseline[3] = {0};
  da_error err = {0};
  da_credit_input input = {.set = &made->set, .config = &config};
  da_credit_range range = {.end = 3};
  assert_ok(da_method_markov.credit(fitted, &input, &range, credit, baseline, &err), err);
  assert_near(credit[0], .2, 1e-9); /* a's own journey gives it 1, so that the other one gives it .2 */
  assert_near(credit[1], .8, 1e-9);
  assert_near(credit[2], 1, 0);
  assert_near(credit[3], 0, 0);
  da_method_markov.close(fitted);
  journeys_free(made);
}

static void logs_without_conversions_and_orders_without_evidence(void **state) {
  (void)state;
  test_journeys *made;
  da_config config;
  void *fitted;
  fit_text("a@0 b@1 | b@0", 0, &made, &config, &fitted);
  const da_markov *own = da_markov_of(fitted);
  assert_true(own->order_was_chosen && own->chain.order == 1 && own->removal_effect[0] == 0 && own->total[1] == 0);
  da_method_markov.close(fitted);
  journeys_free(made);
}

/* After b one journey converted and one did not, after a one did; a journey at the log's rate of 2/3 is added to each. */
static void ends_of_paths_are_predicted(void **state) {
  (void)state;
  test_journeys *made, *asked = journeys_from_text("b@0 | b@0 a@1 | a@0 b@1");
  da_config config;
  void *fitted;
  da_error err = {0};
  float logit[3];
  fit_text("a@0 b@1! | a@0! | b@0", 1, &made, &config, &fitted);
  da_credit_input input = {.set = &asked->set, .config = &config};
  assert_ok(da_method_markov.predict(fitted, &input, logit, &err), err);
  assert_near((double)logit[0], log((1 + 2 / 3.) / (1 + 1 / 3.)), 1e-6);
  assert_near((double)logit[1], log((1 + 2 / 3.) / (1 / 3.)), 1e-6);
  assert_true(logit[2] == logit[0]);
  da_method_markov.close(fitted);
  journeys_free(made);
  journeys_free(asked);
}

static void campaigns_get_their_totals(void **state) {
  (void)state;
  test_journeys *made = journeys_random(31, 400, 9, 8);
  da_config config = credit_config();
  for (uint32_t order = 1; order <= 4; order++) {
    config.credit.markov_order = order;
    da_error err = {0};
    void *fitted;
    da_credit_input input = {.set = &made->set, .config = &config};
    assert_ok(da_method_markov.fit(&input, &fitted, &err), err);
    double *credit = credit_of(&da_method_markov, &made->set, &config, NULL), found[9] = {0}, sum = 0;
    for (uint64_t t = 0; t < made->set.n_touches; t++) found[made->set.campaign[t]] += credit[t];
    for (int c = 0; c < 9; c++) {
      assert_near(found[c], da_markov_of(fitted)->total[c], 1e-6);
      sum += da_markov_of(fitted)->total[c];
    }
    assert_near(sum, (double)made->set.n_conversions, 1e-9);
    free(credit);
    da_method_markov.close(fitted);
  }
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_chain_by_hand),
      cmocka_unit_test(logs_without_conversions_and_orders_without_evidence),
      cmocka_unit_test(ends_of_paths_are_predicted),
      cmocka_unit_test(campaigns_get_their_totals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
