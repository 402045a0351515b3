/* Private to the S3 bucket: signed requests for objects, and what went wrong with one in a sentence.
 *
 * A da_s3_client holds what all threads share (settings, keys); each thread has a da_s3_connection of its own. */
#ifndef DA_STORE_BUCKET_S3_CLIENT_H
#define DA_STORE_BUCKET_S3_CLIENT_H

#include <pthread.h>

#include "store/bucket_s3_credentials.h"
#include "store/bucket_s3_http.h"
#include "store/bucket_s3_settings.h"

enum { DA_S3_MAX_HEADERS = 4 };

typedef struct {
  da_s3_settings settings;
  pthread_mutex_t lock;          /* guards the keys */
  da_s3_credentials credentials; /* empty until first needed, and for an anonymous client */
} da_s3_client;

typedef struct {
  da_s3_client *client;
  da_http http;
} da_s3_connection;

typedef struct {
  const char *method;
  const char *key;   /* below the prefix; "": the bucket itself */
  const char *query; /* NULL, or encoded and sorted by name */
  const char *headers[DA_S3_MAX_HEADERS];
  size_t n_headers;
  const void *body;
  size_t n_body;
  const char *action; /* what the user would call it, "read", "write", "list": for sentences */
} da_s3_request;

/* Takes the settings over, whatever happens. */
da_status da_s3_client_open(da_s3_settings *settings, da_s3_client **client, da_error *err) DA_MUST_CHECK;
void da_s3_client_close(da_s3_client *client); /* NULL allowed */
da_status da_s3_connection_open(da_s3_client *client, da_s3_connection *connection, da_error *err) DA_MUST_CHECK;
void da_s3_connection_close(da_s3_connection *connection); /* {0} allowed */

/* A copy of the keys that are good now, for DuckDB; empty for an anonymous client. */
da_status da_s3_client_credentials(da_s3_client *client, da_s3_credentials *copy, da_error *err) DA_MUST_CHECK;

/* DA_OK with whatever the server answered, after the retries; the caller looks at response->code. Keys that ran out are asked for again
 * once. */
da_status da_s3_send(da_s3_connection *connection, const da_s3_request *request, da_http_response *response, da_error *err) DA_MUST_CHECK;
/* The same; DA_ERR_IO for all but 2xx. */
da_status da_s3_do(da_s3_connection *connection, const da_s3_request *request, da_http_response *response, da_error *err) DA_MUST_CHECK;
/* DA_ERR_IO with the sentence for an answer that is none of the wanted ones. A HEAD's answer says nothing: the same is asked by GET. */
da_status da_s3_fail(da_s3_connection *connection, const da_s3_request *request, const da_http_response *response,
                     da_error *err) DA_MUST_CHECK;

#endif
