#include "serve/server.h"

#ifdef DA_HAVE_MICROHTTPD

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* One request, from its header to the end of its answer. The receiving thread has it, then a worker, then the receiving thread again. */
typedef struct request_in_work {
  struct MHD_Connection *connection;
  da_body_type type, wanted; /* of the body, of the answer */
  da_text body;
  size_t n_held;     /* bytes of the body */
  size_t n_received; /* with what was thrown away */
  double began_at;   /* da_clock_seconds of the header */
  bool is_refused;   /* the answer is there already; a body is thrown away */
  bool is_answered;  /* by a worker */
  unsigned code;
  da_text answer;
  struct request_in_work *next;
} request_in_work;

/* One connection. Between requests, and while a header arrives, it is its client's turn. */
typedef struct client {
  MHD_socket socket;
  bool has_request;  /* a header is here, its answer has not ended */
  double turn_began; /* da_clock_seconds of the connection, or of the end of its last answer */
  struct client *previous, *next;
} client;

struct da_server {
  da_server_options options;
  da_server_answer answer;
  void *context;
  struct MHD_Daemon *daemon;
  uint16_t port;
  pthread_t *workers;
  int n_workers;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  request_in_work *first, *last;
  uint32_t n_waiting;   /* in the queue */
  uint32_t n_open;      /* from their header to the end of their answer */
  client *clients;      /* in no order */
  size_t n_bytes_held;  /* of bodies */
  bool is_leaving;      /* a wish to stop: new requests are refused */
  bool workers_may_end; /* once the queue is empty */
};

static const char *const JSON = "application/json", *const JSON_LINES = "application/jsonlines", *const PARQUET = "application/x-parquet";

/* How clients call what they send and want. */
static const struct {
  const char *name;
  da_body_type type;
} known_types[] = {{"application/jsonlines", DA_BODY_JSON},
                   {"application/json", DA_BODY_JSON},
                   {"application/x-ndjson", DA_BODY_JSON},
                   {"application/x-parquet", DA_BODY_PARQUET},
                   {"application/vnd.apache.parquet", DA_BODY_PARQUET}};
enum { N_KNOWN_TYPES = sizeof known_types / sizeof known_types[0] };

/* --- Answers ------------------------------------------------------------------------------------------------------------ */

DA_PRINTF(3, 4) static void refuse(request_in_work *r, unsigned code, const char *format, ...) {
  char sentence[1200];
  va_list args;
  va_start(args, format);
  vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  da_text_clear(&r->answer);
  da_text_append(&r->answer, "{\"error\":");
  da_text_append_json(&r->answer, (da_slice){sentence, strlen(sentence)});
  da_text_append(&r->answer, "}\n");
  r->code = code;
  r->is_refused = true;
}

/* Hands an answer to the library. bytes must stay until the request ends. */
static enum MHD_Result send_bytes(struct MHD_Connection *connection, unsigned code, const char *type, da_slice bytes) {
  struct MHD_Response *response = MHD_create_response_from_buffer(bytes.length, (void *)bytes.data, MHD_RESPMEM_PERSISTENT);
  if (!response) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
  if (code == MHD_HTTP_SERVICE_UNAVAILABLE) MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
  if (code == MHD_HTTP_METHOD_NOT_ALLOWED) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, POST");
  enum MHD_Result sent = MHD_queue_response(connection, code, response);
  MHD_destroy_response(response);
  return sent;
}

static enum MHD_Result send_answer(const request_in_work *r) {
  if (r->answer.failed) return MHD_NO;
  const da_slice bytes = {da_text_cstr(&r->answer), r->answer.length};
  const char *type = !r->is_answered || r->code != MHD_HTTP_OK ? JSON : r->wanted == DA_BODY_PARQUET ? PARQUET : JSON_LINES;
  return send_bytes(r->connection, r->code, type, bytes);
}

/* --- The queue and the workers ------------------------------------------------------------------------------------------ */

