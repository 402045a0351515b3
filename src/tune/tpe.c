#include "tune/tpe.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

enum { N_CANDIDATES = 24, MAX_GOOD = 25 };
#define GOOD_SHARE 0.2

/* The share of [0, 1] below x, of a Gaussian. */
static double normal_below(double x, double mean, double sd) { return 0.5 * erfc(-(x - mean) / (sd * sqrt(2))); }

/* Gaussians of one width around the points, cut off at 0 and 1, and one even density over the cube, equally likely each. */
typedef struct {
  const double *points; /* [n][D] */
  size_t n;
  int D;
  double sd;
} mixture;

static mixture mixture_of(const double *points, size_t n, int D) {
  /* Scott's rule on points that spread over a fifth of the cube; no narrower than the distance of that many points in a row. */
  double sd = 0.2 * pow((double)(n + 1), -1.0 / (D + 4));
  const double narrowest = 1.0 / (double)(n + 2 < 100 ? n + 2 : 100) / 2;
  return (mixture){points, n, D, sd > narrowest ? sd : narrowest};
}

static double log_density(const mixture *m, const double *x) {
  double largest = 0, sum = 1; /* the even density: log 1 */
  for (size_t i = 0; i < m->n; i++) {
    const double *mean = m->points + i * (size_t)m->D;
    double log_term = 0;
    for (int d = 0; d < m->D; d++) {
      const double z = (x[d] - mean[d]) / m->sd;
      const double inside = normal_below(1, mean[d], m->sd) - normal_below(0, mean[d], m->sd);
      log_term += -0.5 * z * z - log(m->sd * sqrt(2 * acos(-1)) * inside);
    }
    if (log_term > largest) {
      sum = sum * exp(largest - log_term) + 1;
      largest = log_term;
    } else {
      sum += exp(log_term - largest);
    }
  }
  return largest + log(sum) - log((double)m->n + 1);
}

static void sample(const mixture *m, da_random *random, double *x) {
  const uint64_t i = da_random_below(random, m->n + 1);
  for (int d = 0; d < m->D; d++) {
    do x[d] = i == m->n ? da_random_uniform(random) : m->points[i * (size_t)m->D + (size_t)d] + m->sd * da_random_normal(random);
    while (x[d] < 0 || x[d] > 1);
  }
}

/* Halton's sequence with a random shift in each dimension (Cranley and Patterson 1976). */
static void spread(const da_tpe *tpe, uint64_t draw, double *out) {
  static const uint64_t primes[DA_TPE_MAX_DIMENSIONS] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53};
  da_random random;
  da_random_init(&random, tpe->seed, 0);
  for (int d = 0; d < tpe->n_dimensions; d++) {
    double value = 0, digit = 1;
    for (uint64_t left = draw + 1; left > 0; left /= primes[d]) {
      digit /= (double)primes[d];
      value += digit * (double)(left % primes[d]);
    }
    value += da_random_uniform(&random);
    out[d] = value - floor(value);
  }
}

void da_tpe_draw(const da_tpe *tpe, uint64_t draw, const double *points, size_t n, double *out) {
  const int D = tpe->n_dimensions;
  if (draw < tpe->n_random || n < 2) {
    spread(tpe, draw, out);
    return;
  }
  size_t n_good = (size_t)ceil(GOOD_SHARE * (double)n);
  if (n_good > MAX_GOOD) n_good = MAX_GOOD;
  const mixture good = mixture_of(points, n_good, D), rest = mixture_of(points + n_good * (size_t)D, n - n_good, D);
  da_random random;
  da_random_init(&random, tpe->seed, 1 + draw);
  double best = -INFINITY;
  for (int c = 0; c < N_CANDIDATES; c++) {
    double x[DA_TPE_MAX_DIMENSIONS];
    sample(&good, &random, x);
    const double gain = log_density(&good, x) - log_density(&rest, x);
    if (c > 0 && gain <= best) continue;
    best = gain;
    memcpy(out, x, (size_t)D * sizeof *x);
  }
}
