/* serve: credit of journeys over HTTP, by a network that is trained already. */
#include "base/mem.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "pipeline/known_fit.h"
#include "pipeline/pipeline.h"
#include "serve/server.h"

enum { MOST_CLIENTS = 512, SILENCE_SECONDS = 60, BODY_SECONDS = 600, FAREWELL_SECONDS = 20 };

typedef struct {
  const da_service *service;
  da_db *db;
} answering;

static da_status answer(void *context, da_body_type type, da_slice body, da_body_type wanted, da_text *text, da_error *err) {
  const answering *a = context;
  return da_service_answer(a->service, a->db, type, body, wanted, text, err);
}

/* The bucket's own fit, or the one beside --model. */
static da_status read_fit(da_session *session, da_text *fit) {
  if (session->options->model_path) return da_known_fit_read(session->options->model_path, fit, &session->err);
  bool exists = false;
  DA_TRY(da_bucket_exists(session->bucket, DA_KEY_INCREMENTAL, &exists, &session->err));
  return exists ? da_bucket_get(session->bucket, DA_KEY_INCREMENTAL, fit, &session->err) : DA_OK;
}

static da_status open_service(da_session *session, da_service *service) {
  const bool needs_bucket = !session->options->model_path || session->options->n_positional > 0;
  DA_TRY(needs_bucket ? da_session_bucket(session) : da_session_settings(session, NULL));
  char *path = NULL;
  da_text fit = {0};
  DA_TRY(da_session_find_model(session, &path));
  da_status status = read_fit(session, &fit);
  if (status == DA_OK) status = da_service_open(path, &fit, &session->config, &session->monitor, service, &session->err);
  da_text_free(&fit);
  da_mem_free(path);
  return status;
}

static da_status serve(da_session *session, da_service *service) {
  const da_options *o = session->options;
  DA_TRY(open_service(session, service));
  DA_TRY(da_session_db(session, false));
  answering context = {.service = service, .db = session->db};
  const da_server_options options = {
      .host = o->host,
      .port = (uint16_t)o->port,
      .n_workers = session->config.threads ? (int)session->config.threads : da_n_processors(),
      .queue_length = (uint32_t)o->queue,
      .body_bytes = o->max_body_mb << 20,
      .most_clients = MOST_CLIENTS,
      .silence_seconds = SILENCE_SECONDS,
      .body_seconds = BODY_SECONDS,
      .farewell_seconds = FAREWELL_SECONDS,
  };
  da_server *server = NULL;
  DA_TRY(da_server_open(&options, answer, &context, &server, &session->err));
  da_monitor_note(&session->monitor, DA_NOTE_INFO, "listening at http://%s:%u/invocations", o->host, da_server_port(server));
  da_server_run(server, &session->monitor);
  da_server_close(server);
  return DA_OK;
}

static int run(const da_options *options) {
  da_session session;
  da_session_open(options, &session);
  da_service service = {0};
  da_status status = serve(&session, &service);
  da_service_close(&service);
  return da_session_close(&session, status);
}

const da_verb da_verb_serve = {
    .name = "serve",
    .arguments = "[BUCKET]",
    .summary = "Credit of journeys over HTTP, by a trained network",
    .help = "POST journeys to /invocations, one JSON object a line (Content-Type: application/jsonlines) or as Parquet "
            "(application/x-parquet), with the columns of feature_store/: campaigns and timestamps, and as wanted conversion_status, "
            "journey_id, uid. One JSON object a journey comes back (a row of a Parquet file where the header Accept asks for one), with "
            "the credit "
            "that 'attribute' gives it. GET /ping says whether requests "
            "are taken. SIGTERM or Ctrl-C: what has begun is answered, then the program ends with 0.\n\n"
            "Example: deepattribution serve shop --port 8080",
    .groups = DA_OPTIONS_COMMON | DA_OPTIONS_MODEL | DA_OPTIONS_SERVE,
    .n_positional_max = 1,
    .run = run,
};
