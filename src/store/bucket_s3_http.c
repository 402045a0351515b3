#include "store/bucket_s3_http.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* ---- Waiting ---- */

double da_http_backoff_seconds(da_random *random, uint32_t attempt) {
  const double first_bound = 0.2, last_bound = 10;
  double bound = first_bound * exp2((double)(attempt < 16 ? attempt : 16) - 1);
  return da_random_uniform(random) * (bound < last_bound ? bound : last_bound);
}

static void sleep_seconds(double seconds) {
  struct timespec left = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
  nanosleep(&left, NULL); /* a signal may shorten it: whoever pressed Ctrl-C does not want to wait */
}

/* ---- Text ---- */

void da_http_encode(da_text *out, const char *text, bool keep_slashes) {
  static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (const char *c = text; *c; c++) {
    if (strchr(kept, *c) || (keep_slashes && *c == '/'))
      da_text_append_n(out, c, 1);
    else
      da_text_printf(out, "%%%02X", (unsigned char)*c);
  }
}

/* ---- Answers ---- */

static size_t take_body(char *data, size_t size, size_t n, void *context) {
  da_text *body = context;
  da_text_append_n(body, data, size * n);
  return body->failed ? 0 : size * n;
}

/* The value of a header of that name, without spaces around it; false when the line is of another. */
static bool read_header(const char *line, size_t length, const char *name, char *value, size_t value_bytes) {
  size_t n_name = strlen(name);
  if (length <= n_name || strncasecmp(line, name, n_name) != 0 || line[n_name] != ':') return false;
  const char *from = line + n_name + 1, *end = line + length;
  while (from < end && *from == ' ') from++;
  while (end > from && strchr(" \r\n", end[-1])) end--;
  size_t n = (size_t)(end - from);
  if (n >= value_bytes) n = value_bytes - 1;
  memcpy(value, from, n);
  value[n] = 0;
  return true;
}

static int64_t parse_http_time_us(const char *text) {
  time_t seconds = curl_getdate(text, NULL);
  return seconds > 0 ? (int64_t)seconds * 1000000 : 0;
}

static size_t take_header(char *line, size_t size, size_t n, void *context) {
  da_http_response *response = context;
  size_t length = size * n;
  char value[160];
  if (read_header(line, length, "etag", value, sizeof value))
    memcpy(response->etag, value, sizeof value);
  else if (read_header(line, length, "x-amz-bucket-region", value, sizeof response->region))
    memcpy(response->region, value, sizeof response->region);
  else if (read_header(line, length, "content-length", value, sizeof value))
    response->n_bytes = strtoull(value, NULL, 10);
  else if (read_header(line, length, "last-modified", value, sizeof value))
    response->modified_us = parse_http_time_us(value);
  else if (read_header(line, length, "date", value, sizeof value))
    response->server_us = parse_http_time_us(value);
  else if (read_header(line, length, "retry-after", value, sizeof value))
    response->retry_after_seconds = (uint32_t)strtoul(value, NULL, 10);
  return length;
}

static void clear_response(da_http_response *response) {
  da_text body = response->body;
  da_text_clear(&body);
  *response = (da_http_response){.body = body, .n_attempts = response->n_attempts};
}

void da_http_response_free(da_http_response *response) {
  da_text_free(&response->body);
  *response = (da_http_response){0};
}

/* ---- One attempt ---- */

da_status da_http_open(const da_http_options *options, da_http *http, da_error *err) {
  *http = (da_http){.options = *options};
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  da_random_init(&http->random, (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 20, (uint64_t)getpid());
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) return da_fail(err, DA_ERR_INTERNAL, "expected libcurl to start but it did not");
  http->curl = curl_easy_init();
  return http->curl ? DA_OK : da_mem_fail(err, 1, 1024, "a connection");
}

void da_http_close(da_http *http) {
  if (!http->curl) return;
  curl_easy_cleanup(http->curl);
  curl_global_cleanup();
  *http = (da_http){0};
}

static void set_body(CURL *curl, const da_http_request *request) {
  bool has_body = strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;
  if (has_body) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body ? request->body : "");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->n_body);
  }
  if (strcmp(request->method, "HEAD") == 0) curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_limits(CURL *curl, const da_http_options *options) {
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)options->connect_seconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)options->idle_seconds);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  if (options->ca_file) curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file);
}

/* The connection and what is known of the server outlive curl_easy_reset. */
static CURLcode attempt(da_http *http, const da_http_request *request, da_http_response *response) {
  CURL *curl = http->curl;
  clear_response(response);
  curl_easy_reset(curl);
  set_limits(curl, &http->options);
  set_body(curl, request);
  curl_easy_setopt(curl, CURLOPT_URL, request->url);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response->body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, response);
  if (request->sign_scope) {
    curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, request->sign_scope);
    curl_easy_setopt(curl, CURLOPT_USERNAME, request->key_id);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, request->secret);
  }
  /* No waiting for "100 Continue": it costs a second with servers that do not know it. */
  struct curl_slist *headers = curl_slist_append(NULL, "Expect:"), *longer = headers;
  for (size_t i = 0; i < request->n_headers && longer; i++) longer = curl_slist_append(headers, request->headers[i]);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  CURLcode result = longer ? curl_easy_perform(curl) : CURLE_OUT_OF_MEMORY;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response->code);
  curl_slist_free_all(headers);
  return result;
}

/* ---- Attempts ---- */

static bool may_pass(CURLcode result) {
  switch (result) {
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_CONNECT:
  case CURLE_OPERATION_TIMEDOUT:
  case CURLE_PARTIAL_FILE:
  case CURLE_GOT_NOTHING:
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM:
    return true;
  default:
    return false;
  }
}

static bool is_overload(long code) { return code == 408 || code == 429 || code == 500 || code == 502 || code == 503 || code == 504; }

static da_status no_answer(const da_http_request *request, const char *what, CURLcode result, uint32_t n_attempts, double seconds,
                           da_error *err) {
  const char *host = strstr(request->url, "://");
  host = host ? host + 3 : request->url;
  return da_fail(err, result == CURLE_OUT_OF_MEMORY ? DA_ERR_MEM : DA_ERR_IO,
                 "expected an answer from %.*s for %s but found: %s (%u tries in %.0f s); look at the network and the endpoint, and run "
                 "again",
                 (int)strcspn(host, "/?"), host, what, curl_easy_strerror(result), n_attempts, seconds);
}

da_status da_http_send(da_http *http, const da_http_request *request, const char *what, da_http_response *response, da_error *err) {
  double start = da_clock_seconds();
  response->n_attempts = 0;
  for (;;) {
    CURLcode result = attempt(http, request, response);
    response->n_attempts++;
    if (response->body.failed) return da_text_check(&response->body, err);
    bool again = result == CURLE_OK ? is_overload(response->code) : may_pass(result);
    if (!again || response->n_attempts > http->options.n_retries) {
      if (result == CURLE_OK) return DA_OK;
      return no_answer(request, what, result, response->n_attempts, da_clock_seconds() - start, err);
    }
    double wait = da_http_backoff_seconds(&http->random, response->n_attempts);
    if (wait < response->retry_after_seconds) wait = response->retry_after_seconds < 60 ? response->retry_after_seconds : 60;
    sleep_seconds(wait);
  }
}
