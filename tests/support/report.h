/* A run that is ready to be reported, in memory: journeys, credit by methods known by heart, facts that a test fills in. */
#ifndef DA_TESTS_REPORT_H
#define DA_TESTS_REPORT_H

#include "credit/pass.h"
#include "report/facts.h"
#include "support/credit.h"

typedef struct {
  test_journeys *made;
  float *attention; /* NULL: no network */
  da_config config;
  da_pool *pool;
  da_credit_input input;
  const da_method *methods[64];
  da_fitted fitted;
  da_pass *pass;
  da_run_facts facts;
  da_report report;
} report_run;

static inline da_status report_score(void *context, uint64_t begin, uint64_t end, float *attention, float *probability, da_error *err) {
  (void)err;
  const report_run *run = context;
  const uint64_t *first = run->made->set.first_touch;
  memcpy(attention, run->attention + first[begin], (first[end] - first[begin]) * sizeof *attention);
  for (uint64_t j = begin; j < end; j++) probability[j - begin] = 0.25f;
  return DA_OK;
}

/* Takes made over. The pass is at its beginning, and report.totals not set yet: see report_finish. */
static inline void report_open(report_run *run, test_journeys *made, bool has_network, int n_threads) {
  da_error err = {0};
  *run = (report_run){.made = made, .config = credit_config()};
  if (has_network) run->attention = credit_attention(&made->set, 1);
  assert_ok(da_pool_open(n_threads, &run->pool, &err), err);
  run->input = (da_credit_input){.set = &made->set, .config = &run->config, .pool = run->pool};
  size_t n = credit_plain_methods(has_network, run->methods);
  assert_ok(da_fitted_open(&run->input, run->methods, n, &run->fitted, &err), err);
  const da_pass_options options = {.score = has_network ? report_score : NULL, .score_context = run, .block_touches = 50};
  assert_ok(da_pass_open(&run->input, &run->fitted, &options, &run->pass, &err), err);
  run->report = (da_report){.set = &made->set, .facts = &run->facts};
}

static inline void report_finish(report_run *run) {
  da_error err = {0};
  assert_ok(da_pass_finish(run->pass, &err), err);
  run->report.totals = da_pass_totals(run->pass);
}

static inline void report_close(report_run *run) {
  da_pass_close(run->pass);
  da_fitted_close(&run->fitted);
  da_pool_close(run->pool);
  free(run->attention);
  journeys_free(run->made);
}

/* The number of a method in the totals. */
static inline size_t report_method(const report_run *run, const char *name) {
  for (size_t m = 0; m < run->fitted.n; m++) {
    if (strcmp(run->fitted.methods[m]->name, name) == 0) return m;
  }
  fail_msg("expected %s among the methods", name);
  return 0;
}

#endif
