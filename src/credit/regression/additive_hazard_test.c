/* Oracle: journeys drawn from the model with known parameters, and conversions shared by its definition. */
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

/* A user has up to four touches in the first half of the log; the journey ends at the conversion, which comes after the last touch. */
static test_journeys *hazard_journeys(int64_t *conversion_us) {
  test_journeys *made = journeys_room(N_USERS * 4, 3);
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, 6, 6);
  for (uint32_t c = 0; c < 3; c++) made->name_text[c][0] = (char)('a' + c);
  for (size_t user = 0; user < N_USERS; user++) {
    double days[4], converted = -1, at = da_random_uniform(&random) * DAYS / 8;
    uint32_t campaign[4];
    size_t wanted = 1 + da_random_below(&random, 4), n = 0;
    while (n < wanted && converted < 0) {
      days[n] = at;
      campaign[n++] = (uint32_t)da_random_below(&random, 3);
      double next = at + da_random_uniform(&random) * DAYS / 8;
      converted = draw_conversion(&random, days, campaign, n, at, n < wanted ? next : DAYS);
      at = next;
    }
    for (size_t j = 0; j < n; j++) {
      made->time_us[set->n_touches] = (int64_t)(days[j] * (double)DAY_US);
      made->campaign[set->n_touches++] = campaign[j];
    }
    if (converted >= 0) conversion_us[set->n_conversions] = (int64_t)(converted * (double)DAY_US);
    journeys_end_one(made, DA_SET_TRAIN, converted >= 0);
    made->first_journey[++set->n_users] = set->n_journeys;
  }
  journeys_finish(made, 3, false);
  set->conversion_us = conversion_us;
  set->log_end_us = DAYS * DAY_US;
  return made;
}

static void a_known_model_is_found(void **state) {
  (void)state;
  int64_t *conversion_us = journeys_zeroed(N_USERS, sizeof *conversion_us);
  test_journeys *made = hazard_journeys(conversion_us);
  const da_journeys *set = &made->set;
  da_config config = credit_config();
  double *credit = credit_of(da_method_find("additive_hazard"), set, &config, NULL), found[3] = {0}, wanted[3] = {0};
  uint64_t conversion = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    if (!da_journey_converted(set, j)) continue;
    double rate[4], sum = 0;
    uint64_t first = set->first_touch[j], n = da_journey_length(set, j);
    for (uint64_t i = 0; i < n; i++) {
      uint32_t c = set->campaign[first + i];
      sum += rate[i] = beta[c] * omega[c] * exp(-omega[c] * (double)(conversion_us[conversion] - set->time_us[first + i]) / (double)DAY_US);
    }
    for (uint64_t i = 0; i < n; i++) {
      found[set->campaign[first + i]] += credit[first + i];
      wanted[set->campaign[first + i]] += rate[i] / sum;
    }
    conversion++;
  }
  assert_true(conversion > 5000);
  for (int c = 0; c < 3; c++) assert_near(found[c], wanted[c], .03 * (double)conversion);
  free(credit);
  free(conversion_us);
  journeys_free(made);
}

static void odd_logs(void **state) {
  (void)state;
  da_config config = credit_config();
  ASSERT_CREDITS(da_method_find("additive_hazard"), &config, "a@0 b@1 | b@0", 0, 0, 0);
  ASSERT_CREDITS(da_method_find("additive_hazard"), &config, "a@0!", 1);
  ASSERT_CREDITS(da_method_find("additive_hazard"), &config, "a@3 a@3! | a@3", .5, .5, 0); /* no time passes */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_known_model_is_found),
      cmocka_unit_test(odd_logs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
