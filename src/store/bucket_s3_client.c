#include "store/bucket_s3_client.h"

#include <openssl/sha.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "store/bucket_s3_xml.h"

/* ---- Client and connection ---- */

da_status da_s3_client_open(da_s3_settings *settings, da_s3_client **out, da_error *err) {
  *out = NULL;
  da_s3_client *client = da_mem_calloc(1, sizeof *client);
  if (!client) {
    da_s3_settings_free(settings);
    return da_mem_fail(err, 1, sizeof *client, "an S3 client");
  }
  client->settings = *settings;
  *settings = (da_s3_settings){0};
  pthread_mutex_init(&client->lock, NULL);
  *out = client;
  return DA_OK;
}

void da_s3_client_close(da_s3_client *client) {
  if (!client) return;
  da_s3_credentials_free(&client->credentials);
  da_s3_settings_free(&client->settings);
  pthread_mutex_destroy(&client->lock);
  da_mem_free(client);
}

da_status da_s3_connection_open(da_s3_client *client, da_s3_connection *connection, da_error *err) {
  const da_s3_settings *settings = &client->settings;
  da_http_options options = {.connect_seconds = settings->timeout_seconds < 10 ? settings->timeout_seconds : 10,
                             .idle_seconds = settings->timeout_seconds,
                             .n_retries = settings->retries,
                             .ca_file = settings->ca_file};
  *connection = (da_s3_connection){.client = client};
  return da_http_open(&options, &connection->http, err);
}

void da_s3_connection_close(da_s3_connection *connection) { da_http_close(&connection->http); }

/* ---- Keys ---- */

static da_status copy_credentials(const da_s3_credentials *from, da_s3_credentials *to, da_error *err) {
  da_text_append(&to->key_id, da_text_cstr(&from->key_id));
  da_text_append(&to->secret, da_text_cstr(&from->secret));
  da_text_append(&to->token, da_text_cstr(&from->token));
  to->expires_us = from->expires_us;
  to->source = from->source;
  bool failed = to->key_id.failed || to->secret.failed || to->token.failed;
  return failed ? da_mem_fail(err, 1, 4096, "AWS keys") : DA_OK;
}

da_status da_s3_client_credentials(da_s3_client *client, da_s3_credentials *copy, da_error *err) {
  *copy = (da_s3_credentials){0};
  if (client->settings.anonymous) return DA_OK;
  da_status status = DA_OK;
  pthread_mutex_lock(&client->lock);
  if (client->credentials.key_id.length == 0 || da_s3_credentials_are_old(&client->credentials)) {
    da_s3_credentials_free(&client->credentials);
    status = da_s3_credentials_find(&client->settings, &client->credentials, err);
  }
  if (status == DA_OK) status = copy_credentials(&client->credentials, copy, err);
  pthread_mutex_unlock(&client->lock);
  if (status != DA_OK) da_s3_credentials_free(copy);
  return status;
}

static void forget_credentials(da_s3_client *client) {
  pthread_mutex_lock(&client->lock);
  da_s3_credentials_free(&client->credentials);
  pthread_mutex_unlock(&client->lock);
}

/* ---- Requests ---- */

static void name_object(const da_s3_connection *connection, const char *key, da_text *name) {
  const da_s3_settings *settings = &connection->client->settings;
  da_text_printf(name, "s3://%s/%s%s", settings->name, settings->prefix, key);
}

static void hash_body(const da_s3_request *request, da_text *header) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(request->body ? request->body : (const void *)"", request->n_body, digest);
  da_text_append(header, "x-amz-content-sha256: ");
  for (size_t i = 0; i < sizeof digest; i++) da_text_printf(header, "%02x", digest[i]);
}

/* The texts that a request is made of, alive while it is sent. */
typedef struct {
  da_text url, scope, hash, token, name;
  da_s3_credentials keys;
} request_parts;

static void free_parts(request_parts *parts) {
  if (parts->token.data) explicit_bzero(parts->token.data, parts->token.capacity);
  da_text_free(&parts->url);
  da_text_free(&parts->scope);
  da_text_free(&parts->hash);
  da_text_free(&parts->token);
  da_text_free(&parts->name);
  da_s3_credentials_free(&parts->keys);
}

