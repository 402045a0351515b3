#define _POSIX_C_SOURCE 200809L
#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "pipeline/exit_code.h"
#include "pipeline/pipeline.h"
#include "pipeline/settings.h"

void da_session_open(const da_options *options, da_session *session) {
  *session = (da_session){.options = options};
  da_terminal_init(&session->terminal, options->quiet);
  session->monitor = da_terminal_monitor(&session->terminal);
  da_config_init(&session->config);
}

static bool interrupted(void *context) { return da_monitor_interrupted(context); }

da_status da_session_join_ranks(da_session *session) {
  DA_TRY(da_dist_open(&session->dist, &session->err));
  if (da_team_rank(da_dist_team(session->dist)) == 0) return DA_OK;
  session->listener = session->monitor;
  session->monitor = (da_monitor){.interrupted = interrupted, .context = &session->listener};
  return DA_OK;
}

/* The sentence, and the end of the other ranks. An interruption reaches all of them: one sentence is enough, and none is ended. */
static void tell_fault(const da_session *session, da_status status) {
  const da_team *team = da_dist_team(session->dist);
  if (!team || status == DA_ERR_INTERRUPTED) {
    if (da_team_rank(team) == 0) fprintf(stderr, "deepattribution: %s\n", session->err.msg);
    return;
  }
  fprintf(stderr, "deepattribution: rank %d of %d: %s\n", team->rank, team->n, session->err.msg);
  fflush(stderr);
  da_dist_abort(session->dist, da_exit_code(status));
}

int da_session_close(da_session *session, da_status status) {
  da_terminal_finish(&session->terminal);
  if (status != DA_OK) tell_fault(session, status);
  da_dist_close(session->dist);
  da_pool_close(session->pool);
  da_db_close(session->db); /* takes away what it spilled */
  if (session->spill_folder[0]) rmdir(session->spill_folder);
  da_bucket_close(session->bucket);
  da_config_free(&session->config);
  return da_exit_code(status);
}

da_status da_session_settings(da_session *session, const da_bucket *bucket) {
  return da_options_config(session->options, bucket, &session->config, &session->err);
}

da_status da_session_open_bucket(da_session *session, const char *location, bool make) {
  const da_options *o = session->options;
  return da_settings_open_bucket(location, make, o->config_path, o->assignments, (size_t)o->n_assignments, &session->bucket, &session->err);
}

da_status da_session_bucket(da_session *session) {
  const da_options *options = session->options;
  DA_TRY(da_session_open_bucket(session, options->n_positional > 0 ? options->positional[0] : NULL, false));
  return da_session_settings(session, session->bucket);
}

da_status da_session_find_model(da_session *session, char **path) {
  const char *given = session->options->model_path;
  if (given) {
    *path = da_mem_strdup(given);
    return *path ? DA_OK : da_mem_fail(&session->err, 1, 256, "a path");
  }
  bool exists = false;
  DA_TRY(da_bucket_exists(session->bucket, DA_KEY_MODEL, &exists, &session->err));
  if (exists) return da_bucket_local(session->bucket, DA_KEY_MODEL, path, &session->err);
  const char *location = da_bucket_location(session->bucket);
  return da_fail(&session->err, DA_ERR_DATA,
                 "expected a trained network in %s of %s but found none; run 'deepattribution train %s' first, or name one with --model",
                 DA_KEY_MODEL, location, location);
}

/* Two calls must not share what they spill, nor may another user choose where that is. */
static void make_spill_folder(da_session *session) {
  const char *parent = getenv("TMPDIR");
  int length = snprintf(session->spill_folder, sizeof session->spill_folder, "%s/deepattribution-XXXXXX", parent ? parent : "/tmp");
  if (length >= (int)sizeof session->spill_folder || !mkdtemp(session->spill_folder)) session->spill_folder[0] = 0;
}

da_status da_session_db(da_session *session, bool spills) {
  if (spills) make_spill_folder(session);
  da_db_options options = {.threads = session->config.threads,
                           .memory_bytes = session->config.memory_bytes,
                           .spill_folder = session->spill_folder[0] ? session->spill_folder : NULL};
  return da_db_open(&options, &session->db, &session->err);
}

da_status da_session_pool(da_session *session) { return da_pool_open((int)session->config.threads, &session->pool, &session->err); }

static da_status print(da_session *session, const char *text) {
  da_terminal_finish(&session->terminal);
  if (fputs(text, stdout) >= 0 && fflush(stdout) == 0) return DA_OK;
  return da_fail(&session->err, DA_ERR_IO, "expected to write the result to stdout but that failed");
}

da_status da_session_print(da_session *session, const da_text *text) {
  DA_TRY(da_text_check(text, &session->err));
  return print(session, da_text_cstr(text));
}

da_status da_session_print_json(da_session *session, const cJSON *result) {
  char *json = cJSON_Print(result);
  if (!json) return da_mem_fail(&session->err, 1, 4096, "the JSON result");
  da_status status = print(session, json);
  cJSON_free(json);
  return status == DA_OK ? print(session, "\n") : status;
}
