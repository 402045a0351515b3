/* Trials for a search from elsewhere, over the same objective as `deepattribution tune`: objective BUCKET SEED, then lines on stdin:
 *
 *   start ID learning_rate epochs embedding lstm dropout recurrent_dropout
 *   train ID EPOCHS     -> "val_loss epochs_done touches" of the trial so far, or "diverged"; trains until EPOCHS are done in all
 *   drop ID */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "journey/build.h"
#include "train/trial.h"
#include "tune/space.h"

enum { MAX_TRIALS = 4096 };

typedef struct {
  da_tune_point point;
  da_train_state state;
} trial;

static void or_die(da_status status, const da_error *err) {
  if (status == DA_OK) return;
  fprintf(stderr, "objective: %s\n", err->msg);
  exit(1);
}

static void open_set(const char *location, da_journeys *set) {
  da_error err = {0};
  da_bucket *bucket;
  char *path;
  or_die(da_bucket_open(location, &bucket, &err), &err);
  or_die(da_bucket_local(bucket, DA_JOURNEYS_KEY, &path, &err), &err);
  or_die(da_journeys_open(path, set, &err), &err);
  da_mem_free(path);
  da_bucket_close(bucket);
}

static void train(const da_journeys *set, uint64_t seed, trial *t, unsigned n_epochs) {
  da_error err = {0};
  da_config config;
  da_config_init(&config);
  config.seed = seed;
  da_tune_point_apply(set, &t->point, &config);
  const da_train_job job = {.set = set, .config = &config};
  da_trial_result result;
  or_die(da_trial_run(&job, n_epochs, &t->state, &result, &err), &err);
  if (result.diverged)
    puts("diverged");
  else
    printf("%.17g %u %llu\n", result.val_loss, result.n_epochs, (unsigned long long)result.n_touches);
  fflush(stdout);
  da_config_free(&config);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fputs("usage: objective BUCKET SEED\n", stderr);
    return 2;
  }
  da_journeys set;
  open_set(argv[1], &set);
  trial *trials = calloc(MAX_TRIALS, sizeof *trials);
  char line[256];
  while (trials && fgets(line, sizeof line, stdin)) {
    unsigned id, n_epochs;
    double v[DA_TUNE_N_DIMENSIONS];
    if (sscanf(line, "start %u %lf %lf %lf %lf %lf %lf", &id, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]) == 7 && id < MAX_TRIALS)
      for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) trials[id].point.value[d] = v[d];
    else if (sscanf(line, "train %u %u", &id, &n_epochs) == 2 && id < MAX_TRIALS)
      train(&set, strtoull(argv[2], NULL, 10), &trials[id], n_epochs);
    else if (sscanf(line, "drop %u", &id) == 1 && id < MAX_TRIALS)
      da_train_state_free(&trials[id].state);
    else
      return 2;
  }
  for (int i = 0; trials && i < MAX_TRIALS; i++) da_train_state_free(&trials[i].state);
  free(trials);
  da_journeys_close(&set);
  return 0;
}