static da_status build(const da_s3_connection *connection, const da_s3_request *request, request_parts *parts, da_http_request *http,
                       da_error *err) {
  const da_s3_settings *settings = &connection->client->settings;
  DA_TRY(da_s3_client_credentials(connection->client, &parts->keys, err));
  da_s3_settings_url(settings, request->key, request->query, &parts->url);
  name_object(connection, request->key, &parts->name);
  hash_body(request, &parts->hash);
  da_text_printf(&parts->scope, "aws:amz:%s:s3", settings->region);
  da_text_printf(&parts->token, "x-amz-security-token: %s", da_text_cstr(&parts->keys.token));
  *http = (da_http_request){.method = request->method, .url = da_text_cstr(&parts->url), .body = request->body, .n_body = request->n_body};
  for (size_t i = 0; i < request->n_headers; i++) http->headers[http->n_headers++] = request->headers[i];
  http->headers[http->n_headers++] = da_text_cstr(&parts->hash);
  if (request->n_body > 0) http->headers[http->n_headers++] = "Content-Type: application/octet-stream";
  if (parts->keys.token.length > 0) http->headers[http->n_headers++] = da_text_cstr(&parts->token);
  if (settings->requester_pays) http->headers[http->n_headers++] = "x-amz-request-payer: requester";
  if (!settings->anonymous) {
    http->sign_scope = da_text_cstr(&parts->scope);
    http->key_id = da_text_cstr(&parts->keys.key_id);
    http->secret = da_text_cstr(&parts->keys.secret);
  }
  bool failed = parts->url.failed || parts->name.failed || parts->hash.failed || parts->scope.failed || parts->token.failed;
  return failed ? da_mem_fail(err, 1, 1024, "a request to S3") : DA_OK;
}

static da_status send_once(da_s3_connection *connection, const da_s3_request *request, da_http_response *response, da_error *err) {
  request_parts parts = {0};
  da_http_request http;
  da_status status = build(connection, request, &parts, &http, err);
  if (status == DA_OK) status = da_http_send(&connection->http, &http, da_text_cstr(&parts.name), response, err);
  free_parts(&parts);
  return status;
}

static bool has_expired(const da_s3_connection *connection, const da_http_response *response) {
  if (response->code != 400 && response->code != 403) return false;
  return connection->client->credentials.expires_us != 0 && strstr(da_text_cstr(&response->body), "<Code>ExpiredToken</Code>");
}

da_status da_s3_send(da_s3_connection *connection, const da_s3_request *request, da_http_response *response, da_error *err) {
  DA_TRY(send_once(connection, request, response, err));
  if (!has_expired(connection, response)) return DA_OK;
  forget_credentials(connection->client);
  return send_once(connection, request, response, err);
}

da_status da_s3_do(da_s3_connection *connection, const da_s3_request *request, da_http_response *response, da_error *err) {
  DA_TRY(da_s3_send(connection, request, response, err));
  return response->code / 100 == 2 ? DA_OK : da_s3_fail(connection, request, response, err);
}

/* ---- Sentences ---- */

/* What S3 calls the fault, where it means something that its message does not say well. %s: none. */
static const struct {
  const char *code, *sentence;
} known_faults[] = {
    {"NoSuchBucket", "found no bucket of that name; check the name, the endpoint and the region"},
    {"NoSuchKey", "found no such object"},
    {"InvalidAccessKeyId", "the server does not know the access key id; check which keys are used, and the endpoint"},
    {"XAdminUserNotFound", "the server does not know the access key id; check which keys are used, and the endpoint"},
    {"SignatureDoesNotMatch", "the secret key does not belong to the access key id; check both"},
    {"ExpiredToken", "the session of the keys has ended; log in again"},
    {"InvalidToken", "the session token is not one of these keys; log in again"},
    {"AccessDenied", "the keys have no right to; ask for s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket on it"},
    {"AllAccessDisabled", "the owner has shut all access off"},
    {"InvalidObjectState", "the object lies in an archive (Glacier); restore it first"},
    {"InvalidRange", "the object is shorter than it was; it was changed meanwhile"},
    {"PreconditionFailed", "the object was changed meanwhile; run again"},
    {"EntityTooLarge", "the object is larger than the server takes"},
    {"MethodNotAllowed", "the server does not offer this; is the endpoint an S3 server?"},
};

