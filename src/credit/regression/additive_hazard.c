/* The method `additive_hazard`: Zhang, Wei and Ren (ICDM 2014). Every touch of campaign k at t_j adds
 *
 *   beta_k omega_k exp(-omega_k (t - t_j))                                                            [Zhang] eq. 4
 *
 * to the rate at which the user converts. The paper knows the moment T of a conversion. A log that marks the touch which a conversion
 * followed does not tell it: then it lies between that touch and the user's next one, and what is maximised is the likelihood of that. Both are
 * one formula, since a moment is known up to the log's time unit: a conversion in [from, until), and nothing before,
 *
 *   from = T, until = T + unit, or from = the last touch, until = the user's next one or the end of the log
 *   H_j = beta_k (e^(-omega_k (from - t_j)) - e^(-omega_k (until - t_j)))        expected of touch j in the window; H = their sum
 *
 * A journey without a conversion is watched until the user's next touch or the end of the log. The paper's minorise-maximise steps, with r_j
 * for the conversions that touch j is thought to have caused and a_j for their mean age, the mean of a truncated exponential,
 * accelerated by SQUAREM (Varadhan and Roland, Scand. J. Statist. 35, 2008, scheme S3):
 *
 *   r_j = H_j / (1 - e^(-H))                                                     their sum is 1 + H/2 or so: two may fall into one window
 *   a_j = from - t_j + 1 / omega - L / (e^(omega L) - 1)                         L = until - from; goes to T - t_j where L is short
 *   beta_k  <- sum of r_j / sum of (1 - e^(-omega_k d_j))                        over all touches of k; d_j = end of watch - t_j
 *   omega_k <- sum of r_j / sum of (r_j a_j + beta_k d_j e^(-omega_k d_j))
 *
 * A conversion is shared by H_j / H. The model knows no conversions without a touch, so that there is no baseline. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "credit/incremental/timeline.h"
#include "credit/method.h"

enum { MOST_CYCLES = 100, CHUNK_JOURNEYS = 1 << 15 };
static const double SMALL_CHANGE = 1e-5; /* of every beta and omega by one step, relative */
static const double LEAST = 1e-12;       /* of beta and omega: they may go to zero, not to it */
static const double US_PER_DAY = 86400e6;

typedef struct {
  double *beta, *omega;       /* [n_campaigns] each, one block; omega per day */
  int64_t unit_us;            /* the time unit of the log; omega stays below one over this */
  uint64_t *first_conversion; /* [n_chunks] */
} hazard;

static void close_hazard(void *state) {
  hazard *own = state;
  if (!own) return;
  da_mem_free(own->beta);
  da_mem_free(own->first_conversion);
  da_mem_free(own);
}

/* Goes through journeys in order and knows whose they are. */
typedef struct {
  const da_journeys *set;
  int64_t unit_us;
  uint64_t user, conversion; /* of the journey asked for next */
} walk;

static walk walk_from(const da_journeys *set, int64_t unit_us, uint64_t journey, uint64_t conversion) {
  return (walk){.set = set, .unit_us = unit_us, .user = da_journey_user(set, journey), .conversion = conversion};
}

/* The last part of a journey's watch. A conversion, if there was one, fell into it. */
typedef struct {
  bool converted;
  int64_t from_us, until_us;
} window;

static window walk_next(walk *at, uint64_t journey) {
  const da_journeys *set = at->set;
  while (set->first_journey[at->user + 1] <= journey) at->user++;
  bool is_last = journey + 1 == set->first_journey[at->user + 1];
  uint64_t end = set->first_touch[journey + 1];
  int64_t next_us = is_last ? set->log_end_us + at->unit_us : set->time_us[end], last_us = set->time_us[end - 1];
  window found = {.converted = da_journey_converted(set, journey), .from_us = last_us, .until_us = next_us};
  if (found.converted) {
    uint64_t conversion = at->conversion++;
    bool is_known = set->conversion_us && set->conversion_us[conversion] > last_us;
    if (is_known) found.from_us = set->conversion_us[conversion], found.until_us = found.from_us + at->unit_us;
  }
  if (found.until_us <= found.from_us) found.until_us = found.from_us + at->unit_us; /* the next touch shares the last one's moment */
  return found;
}

static double days_from(int64_t begin_us, int64_t end_us) { return (double)(end_us - begin_us) / US_PER_DAY; }

