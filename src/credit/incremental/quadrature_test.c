/* Oracle: integrals of powers, 1 / (k + 1). */
#include "credit/incremental/quadrature.h"
#include "support/credit.h"

static void powers_are_integrated_exactly(void **state) {
  (void)state;
  for (int n = 1; n <= DA_QUADRATURE_MAX; n++) {
    da_quadrature rule = da_quadrature_legendre(n);
    for (int k = 0; k < 2 * n; k++) {
      double sum = 0;
      for (int i = 0; i < n; i++) sum += rule.weight[i] * pow(rule.node[i], k);
      assert_near(sum, 1. / (k + 1), 1e-13);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(powers_are_integrated_exactly)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
