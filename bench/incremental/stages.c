/* stages WORLD USERS [--no-intervals]: how long the incremental method takes for a simulated log, stage by stage, as one JSON object.
 *
 * fits: one fit of each structure of the hazard form, made from nothing, with the credit of all its conversions; choice: the whole automatic
 * choice; intervals: its bootstrap. Peak memory is that of the program, the log included. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/mem.h"
#include "credit/fitted.h"
#include "credit/incremental.h"
#include "credit/incremental/evidence.h"
#include "simulate/journeys.h"

typedef struct {
  da_pool *pool;
  da_simulated_journeys made;
  da_timeline timeline;
  da_exposure exposure;
  da_modulators modulators;
  double *totals; /* [2 n_campaigns] */
  double prepare_seconds, fit_seconds[DA_N_STRUCTURES], credit_seconds[DA_N_STRUCTURES], choice_seconds, interval_seconds;
} bench;

static da_status prepare(bench *b, da_error *err) {
  double scale[DA_MAX_SCALES], start = da_clock_seconds();
  DA_TRY(da_timeline_init(&b->made.set, &b->timeline, err));
  int n_scales = da_timeline_scales(&b->timeline, scale);
  DA_TRY(da_exposure_init(&b->timeline, scale, n_scales, b->pool, &b->exposure, err));
  da_modulator_scheme scheme = da_modulator_scheme_for(b->exposure.n_campaigns, scale[n_scales - 1]);
  DA_TRY(da_modulators_init(&b->timeline, &scheme, b->pool, &b->modulators, err));
  b->totals = da_mem_alloc(2 * b->made.set.campaigns.n, sizeof *b->totals);
  if (!b->totals) return da_mem_fail(err, 2 * b->made.set.campaigns.n, sizeof *b->totals, "the credit of campaigns");
  b->prepare_seconds = da_clock_seconds() - start;
  return DA_OK;
}

static da_status time_structure(bench *b, int number, da_error *err) {
  da_answer answer = {.form = DA_FORM_HAZARD, .data = {&b->exposure, &b->modulators, b->pool}};
  da_hazard_options options = {0};
  da_answer_totals totals = {.shapley = b->totals, .removal = b->totals + b->made.set.campaigns.n};
  double start = da_clock_seconds();
  DA_TRY(da_hazard_init(&answer.data, da_structure_number(number), &answer.hazard, err));
  da_status status = da_evidence_fit(&answer.data, &options, &answer.hazard, err);
  b->fit_seconds[number] = da_clock_seconds() - start;
  start = da_clock_seconds();
  if (status == DA_OK) status = da_answer_total(&answer, NULL, b->pool, &totals, err);
  b->credit_seconds[number] = da_clock_seconds() - start;
  da_hazard_free(&answer.hazard);
  return status;
}

static da_status time_choice(bench *b, bool intervals, da_error *err) {
  da_config config;
  da_config_init(&config);
  if (!intervals) config.credit.intervals = 0;
  const da_method *method = &da_method_incremental;
  da_credit_input input = {.set = &b->made.set, .config = &config, .pool = b->pool};
  da_fitted fitted;
  da_status status = da_fitted_open(&input, &method, 1, &fitted, err);
  if (status == DA_OK) {
    const da_incremental_result *result = da_incremental_result_of(fitted.states[0]);
    b->choice_seconds = result->seconds_choice;
    b->interval_seconds = result->seconds_intervals;
  }
  da_fitted_close(&fitted);
  da_config_free(&config);
  return status;
}

static da_status run_bench(bench *b, const da_simulation_options *options, bool intervals, da_error *err) {
  DA_TRY(da_pool_open(2, &b->pool, err));
  DA_TRY(da_simulated_journeys_make(options, b->pool, &b->made, err));
  DA_TRY(prepare(b, err));
  for (int number = 0; number < DA_N_STRUCTURES; number++) DA_TRY(time_structure(b, number, err));
  da_modulators_free(&b->modulators);
  da_exposure_free(&b->exposure);
  return time_choice(b, intervals, err);
}

static void print_bench(const bench *b) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  printf("{\"touches\": %" PRIu64 ", \"conversions\": %" PRIu64 ", \"prepare_seconds\": %.4f, \"fits\": [", b->made.set.n_touches,
         b->made.set.n_conversions, b->prepare_seconds);
  for (int s = 0; s < DA_N_STRUCTURES; s++) {
    printf("%s{\"fit_seconds\": %.4f, \"credit_seconds\": %.4f}", s > 0 ? ", " : "", b->fit_seconds[s], b->credit_seconds[s]);
  }
  printf("], \"choice_seconds\": %.4f, \"interval_seconds\": %.4f, \"peak_mb\": %ld}\n", b->choice_seconds, b->interval_seconds,
         use.ru_maxrss / 1024);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: stages WORLD USERS [--no-intervals]\n");
    return 2;
  }
  static bench b;
  da_error err = {0};
  da_simulation_options options = {.world = argv[1], .n_users = strtoull(argv[2], NULL, 10), .seed = 1};
  da_status status = run_bench(&b, &options, argc == 3, &err);
  if (status == DA_OK)
    print_bench(&b);
  else
    fprintf(stderr, "stages: %s\n", err.msg);
  da_mem_free(b.totals);
  da_modulators_free(&b.modulators);
  da_exposure_free(&b.exposure);
  da_timeline_free(&b.timeline);
  da_simulated_journeys_free(&b.made);
  da_pool_close(b.pool);
  return status != DA_OK;
}