/* Fills part[touches of the journey] with H_j / H and returns H; by logarithms, so that a conversion long after its touches has parts too. */
static double share(const hazard *own, const da_journeys *set, uint64_t journey, const window *w, double *part) {
  uint64_t first = set->first_touch[journey], n = da_journey_length(set, journey);
  double largest = -INFINITY, sum = 0, days = days_from(w->from_us, w->until_us);
  for (uint64_t i = 0; i < n; i++) {
    uint32_t c = set->campaign[first + i];
    double omega = own->omega[c];
    part[i] = log(-own->beta[c] * expm1(-omega * days)) - omega * days_from(set->time_us[first + i], w->from_us);
    largest = fmax(largest, part[i]);
  }
  for (uint64_t i = 0; i < n; i++) sum += part[i] = exp(part[i] - largest);
  for (uint64_t i = 0; i < n; i++) part[i] /= sum;
  return exp(largest) * sum;
}

/* ---- Fit ---- */

/* What a step sums up for each campaign: r, 1 - e^(-omega d), r a and d e^(-omega d). */
typedef struct {
  double caused, exposure, caused_days, exposed_days;
} sums;

typedef struct {
  const da_journeys *set;
  const hazard *own;
  sums *sums;             /* [n_chunks][n_campaigns] */
  double *log_likelihood; /* [n_chunks] the part that conversions have in it: sum of log(e^H - 1) */
  da_status *status;
  size_t n_chunks;
} step;

/* How far into a window of some days a conversion is that a touch caused there, in the mean. */
static double mean_days_into(double omega, double days) {
  double x = omega * days;
  return x < 1e-3 ? days * (.5 - x / 12) : 1 / omega - days / expm1(x);
}

/* part: room for the touches of the journey. Returns the journey's log(e^H - 1). */
static double add_journey(const step *s, uint64_t journey, const window *w, double *part, sums *to) {
  const da_journeys *set = s->set;
  uint64_t first = set->first_touch[journey], n = da_journey_length(set, journey);
  double days = days_from(w->from_us, w->until_us), times = 0, gain = 0;
  if (w->converted) {
    double expected = fmax(share(s->own, set, journey, w, part), 1e-300);
    times = expected / -expm1(-expected);
    gain = expected + log(-expm1(-expected));
  }
  for (uint64_t i = 0; i < n; i++) {
    uint32_t c = set->campaign[first + i];
    double omega = s->own->omega[c], watched = days_from(set->time_us[first + i], w->until_us), left = exp(-omega * watched);
    to[c].exposure += 1 - left;
    to[c].exposed_days += watched * left;
    if (!w->converted) continue;
    to[c].caused += times * part[i];
    to[c].caused_days += times * part[i] * (days_from(set->time_us[first + i], w->from_us) + mean_days_into(omega, days));
  }
  return gain;
}

static da_status sum_chunk(const step *s, size_t chunk, double **part, size_t *capacity, da_error *err) {
  const da_journeys *set = s->set;
  sums *to = s->sums + chunk * set->campaigns.n;
  memset(to, 0, set->campaigns.n * sizeof *to);
  s->log_likelihood[chunk] = 0;
  uint64_t begin = chunk * (uint64_t)CHUNK_JOURNEYS, end = begin + CHUNK_JOURNEYS;
  if (end > set->n_journeys) end = set->n_journeys;
  walk at = walk_from(set, s->own->unit_us, begin, s->own->first_conversion[chunk]);
  for (uint64_t j = begin; j < end; j++) {
    void *room = *part;
    DA_TRY(da_mem_reserve(&room, capacity, da_journey_length(set, j), sizeof **part, "the touches of a journey", err));
    *part = room;
    window w = walk_next(&at, j);
    s->log_likelihood[chunk] += add_journey(s, j, &w, *part, to);
  }
  return DA_OK;
}

static void sum_task(void *context, size_t chunk, int thread) {
  (void)thread;
  const step *s = context;
  double *part = NULL;
  size_t capacity = 0;
  s->status[chunk] = sum_chunk(s, chunk, &part, &capacity, NULL);
  da_mem_free(part);
}

/* The new beta and omega of one campaign; returns the larger relative change. */
static double renew(const sums *all, double shortest_days, double *beta, double *omega) {
  double old_beta = *beta, old_omega = *omega;
  if (all->caused <= LEAST) {
    *beta = LEAST;
    return 0;
  }
  double days = all->caused_days + old_beta * all->exposed_days;
  if (all->exposure > 0) *beta = fmax(all->caused / all->exposure, LEAST);
  *omega = fmax(all->caused / fmax(days, all->caused * shortest_days), LEAST);
  return fmax(fabs(*beta - old_beta) / old_beta, fabs(*omega - old_omega) / old_omega);
}

