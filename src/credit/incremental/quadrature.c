#include "credit/incremental/quadrature.h"

#include <assert.h>
#include <math.h>

/* P_n(x) by its recurrence, and its derivative. */
static double legendre(int n, double x, double *derivative) {
  double before = 1, value = x;
  for (int k = 2; k <= n; k++) {
    double next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
    before = value;
    value = next;
  }
  *derivative = n * (x * value - before) / (x * x - 1);
  return value;
}

da_quadrature da_quadrature_legendre(int n) {
  assert(n >= 1 && n <= DA_QUADRATURE_MAX);
  da_quadrature rule = {.n = n};
  for (int i = 0; i < n; i++) {
    double x = -cos(M_PI * (i + .75) / (n + .5)), slope = 1; /* close enough to a root for Newton */
    for (int step = 0; step < 8; step++) x -= legendre(n, x, &slope) / slope;
    legendre(n, x, &slope);
    rule.node[i] = .5 * (1 + x);
    rule.weight[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return rule;
}