/* Puts a whole request into the queue and its connection to sleep; false: the queue is full. */
static bool put(da_server *server, request_in_work *r) {
  pthread_mutex_lock(&server->lock);
  const bool fits = server->n_waiting < server->options.queue_length && !server->workers_may_end;
  if (fits) {
    MHD_suspend_connection(r->connection);
    r->next = NULL;
    if (server->last) server->last->next = r;
    if (!server->first) server->first = r;
    server->last = r;
    server->n_waiting++;
    pthread_cond_signal(&server->changed);
  }
  pthread_mutex_unlock(&server->lock);
  return fits;
}

/* The next request; NULL when there is none and none will come. */
static request_in_work *take(da_server *server) {
  pthread_mutex_lock(&server->lock);
  while (!server->first && !server->workers_may_end) pthread_cond_wait(&server->changed, &server->lock);
  request_in_work *r = server->first;
  if (r) {
    server->first = r->next;
    if (!server->first) server->last = NULL;
    server->n_waiting--;
  }
  pthread_mutex_unlock(&server->lock);
  return r;
}

static void answer_one(da_server *server, request_in_work *r) {
  da_error err = {0};
  r->code = MHD_HTTP_OK;
  const da_slice body = {da_text_cstr(&r->body), r->body.length};
  switch (server->answer(server->context, r->type, body, r->wanted, &r->answer, &err)) {
  case DA_OK:
    break;
  case DA_ERR_ARG:
  case DA_ERR_DATA:
    refuse(r, MHD_HTTP_BAD_REQUEST, "%s", err.msg);
    break;
  case DA_ERR_MEM:
    refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", err.msg);
    break;
  default:
    refuse(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "%s", err.msg);
  }
}

static void *work(void *context) {
  da_server *server = context;
  for (request_in_work *r; (r = take(server));) {
    answer_one(server, r);
    r->is_answered = true;
    MHD_resume_connection(r->connection);
  }
  return NULL;
}

/* --- Connections -------------------------------------------------------------------------------------------------------- */

static void add_client(da_server *server, client *c) {
  c->next = server->clients;
  if (c->next) c->next->previous = c;
  server->clients = c;
}

static void remove_client(da_server *server, client *c) {
  if (c->next) c->next->previous = c->previous;
  *(c->previous ? &c->previous->next : &server->clients) = c->next;
}

/* The library calls this when a connection begins, and before its socket is closed. */
static void on_connection(void *context, struct MHD_Connection *connection, void **slot, enum MHD_ConnectionNotificationCode code) {
  da_server *server = context;
  client *c = code == MHD_CONNECTION_NOTIFY_STARTED ? da_mem_calloc(1, sizeof *c) : *slot;
  if (!c) return; /* without memory its header may take for ever; its silence may not */
  pthread_mutex_lock(&server->lock);
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    *slot = c;
    c->socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    c->turn_began = da_clock_seconds();
    add_client(server, c);
  } else {
    remove_client(server, c);
    da_mem_free(c);
    *slot = NULL;
  }
  pthread_mutex_unlock(&server->lock);
}

/* The caller holds the lock. */
static void set_turn(struct MHD_Connection *connection, bool has_request) {
  client *c = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
  if (!c) return;
  c->has_request = has_request;
  c->turn_began = da_clock_seconds();
}

/* The library knows silence only: a byte of a header now and then would hold a connection for ever. */
static void cut_slow_headers(da_server *server) {
  const double now = da_clock_seconds();
  pthread_mutex_lock(&server->lock);
  for (client *c = server->clients; c; c = c->next) {
    if (!c->has_request && now - c->turn_began > server->options.silence_seconds) shutdown(c->socket, SHUT_RDWR);
  }
  pthread_mutex_unlock(&server->lock);
}

/* --- Receiving ---------------------------------------------------------------------------------------------------------- */

static bool begins_with(const char *text, const char *word) { return strncasecmp(text, word, strlen(word)) == 0; }

