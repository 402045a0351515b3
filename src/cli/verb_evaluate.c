/* evaluate BUCKET: what speaks for and against each method here. */
#include "cli/evaluation.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "pipeline/evaluate.h"

static da_status show(da_session *session, const cJSON *result) {
  if (session->options->json) return da_session_print_json(session, result);
  da_text out = {0};
  da_evaluation_print(result, &out);
  da_status status = da_session_print(session, &out);
  da_text_free(&out);
  return status;
}

static da_status evaluate(da_session *session, cJSON **result) {
  DA_TRY(da_session_bucket(session));
  da_run_job job = {.bucket = session->bucket, .config = &session->config, .monitor = &session->monitor};
  return da_evaluate_bucket(&job, result, &session->err);
}

static int run(const da_options *options) {
  da_session session;
  da_session_open(options, &session);
  cJSON *result = NULL;
  da_status status = evaluate(&session, &result);
  if (status == DA_OK) status = show(&session, result);
  cJSON_Delete(result);
  return da_session_close(&session, status);
}

const da_verb da_verb_evaluate = {
    .name = "evaluate",
    .arguments = "[BUCKET]",
    .summary = "Which method to trust here, and why",
    .help =
        "Compares the methods whose credit is in attention_report/: with the truth where the log was simulated, on held-out journeys, by "
        "fits to halves of the users, by replaying held-out journeys with less money, with each other, and with what the network reacts "
        "to. "
        "One table says which to trust here, and why. Methods are fitted again three times; nothing is written.\n\n"
        "Example: deepattribution evaluate shop",
    .groups = DA_OPTIONS_COMMON,
    .n_positional_max = 1,
    .run = run,
};
