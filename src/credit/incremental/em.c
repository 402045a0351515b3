#include "credit/incremental/em.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "credit/incremental/pooling.h"

/* Below this a hazard is no cause at all; keeps logarithms finite where no touch and no time is left to blame. */
static const double LEAST_HAZARD = 1e-300;
enum { BETWEEN_CHECKS = 10 }; /* steps between looks at whether a pooled run still gains */

struct da_em_space {
  double *sums;       /* [n_chunks * (n + 2)]: shares of each weight, of the base, and the log-likelihood */
  double *points;     /* [3 * n] theta of the points a cycle visits */
  size_t n;           /* n_campaigns * n_taus */
  double *shared;     /* [n] conversions shared out to each weight */
  da_pooling pooling; /* of no campaigns: each stands alone */
  double *geometric;  /* NULL before the first pooled step; then one of points */
  double divergence;
};

typedef struct {
  const da_em *em;
  const da_em_point *from;
  double *sums, *responsibility;
  size_t n;
} pass;

/* H of a row without the base. */
static double touches_hazard(const da_em *em, const double *theta, uint64_t row) {
  const da_exposure *e = em->exposure;
  size_t n_taus = (size_t)e->n_taus;
  double hazard = 0;
  for (uint64_t cell = e->row_cell[row]; cell < e->row_cell[row + 1]; cell++) {
    const double *weight = theta + e->cell_campaign[cell] * n_taus;
    const float *kernel = em->cell_kernel + cell * n_taus;
    for (size_t m = 0; m < n_taus; m++) hazard += weight[m] * (double)kernel[m];
  }
  return hazard;
}

static void share_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const pass *all = context;
  const da_em *em = all->em;
  const da_exposure *e = em->exposure;
  size_t n_taus = (size_t)e->n_taus;
  double *shares = all->sums + chunk * (all->n + 2), base = 0, loglik = 0;
  memset(shares, 0, all->n * sizeof *shares);
  for (uint64_t row = e->chunk_row[chunk]; row < e->chunk_row[chunk + 1]; row++) {
    double count = em->row_weight ? (double)em->row_weight[row] : 1;
    all->responsibility[row] = 0;
    if (count == 0) continue;
    double own = all->from->rate * em->row_base[row];
    double hazard = fmax(own + touches_hazard(em, all->from->theta, row), LEAST_HAZARD);
    double converts = -expm1(-hazard), responsibility = count / converts;
    all->responsibility[row] = responsibility;
    loglik += count * (hazard + log(converts));
    base += responsibility * own;
    for (uint64_t cell = e->row_cell[row]; cell < e->row_cell[row + 1]; cell++) {
      const float *kernel = em->cell_kernel + cell * n_taus;
      double *share = shares + e->cell_campaign[cell] * n_taus;
      for (size_t m = 0; m < n_taus; m++) share[m] += responsibility * (double)kernel[m];
    }
  }
  shares[all->n] = base;
  shares[all->n + 1] = loglik;
}

/* Shares the conversions out: shared [n] by weight, *base to the baseline, responsibility by row. Returns the sum of
 * f log(e^H - 1). */
static double share_out(const da_em *em, da_em_space *space, const da_em_point *from, double *shared, double *base,
                        double *responsibility) {
  size_t n_chunks = em->exposure->timeline->n_chunks, n = space->n;
  pass all = {em, from, space->sums, responsibility, n};
  da_pool_run(em->pool, n_chunks, share_chunk, &all);
  double loglik = 0;
  *base = 0;
  for (size_t chunk = 0; chunk < n_chunks; chunk++) {
    *base += space->sums[chunk * (n + 2) + n];
    loglik += space->sums[chunk * (n + 2) + n + 1];
  }
  for (size_t k = 0; k < n; k++) {
    double share = 0;
    for (size_t chunk = 0; chunk < n_chunks; chunk++) share += space->sums[chunk * (n + 2) + k];
    shared[k] = from->theta[k] * share;
  }
  return loglik;
}

double da_em_step(const da_em *em, da_em_space *space, const da_em_point *from, da_em_point *to, double *responsibility) {
  double base, expected = from->rate * em->base, loglik = share_out(em, space, from, space->shared, &base, responsibility);
  for (size_t k = 0; k < space->n; k++) {
    expected += from->theta[k] * em->mass[k];
    to->theta[k] = em->mass[k] > 0 ? space->shared[k] / em->mass[k] : 0;
  }
  to->rate = em->base > 0 ? base / em->base : 0;
  return loglik - expected;
}