/* false: a body of this type cannot be read. */
static bool find_type(struct MHD_Connection *connection, da_body_type *type) {
  const char *found = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
  for (size_t i = 0; found && i < N_KNOWN_TYPES; i++) {
    if (!begins_with(found, known_types[i].name)) continue;
    *type = known_types[i].type;
    return true;
  }
  return false;
}

/* The first type in the header Accept that we know; JSON lines for all that we do not. */
static da_body_type find_wanted(struct MHD_Connection *connection) {
  const char *accepted = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT), *first = NULL;
  da_body_type wanted = DA_BODY_JSON;
  for (size_t i = 0; accepted && i < N_KNOWN_TYPES; i++) {
    const char *found = strcasestr(accepted, known_types[i].name);
    if (!found || (first && found > first)) continue;
    first = found;
    wanted = known_types[i].type;
  }
  return wanted;
}

static size_t announced_bytes(struct MHD_Connection *connection) {
  const char *found = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  return found ? strtoull(found, NULL, 10) : 0;
}

static void refuse_large(const da_server *server, request_in_work *r) {
  refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "expected a body of at most %zu bytes but found more; send fewer journeys at a time",
         server->options.body_bytes);
}

static void tell_parameters(const da_server *server, request_in_work *r) {
  da_text_printf(&r->answer, "{\"MaxConcurrentTransforms\":%d,\"BatchStrategy\":\"MULTI_RECORD\",\"MaxPayloadInMB\":%zu}\n",
                 server->n_workers, server->options.body_bytes >> 20);
}

/* What can be answered from the header alone: true, and the answer is there. */
static bool answer_early(da_server *server, request_in_work *r, const char *url, const char *method, bool is_leaving) {
  const bool gets = strcmp(method, MHD_HTTP_METHOD_GET) == 0, posts = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
  const bool asks = strcmp(url, "/ping") == 0 || strcmp(url, "/execution-parameters") == 0, invokes = strcmp(url, "/invocations") == 0;
  r->code = MHD_HTTP_OK;
  r->wanted = find_wanted(r->connection);
  if (!asks && !invokes) {
    refuse(r, MHD_HTTP_NOT_FOUND, "expected /ping, /invocations or /execution-parameters but found %.200s", url);
  } else if ((asks && !gets) || (invokes && !posts)) {
    refuse(r, MHD_HTTP_METHOD_NOT_ALLOWED, "expected %s for %s but found %.20s", asks ? "GET" : "POST", url, method);
  } else if (is_leaving) {
    refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "this server is shutting down; ask another");
  } else if (asks) {
    if (url[1] == 'e') tell_parameters(server, r);
  } else if (!find_type(r->connection, &r->type)) {
    refuse(r, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "expected Content-Type application/jsonlines or application/x-parquet but found another");
  } else if (announced_bytes(r->connection) > server->options.body_bytes) {
    refuse_large(server, r);
  } else {
    return false;
  }
  return true;
}

static request_in_work *begin(da_server *server, struct MHD_Connection *connection, bool *is_leaving) {
  request_in_work *r = da_mem_calloc(1, sizeof *r);
  if (!r) return NULL;
  r->connection = connection;
  r->began_at = da_clock_seconds();
  pthread_mutex_lock(&server->lock);
  server->n_open++;
  set_turn(connection, true);
  *is_leaving = server->is_leaving;
  pthread_mutex_unlock(&server->lock);
  return r;
}

/* Room for n more bytes of bodies, counted from now on until the request ends. */
static bool reserve(da_server *server, request_in_work *r, size_t n) {
  const size_t room = server->options.body_bytes * (4 + (size_t)server->n_workers);
  pthread_mutex_lock(&server->lock);
  const bool fits = server->n_bytes_held + n <= room;
  if (fits) {
    server->n_bytes_held += n;
    r->n_held += n;
  }
  pthread_mutex_unlock(&server->lock);
  return fits;
}

