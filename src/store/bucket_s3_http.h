/* Private to the S3 bucket: HTTP requests by libcurl, one at a time on a connection that is kept.
 *
 * A request is tried again, after a wait that doubles and is drawn at random below that bound ("full jitter"), when the connection
 * broke or stood still, or the server says that it is overloaded (408, 429, 500, 502, 503, 504). Any other answer is the caller's. */
#ifndef DA_STORE_BUCKET_S3_HTTP_H
#define DA_STORE_BUCKET_S3_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/status.h"
#include "base/text.h"

enum { DA_HTTP_MAX_HEADERS = 12 };

typedef struct {
  const char *method; /* "GET", "HEAD", "PUT", "POST", "DELETE" */
  const char *url;
  const char *headers[DA_HTTP_MAX_HEADERS]; /* "name: value" */
  size_t n_headers;
  const void *body; /* NULL: none */
  size_t n_body;
  /* AWS signature, version 4; sign_scope NULL: none. */
  const char *sign_scope; /* "aws:amz:REGION:SERVICE" */
  const char *key_id, *secret;
} da_http_request;

typedef struct {
  long code;
  da_text body;
  char etag[160];                 /* with its quotes; "" none */
  char region[64];                /* x-amz-bucket-region; "" none */
  uint64_t n_bytes;               /* Content-Length */
  int64_t modified_us, server_us; /* Last-Modified and Date; 0 none */
  uint32_t retry_after_seconds;
  uint32_t n_attempts; /* answers and failures before this one, and this one */
} da_http_response;

typedef struct {
  uint32_t connect_seconds; /* to reach the server */
  uint32_t idle_seconds;    /* without a single byte */
  uint32_t n_retries;       /* after the first attempt */
  const char *ca_file;      /* certificates to trust; NULL: the system's */
} da_http_options;

typedef struct {
  CURL *curl;
  da_http_options options;
  da_random random; /* of the waits; no result depends on it */
} da_http;

/* options.ca_file must live as long. */
da_status da_http_open(const da_http_options *options, da_http *http, da_error *err) DA_MUST_CHECK;
void da_http_close(da_http *http); /* {0} allowed */
/* DA_ERR_IO only when no answer came at all, with the server's name in its sentence; what: the thing wanted, for that sentence. The
 * response is the caller's on every path (da_http_response_free), and is emptied first. */
da_status da_http_send(da_http *http, const da_http_request *request, const char *what, da_http_response *response,
                       da_error *err) DA_MUST_CHECK;
void da_http_response_free(da_http_response *response);

/* Bytes as RFC 3986 wants them in a path (keep_slashes) or a query, as the signature wants them, too. */
void da_http_encode(da_text *out, const char *text, bool keep_slashes);
/* Seconds to wait before attempt n (1: the first retry), drawn from the whole range below the bound. */
double da_http_backoff_seconds(da_random *random, uint32_t attempt);

#endif
