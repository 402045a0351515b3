/* Oracles: journeys drawn from the model with known parameters, conversions shared by its definition, and the top of its likelihood found by
 * trying. */
#include "support/credit.h"

enum { N_USERS = 30000, DAYS = 60 };
static const double beta[] = {.4, .1, .2}, omega[] = {.5, .2, 2};

/* The first conversion after touches at days[n], by thinning: rate is at most its value right after the last touch; -1 for none. */
static double draw_conversion(da_random *random, const double *days, const uint32_t *campaign, size_t n, double from, double to) {
  double now = from;
  for (;;) {
    double bound = 0, rate = 0;
    for (size_t j = 0; j < n; j++) bound += beta[campaign[j]] * omega[campaign[j]] * exp(-omega[campaign[j]] * (now - days[j]));
    now += bound > 1e-12 ? da_random_exponential(random) / bound : DAYS;
    if (now >= to) return -1;
    for (size_t j = 0; j < n; j++) rate += beta[campaign[j]] * omega[campaign[j]] * exp(-omega[campaign[j]] * (now - days[j]));
    if (da_random_uniform(random) * bound < rate) return now;
  }
}

/* A user has four touches in the first half of the log; a journey ends at its conversion, and the next touch begins another. The set tells the
 * moments of conversions only when it is given conversion_us; truth[touch] receives the parts of each conversion by the true rates. */
static test_journeys *hazard_journeys(size_t n_users, int64_t *moment_us, double *truth) {
  test_journeys *made = journeys_room(n_users * 4, 3);
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, 6, 6);
  for (uint32_t c = 0; c < 3; c++) made->name_text[c][0] = (char)('a' + c);
  for (size_t user = 0; user < n_users; user++) {
    double days[4], next = da_random_uniform(&random) * DAYS / 8;
    uint32_t campaign[4];
    for (size_t touch = 0, n = 0; touch < 4; touch++) {
      double at = days[n] = next;
      campaign[n++] = (uint32_t)da_random_below(&random, 3);
      next = touch < 3 ? at + da_random_uniform(&random) * DAYS / 8 : DAYS;
      double converted = draw_conversion(&random, days, campaign, n, at, next), rate[4], sum = 0;
      made->time_us[set->n_touches] = (int64_t)(at * (double)DAY_US);
      made->campaign[set->n_touches++] = campaign[n - 1];
      if (converted < 0 && touch < 3) continue;
      for (size_t j = 0; j < n; j++) {
        sum += rate[j] = beta[campaign[j]] * omega[campaign[j]] * exp(-omega[campaign[j]] * (converted - days[j]));
      }
      for (size_t j = 0; j < n; j++) truth[set->n_touches - n + j] = converted < 0 ? 0 : rate[j] / sum;
      if (converted >= 0) moment_us[set->n_conversions] = (int64_t)(converted * (double)DAY_US);
      journeys_end_one(made, DA_SET_TRAIN, converted >= 0);
      n = 0;
    }
    made->first_journey[++set->n_users] = set->n_journeys;
  }
  journeys_finish(made, 3, false);
  set->log_end_us = DAYS * DAY_US;
  return made;
}

/* Each campaign's part of the conversions, found and true, when the log tells the moments of conversions or not. */
static void check_known_model(bool has_moments) {
  int64_t *moment_us = journeys_zeroed(N_USERS * 4, sizeof *moment_us);
  double *truth = journeys_zeroed(N_USERS * 4, sizeof *truth);
  test_journeys *made = hazard_journeys(N_USERS, moment_us, truth);
  da_journeys *set = &made->set;
  if (has_moments) set->conversion_us = moment_us;
  da_config config = credit_config();
  double *credit = credit_of(da_method_find("additive_hazard"), set, &config, NULL), found[3] = {0}, wanted[3] = {0};
  for (uint64_t i = 0; i < set->n_touches; i++) {
    found[set->campaign[i]] += credit[i];
    wanted[set->campaign[i]] += truth[i];
  }
  assert_true(set->n_conversions > 10000);
  for (int c = 0; c < 3; c++) assert_near(found[c], wanted[c], .02 * (double)set->n_conversions);
  free(credit), free(truth), free(moment_us);
  journeys_free(made);
}

