#include "credit/evaluate/calibration.h"

#include <math.h>
#include <stdbool.h>

#include "base/softplus.h"

enum { MOST_STEPS = 100 };

/* Platt's targets: of n journeys alike the first is as good as seen on the other side. */
typedef struct {
  const float *x;
  const uint8_t *converted;
  uint64_t n;
  double target[2]; /* of journeys that did not, and that did convert */
} problem;

static double loss_of(const problem *p, da_calibration c) {
  double loss = 0;
  for (uint64_t i = 0; i < p->n; i++) {
    double z = c.a + c.b * (double)p->x[i];
    loss += da_softplus(z) - p->target[p->converted[i]] * z;
  }
  return loss;
}

/* Newton's step, down the loss. */
static da_calibration step_of(const problem *p, da_calibration c) {
  double ga = 0, gb = 0, haa = 1e-12, hab = 0, hbb = 1e-12;
  for (uint64_t i = 0; i < p->n; i++) {
    double x = (double)p->x[i], chance = 1 / (1 + exp(-(c.a + c.b * x)));
    double gap = chance - p->target[p->converted[i]], weight = chance * (1 - chance);
    ga += gap, gb += gap * x;
    haa += weight, hab += weight * x, hbb += weight * x * x;
  }
  double determinant = haa * hbb - hab * hab;
  if (determinant <= 1e-9 * haa * hbb) return (da_calibration){-ga / haa, 0}; /* every x alike */
  return (da_calibration){-(hbb * ga - hab * gb) / determinant, -(haa * gb - hab * ga) / determinant};
}

static da_calibration descend(const problem *p, da_calibration c) {
  double loss = loss_of(p, c);
  for (int i = 0; i < MOST_STEPS; i++) {
    da_calibration step = step_of(p, c), next = c;
    double part = 1, lower = loss;
    for (; part > 1e-6; part /= 2) {
      next = (da_calibration){c.a + part * step.a, c.b + part * step.b};
      lower = loss_of(p, next);
      if (lower < loss) break;
    }
    if (!(lower < loss)) return c;
    bool is_done = loss - lower < 1e-10 * (double)p->n;
    c = next, loss = lower;
    if (is_done) return c;
  }
  return c;
}

da_calibration da_calibration_fit(const float *x, const uint8_t *converted, uint64_t n) {
  double n_converted = 0, n_all = (double)n;
  for (uint64_t i = 0; i < n; i++) n_converted += converted[i];
  problem p = {x, converted, n, {1 / (n_all - n_converted + 2), (n_converted + 1) / (n_converted + 2)}};
  double rate = (n_converted + 1) / (n_all + 2);
  da_calibration flat = {log(rate / (1 - rate)), 0}, fitted = descend(&p, flat);
  return fitted.b > 0 ? fitted : flat;
}
