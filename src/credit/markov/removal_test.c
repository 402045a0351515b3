/* Oracle: the definition, by Gaussian elimination of the whole chain with the steps to one campaign led out of it. */
#include "credit/markov/removal.h"

#include "base/mem.h"
#include "support/credit.h"

/* Solves a x = b in place, n x n, with pivoting; b becomes x. */
static void eliminate(double *a, double *b, size_t n) {
  for (size_t k = 0; k < n; k++) {
    size_t pivot = k;
    for (size_t i = k + 1; i < n; i++) pivot = fabs(a[i * n + k]) > fabs(a[pivot * n + k]) ? i : pivot;
    for (size_t j = 0; j < n; j++) {
      double swap = a[k * n + j];
      a[k * n + j] = a[pivot * n + j], a[pivot * n + j] = swap;
    }
    double swap = b[k];
    b[k] = b[pivot], b[pivot] = swap;
    for (size_t i = 0; i < n; i++) {
      double factor = i == k ? 0 : a[i * n + k] / a[k * n + k];
      for (size_t j = k; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
      b[i] -= factor * b[k];
    }
  }
  for (size_t k = 0; k < n; k++) b[k] /= a[k * n + k];
}

/* The probability to convert from the start when steps to `removed` lead to an end without a conversion. */
static double convert_without(const da_chain *chain, uint32_t removed) {
  size_t n = chain->state.n;
  double *a = journeys_zeroed(n * n, sizeof *a), *h = journeys_zeroed(n, sizeof *h);
  for (uint32_t s = 0; s < n; s++) {
    a[s * n + s] = 1;
    h[s] = chain->converted[s] / chain->total[s];
    for (uint64_t i = chain->first_out[s]; i < chain->first_out[s + 1]; i++) {
      uint32_t e = chain->out[i], to = da_chain_target(chain, e);
      if (da_chain_campaign(chain, to) != removed) a[s * n + to] -= chain->edge_count[e] / chain->total[s];
    }
  }
  eliminate(a, h, n);
  double result = h[0];
  free(a), free(h);
  return result;
}

static void assert_removal(const test_journeys *made, int order) {
  da_error err = {0};
  da_paths paths;
  da_chain chain;
  da_pool *pool;
  assert_ok(da_pool_open(2, &pool, &err), err);
  assert_ok(da_paths_init(&made->set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, NULL, &paths, &err), err);
  assert_ok(da_chain_init(&paths, order, &chain, &err), err);
  double n = (double)made->set.n_journeys, all = convert_without(&chain, UINT32_MAX) * n;
  assert_near(all, (double)made->set.n_conversions, 1e-9 * n);
  double through[64], alone[64], walked[64];
  assert_ok(da_chain_removal(&chain, pool, through, &err), err);
  assert_ok(da_chain_removal(&chain, NULL, alone, &err), err);
  assert_ok(da_chain_walk(&chain, pool, walked, &err), err);
  for (uint32_t c = 0; c < chain.n_campaigns; c++) {
    assert_near(through[c], all - n * convert_without(&chain, c), 1e-9 * n);
    assert_near(walked[c], through[c], 1e-12 * n);
    assert_true(through[c] == alone[c]);
  }
  da_chain_free(&chain);
  da_paths_free(&paths);
  da_pool_close(pool);
}

static void the_definition_on_random_journeys(void **state) {
  (void)state;
  for (int order = 1; order <= DA_CHAIN_MAX_ORDER; order++) {
    test_journeys *made = journeys_random(20 + (uint64_t)order, 25, 9, 7);
    assert_removal(made, order);
    journeys_free(made);
  }
}

static void odd_chains(void **state) {
  (void)state;
  static const char *const texts[] = {
      "a@0 b@1",                              /* no conversion at all */
      "a@0! | b@0 c@1",                       /* campaigns that never convert */
      "a@0 a@1 a@2 a@3 a@4! | a@0 b@1 a@2",   /* a state that mostly stays */
      "a@0 b@1 a@2 b@3 a@4 b@5! | b@0 c@1! ", /* circles */
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    test_journeys *made = journeys_from_text(texts[i]);
    for (int order = 1; order <= 3; order++) assert_removal(made, order);
    journeys_free(made);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_definition_on_random_journeys),
      cmocka_unit_test(odd_chains),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
