/* simulate WORLD OUT: an impression log with known truth. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "simulate/publish.h"

static void print_truth(const da_options *options, const da_truth *truth) {
  char users[32], touches[32], conversions[32];
  printf("%s users, %s touches, %s conversions in %s/raw/impressions.parquet\n", da_terminal_count(truth->n_users, users),
         da_terminal_count(truth->n_touches, touches), da_terminal_count(truth->n_conversions, conversions), options->positional[1]);
}

static da_status simulate(da_session *session, da_truth *truth) {
  const da_options *options = session->options;
  if (options->truth_path && options->no_truth) return da_fail(&session->err, DA_ERR_ARG, "expected one of --truth and --no-truth");
  DA_TRY(da_session_settings(session, NULL));
  DA_TRY(da_session_pool(session));
  DA_TRY(da_session_open_bucket(session, options->positional[1], true));
  DA_TRY(da_bucket_lock(session->bucket, &session->err));
  DA_TRY(da_session_db(session, false));
  da_simulation_options simulation = {.world = options->positional[0],
                                      .n_users = options->users,
                                      .seed = session->config.seed,
                                      .cut = options->cut_at_conversion,
                                      .truth = !options->no_truth};
  return da_simulate(&simulation, options->force, session->bucket, session->db, session->pool, &session->monitor, truth, &session->err);
}

/* The file of --truth, beside the bucket's own. */
static da_status write_truth(da_session *session, const da_truth *truth) {
  if (!session->options->truth_path) return DA_OK;
  da_text json = {0};
  da_truth_print(truth, &json);
  da_status status = da_file_write(session->options->truth_path, &json, &session->err);
  da_text_free(&json);
  return status;
}

static da_status print_json(da_session *session, const da_truth *truth) {
  da_text json = {0};
  da_truth_print(truth, &json);
  da_text_append(&json, "\n");
  da_status status = da_session_print(session, &json);
  da_text_free(&json);
  return status;
}

static int run(const da_options *options) {
  da_session session;
  da_session_open(options, &session);
  da_truth truth = {0};
  da_status status = simulate(&session, &truth);
  if (status == DA_OK) status = write_truth(&session, &truth);
  da_terminal_finish(&session.terminal);
  if (status == DA_OK && options->json) status = print_json(&session, &truth);
  if (status == DA_OK && !options->json && !options->quiet) print_truth(options, &truth);
  da_truth_free(&truth);
  return da_session_close(&session, status);
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
