/* stage BUCKET [key=value ...]: the stage `journeys` by itself, step by step.
 *
 * Prints one JSON object: counts, seconds of each step, processor seconds, peak memory. key=value are settings as for --set; memory and threads
 * too. Used by run.py beside it. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/mem.h"
#include "journey/build.h"

typedef struct {
  da_config config;
  da_bucket *bucket;
  da_db *db;
  char *spill_folder;
  da_impressions impressions;
  da_publication *publication;
  da_journeys_report report;
  double audit_seconds, commit_seconds, seconds;
} stage;

static da_status open_stage(stage *s, int argc, char **argv, da_error *err) {
  da_config_init(&s->config);
  for (int i = 2; i < argc; i++) DA_TRY(da_config_set(&s->config, argv[i], err));
  DA_TRY(da_bucket_open(argv[1], &s->bucket, err));
  DA_TRY(da_bucket_lock(s->bucket, err));
  s->spill_folder = da_bucket_spill_folder(s->bucket);
  const da_db_options options = {.memory_bytes = s->config.memory_bytes, .threads = s->config.threads, .spill_folder = s->spill_folder};
  return da_db_open(&options, &s->db, err);
}

static da_status run_stage(stage *s, da_error *err) {
  double start = da_clock_seconds();
  DA_TRY(da_impressions_open(s->db, s->bucket, NULL, &s->config, &s->impressions, err));
  DA_TRY(da_impressions_audit(s->db, &s->impressions, NULL, err));
  s->audit_seconds = da_clock_seconds() - start;
  DA_TRY(da_publication_begin(s->bucket, &s->publication, err));
  DA_TRY(da_journeys_build(s->db, s->publication, &s->config, &s->impressions, NULL, &s->report, err));
  double built = da_clock_seconds();
  DA_TRY(da_publication_commit(s->publication, err));
  s->commit_seconds = da_clock_seconds() - built;
  s->seconds = da_clock_seconds() - start;
  return DA_OK;
}

static void print_stage(const stage *s) {
  const da_cut_counts *counts = &s->report.counts;
  printf("{\"rows\": %" PRIu64 ", \"users\": %" PRIu64 ", \"journeys\": %" PRIu64 ", \"touches\": %" PRIu64 ", \"conversions\": %" PRIu64,
         counts->n_rows, counts->n_users, counts->n_journeys, counts->n_touches, counts->n_conversions);
  printf(", \"seconds\": %.3f, \"audit\": %.3f", s->seconds, s->audit_seconds);
  for (int step = 0; step < DA_N_BUILD_STEPS; step++)
    printf(", \"%s\": %.3f", da_build_step_name((da_build_step)step), s->report.seconds[step]);
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  double processor =
      (double)use.ru_utime.tv_sec + (double)use.ru_stime.tv_sec + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
  printf(", \"commit\": %.3f, \"processor_seconds\": %.3f, \"peak_mb\": %ld}\n", s->commit_seconds, processor, use.ru_maxrss / 1024);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: stage BUCKET [key=value ...]\n");
    return 2;
  }
  stage s = {0};
  da_error err = {0};
  da_status status = open_stage(&s, argc, argv, &err);
  if (status == DA_OK) status = run_stage(&s, &err);
  if (status == DA_OK)
    print_stage(&s);
  else
    fprintf(stderr, "%s\n", err.msg);
  da_publication_close(s.publication);
  da_impressions_free(&s.impressions);
  da_db_close(s.db);
  da_mem_free(s.spill_folder);
  da_bucket_close(s.bucket);
  da_config_free(&s.config);
  return status == DA_OK ? 0 : 1;
}