/* next = one + 2 a r + a^2 v on both theta and rate, lengths measured in expected conversions (theta mass), so that no unit matters. */
static void extrapolate(const da_em *em, size_t n, const da_em_point *zero, const da_em_point *one, const da_em_point *two,
                        da_em_point *next) {
  double rr = 0, vv = 0;
  for (size_t k = 0; k <= n; k++) {
    double scale = k < n ? em->mass[k] : em->base;
    double x0 = k < n ? zero->theta[k] : zero->rate, x1 = k < n ? one->theta[k] : one->rate, x2 = k < n ? two->theta[k] : two->rate;
    double r = (x1 - x0) * scale, v = (x2 - x1) * scale - r;
    rr += r * r;
    vv += v * v;
  }
  double a = vv > 0 ? fmax(1, sqrt(rr / vv)) : 1;
  for (size_t k = 0; k <= n; k++) {
    double x0 = k < n ? zero->theta[k] : zero->rate, x1 = k < n ? one->theta[k] : one->rate, x2 = k < n ? two->theta[k] : two->rate;
    double r = x1 - x0, x = x0 + 2 * a * r + a * a * (x2 - x1 - r);
    x = fmax(x, .01 * x2); /* a weight that reaches 0 could never come back */
    if (k < n)
      next->theta[k] = x;
    else
      next->rate = x;
  }
}

static void move(const da_em_point *from, da_em_point *to, size_t n) {
  memcpy(to->theta, from->theta, n * sizeof *to->theta);
  to->rate = from->rate;
}

/* Pooled: theta is a distribution (pooling.h); conversions are shared out by its geometric mean, and the bound rises step by step. */
static double run_pooled(const da_em *em, da_em_space *space, double tolerance, int max_steps, da_em_point *point, double *responsibility) {
  size_t n = space->n;
  da_em_point geometric = {.theta = space->points, .rate = point->rate};
  if (!space->geometric) memcpy(geometric.theta, point->theta, n * sizeof *point->theta);
  space->geometric = geometric.theta;
  double checked = -INFINITY;
  for (int step = 0;; step++) {
    double base, expected = geometric.rate * em->base;
    for (size_t k = 0; k < n; k++) expected += point->theta[k] * em->mass[k];
    double bound = share_out(em, space, &geometric, space->shared, &base, responsibility) - expected - space->divergence;
    if (step % BETWEEN_CHECKS == 0 && step > 0) {
      if (bound - checked < tolerance || step >= max_steps) return bound;
      checked = bound;
    }
    space->divergence = da_pooling_update(&space->pooling, space->shared, em->mass, point->theta, geometric.theta);
    point->rate = geometric.rate = em->base > 0 ? base / em->base : 0;
  }
}

static double run_squarem(const da_em *em, da_em_space *space, double tolerance, int max_cycles, da_em_point *point,
                          double *responsibility) {
  size_t n = space->n;
  da_em_point one = {.theta = space->points}, two = {.theta = space->points + n}, far = {.theta = space->points + 2 * n};
  double before = -INFINITY;
  for (int cycle = 0; cycle < max_cycles; cycle++) {
    double at_start = da_em_step(em, space, point, &one, responsibility);
    if (at_start - before < tolerance) return at_start;
    before = at_start;
    double at_one = da_em_step(em, space, &one, &two, responsibility);
    extrapolate(em, n, point, &one, &two, &far);
    double at_far = da_em_step(em, space, &far, point, responsibility); /* point: one EM step beyond the far one */
    if (!(at_far >= at_one)) move(&two, point, n);
  }
  return da_em_step(em, space, point, &one, responsibility);
}

double da_em_run(const da_em *em, da_em_space *space, double tolerance, int max_cycles, da_em_point *point, double *responsibility) {
  return space->pooling.n_campaigns > 0 ? run_pooled(em, space, tolerance, 3 * max_cycles, point, responsibility)
                                        : run_squarem(em, space, tolerance, max_cycles, point, responsibility);
}

const double *da_em_geometric(const da_em_space *space, const da_em_point *point) {
  return space->geometric ? space->geometric : point->theta;
}

da_status da_em_space_init(const da_exposure *exposure, da_em_space **out, da_error *err) {
  *out = NULL;
  da_em_space *space = da_mem_calloc(1, sizeof *space);
  if (!space) return da_mem_fail(err, 1, sizeof *space, "the fit of the hazard form");
  size_t n = exposure->n_campaigns * (size_t)exposure->n_taus;
  space->n = n;
  space->sums = da_mem_alloc(exposure->timeline->n_chunks * (n + 2), sizeof *space->sums);
  space->points = da_mem_calloc(3 * n, sizeof *space->points);
  space->shared = da_mem_alloc(n, sizeof *space->shared);
  da_status status = DA_OK;
  if (exposure->n_campaigns >= DA_POOLING_LEAST_CAMPAIGNS) {
    status = da_pooling_init(exposure->n_campaigns, exposure->n_taus, &space->pooling, err);
  }
  if (status != DA_OK || !space->sums || !space->points || !space->shared) {
    da_em_space_free(space);
    return da_mem_fail(err, exposure->timeline->n_chunks * (n + 2), sizeof(double), "the fit of the hazard form");
  }
  *out = space;
  return DA_OK;
}

void da_em_space_free(da_em_space *space) {
  if (!space) return;
  da_mem_free(space->sums);
  da_mem_free(space->points);
  da_mem_free(space->shared);
  da_pooling_free(&space->pooling);
  da_mem_free(space);
}