/* A body that is refused is read to its end all the same, for clients that look for an answer only then; but not for ever. */
static enum MHD_Result receive(da_server *server, request_in_work *r, const char *piece, size_t n) {
  const size_t limit = server->options.body_bytes;
  r->n_received += n;
  if (da_clock_seconds() - r->began_at > server->options.body_seconds) return MHD_NO; /* closes the connection */
  if (!r->is_refused && r->n_received > limit) refuse_large(server, r);
  if (r->is_refused) return r->n_received <= 2 * limit ? MHD_YES : MHD_NO;
  if (reserve(server, r, n)) {
    da_text_append_n(&r->body, piece, n);
    if (!r->body.failed) return MHD_YES;
  }
  refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the server has no room for more bodies; try again");
  return MHD_YES;
}

/* The header is here. The library closes a connection that is answered before its request has ended: only bodies so large that nobody
 * should wait for their end are. */
static enum MHD_Result end_of_header(da_server *server, request_in_work *r, const char *url, const char *method, bool is_leaving) {
  r->is_refused = answer_early(server, r, url, method, is_leaving);
  return r->is_refused && announced_bytes(r->connection) > 2 * server->options.body_bytes ? send_answer(r) : MHD_YES;
}

/* The whole body is here. */
static enum MHD_Result end_of_body(da_server *server, request_in_work *r) {
  if (!r->is_refused && put(server, r)) return MHD_YES;
  if (!r->is_refused) {
    refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "%u requests are waiting already; try again", server->options.queue_length);
  }
  return send_answer(r);
}

/* The library calls this with the header, then with each piece of the body, then without one, and again when a worker has answered. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *piece, size_t *n, void **slot) {
  (void)version;
  da_server *server = context;
  request_in_work *r = *slot;
  if (!r) {
    bool is_leaving = false;
    *slot = r = begin(server, connection, &is_leaving);
    return r ? end_of_header(server, r, url, method, is_leaving) : MHD_NO;
  }
  if (r->is_answered) return send_answer(r);
  if (*n == 0) return end_of_body(server, r);
  const size_t n_bytes = *n;
  *n = 0;
  return receive(server, r, piece, n_bytes);
}

static void on_end(void *context, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode code) {
  (void)code;
  da_server *server = context;
  request_in_work *r = *slot;
  if (!r) return;
  pthread_mutex_lock(&server->lock);
  set_turn(connection, false);
  server->n_open--;
  server->n_bytes_held -= r->n_held;
  pthread_mutex_unlock(&server->lock);
  da_text_free(&r->body);
  da_text_free(&r->answer);
  da_mem_free(r);
  *slot = NULL;
}

/* --- Life --------------------------------------------------------------------------------------------------------------- */

static void say_nothing(void *context, const char *format, va_list args) { (void)context, (void)format, (void)args; }

