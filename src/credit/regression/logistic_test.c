/* Oracle: journeys drawn from a logistic model with known coefficients; the closed form of the Shapley values of two players. */
#include "support/credit.h"

static const double intercept = -1.5, coefficient[] = {1.2, 0, -.8, .5};
enum { N_CAMPAIGNS = 4, N_USERS = 60000 };

/* Every user meets each campaign with chance 1/2, twice, and at least the first. */
static test_journeys *logistic_journeys(void) {
  test_journeys *made = journeys_room((size_t)N_USERS * 2 * N_CAMPAIGNS, N_CAMPAIGNS);
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, 4, 4);
  for (uint32_t c = 0; c < N_CAMPAIGNS; c++) made->name_text[c][0] = (char)('a' + c);
  for (size_t user = 0; user < N_USERS; user++) {
    double log_odds = intercept;
    uint64_t met = da_random_below(&random, 15) + 1;
    for (uint32_t c = 0; c < N_CAMPAIGNS; c++) {
      if (!(met >> c & 1)) continue;
      made->campaign[set->n_touches++] = c;
      made->campaign[set->n_touches++] = c;
      log_odds += coefficient[c];
    }
    bool converted = da_random_uniform(&random) < 1 / (1 + exp(-log_odds));
    journeys_end_one(made, DA_SET_TRAIN, converted);
    made->first_journey[++set->n_users] = set->n_journeys;
  }
  journeys_finish(made, N_CAMPAIGNS, false);
  return made;
}

/* Of a journey that met a and b: odds without a are e^-A, and so on; value_a = ((1 - e^-A) + (e^-B - e^-(A + B))) / 2. */
static double value_of_two(double a, double b) { return ((1 - exp(-a)) + (exp(-b) - exp(-a - b))) / 2; }

static void known_coefficients_are_found(void **state) {
  (void)state;
  test_journeys *made = logistic_journeys();
  const da_journeys *set = &made->set;
  da_config config = credit_config();
  double *credit = credit_of(da_method_find("logistic"), set, &config, NULL);
  uint64_t n_looked_at = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    uint64_t t = set->first_touch[j];
    if (!da_journey_converted(set, j) || da_journey_length(set, j) != 4) continue;
    double first = coefficient[set->campaign[t]], second = coefficient[set->campaign[t + 2]];
    assert_near(credit[t], credit[t + 1], 0);
    assert_near(2 * credit[t], value_of_two(first, second), .15);
    assert_near(2 * credit[t + 2], value_of_two(second, first), .15);
    n_looked_at++;
  }
  assert_true(n_looked_at > 1000);
  free(credit);
  journeys_free(made);
}

static void logs_without_conversions(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(da_method_find("logistic"), &config, "a@0 b@1 | b@0", 0, 0, 0);
}

/* The probabilities of the journeys it learnt from sum to their conversions. */
static void predictions_have_the_rate_of_the_log(void **state) {
  (void)state;
  da_error err = {0};
  da_config config = credit_config();
  test_journeys *made = journeys_random(12, 300, 6, 5);
  da_credit_input input = {.set = &made->set, .config = &config};
  const da_method *method = da_method_find("logistic");
  void *fitted;
  float *logit = journeys_zeroed(made->set.n_journeys, sizeof *logit);
  assert_ok(method->fit(&input, &fitted, &err), err);
  assert_ok(method->predict(fitted, &input, logit, &err), err);
  double sum = 0;
  for (uint64_t j = 0; j < made->set.n_journeys; j++) sum += 1 / (1 + exp(-(double)logit[j]));
  assert_near(sum, (double)made->set.n_conversions, 1e-3);
  method->close(fitted);
  free(logit);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(predictions_have_the_rate_of_the_log),
      cmocka_unit_test(known_coefficients_are_found),
      cmocka_unit_test(logs_without_conversions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
