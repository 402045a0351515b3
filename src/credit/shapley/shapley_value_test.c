/* Oracle: the mean over all orders in which players may join, one order after the other. */
#include "credit/shapley/shapley_value.h"

#include "base/random.h"
#include "support/credit.h"

static void add_orders(const double *worth, uint32_t n, uint32_t joined, double *value, uint64_t *n_orders) {
  if (joined == (1u << n) - 1) {
    ++*n_orders;
    return;
  }
  for (uint32_t k = 0; k < n; k++) {
    if (joined >> k & 1) continue;
    uint64_t before = *n_orders;
    add_orders(worth, n, joined | 1u << k, value, n_orders);
    value[k] += (double)(*n_orders - before) * (worth[joined | 1u << k] - worth[joined]);
  }
}

static void the_mean_over_all_orders(void **state) {
  (void)state;
  da_random random;
  da_random_init(&random, 1, 0);
  for (uint32_t n = 1; n <= 7; n++) {
    double worth[128], found[7], wanted[7] = {0}, sum = 0;
    for (size_t s = 0; s < (size_t)1 << n; s++) worth[s] = da_random_normal(&random);
    uint64_t n_orders = 0;
    add_orders(worth, n, 0, wanted, &n_orders);
    da_shapley_value(worth, n, found);
    for (uint32_t k = 0; k < n; k++) {
      assert_near(found[k], wanted[k] / (double)n_orders, 1e-12);
      sum += found[k];
    }
    assert_near(sum, worth[((size_t)1 << n) - 1] - worth[0], 1e-12);
  }
}

static void twenty_players_who_add_up_get_what_they_bring(void **state) {
  (void)state;
  enum { N = DA_SHAPLEY_MOST_PLAYERS };
  double *worth = journeys_zeroed((size_t)1 << N, sizeof *worth), value[N];
  for (size_t s = 0; s < (size_t)1 << N; s++) {
    for (int k = 0; k < N; k++) worth[s] += s >> k & 1 ? k + 1 : 0;
  }
  da_shapley_value(worth, N, value);
  for (int k = 0; k < N; k++) assert_near(value[k], k + 1, 1e-9);
  free(worth);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_mean_over_all_orders),
      cmocka_unit_test(twenty_players_who_add_up_get_what_they_bring),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
