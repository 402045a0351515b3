#include "credit/incremental/pooling.h"

#include <math.h>

#include "base/mem.h"

static const double STRENGTH = 3, LEAST_COMMON = 1e-12, LEAST_ALIKE = .05, MOST_ALIKE = 1e4;

da_status da_pooling_init(uint32_t n_campaigns, int n_taus, da_pooling *pooling, da_error *err) {
  *pooling = (da_pooling){.n_campaigns = n_campaigns, .n_taus = n_taus, .alike = 1};
  pooling->worth = da_mem_alloc((size_t)n_campaigns * 3, sizeof *pooling->worth);
  if (!pooling->worth) return da_mem_fail(err, (size_t)n_campaigns * 3, sizeof *pooling->worth, "what campaigns have in common");
  pooling->count = pooling->worth + n_campaigns;
  pooling->expected = pooling->count + n_campaigns;
  for (uint32_t c = 0; c < n_campaigns; c++) pooling->worth[c] = 1;
  return DA_OK;
}

void da_pooling_free(da_pooling *pooling) {
  da_mem_free(pooling->worth);
  *pooling = (da_pooling){0};
}

/* Recurrence up to 6, then the asymptotic series (Abramowitz and Stegun 6.3.18). */
double da_digamma(double x) {
  double sum = 0;
  while (x < 6) sum -= 1 / x++;
  double y = 1 / (x * x);
  return sum + log(x) - .5 / x - y * (1. / 12 - y * (1. / 120 - y * (1. / 252 - y * (1. / 240 - y / 132))));
}

/* The common kernel for these worths; a kernel without any conversion keeps a trace, from which it can grow. */
static void set_common(da_pooling *pooling, const double *shared, const double *mass) {
  for (int m = 0; m < pooling->n_taus; m++) {
    double conversions = 0, touches = 0;
    for (uint32_t c = 0; c < pooling->n_campaigns; c++) {
      size_t at = c * (size_t)pooling->n_taus + (size_t)m;
      conversions += shared[at];
      touches += pooling->worth[c] * mass[at];
    }
    pooling->common[m] = fmax(touches > 0 ? conversions / touches : 0, LEAST_COMMON);
  }
}

/* One Newton step on log a of the negative binomial log-likelihood of the counts. */
static void set_alike(da_pooling *pooling) {
  double a = pooling->alike, slope = 0, curvature = 0, h = 1e-4 * a;
  for (uint32_t c = 0; c < pooling->n_campaigns; c++) {
    double n = pooling->count[c], e = pooling->expected[c];
    if (e <= 0) continue;
    slope += da_digamma(a + n) - da_digamma(a) + log(a / (a + e)) + 1 - (a + n) / (a + e);
    curvature += (da_digamma(a + h + n) - da_digamma(a + n) - da_digamma(a + h) + da_digamma(a)) / h + 1 / a - 1 / (a + e) -
                 (e - n) / ((a + e) * (a + e));
  }
  double by_log = a * slope, by_log_twice = a * a * curvature + a * slope;
  double step = by_log_twice < 0 ? -by_log / by_log_twice : by_log > 0 ? .5 : -.5;
  pooling->alike = fmin(fmax(a * exp(fmin(fmax(step, -.5), .5)), LEAST_ALIKE), MOST_ALIKE);
}

static void set_worths(da_pooling *pooling, const double *shared, const double *mass) {
  size_t n_taus = (size_t)pooling->n_taus;
  for (uint32_t c = 0; c < pooling->n_campaigns; c++) {
    double n = 0, e = 0;
    for (size_t m = 0; m < n_taus; m++) {
      n += shared[c * n_taus + m];
      e += pooling->common[m] * mass[c * n_taus + m];
    }
    pooling->count[c] = n;
    pooling->expected[c] = e;
    pooling->worth[c] = (pooling->alike + n) / (pooling->alike + e);
  }
}

static double divergence(double alpha, double beta, double digamma, double shape, double rate) {
  return (alpha - shape) * digamma - lgamma(alpha) + lgamma(shape) + shape * log(beta / rate) + alpha * (rate - beta) / beta;
}

double da_pooling_update(da_pooling *pooling, const double *shared, const double *mass, double *mean, double *geometric) {
  size_t n_taus = (size_t)pooling->n_taus;
  double total = 0, sum = 0;
  set_common(pooling, shared, mass);
  set_worths(pooling, shared, mass);
  set_alike(pooling);
  for (size_t m = 0; m < n_taus; m++) total += pooling->common[m];
  for (uint32_t c = 0; c < pooling->n_campaigns; c++) {
    for (size_t m = 0; m < n_taus; m++) {
      size_t at = c * n_taus + m;
      double shape = fmax(STRENGTH * pooling->common[m] / total, 1e-3), rate = shape / (pooling->worth[c] * pooling->common[m]);
      double alpha = shape + shared[at], beta = rate + mass[at], digamma = da_digamma(alpha);
      mean[at] = alpha / beta;
      geometric[at] = exp(digamma) / beta;
      sum += divergence(alpha, beta, digamma, shape, rate);
    }
  }
  return sum;
}
