/* Oracle: the definition: for every conversion, every order in which the campaigns of its journey may join, and for each coalition the rate
 * of all journeys inside it, read again each time. */
#include "credit/shapley/rates.h"

#include "base/mem.h"
#include "support/credit.h"

/* The rate of journeys that touch only members; in the order of `path` if told. */
static double rate_naive(const da_paths *paths, da_path_kind kind, const uint32_t *path, uint32_t n, uint32_t members) {
  double converted = 0, all = 0;
  for (uint32_t p = 0; p < paths->path.n; p++) {
    size_t length;
    const uint32_t *campaign = da_sequence(&paths->path, p, &length);
    bool fits = true;
    uint32_t next = 0;
    for (size_t i = 0; i < length; i++) {
      uint32_t at = 0;
      while (at < n && path[at] != campaign[i]) at++;
      fits &= at < n && (members >> at & 1) && (kind != DA_PATH_ORDER || at >= next);
      next = at;
    }
    if (!fits) continue;
    converted += paths->converted[p];
    all += paths->converted[p] + paths->other[p];
  }
  return all > 0 ? converted / all : 0;
}

static void add_orders(const double *rate, uint32_t n, uint32_t joined, double weight, double *value) {
  uint32_t left = n - (uint32_t)__builtin_popcount(joined);
  for (uint32_t k = 0; k < n; k++) {
    if (joined >> k & 1) continue;
    value[k] += weight / left * (rate[joined | 1u << k] - rate[joined]);
    add_orders(rate, n, joined | 1u << k, weight / left, value);
  }
}

static void assert_definition(da_path_kind kind, da_pool *pool) {
  da_error err = {0};
  test_journeys *made = journeys_random(12, 150, 5, 5);
  da_paths paths;
  da_rates rates;
  assert_ok(da_paths_init(&made->set, kind, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  assert_ok(da_rates_init(&paths, kind, 1, pool, "shapley", NULL, &rates, &err), err);
  assert_int_equal(rates.most_exact, 20);
  for (uint32_t p = 0; p < paths.path.n; p++) {
    if (paths.converted[p] == 0) continue;
    size_t n;
    const uint32_t *path = da_sequence(&paths.path, p, &n);
    double rate[32], value[5] = {0}, sum = 0;
    for (uint32_t members = 0; members < 1u << n; members++) rate[members] = rate_naive(&paths, kind, path, (uint32_t)n, members);
    add_orders(rate, (uint32_t)n, 0, 1, value);
    for (size_t k = 0; k < n; k++) {
      assert_near(rates.part[paths.path.end[p] + k], value[k] / rate[(1u << n) - 1], 1e-12);
      sum += rates.part[paths.path.end[p] + k];
    }
    assert_near(sum, 1, 1e-12);
  }
  da_rates_free(&rates);
  da_paths_free(&paths);
  journeys_free(made);
}

static void the_definition_on_random_journeys(void **state) {
  (void)state;
  da_error err = {0};
  da_pool *pool;
  assert_ok(da_pool_open(2, &pool, &err), err);
  assert_definition(DA_PATH_SET, NULL);
  assert_definition(DA_PATH_ORDER, pool);
  da_pool_close(pool);
}

/* One converted journey over all campaigns, and short ones around it: c's journeys convert with rate (c + 1) / 40. */
static test_journeys *one_long_journey(uint32_t n_campaigns) {
  test_journeys *made = journeys_room(n_campaigns * 41, n_campaigns);
  da_journeys *set = &made->set;
  for (uint32_t c = 0; c < n_campaigns; c++) snprintf(made->name_text[c], sizeof made->name_text[c], "c%05u", c);
  for (uint32_t c = 0; c < n_campaigns; c++) {
    for (uint32_t copy = 0; copy < 40; copy++) {
      made->campaign[set->n_touches++] = c;
      journeys_end_one(made, DA_SET_TRAIN, copy <= c);
      made->first_journey[++set->n_users] = set->n_journeys;
    }
  }
  for (uint32_t c = 0; c < n_campaigns; c++) made->campaign[set->n_touches++] = c;
  journeys_end_one(made, DA_SET_TRAIN, true);
  made->first_journey[++set->n_users] = set->n_journeys;
  journeys_finish(made, n_campaigns, false);
  return made;
}

/* The worth of S is the mean of its members' rates r, and of all of them d more, by the long journey. Who joins s others gains
 * (r_k - their mean) / (s + 1), so that value_k = (r_k + (r_k - m_k) (1/2 + 1/3 + ... + 1/n) + d) / n, with m_k the mean of the others. */
static void assert_closed_form(const double *part, const double *error, uint32_t n) {
  double mean = 0, harmonic = 0;
  for (uint32_t k = 0; k < n; k++) mean += (k + 1) / 40. / n;
  for (uint32_t s = 2; s <= n; s++) harmonic += 1. / s;
  double worth = (40 * n * mean + 1) / (40 * n + 1), sum = 0;
  for (uint32_t k = 0; k < n; k++) {
    double r = (k + 1) / 40., others = (mean * n - r) / (n - 1);
    assert_near(part[k], (r + (r - others) * harmonic + worth - mean) / n / worth, 1e-9 + 5 * error[k]);
    assert_true(error[k] < .05);
    sum += part[k];
  }
  assert_near(sum, 1, 1e-12);
}

static void twenty_campaigns_are_exact_and_more_lie_within_their_errors(void **state) {
  (void)state;
  da_error err = {0};
  for (uint32_t n = 20; n <= 24; n += 4) {
    test_journeys *made = one_long_journey(n);
    da_paths paths;
    da_rates rates;
    assert_ok(da_paths_init(&made->set, DA_PATH_SET, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
    assert_ok(da_rates_init(&paths, DA_PATH_SET, 1, NULL, "shapley", NULL, &rates, &err), err);
    assert_true(rates.n_sampled == (n > 20) && (rates.error[0] > 0) == (n > 20));
    assert_closed_form(rates.part + paths.path.end[n], rates.error, n);
    da_rates_free(&rates);
    da_paths_free(&paths);
    journeys_free(made);
  }
}

static void memory_that_runs_out_is_an_error(void **state) {
  (void)state;
  test_journeys *made = one_long_journey(22);
  da_paths paths;
  da_error err = {0};
  assert_ok(da_paths_init(&made->set, DA_PATH_SET, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  da_status status = DA_ERR_MEM;
  for (uint64_t nth = 1; status != DA_OK; nth++) {
    da_rates rates;
    da_mem_fail_at(nth);
    status = da_rates_init(&paths, DA_PATH_SET, 1, NULL, "shapley", NULL, &rates, &err);
    da_mem_fail_at(0);
    assert_true(status == DA_OK || status == DA_ERR_MEM);
    da_rates_free(&rates);
  }
  da_paths_free(&paths);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_definition_on_random_journeys),
      cmocka_unit_test(twenty_campaigns_are_exact_and_more_lie_within_their_errors),
      cmocka_unit_test(memory_that_runs_out_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