/* One step. *log_likelihood: where it began; *change: the largest, relative. */
static da_status run_step(const step *s, hazard *own, da_pool *pool, double *log_likelihood, double *change, da_error *err) {
  size_t n = s->set->campaigns.n;
  da_pool_run(pool, s->n_chunks, sum_task, (void *)(uintptr_t)s);
  *change = *log_likelihood = 0;
  for (size_t chunk = 0; chunk < s->n_chunks; chunk++) {
    if (s->status[chunk] != DA_OK) return da_mem_fail(err, n, sizeof(double), "the touches of a journey");
    *log_likelihood += s->log_likelihood[chunk];
    for (size_t c = 0; chunk > 0 && c < n; c++) {
      const sums *from = &s->sums[chunk * n + c];
      s->sums[c].caused += from->caused, s->sums[c].exposure += from->exposure;
      s->sums[c].caused_days += from->caused_days, s->sums[c].exposed_days += from->exposed_days;
    }
  }
  double unit_days = (double)own->unit_us / US_PER_DAY;
  for (size_t c = 0; c < n; c++) {
    *log_likelihood -= own->beta[c] * s->sums[c].exposure;
    *change = fmax(*change, renew(&s->sums[c], unit_days, &own->beta[c], &own->omega[c]));
  }
  return DA_OK;
}

/* Leaps in the logarithms of before[n] along what two steps, to one and to two, were seen to do. */
static void extrapolate(const double *before, const double *one, const double *two, double most_omega, size_t n, double *leap) {
  double r2 = 0, v2 = 0;
  for (size_t i = 0; i < n; i++) {
    double r = log(one[i] / before[i]), v = log(two[i] / one[i]) - r;
    r2 += r * r, v2 += v * v;
  }
  double length = v2 > 0 ? fmax(1, sqrt(r2 / v2)) : 1;
  for (size_t i = 0; i < n; i++) {
    double r = log(one[i] / before[i]), v = log(two[i] / one[i]) - r;
    double highest = i < n / 2 ? INFINITY : most_omega;
    leap[i] = fmin(fmax(before[i] * exp(fmin(fmax(2 * length * r + length * length * v, -5), 5)), LEAST), highest);
  }
}

/* Two steps, a leap and a step from there; without the leap where it did not help. points: [3][2 * campaigns]. */
static da_status run_cycle(const step *s, hazard *own, double *points, da_pool *pool, double *change, da_error *err) {
  size_t n = 2 * s->set->campaigns.n, bytes = n * sizeof(double);
  double *before = points, *one = points + n, *two = points + 2 * n, at_before, at_one, at_leap, leap_change;
  memcpy(before, own->beta, bytes);
  DA_TRY(run_step(s, own, pool, &at_before, change, err));
  memcpy(one, own->beta, bytes);
  DA_TRY(run_step(s, own, pool, &at_one, change, err));
  memcpy(two, own->beta, bytes);
  extrapolate(before, one, two, US_PER_DAY / (double)own->unit_us, n, own->beta);
  DA_TRY(run_step(s, own, pool, &at_leap, &leap_change, err));
  if (!(at_leap >= at_one)) memcpy(own->beta, two, bytes);
  return DA_OK;
}

/* Every campaign begins alike: a decay of a quarter of the log, as many conversions as there are. */
static void begin(hazard *own, const da_journeys *set) {
  own->unit_us = da_timeline_unit_us(set);
  double days = days_from(set->log_start_us, set->log_end_us + own->unit_us);
  for (size_t c = 0; c < set->campaigns.n; c++) {
    own->beta[c] = fmax((double)set->n_conversions / (double)set->n_touches, LEAST);
    own->omega[c] = 4 / days;
  }
  uint64_t conversions = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    if (j % CHUNK_JOURNEYS == 0) own->first_conversion[j / CHUNK_JOURNEYS] = conversions;
    conversions += da_journey_converted(set, j);
  }
}

