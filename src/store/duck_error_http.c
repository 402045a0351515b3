/* What httpfs says of a request that failed for good, with the object and what to do:
 *
 *   Request returned HTTP 503 for HTTP HEAD to 'http://host/bucket/key'
 *   HTTP GET error reading 's3://bucket/key' in region 'us-east-1' (HTTP 404 Not Found)
 *   Could not connect to server error for HTTP HEAD to 'http://host/bucket/key'
 */
#include <stdlib.h>
#include <string.h>

#include "store/duck.h"

/* The first quoted URL; empty when there is none. */
static da_slice find_url(const char *message) {
  for (const char *quote = strchr(message, '\''); quote; quote = strchr(quote + 1, '\'')) {
    const char *url = quote + 1;
    if (strncmp(url, "http", 4) == 0 || strncmp(url, "s3://", 5) == 0) return (da_slice){url, strcspn(url, "'?")};
  }
  return (da_slice){"", 0};
}

/* "... HTTP 503 ..."; 0 when no answer came. */
static long find_code(const char *message) {
  for (const char *at = strstr(message, "HTTP "); at; at = strstr(at + 1, "HTTP ")) {
    long code = strtol(at + strlen("HTTP "), NULL, 10);
    if (code >= 100 && code < 600) return code;
  }
  return 0;
}

/* "Could not connect to server" of "Could not connect to server error for HTTP HEAD to '...'". */
static size_t length_of_reason(const char *message) {
  const char *end = strstr(message, " error for HTTP");
  return end ? (size_t)(end - message) : strcspn(message, "\n'");
}

static const char *explain(long code) {
  if (code == 0) return "the connection failed each time; look at the network, and run again";
  if (code >= 500 || code == 429) return "the server is overloaded or out of order; run again later";
  if (code == 404) return "found none of that name; was it removed meanwhile?";
  if (code == 401 || code == 403) return "the server refused it; check the keys and their rights, and this machine's clock";
  if (code == 416 || code == 412) return "it was changed meanwhile; run again";
  if (code == 301 || code == 400) return "the server did not take the request; check s3.region and s3.endpoint";
  return "the server did not give it";
}

bool da_duck_explain_http(const char *message, da_text *sentence) {
  da_slice url = find_url(message);
  if (url.length == 0 || !strstr(message, "HTTP ")) return false;
  long code = find_code(message);
  da_text_printf(sentence, "expected to read %.*s but %s", (int)url.length, url.data, explain(code));
  if (code)
    da_text_printf(sentence, " (HTTP %ld)", code);
  else
    da_text_printf(sentence, " (%.*s)", (int)length_of_reason(message), message);
  return true;
}