static da_status listen_at(da_server *server, const struct sockaddr *address, da_error *err) {
  const da_server_options *o = &server->options;
  const unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                         (address->sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
  errno = 0;
  server->daemon =
      MHD_start_daemon(flags, o->port, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_SOCK_ADDR,
                       address, MHD_OPTION_CONNECTION_LIMIT, o->most_clients, MHD_OPTION_CONNECTION_TIMEOUT, o->silence_seconds,
                       MHD_OPTION_NOTIFY_COMPLETED, on_end, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
  if (!server->daemon) {
    return da_fail(err, DA_ERR_IO, "expected to listen at %s, port %u, but could not: %s", o->host, o->port,
                   errno ? strerror(errno) : "the address is taken or not this machine's");
  }
  server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
  return DA_OK;
}

static da_status open_socket(da_server *server, da_error *err) {
  char port[8];
  snprintf(port, sizeof port, "%u", server->options.port);
  const struct addrinfo wish = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  if (getaddrinfo(server->options.host, port, &wish, &found) != 0) {
    return da_fail(err, DA_ERR_ARG, "expected an address such as 127.0.0.1 or 0.0.0.0 but found '%.80s'", server->options.host);
  }
  da_status status = listen_at(server, found->ai_addr, err);
  freeaddrinfo(found);
  return status;
}

static da_status start_workers(da_server *server, da_error *err) {
  server->workers = da_mem_calloc((size_t)server->options.n_workers, sizeof *server->workers);
  if (!server->workers) return da_mem_fail(err, (size_t)server->options.n_workers, sizeof *server->workers, "the workers");
  while (server->n_workers < server->options.n_workers) {
    const int fault = pthread_create(&server->workers[server->n_workers], NULL, work, server);
    if (fault) return da_fail(err, DA_ERR_MEM, "expected to start a thread but found: %s", strerror(fault));
    server->n_workers++;
  }
  return DA_OK;
}

da_status da_server_open(const da_server_options *options, da_server_answer answer, void *context, da_server **out, da_error *err) {
  *out = NULL;
  da_server *server = da_mem_calloc(1, sizeof *server);
  if (!server) return da_mem_fail(err, 1, sizeof *server, "the server");
  server->options = *options;
  server->answer = answer;
  server->context = context;
  pthread_mutex_init(&server->lock, NULL);
  pthread_cond_init(&server->changed, NULL);
  da_status status = start_workers(server, err);
  if (status == DA_OK) status = open_socket(server, err);
  if (status == DA_OK) {
    *out = server;
  } else {
    da_server_close(server);
  }
  return status;
}

uint16_t da_server_port(const da_server *server) { return server->port; }

/* Between two looks at the clock. */
static void rest(void) { nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); }

static bool has_requests(da_server *server) {
  pthread_mutex_lock(&server->lock);
  const bool has = server->n_open > 0;
  pthread_mutex_unlock(&server->lock);
  return has;
}

static void end_workers(da_server *server) {
  pthread_mutex_lock(&server->lock);
  server->workers_may_end = true;
  pthread_cond_broadcast(&server->changed);
  pthread_mutex_unlock(&server->lock);
  for (int i = 0; i < server->n_workers; i++) pthread_join(server->workers[i], NULL);
  server->n_workers = 0;
}

void da_server_run(da_server *server, const da_monitor *monitor) {
  while (!da_monitor_interrupted(monitor)) {
    cut_slow_headers(server);
    rest();
  }
  const MHD_socket listener = MHD_quiesce_daemon(server->daemon);
  pthread_mutex_lock(&server->lock);
  server->is_leaving = true;
  pthread_mutex_unlock(&server->lock);
  const double end = da_clock_seconds() + server->options.farewell_seconds;
  while (has_requests(server) && da_clock_seconds() < end) rest();
  /* What a worker has is ended too, however long it takes: its connection sleeps until then, and sleeping ones cannot be closed. */
  end_workers(server);
  MHD_stop_daemon(server->daemon);
  server->daemon = NULL;
  if (listener != MHD_INVALID_SOCKET) close(listener);
}

void da_server_close(da_server *server) {
  if (!server) return;
  end_workers(server);
  if (server->daemon) MHD_stop_daemon(server->daemon);
  pthread_cond_destroy(&server->changed);
  pthread_mutex_destroy(&server->lock);
  da_mem_free(server->workers);
  da_mem_free(server);
}

const char *da_server_library(void) { return MHD_get_version(); }

#else

da_status da_server_open(const da_server_options *options, da_server_answer answer, void *context, da_server **server, da_error *err) {
  (void)options, (void)answer, (void)context;
  *server = NULL;
  return da_fail(err, DA_ERR_ARG,
                 "expected a program with GNU libmicrohttpd (Debian package libmicrohttpd-dev) but it was built without; run "
                 "scripts/bootstrap and build again");
}

uint16_t da_server_port(const da_server *server) {
  (void)server;
  return 0;
}

void da_server_run(da_server *server, const da_monitor *monitor) { (void)server, (void)monitor; }

void da_server_close(da_server *server) { (void)server; }

const char *da_server_library(void) { return NULL; }

#endif
