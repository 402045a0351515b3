/* attribute: the credit of a bucket's journeys, or of another log by a network that is trained already. */
#include <sys/stat.h>

#include "base/mem.h"
#include "cli/session.h"
#include "cli/summary.h"
#include "cli/verbs.h"
#include "pipeline/paths_source.h"
#include "pipeline/pipeline.h"

static bool is_same_folder(const char *a, const char *b) {
  struct stat of_a, of_b;
  return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

static da_status refuse_log(const da_bucket *output, da_error *err) {
  da_object_list raw = {0};
  da_status status = da_bucket_list(output, "raw/", &raw, err);
  if (status == DA_OK && raw.n > 0) {
    status = da_fail(err, DA_ERR_ARG, "expected a folder without a log of its own for the credit but found %s in %s", raw.items[0].key,
                     da_bucket_location(output));
  }
  da_object_list_free(&raw);
  return status;
}

/* --output is a bucket of its own; one that holds a log would lose the journeys that were made of it. */
static da_status open_output(da_session *session, da_bucket **output) {
  const char *path = session->options->output;
  da_error *err = &session->err;
  if (session->bucket && is_same_folder(path, da_bucket_location(session->bucket))) {
    return da_fail(err, DA_ERR_ARG,
                   "expected --output in another folder than the bucket %s, whose own journeys and credit it would replace",
                   da_bucket_location(session->bucket));
  }
  DA_TRY(da_bucket_create(path, output, err));
  return refuse_log(*output, err);
}

static da_status attribute_bucket(da_session *session, cJSON **result) {
  da_run_job job = {.bucket = session->bucket,
                    .config = &session->config,
                    .monitor = &session->monitor,
                    .first = DA_STAGE_ATTRIBUTE,
                    .last = DA_STAGE_ATTRIBUTE,
                    .force = session->options->force,
                    .model_path = session->options->model_path};
  return da_run_stages(&job, result, &session->err);
}

/* The journeys of the other log are made in the output too: they are what its credit is of. */
static da_status attribute_log(da_session *session, const char *model_path, da_bucket *output, cJSON **result) {
  da_run_job job = {.bucket = output,
                    .config = &session->config,
                    .monitor = &session->monitor,
                    .first = DA_STAGE_JOURNEYS,
                    .last = DA_STAGE_REPORT,
                    .force = session->options->force,
                    .input = session->options->input,
                    .model_path = model_path};
  return da_run_stages(&job, result, &session->err);
}

static da_status open_bucket(da_session *session) {
  const da_options *options = session->options;
  bool elsewhere = options->input || options->output;
  if (elsewhere && !(options->input && options->output)) {
    return da_fail(&session->err, DA_ERR_ARG, "expected --input and --output together but found only --%s",
                   options->input ? "input" : "output");
  }
  bool needs_bucket = !elsewhere || !options->model_path || options->n_positional > 0;
  return needs_bucket ? da_session_bucket(session) : da_session_settings(session, NULL);
}

/* ---- Aggregated paths ---- */

static da_status open_paths(da_session *session) {
  const da_options *options = session->options;
  da_error *err = &session->err;
  if (options->input || options->output || options->model_path)
    return da_fail(err, DA_ERR_ARG, "expected --paths without --input, --output and --model, and the folder for the credit as BUCKET");
  if (options->n_positional == 0) return da_fail(err, DA_ERR_ARG, "expected the folder for the credit of --paths but found none");
  DA_TRY(da_session_open_bucket(session, options->positional[0], true));
  DA_TRY(refuse_log(session->bucket, err));
  DA_TRY(da_session_settings(session, session->bucket));
  DA_TRY(da_session_db(session, false));
  return da_paths_settings(session->db, options->paths, &session->config, err);
}

/* The stages before and after train, which paths without times have no use for. */
static da_status attribute_paths(da_session *session, cJSON **result) {
  DA_TRY(open_paths(session));
  da_run_job job = {.bucket = session->bucket,
                    .config = &session->config,
                    .monitor = &session->monitor,
                    .first = DA_STAGE_JOURNEYS,
                    .last = DA_STAGE_JOURNEYS,
                    .force = session->options->force};
  DA_TRY(da_run_stages(&job, result, &session->err));
  cJSON *rest = NULL;
  job.first = DA_STAGE_ATTRIBUTE;
  job.last = DA_STAGE_REPORT;
  DA_TRY(da_run_stages(&job, &rest, &session->err));
  while (rest->child) {
    cJSON *stage = cJSON_DetachItemViaPointer(rest, rest->child);
    if (!cJSON_AddItemToObject(*result, stage->string, stage)) cJSON_Delete(stage);
  }
  cJSON_Delete(rest);
  return DA_OK;
}

static da_status attribute(da_session *session, da_bucket **output, cJSON **result) {
  if (session->options->paths) return attribute_paths(session, result);
  DA_TRY(open_bucket(session));
  if (!session->options->output) return attribute_bucket(session, result);
  char *model_path = NULL;
  DA_TRY(da_session_find_model(session, &model_path));
  da_status status = open_output(session, output);
  if (status == DA_OK) status = attribute_log(session, model_path, *output, result);
  da_mem_free(model_path);
  return status;
}

static int run(const da_options *options) {
  da_session session;
  da_session_open(options, &session);
  da_bucket *output = NULL;
  cJSON *result = NULL;
  da_status status = attribute(&session, &output, &result);
  if (status == DA_OK) status = da_summary_show(&session, result, output ? output : session.bucket);
  cJSON_Delete(result);
  da_bucket_close(output);
  return da_session_close(&session, status);
}

const da_verb da_verb_attribute = {
    .name = "attribute",
    .arguments = "[BUCKET]",
    .summary = "Credit of every touch and campaign, by every method (attention_report/)",
    .help = "With --input and --output: the credit of another log, say of new days, by the network of BUCKET or --model, without training "
            "and without changing BUCKET. The settings are those of BUCKET or --config; tables and page go to PATH/attention_report/.\n\n"
            "With --paths: the credit of aggregated paths, by the methods that need no times, in the folder BUCKET, made if missing.\n\n"
            "Example: deepattribution attribute shop --set 'credit.methods=[incremental, attention, last_touch]'\n\n"
            "Example: deepattribution attribute shop --input july.parquet --output july\n\n"
            "Example: deepattribution attribute out --paths paths.csv\n\n"
            "Methods: deepattribution help methods",
    .groups = DA_OPTIONS_COMMON | DA_OPTIONS_FORCE | DA_OPTIONS_LIFT | DA_OPTIONS_MODEL | DA_OPTIONS_SCORE,
    .n_positional_max = 1,
    .run = run,
};
