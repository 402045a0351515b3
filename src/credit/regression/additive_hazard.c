/* The method `additive_hazard`: Zhang, Wei and Ren (ICDM 2014). Every touch of campaign k at t_j adds
 *
 *   beta_k omega_k exp(-omega_k (t - t_j))                                                            [Zhang] eq. 4
 *
 * to the rate at which the user converts; journeys that did not convert are watched until the end of the log, others until their conversion.
 * The likelihood is maximised by the paper's minorise-maximise steps: with p_j the part of touch j in its journey's conversion,
 *
 *   p_j = beta omega e^(-omega d_j) / their sum over the journey                                      d_j = T - t_j
 *   beta_k  <- sum of p_j / sum of (1 - e^(-omega_k d_j))                                             over all touches of k
 *   omega_k <- sum of p_j / sum of (p_j d_j + beta_k d_j e^(-omega_k d_j))
 *
 * A conversion is shared by p_j. The model knows no conversions without a touch, so that there is no baseline. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "credit/method.h"

enum { MOST_STEPS = 200, CHUNK_JOURNEYS = 1 << 15 };
static const double SMALL_CHANGE = 1e-5;  /* of every beta and omega, relative */
static const double LEAST = 1e-12;        /* of beta and omega: they may go to zero, not to it */
static const double SHORTEST_DAYS = 1e-9; /* omega cannot grow beyond one over this */
static const double US_PER_DAY = 86400e6;

typedef struct {
  double *beta, *omega;       /* [n_campaigns]; omega per day */
  uint64_t *first_conversion; /* [n_chunks] */
} hazard;

static void close_hazard(void *state) {
  hazard *own = state;
  if (!own) return;
  da_mem_free(own->beta);
  da_mem_free(own->omega);
  da_mem_free(own->first_conversion);
  da_mem_free(own);
}

/* The moment until which the journey is watched. conversion: the number of the journey's conversion, if it converted. */
static int64_t watched_until(const da_journeys *set, uint64_t journey, uint64_t conversion) {
  if (!da_journey_converted(set, journey)) return set->log_end_us;
  return set->conversion_us ? set->conversion_us[conversion] : set->time_us[set->first_touch[journey + 1] - 1];
}

static double days_before(const da_journeys *set, uint64_t touch, int64_t moment_us) {
  return (double)(moment_us - set->time_us[touch]) / US_PER_DAY;
}

/* Fills part[touches of the journey], which sum to 1: by the logarithm, so that a conversion long after its touches has parts too. */
static void share(const hazard *own, const da_journeys *set, uint64_t journey, int64_t until_us, double *part) {
  uint64_t first = set->first_touch[journey], n = da_journey_length(set, journey);
  double largest = -INFINITY, sum = 0;
  for (uint64_t i = 0; i < n; i++) {
    uint32_t c = set->campaign[first + i];
    part[i] = log(own->beta[c] * own->omega[c]) - own->omega[c] * days_before(set, first + i, until_us);
    largest = fmax(largest, part[i]);
  }
  for (uint64_t i = 0; i < n; i++) sum += part[i] = exp(part[i] - largest);
  for (uint64_t i = 0; i < n; i++) part[i] /= sum;
}

/* ---- Fit ---- */

/* What a step sums up for each campaign. */
typedef struct {
  double parts, exposure, part_days, exposed_days;
} sums;

typedef struct {
  const da_journeys *set;
  const hazard *own;
  sums *sums; /* [n_chunks][n_campaigns] */
  da_status *status;
  size_t n_chunks;
} step;

