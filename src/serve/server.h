/* The HTTP side of `serve`, over GNU libmicrohttpd: what SageMaker asks of a container that serves a model.
 *
 *   GET  /ping                   200 while requests are taken
 *   GET  /execution-parameters   how many requests at a time, and how large, for batch transform
 *   POST /invocations            the answer to a body; 400 with one sentence when it cannot be read. Parquet where the header Accept names
 *                                it, and names it before JSON; else JSON lines
 *
 *   client ==> one thread that receives and sends ==> queue (bounded) ==> workers, a thread each
 *
 * A body takes a worker's time only when it is whole: slow clients keep nobody waiting, and who is silent too long, or sends a header or
 * a body only drop by drop, is cut off. What cannot be taken is refused at once: 413 a body that is too large, 503 (Retry-After) when the
 * queue, or the room for bodies, is full. */
#ifndef DA_SERVE_SERVER_H
#define DA_SERVE_SERVER_H

#include <stdint.h>

#include "base/monitor.h"
#include "base/text.h"
#include "serve/service.h"

typedef struct {
  const char *host; /* an address of this machine: "127.0.0.1", "0.0.0.0" */
  uint16_t port;    /* 0: one that is free, see da_server_port */
  int n_workers;
  uint32_t queue_length;     /* whole bodies that wait for a worker */
  size_t body_bytes;         /* the largest body; four of them, and one a worker, may be held at a time */
  uint32_t most_clients;     /* connections at a time */
  uint32_t silence_seconds;  /* a client silent for so long is cut off; so is one whose next header is not whole by then */
  uint32_t body_seconds;     /* how long a body may take to arrive, however steadily it drips */
  uint32_t farewell_seconds; /* how long requests that have begun may take to end after a wish to stop */
} da_server_options;

/* Appends the answer to a whole body, in the type that the client wants; called by several threads at a time. A fault of the data or the
 * call becomes a 400. */
typedef da_status (*da_server_answer)(void *context, da_body_type type, da_slice body, da_body_type wanted, da_text *answer, da_error *err);

typedef struct da_server da_server;

/* Listens at once. DA_ERR_IO when the address is taken; DA_ERR_ARG for an address that is none, or without the library in the build. */
da_status da_server_open(const da_server_options *options, da_server_answer answer, void *context, da_server **server,
                         da_error *err) DA_MUST_CHECK;
uint16_t da_server_port(const da_server *server);
/* Serves until the monitor wishes to stop; then takes no new connection, answers what has begun, and returns. */
void da_server_run(da_server *server, const da_monitor *monitor);
void da_server_close(da_server *server); /* NULL allowed */

/* The version of GNU libmicrohttpd ("0.9.75"), or NULL when it was not built in. */
const char *da_server_library(void);

#endif
