/* explain BUCKET: one journey, or those of one user, touch by touch. */
#include <errno.h>
#include <stdlib.h>

#include "cli/session.h"
#include "cli/verbs.h"
#include "pipeline/explain.h"

static da_status read_wish(const da_options *options, da_explain_wish *wish, da_error *err) {
  *wish = (da_explain_wish){.uid = options->uid, .as_json = options->json};
  if (!options->uid == !options->journey) return da_fail(err, DA_ERR_ARG, "expected one of --journey ID and --uid UID");
  if (options->uid) return DA_OK;
  char *end = NULL;
  errno = 0;
  wish->journey = strtoull(options->journey, &end, 10);
  if (errno == 0 && end != options->journey && *end == 0 && options->journey[0] != '-') return DA_OK;
  return da_fail(err, DA_ERR_ARG, "expected the number of a journey (journey_id) after --journey but found '%.80s'", options->journey);
}

static da_status explain(da_session *session) {
  da_explain_wish wish;
  DA_TRY(read_wish(session->options, &wish, &session->err));
  DA_TRY(da_session_bucket(session));
  da_run_job job = {
      .bucket = session->bucket, .config = &session->config, .monitor = &session->monitor, .model_path = session->options->model_path};
  da_text out = {0};
  da_status status = da_explain_bucket(&job, &wish, &out, &session->err);
  if (status == DA_OK && wish.as_json) da_text_append(&out, "\n");
  if (status == DA_OK) status = da_session_print(session, &out);
  da_text_free(&out);
  return status;
}

static int run(const da_options *options) {
  da_session session;
  da_session_open(options, &session);
  return da_session_close(&session, explain(&session));
}

const da_verb da_verb_explain = {
    .name = "explain",
    .arguments = "[BUCKET]",
    .summary = "One journey: every method's credit, touch by touch",
    .help = "Shows each touch with the credit that every method gives it, the network's probability of a conversion after each touch, and "
            "what that would be without each campaign. --journey takes a journey_id of attention_score.parquet, --uid all journeys of a "
            "user. Nothing is written.\n\n"
            "Example: deepattribution explain shop --uid 4711",
    .groups = DA_OPTIONS_COMMON | DA_OPTIONS_EXPLAIN | DA_OPTIONS_MODEL,
    .n_positional_max = 1,
    .run = run,
};