static void explain_clock(const da_http_response *response, da_text *reason) {
  long long seconds = 0;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (response->server_us) seconds = (long long)now.tv_sec - response->server_us / 1000000;
  da_text_printf(reason, "this machine's clock is %lld s %s the server's; set it right (NTP)", seconds < 0 ? -seconds : seconds,
                 seconds < 0 ? "behind" : "ahead of");
}

static void explain_region(const da_s3_connection *connection, const da_http_response *response, const char *named, da_text *reason) {
  const char *right = *named ? named : response->region;
  da_text_printf(reason, "the bucket does not lie in the region %s", connection->client->settings.region);
  if (*right)
    da_text_printf(reason, " but in %s; set s3.region (or AWS_REGION) to it", right);
  else
    da_text_append(reason, "; set s3.region (or AWS_REGION) to the right one");
}

static bool is_about_region(long http_code, const char *code) {
  static const char *const codes[] = {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
                                      "IllegalLocationConstraintException"};
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (strcmp(code, codes[i]) == 0) return true;
  return http_code == 301 || http_code == 307;
}

static void explain(const da_s3_connection *connection, const da_http_response *response, da_text *reason) {
  da_text code = {0}, detail = {0};
  const char *xml = da_text_cstr(&response->body);
  size_t length = response->body.length;
  da_xml_find(xml, length, "Code", &code);
  const char *known = NULL;
  for (size_t i = 0; i < sizeof known_faults / sizeof known_faults[0]; i++)
    if (strcmp(da_text_cstr(&code), known_faults[i].code) == 0) known = known_faults[i].sentence;

  if (is_about_region(response->code, da_text_cstr(&code))) {
    da_xml_find(xml, length, "Region", &detail);
    explain_region(connection, response, da_text_cstr(&detail), reason);
  } else if (strcmp(da_text_cstr(&code), "RequestTimeTooSkewed") == 0) {
    explain_clock(response, reason);
  } else if (known) {
    da_text_append(reason, known);
  } else if (response->code == 403) {
    da_text_append(reason, "the server refused it; check the keys and their rights");
  } else if (response->code == 404) {
    da_text_append(reason, "found nothing of that name; check the name, the endpoint and the region");
  } else if (response->code >= 500 || response->code == 429) {
    da_text_printf(reason, "the server is overloaded or out of order (%u tries); run again later", response->n_attempts);
  } else {
    da_xml_find(xml, length, "Message", &detail);
    da_text_printf(reason, "the server said: %.300s", detail.length ? da_text_cstr(&detail) : "nothing more");
  }
  da_text_printf(reason, " (HTTP %ld%s%s)", response->code, code.length ? " " : "", da_text_cstr(&code));
  da_text_free(&detail);
  da_text_free(&code);
}

da_status da_s3_fail(da_s3_connection *connection, const da_s3_request *request, const da_http_response *response, da_error *err) {
  da_text name = {0}, reason = {0};
  da_http_response spoken = {0};
  name_object(connection, request->key, &name);
  if (strcmp(request->method, "HEAD") == 0 && request->n_headers < DA_S3_MAX_HEADERS) {
    da_s3_request aloud = *request;
    aloud.method = "GET";
    aloud.headers[aloud.n_headers++] = "Range: bytes=0-1023"; /* should it be allowed after all, not the whole object */
    if (da_s3_send(connection, &aloud, &spoken, NULL) == DA_OK && spoken.code == response->code) response = &spoken;
  }
  explain(connection, response, &reason);
  da_status status = da_fail(err, DA_ERR_IO, "expected to %s %s but %s", request->action, da_text_cstr(&name), da_text_cstr(&reason));
  da_http_response_free(&spoken);
  da_text_free(&reason);
  da_text_free(&name);
  return status;
}
