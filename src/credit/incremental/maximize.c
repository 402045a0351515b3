#include "credit/incremental/maximize.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "credit/incremental/cholesky.h"

enum { MEMORY = 8, MAX_HALVINGS = 12 };

/* The last MEMORY steps s = x' - x and changes of the downhill gradient y = g - g', newest at (next - 1) % MEMORY. */
typedef struct {
  size_t n;
  double *s, *y; /* [MEMORY * n] */
  double rho[MEMORY];
  int next, n_kept;
  double *scratch; /* [n] */
} history;

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* In place: x becomes curvature^-1 x, by the caller's guess. */
static void apply_guess(const da_maximize *problem, double *x) {
  if (problem->factor) {
    da_cholesky_solve(problem->factor, problem->n, x);
  } else {
    for (size_t i = 0; i < problem->n; i++) x[i] /= problem->curvature[i];
  }
}

/* direction = H gradient, H the inverse curvature that the history implies: the two-loop recursion. */
static void ascent_direction(const da_maximize *problem, history *past, const double *gradient, double *direction) {
  size_t n = past->n;
  double alpha[MEMORY];
  memcpy(direction, gradient, n * sizeof *direction);
  for (int k = 1; k <= past->n_kept; k++) {
    int at = (past->next - k + MEMORY) % MEMORY;
    const double *s = past->s + (size_t)at * n, *y = past->y + (size_t)at * n;
    alpha[at] = past->rho[at] * dot(s, direction, n);
    for (size_t i = 0; i < n; i++) direction[i] -= alpha[at] * y[i];
  }
  double scale = 1;
  if (past->n_kept > 0) {
    int at = (past->next - 1 + MEMORY) % MEMORY;
    const double *y = past->y + (size_t)at * n;
    memcpy(past->scratch, y, n * sizeof *y);
    apply_guess(problem, past->scratch);
    scale = 1 / (past->rho[at] * dot(y, past->scratch, n));
  }
  apply_guess(problem, direction);
  for (size_t i = 0; i < n; i++) direction[i] *= scale;
  for (int k = past->n_kept; k >= 1; k--) {
    int at = (past->next - k + MEMORY) % MEMORY;
    const double *s = past->s + (size_t)at * n, *y = past->y + (size_t)at * n;
    double beta = past->rho[at] * dot(y, direction, n);
    for (size_t i = 0; i < n; i++) direction[i] += (alpha[at] - beta) * s[i];
  }
}

static void remember(history *past, const double *x, const double *next_x, const double *gradient, const double *next_gradient) {
  size_t n = past->n, at = (size_t)past->next;
  double *s = past->s + at * n, *y = past->y + at * n;
  for (size_t i = 0; i < n; i++) {
    s[i] = next_x[i] - x[i];
    y[i] = gradient[i] - next_gradient[i];
  }
  double sy = dot(s, y, n);
  if (!(sy > 1e-12 * sqrt(dot(s, s, n) * dot(y, y, n)))) return; /* not concave along s: would spoil H */
  past->rho[at] = 1 / sy;
  past->next = (past->next + 1) % MEMORY;
  if (past->n_kept < MEMORY) past->n_kept++;
}

typedef struct {
  double *x, *gradient, value;
} point;

/* From `from` along direction, halving until the value rises enough; false when no step helped. */
static bool line_search(const da_maximize *problem, const point *from, const double *direction, double slope, point *to,
                        int *n_evaluations) {
  double step = 1;
  for (int h = 0; h < MAX_HALVINGS && *n_evaluations < problem->max_evaluations; h++, step *= h < 2 ? .5 : .2) {
    for (size_t i = 0; i < problem->n; i++) to->x[i] = from->x[i] + step * direction[i];
    to->value = problem->evaluate(problem->context, to->x, to->gradient);
    ++*n_evaluations;
    if (isfinite(to->value) && to->value >= from->value + 1e-4 * step * slope) return true;
  }
  return false;
}

static void climb(const da_maximize *problem, history *past, point *here, point *next, double *direction, int *n_evaluations) {
  size_t n = problem->n;
  here->value = problem->evaluate(problem->context, here->x, here->gradient);
  *n_evaluations = 1;
  while (*n_evaluations < problem->max_evaluations) {
    ascent_direction(problem, past, here->gradient, direction);
    double slope = dot(direction, here->gradient, n);
    if (!(slope > problem->tolerance)) return;
    if (!line_search(problem, here, direction, slope, next, n_evaluations)) {
      if (past->n_kept == 0) return;
      past->n_kept = 0; /* the history misled us: once more along the plain scaled gradient */
      continue;
    }
    remember(past, here->x, next->x, here->gradient, next->gradient);
    point swapped = *here;
    *here = *next;
    *next = swapped;
  }
}

da_status da_maximize_run(const da_maximize *problem, double *x, double *value, int *n_evaluations, da_error *err) {
  size_t n = problem->n, n_numbers = (2 * MEMORY + 6) * n;
  double *block = da_mem_calloc(n_numbers, sizeof *block);
  if (!block) return da_mem_fail(err, n_numbers, sizeof *block, "the search for the best fit");
  history past = {.n = n, .s = block, .y = block + MEMORY * n, .scratch = block + 2 * MEMORY * n};
  double *rest = past.scratch + n;
  point here = {.x = rest, .gradient = rest + n}, next = {.x = rest + 2 * n, .gradient = rest + 3 * n};
  int count = 0;
  memcpy(here.x, x, n * sizeof *x);
  climb(problem, &past, &here, &next, rest + 4 * n, &count);
  bool good = isfinite(here.value);
  if (good) {
    memcpy(x, here.x, n * sizeof *x);
    *value = here.value;
  }
  if (n_evaluations) *n_evaluations = count;
  da_mem_free(block);
  return good ? DA_OK : da_fail(err, DA_ERR_NUM, "expected a finite likelihood at the start of the search but found none");
}