static da_status sum_chunk(const step *s, size_t chunk, double **part, size_t *capacity, da_error *err) {
  const da_journeys *set = s->set;
  sums *to = s->sums + chunk * set->campaigns.n;
  memset(to, 0, set->campaigns.n * sizeof *to);
  uint64_t begin = chunk * (uint64_t)CHUNK_JOURNEYS, end = begin + CHUNK_JOURNEYS, conversion = s->own->first_conversion[chunk];
  if (end > set->n_journeys) end = set->n_journeys;
  for (uint64_t j = begin; j < end; j++) {
    bool converted = da_journey_converted(set, j);
    int64_t until_us = watched_until(set, j, conversion);
    uint64_t first = set->first_touch[j], n = da_journey_length(set, j);
    void *room = *part;
    DA_TRY(da_mem_reserve(&room, capacity, n, sizeof **part, "the touches of a journey", err));
    *part = room;
    if (converted) share(s->own, set, j, until_us, *part);
    for (uint64_t i = 0; i < n; i++) {
      uint32_t c = set->campaign[first + i];
      double days = days_before(set, first + i, until_us), left = exp(-s->own->omega[c] * days);
      to[c].exposure += 1 - left;
      to[c].exposed_days += days * left;
      if (converted) to[c].parts += (*part)[i], to[c].part_days += (*part)[i] * days;
    }
    conversion += converted;
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
static double renew(const sums *all, double *beta, double *omega) {
  double old_beta = *beta, old_omega = *omega;
  if (all->parts <= LEAST) {
    *beta = LEAST;
    return 0;
  }
  double days = all->part_days + old_beta * all->exposed_days;
  if (all->exposure > 0) *beta = fmax(all->parts / all->exposure, LEAST);
  *omega = fmax(all->parts / fmax(days, all->parts * SHORTEST_DAYS), LEAST);
  return fmax(fabs(*beta - old_beta) / old_beta, fabs(*omega - old_omega) / old_omega);
}

static da_status run_step(const step *s, hazard *own, da_pool *pool, double *change, da_error *err) {
  size_t n = s->set->campaigns.n;
  da_pool_run(pool, s->n_chunks, sum_task, (void *)(uintptr_t)s);
  *change = 0;
  for (size_t chunk = 0; chunk < s->n_chunks; chunk++) {
    if (s->status[chunk] != DA_OK) return da_mem_fail(err, n, sizeof(double), "the touches of a journey");
    for (size_t c = 0; chunk > 0 && c < n; c++) {
      const sums *from = &s->sums[chunk * n + c];
      s->sums[c].parts += from->parts, s->sums[c].exposure += from->exposure;
      s->sums[c].part_days += from->part_days, s->sums[c].exposed_days += from->exposed_days;
    }
  }
  for (size_t c = 0; c < n; c++) *change = fmax(*change, renew(&s->sums[c], &own->beta[c], &own->omega[c]));
  return DA_OK;
}

/* Every campaign begins alike: a decay of a quarter of the log, as many conversions as there are. */
static void begin(hazard *own, const da_journeys *set) {
  double days = (double)(set->log_end_us - set->log_start_us) / US_PER_DAY;
  for (size_t c = 0; c < set->campaigns.n; c++) {
    own->beta[c] = fmax((double)set->n_conversions / (double)set->n_touches, LEAST);
    own->omega[c] = 4 / fmax(days, SHORTEST_DAYS);
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
            .status = da_mem_calloc(n_chunks, sizeof *s.status),
            .n_chunks = n_chunks};
  da_status status = s.sums && s.status ? DA_OK : da_mem_fail(err, n_chunks * n, sizeof *s.sums, "the sums of a step");
  double change = INFINITY;
  int steps = 0;
  while (status == DA_OK && change > SMALL_CHANGE && steps < MOST_STEPS) {
    status = da_monitor_check(input->monitor, "additive_hazard", err);
    if (status == DA_OK) status = run_step(&s, own, input->pool, &change, err);
    da_monitor_progress(input->monitor, "additive_hazard", "steps", (uint64_t)++steps, MOST_STEPS);
  }
  if (status == DA_OK && change > .01) {
    da_monitor_note(input->monitor, DA_NOTE_WARNING, "additive_hazard: after %d steps its numbers still changed by %.1f %% a step",
                    MOST_STEPS, 100 * change);
  }
  da_mem_free(s.sums);
  da_mem_free(s.status);
  return status;
}

static da_status fit(const da_credit_input *input, void **state, da_error *err) {
  size_t n = input->set->campaigns.n, n_chunks = (size_t)((input->set->n_journeys + CHUNK_JOURNEYS - 1) / CHUNK_JOURNEYS);
  hazard *own = da_mem_calloc(1, sizeof *own);
  if (!own) return da_mem_fail(err, 1, sizeof *own, "the additive hazard");
  own->beta = da_mem_alloc(n, sizeof(double));
  own->omega = da_mem_alloc(n, sizeof(double));
  own->first_conversion = da_mem_alloc(n_chunks, sizeof(uint64_t));
  da_status status = DA_OK;
  if (!own->beta || !own->omega || !own->first_conversion) status = da_mem_fail(err, n, sizeof(double), "the additive hazard");
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
  const da_journeys *set = input->set;
  uint64_t conversion = range->first_conversion;
  for (uint64_t j = range->begin; j < range->end; j++) {
    if (!da_journey_converted(set, j)) continue;
    share(state, set, j, watched_until(set, j, conversion++), touch_credit + (set->first_touch[j] - set->first_touch[range->begin]));
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
      expected +=
          own->beta[set->campaign[i]] * (exp(-omega * days_before(set, i, last_us)) - exp(-omega * days_before(set, i, set->log_end_us)));
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