static da_status maximise(hazard *own, const da_credit_input *input, size_t n_chunks, da_error *err) {
  size_t n = input->set->campaigns.n;
  step s = {.set = input->set,
            .own = own,
            .sums = da_mem_alloc(n_chunks * n, sizeof *s.sums),
            .log_likelihood = da_mem_alloc(n_chunks, sizeof *s.log_likelihood),
            .status = da_mem_calloc(n_chunks, sizeof *s.status),
            .n_chunks = n_chunks};
  double *points = da_mem_alloc(6 * n, sizeof *points), change = INFINITY;
  bool has_room = s.sums && s.log_likelihood && s.status && points;
  da_status status = has_room ? DA_OK : da_mem_fail(err, n_chunks * n, sizeof *s.sums, "the sums of a step");
  for (int cycle = 0; status == DA_OK && change > SMALL_CHANGE && cycle < MOST_CYCLES; cycle++) {
    status = da_monitor_check(input->monitor, "additive_hazard", err);
    if (status == DA_OK) status = run_cycle(&s, own, points, input->pool, &change, err);
    da_monitor_progress(input->monitor, "additive_hazard", "cycles", (uint64_t)cycle + 1, MOST_CYCLES);
  }
  if (status == DA_OK && change > .01) {
    da_monitor_note(input->monitor, DA_NOTE_WARNING, "additive_hazard: after %d steps its numbers still changed by %.1f %% a step",
                    3 * MOST_CYCLES, 100 * change);
  }
  da_mem_free(s.sums);
  da_mem_free(s.log_likelihood);
  da_mem_free(s.status);
  da_mem_free(points);
  return status;
}

static da_status fit(const da_credit_input *input, void **state, da_error *err) {
  size_t n = input->set->campaigns.n, n_chunks = (size_t)((input->set->n_journeys + CHUNK_JOURNEYS - 1) / CHUNK_JOURNEYS);
  hazard *own = da_mem_calloc(1, sizeof *own);
  if (!own) return da_mem_fail(err, 1, sizeof *own, "the additive hazard");
  own->beta = da_mem_alloc(2 * n, sizeof(double));
  own->omega = own->beta ? own->beta + n : NULL;
  own->first_conversion = da_mem_alloc(n_chunks, sizeof(uint64_t));
  da_status status = DA_OK;
  if (!own->beta || !own->first_conversion) status = da_mem_fail(err, 2 * n, sizeof(double), "the additive hazard");
  if (status == DA_OK) {
    begin(own, input->set);
    status = maximise(own, input, n_chunks, err);
  }
  if (status != DA_OK) {
    close_hazard(own);
    return status;
  }
  *state = own;
  return DA_OK;
}

/* ---- Credit ---- */

static da_status credit(const void *state, const da_credit_input *input, const da_credit_range *range, double *touch_credit,
                        double *baseline, da_error *err) {
  (void)baseline, (void)err;
  const hazard *own = state;
  const da_journeys *set = input->set;
  if (range->begin == range->end) return DA_OK;
  walk at = walk_from(set, own->unit_us, range->begin, range->first_conversion);
  for (uint64_t j = range->begin; j < range->end; j++) {
    window w = walk_next(&at, j);
    if (w.converted) (void)share(own, set, j, &w, touch_credit + (set->first_touch[j] - set->first_touch[range->begin]));
  }
  return DA_OK;
}

/* A conversion from the last touch to the end of the log: what comes after is not looked at. */
static da_status predict(const void *state, const da_credit_input *input, float *logit, da_error *err) {
  (void)err;
  const hazard *own = state;
  const da_journeys *set = input->set;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    int64_t last_us = set->time_us[set->first_touch[j + 1] - 1];
    double expected = 0;
    for (uint64_t i = set->first_touch[j]; i < set->first_touch[j + 1]; i++) {
      double omega = own->omega[set->campaign[i]];
      expected += own->beta[set->campaign[i]] *
                  (exp(-omega * days_from(set->time_us[i], last_us)) - exp(-omega * days_from(set->time_us[i], set->log_end_us)));
    }
    double p = fmin(fmax(-expm1(-expected), 1e-6), 1 - 1e-6);
    logit[j] = (float)log(p / (1 - p));
  }
  return DA_OK;
}

const da_method da_method_additive_hazard = {
    .name = "additive_hazard",
    .title = "Additive hazard",
    .explanation =
        "Shares each conversion by a model in which every touch raises the rate of converting for a while, by campaign (Zhang, Wei"
        " and Ren). It knows no conversions without a touch, so that everything is owed to campaigns.",
    .default_on = false,
    .learns = true,
    .fit = fit,
    .credit = credit,
    .close = close_hazard,
    .predict = predict,
};
