/* fit BUCKET METHOD [key=value ...]: fits one method to the journeys of a bucket, by itself.
 *
 * Prints one JSON object: counts, the seconds of making the different paths and of the whole fit with the totals of all campaigns, peak
 * memory, and the credit of each campaign. key=value are settings as for --set. Used by bench/shapley and bench/markov. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/mem.h"
#include "credit/fitted.h"
#include "credit/pass.h"
#include "credit/paths/paths.h"
#include "store/bucket.h"

typedef struct {
  da_config config;
  da_bucket *bucket;
  da_journeys set;
  da_pool *pool;
  const da_method *method;
  da_fitted fitted;
  da_pass *pass;
  uint32_t n_paths;
  double path_seconds, fit_seconds, credit_seconds;
} bench;

static da_status open_bench(bench *b, int argc, char **argv, da_error *err) {
  char *path;
  da_config_init(&b->config);
  for (int i = 3; i < argc; i++) DA_TRY(da_config_set(&b->config, argv[i], err));
  b->method = da_method_find(argv[2]);
  if (!b->method) return da_fail(err, DA_ERR_ARG, "expected a method but found %s", argv[2]);
  DA_TRY(da_bucket_open(argv[1], &b->bucket, err));
  DA_TRY(da_bucket_local(b->bucket, "feature_store_preprocessed/journeys.pack", &path, err));
  da_status status = da_journeys_open(path, &b->set, err);
  da_mem_free(path);
  return status == DA_OK ? da_pool_open((int)b->config.threads, &b->pool, err) : status;
}

static da_status run_bench(bench *b, da_error *err) {
  da_credit_input input = {.set = &b->set, .config = &b->config, .pool = b->pool};
  da_paths paths;
  da_pass_options options = {0};
  double start = da_clock_seconds();
  DA_TRY(da_paths_init(&b->set, DA_PATH_WHOLE, DA_PATHS_ALL_SETS, b->pool, &paths, err));
  b->path_seconds = da_clock_seconds() - start;
  b->n_paths = paths.path.n;
  da_paths_free(&paths);
  start = da_clock_seconds();
  DA_TRY(da_fitted_open(&input, &b->method, 1, &b->fitted, err));
  b->fit_seconds = da_clock_seconds() - start;
  start = da_clock_seconds();
  DA_TRY(da_pass_open(&input, &b->fitted, &options, &b->pass, err));
  DA_TRY(da_pass_finish(b->pass, err));
  b->credit_seconds = da_clock_seconds() - start;
  return DA_OK;
}

static da_status print_bench(const bench *b, da_error *err) {
  const da_credit_totals *totals = da_pass_totals(b->pass);
  da_text out = {0};
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  da_text_printf(&out, "{\"journeys\": %" PRIu64 ", \"touches\": %" PRIu64 ", \"paths\": %" PRIu32 ", \"path_seconds\": %.4f",
                 b->set.n_journeys, b->set.n_touches, b->n_paths, b->path_seconds);
  da_text_printf(&out, ", \"fit_seconds\": %.4f, \"credit_seconds\": %.4f, \"peak_mb\": %ld, \"credit\": {", b->fit_seconds,
                 b->credit_seconds, use.ru_maxrss / 1024);
  for (size_t c = 0; c < totals->n_campaigns; c++) {
    da_text_append(&out, c ? ", " : "");
    da_text_append_json(&out, b->set.campaigns.items[c]);
    da_text_append(&out, ": ");
    da_text_append_json_number(&out, totals->methods[0].conversions[c]);
  }
  da_text_append(&out, "}}\n");
  da_status status = da_text_check(&out, err);
  if (status == DA_OK) fputs(da_text_cstr(&out), stdout);
  da_text_free(&out);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: fit BUCKET METHOD [key=value ...]\n");
    return 2;
  }
  bench b = {0};
  da_error err = {0};
  da_status status = open_bench(&b, argc, argv, &err);
  if (status == DA_OK) status = run_bench(&b, &err);
  if (status == DA_OK) status = print_bench(&b, &err);
  if (status != DA_OK) fprintf(stderr, "fit: %s\n", err.msg);
  da_pass_close(b.pass);
  da_fitted_close(&b.fitted);
  da_journeys_close(&b.set);
  da_pool_close(b.pool);
  da_bucket_close(b.bucket);
  da_config_free(&b.config);
  return status != DA_OK;
}
