#include "credit/incremental/cut.h"

#include <math.h>

#include "base/mem.h"
#include "credit/incremental/maximize.h"
#include "credit/incremental/quadrature.h"

static bool is_last_of_user(const da_journeys *set, uint64_t journey, uint64_t user) { return journey + 1 == set->first_journey[user + 1]; }

double da_cut_followed_share(const da_journeys *set) {
  uint64_t n = 0, followed = 0;
  for (uint64_t user = 0; user < set->n_users; user++) {
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) {
      if (!da_journey_converted(set, j)) continue;
      n++;
      followed += !is_last_of_user(set, j, user);
    }
  }
  return n > 0 ? (double)followed / (double)n : 1;
}

/* The log-likelihood of counts n >= 1 with p = b / (b + days), x = (log A, logit p):
 *   sum over users of [sum over i < n of log(A + i)] + A log p + n log(1 - p)  -  log(1 - p^A) */
typedef struct {
  const double *n_with_more;
  uint64_t most;
  double n_users, n_touches;
} counts;

static double evaluate(void *context, const double *x, double *gradient) {
  const counts *all = context;
  double shape = exp(x[0]), p = 1 / (1 + exp(-x[1])), log_p = log(p), none = pow(p, shape);
  double value = all->n_users * (shape * log_p - log1p(-none)) + all->n_touches * log1p(-p);
  double by_shape = all->n_users * log_p * (1 + none / (1 - none));
  for (uint64_t i = 0; i < all->most; i++) {
    value += all->n_with_more[i] * log(shape + (double)i);
    by_shape += all->n_with_more[i] / (shape + (double)i);
  }
  double by_p = all->n_users * shape / p * (1 + none / (1 - none)) - all->n_touches / (1 - p);
  gradient[0] = by_shape * shape - .02 * x[0]; /* a faint pull to shape 1: counts that are all alike know no shape */
  gradient[1] = by_p * p * (1 - p) - .02 * x[1];
  return value - .01 * (x[0] * x[0] + x[1] * x[1]);
}

da_status da_cut_fit_rate(const double *n_with_more, uint64_t most, double days_watched, da_touch_rate *rate, da_error *err) {
  counts all = {.n_with_more = n_with_more, .most = most, .n_users = most > 0 ? n_with_more[0] : 0};
  for (uint64_t i = 0; i < most; i++) all.n_touches += n_with_more[i];
  double x[2] = {0, 0}, value;
  if (all.n_users >= 2) {
    double curvature[2] = {.2 * all.n_users, .2 * all.n_users};
    da_maximize problem = {
        .n = 2, .evaluate = evaluate, .context = &all, .curvature = curvature, .tolerance = 1e-6, .max_evaluations = 200};
    DA_TRY(da_maximize_run(&problem, x, &value, NULL, err));
  }
  double p = 1 / (1 + exp(-x[1]));
  *rate = (da_touch_rate){.shape = exp(x[0]), .days = days_watched * p / (1 - p)};
  return DA_OK;
}

enum { N_NODES = 8 };

void da_cut_expect(const da_touch_rate *rate, uint64_t n_touches, double last_days, double end_days, const double *tau, int n_taus,
                   double *days, double *decay) {
  da_quadrature rule = da_quadrature_legendre(N_NODES);
  double scale = rate->days + last_days, power = -(rate->shape + (double)n_touches), room = end_days - last_days;
  *days = 0;
  for (int m = 0; m < n_taus; m++) decay[m] = 0;
  double from = 0, to = fmin(room, fmin(tau[0], scale / -power)); /* panels grow with the distance, like all that is integrated */
  while (from < room) {
    for (int i = 0; i < rule.n; i++) {
      double s = from + (to - from) * rule.node[i], weight = (to - from) * rule.weight[i] * pow(1 + s / scale, power);
      *days += weight;
      for (int m = 0; m < n_taus; m++) decay[m] += weight * exp(-s / tau[m]) / tau[m];
    }
    from = to;
    to = fmin(room, 2.5 * to);
  }
}

/* Users without conversion, by how many have more than i touches. */
static double *survivors(const da_journeys *set, uint64_t *most) {
  *most = 0;
  for (uint64_t user = 0; user < set->n_users; user++) {
    uint64_t n = da_timeline_user_touch(set, user + 1) - da_timeline_user_touch(set, user);
    if (n > *most) *most = n;
  }
  double *n_with_more = da_mem_calloc(*most + 1, sizeof *n_with_more);
  for (uint64_t user = 0; n_with_more && user < set->n_users; user++) {
    bool converted = false;
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) converted |= da_journey_converted(set, j);
    if (!converted) n_with_more[da_timeline_user_touch(set, user + 1) - da_timeline_user_touch(set, user) - 1]++;
  }
  for (uint64_t i = *most; n_with_more && i-- > 0;) n_with_more[i] += n_with_more[i + 1];
  return n_with_more;
}

typedef struct {
  const da_exposure *exposure;
  const da_touch_rate *rate;
  double *days, *decay;
} filling;

static void fill_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const filling *all = context;
  const da_exposure *e = all->exposure;
  const da_journeys *set = e->timeline->set;
  for (uint64_t row = e->chunk_row[chunk]; row < e->chunk_row[chunk + 1]; row++) {
    double *decay = all->decay + row * (uint64_t)e->n_taus;
    uint64_t user = e->row_user[row], last = set->first_touch[e->row_journey[row] + 1] - 1;
    if (is_last_of_user(set, e->row_journey[row], user)) {
      da_cut_expect(all->rate, last + 1 - da_timeline_user_touch(set, user), e->timeline->days[last], e->timeline->end, e->tau, e->n_taus,
                    &all->days[row], decay);
    } else { /* the gap is in the log */
      all->days[row] = e->row_days[row];
      for (int m = 0; m < e->n_taus; m++) decay[m] = -expm1(-e->row_days[row] / e->tau[m]);
    }
  }
}

da_status da_cut_fill_gaps(da_exposure *e, da_pool *pool, da_error *err) {
  uint64_t most, n_taus = (uint64_t)e->n_taus;
  da_touch_rate rate;
  double *n_with_more = survivors(e->timeline->set, &most);
  if (!n_with_more) return da_mem_fail(err, most + 1, sizeof *n_with_more, "the counts of touches a user");
  da_status status = da_cut_fit_rate(n_with_more, most, e->timeline->end, &rate, err);
  da_mem_free(n_with_more);
  if (status != DA_OK) return status;
  double *block = da_mem_alloc(e->n_rows * (n_taus + 1), sizeof *block);
  if (!block) return da_mem_fail(err, e->n_rows * (n_taus + 1), sizeof *block, "the expected gaps after conversions");
  filling all = {e, &rate, block, block + e->n_rows};
  da_pool_run(pool, e->timeline->n_chunks, fill_chunk, &all);
  da_expected_gap gaps = {all.days, all.decay};
  da_exposure_set_gaps(e, &gaps, pool);
  da_mem_free(block);
  return DA_OK;
}
