/* simulate WORLD OUT: an impression log with known truth. */
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "simulate/publish.h"

static void print_truth(const da_options *options, const da_truth *truth) {
  char users[32], touches[32], conversions[32];
  printf("%s users, %s touches, %s conversions in %s/raw/impressions.parquet\n", da_terminal_count(truth->n_users, users),
         da_terminal_count(truth->n_touches, touches), da_terminal_count(truth->n_conversions, conversions), options->positional[1]);
}

static da_status simulate(const da_options *options, const da_config *config, const da_monitor *monitor, da_truth *truth, da_error *err) {
  da_simulation_options simulation = {.world = options->positional[0],
                                      .n_users = options->users,
                                      .seed = config->seed,
                                      .cut = options->cut_at_conversion,
                                      .truth = !options->no_truth};
  da_bucket *bucket = NULL;
  da_db *db = NULL;
  da_pool *pool = NULL;
  da_db_options db_options = {.threads = config->threads, .memory_bytes = config->memory_bytes};
  da_status status = da_pool_open((int)config->threads, &pool, err);
  if (status == DA_OK) status = da_bucket_create(options->positional[1], &bucket, err);
  if (status == DA_OK) status = da_bucket_lock(bucket, err);
  if (status == DA_OK) status = da_db_open(&db_options, &db, err);
  if (status == DA_OK) status = da_simulate(&simulation, options->force, bucket, db, pool, monitor, truth, err);
  da_db_close(db);
  da_bucket_close(bucket);
  da_pool_close(pool);
  return status;
}

static int run(const da_options *options) {
  da_terminal terminal;
  da_terminal_init(&terminal, options->quiet);
  da_monitor monitor = da_terminal_monitor(&terminal);
  da_error err = {0};
  da_truth truth = {0};
  da_config config;
  da_config_init(&config);
  da_status status = da_options_config(options, NULL, &config, &err);
  if (status == DA_OK) status = simulate(options, &config, &monitor, &truth, &err);
  da_terminal_finish(&terminal);
  if (status == DA_OK && options->json) {
    da_text json = {0};
    da_truth_print(&truth, &json);
    printf("%s\n", da_text_cstr(&json));
    da_text_free(&json);
  } else if (status == DA_OK && !options->quiet) {
    print_truth(options, &truth);
  }
  da_truth_free(&truth);
  da_config_free(&config);
  return da_verb_end(&terminal, status, &err);
}

const da_verb da_verb_simulate = {
    .name = "simulate",
    .arguments = "WORLD OUT",
    .summary = "A log whose true credit is known, to try things on",
    .help =
        "WORLD: W1 additive effects, W2 hidden demand, W3 synergy and saturation, W4 order, W5 bursts of intent, S1 a state machine, W200 "
        "many campaigns. OUT is a folder; it gets raw/impressions.parquet and truth.json.\n\n"
        "Example: deepattribution simulate W1 demo --users 200000 --seed 7",
    .groups = DA_OPTIONS_COMMON | DA_OPTIONS_SIMULATE,
    .n_positional_min = 2,
    .n_positional_max = 2,
    .run = run,
};