static void a_known_model_is_found_from_moments(void **state) {
  (void)state;
  check_known_model(true);
}

static void a_known_model_is_found_from_marked_touches(void **state) {
  (void)state;
  check_known_model(false);
}

/* ---- The top of the likelihood ---- */

/* Expected conversions of touch i between two moments, in days after the touch. x: log beta, log omega of each campaign. */
static double expected_between(const double *x, uint32_t c, double from, double until) {
  return exp(x[c]) * (exp(-exp(x[3 + c]) * from) - exp(-exp(x[3 + c]) * until));
}

/* The log-likelihood of every interval between two touches of a user, one by one: did it convert or not? part (NULL: not wanted) receives
 * H_j / H of the converting ones. */
static double log_likelihood(const da_journeys *set, const double *x, double *part) {
  double all = 0;
  for (uint64_t user = 0; user < set->n_users; user++) {
    uint64_t end = set->first_touch[set->first_journey[user + 1]];
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) {
      for (uint64_t i = set->first_touch[j]; i < set->first_touch[j + 1]; i++) {
        int64_t until_us = i + 1 < end ? set->time_us[i + 1] : set->log_end_us;
        bool converts = i + 1 == set->first_touch[j + 1] && da_journey_converted(set, j);
        double expected[4], sum = 0;
        for (uint64_t k = set->first_touch[j]; k <= i; k++) {
          sum += expected[k - set->first_touch[j]] =
              expected_between(x, set->campaign[k], (double)(set->time_us[i] - set->time_us[k]) / (double)DAY_US,
                               (double)(until_us - set->time_us[k]) / (double)DAY_US);
        }
        all += converts ? log(-expm1(-sum)) : -sum;
        for (uint64_t k = set->first_touch[j]; part && converts && k <= i; k++) part[k] = expected[k - set->first_touch[j]] / sum;
      }
    }
  }
  return all;
}

/* Climbs along one axis after the other, with ever smaller steps. */
static void climb(const da_journeys *set, double x[6]) {
  double best = log_likelihood(set, x, NULL);
  for (double size = .5; size > 1e-4; size *= .6) {
    for (bool moved = true; moved;) {
      moved = false;
      for (int axis = 0; axis < 12; axis++) {
        double before = x[axis / 2];
        x[axis / 2] += axis % 2 ? size : -size;
        double now = log_likelihood(set, x, NULL);
        if (now > best + 1e-9) {
          best = now;
          moved = true;
        } else {
          x[axis / 2] = before;
        }
      }
    }
  }
}

static void the_fit_is_the_top_of_the_likelihood(void **state) {
  (void)state;
  enum { N = 300 };
  int64_t moment_us[N * 4];
  double truth[N * 4], wanted[N * 4] = {0}, x[6];
  test_journeys *made = hazard_journeys(N, moment_us, truth);
  const da_journeys *set = &made->set;
  for (int c = 0; c < 3; c++) x[c] = log(beta[c]), x[3 + c] = log(omega[c]);
  climb(set, x);
  (void)log_likelihood(set, x, wanted);
  da_config config = credit_config();
  double *credit = credit_of(da_method_find("additive_hazard"), set, &config, NULL);
  for (uint64_t i = 0; i < set->n_touches; i++) assert_near(credit[i], wanted[i], .01);
  free(credit);
  journeys_free(made);
}

static void odd_logs(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(da_method_find("additive_hazard"), &config, "a@0 b@1 | b@0", 0, 0, 0);
  ASSERT_CREDITS(da_method_find("additive_hazard"), &config, "a@0!", 1);
  ASSERT_CREDITS(da_method_find("additive_hazard"), &config, "a@3 a@3! | a@3", .5, .5, 0); /* no time passes */
  ASSERT_CREDITS(da_method_find("additive_hazard"), &config, "a@3 a@3! ; a@3", .5, .5, 0); /* the next touch comes at once */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_known_model_is_found_from_moments),
      cmocka_unit_test(a_known_model_is_found_from_marked_touches),
      cmocka_unit_test(the_fit_is_the_top_of_the_likelihood),
      cmocka_unit_test(odd_logs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
