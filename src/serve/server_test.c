/* Oracle: what each request must get, written out; an answering function that holds the workers for as long as the test likes. Many
 * clients, slow ones and the end of the program: tests/serve. */
#include "serve/server.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support/store.h"

typedef struct {
  da_server *server;
  pthread_t thread;
  atomic_bool stop, hold; /* hold: bodies "wait" are not answered yet */
  atomic_int n_held;
  da_monitor monitor;
} fixture;

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); }

static bool interrupted(void *context) { return ((fixture *)context)->stop; }

/* The body in capitals; "bad", "broken" and "full" are faults. */
static da_status answer(void *context, da_body_type type, da_slice body, da_body_type wanted, da_text *text, da_error *err) {
  fixture *f = context;
  const char *bytes = body.data;
  if (strcmp(bytes, "bad") == 0) return da_fail(err, DA_ERR_DATA, "expected good but found \"bad\"");
  if (strcmp(bytes, "broken") == 0) return da_fail(err, DA_ERR_INTERNAL, "a fault of ours");
  if (strcmp(bytes, "full") == 0) return da_fail(err, DA_ERR_MEM, "memory ran out");
  if (strcmp(bytes, "wait") == 0) {
    f->n_held++;
    while (f->hold) nap();
  }
  da_text_printf(text, "%s of %zu%s", type == DA_BODY_JSON ? "JSON" : "Parquet", body.length,
                 wanted == DA_BODY_PARQUET ? ", to Parquet" : "");
  return da_text_check(text, err);
}

static void *run(void *context) {
  fixture *f = context;
  da_server_run(f->server, &f->monitor);
  return NULL;
}

static void open_fixture_with(fixture *f, uint32_t silence_seconds) {
  *f = (fixture){.monitor = {.interrupted = interrupted, .context = f}};
  const da_server_options options = {.host = "127.0.0.1",
                                     .n_workers = 1,
                                     .queue_length = 1,
                                     .body_bytes = 1000,
                                     .most_clients = 16,
                                     .silence_seconds = silence_seconds,
                                     .body_seconds = 2,
                                     .farewell_seconds = 10};
  expect_ok(da_server_open(&options, answer, f, &f->server, err));
  assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

static void open_fixture(fixture *f) { open_fixture_with(f, 30); }

static void close_fixture(fixture *f) {
  f->stop = true;
  pthread_join(f->thread, NULL);
  da_server_close(f->server);
}

static int connect_to(const fixture *f) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(da_server_port(f->server)), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  assert_int_equal(connect(s, (const struct sockaddr *)&address, sizeof address), 0);
  return s;
}

static void send_text(int s, const char *text) { assert_int_equal(send(s, text, strlen(text), MSG_NOSIGNAL), strlen(text)); }

/* Reads to the end; the connection is closed. Static buffer. */
static const char *receive(int s) {
  static char answer[4096];
  size_t n = 0;
  for (ssize_t got; (got = read(s, answer + n, sizeof answer - 1 - n)) > 0;) n += (size_t)got;
  answer[n] = 0;
  close(s);
  return answer;
}

static int post(const fixture *f, const char *body, const char *type) {
  char text[2048];
  snprintf(text, sizeof text,
           "POST /invocations HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", type,
           strlen(body), body);
  int s = connect_to(f);
  send_text(s, text);
  return s;
}

static void assert_says(const char *answer, int code, const char *words) {
  int found = 0;
  if (sscanf(answer, "HTTP/1.1 %d", &found) != 1 || found != code || !strstr(answer, words)) {
    fail_msg("expected %d and \"%s\" but found: %s", code, words, answer);
  }
}

static void requests_get_their_codes(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  assert_says(receive(post(&f, "hello", "application/jsonlines")), 200, "JSON of 5");
  assert_says(receive(post(&f, "hello", "Application/JSON; charset=utf-8")), 200, "JSON of 5");
  assert_says(receive(post(&f, "hello", "application/x-parquet")), 200, "Parquet of 5");
  assert_says(receive(post(&f, "hello", "text/csv")), 415, "expected Content-Type");
  assert_says(receive(post(&f, "bad", "application/json")), 400, "{\"error\":\"expected good but found \\\"bad\\\"\"}");
  assert_says(receive(post(&f, "broken", "application/json")), 500, "a fault of ours");
  assert_says(receive(post(&f, "full", "application/json")), 503, "Retry-After: 1");
  static const struct {
    const char *line;
    int code;
    const char *words;
  } cases[] = {{"GET /ping", 200, "Content-Length: 0"}, {"GET /execution-parameters", 200, "MaxConcurrentTransforms\":1"},
               {"GET /", 404, "expected /ping"},        {"GET /invocations", 405, "expected POST for /invocations but found GET"},
               {"DELETE /ping", 405, "expected GET"},   {"rubbish", 0, ""}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[256];
    snprintf(text, sizeof text, "%s%s\r\nHost: a\r\nConnection: close\r\n\r\n", cases[i].line, cases[i].code ? " HTTP/1.1" : "");
    int s = connect_to(&f);
    send_text(s, text);
    const char *found = receive(s);
    if (cases[i].code) assert_says(found, cases[i].code, cases[i].words);
  }
  close_fixture(&f);
}

static void the_answer_is_of_the_type_that_is_wanted(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  static const struct {
    const char *accept, *type, *words;
  } cases[] = {{"application/x-parquet", "Content-Type: application/x-parquet", "JSON of 2, to Parquet"},
               {"text/html, Application/vnd.apache.parquet;q=0.9, */*", "Content-Type: application/x-parquet", "to Parquet"},
               {"application/json, application/x-parquet", "Content-Type: application/jsonlines", "JSON of 2"},
               {"*/*", "Content-Type: application/jsonlines", "JSON of 2"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[512];
    snprintf(text, sizeof text,
             "POST /invocations HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: %s\r\n"
             "Content-Length: 2\r\n\r\n{}",
             cases[i].accept);
    int s = connect_to(&f);
    send_text(s, text);
    const char *found = receive(s);
    assert_says(found, 200, cases[i].words);
    if (!strstr(found, cases[i].type)) fail_msg("expected %s but found: %s", cases[i].type, found);
  }
  close_fixture(&f);
}

static void large_bodies_are_refused(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  char body[1502] = {0};
  memset(body, 'x', 1001);
  assert_says(receive(post(&f, body, "application/json")), 413, "at most 1000 bytes");
  int s = connect_to(&f); /* so large that its end is not waited for */
  send_text(s, "POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n");
  assert_says(receive(s), 413, "at most 1000 bytes");
  s = connect_to(&f); /* a size that is told only piece by piece */
  send_text(
      s,
      "POST /invocations HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  memset(body, 'x', 1500);
  send_text(s, "5dc\r\n");
  send_text(s, body);
  send_text(s, "\r\n0\r\n\r\n");
  assert_says(receive(s), 413, "at most 1000 bytes");
  close_fixture(&f);
}

/* How many of the pieces a client can send, one every 50 ms, until it is cut off. */
static int drip(int s, const char *piece, int most) {
  int n_sent = 0;
  for (struct timespec rest = {.tv_nsec = 50000000}; n_sent < most && send(s, piece, strlen(piece), MSG_NOSIGNAL) > 0; n_sent++) {
    nanosleep(&rest, NULL);
  }
  close(s);
  return n_sent;
}

/* A byte now and then is no silence, but does not hold a connection for ever. */
static void a_body_that_only_drips_is_cut_off(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  int s = connect_to(&f);
  send_text(s, "POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n");
  const int n_sent = drip(s, "x", 900);
  assert_true(n_sent > 20 && n_sent < 900);
  assert_says(receive(post(&f, "hello", "application/json")), 200, "JSON of 5");
  close_fixture(&f);
}

/* Each piece comes well within a second's silence. */
static void a_header_that_only_drips_is_cut_off(void **state) {
  (void)state;
  fixture f;
  open_fixture_with(&f, 1);
  int s = connect_to(&f);
  int n_sent = drip(s, "G", 400); /* the first line */
  assert_true(n_sent > 10 && n_sent < 400);
  s = connect_to(&f);
  send_text(s, "GET /ping HTTP/1.1\r\nHost: a\r\n");
  n_sent = drip(s, "X-a: b\r\n", 400);
  assert_true(n_sent > 10 && n_sent < 400);
  s = connect_to(&f); /* after a request that was answered */
  send_text(s, "GET /ping HTTP/1.1\r\nHost: a\r\n\r\nGET /ping HTTP/1.1\r\n");
  n_sent = drip(s, "X-a: b\r\n", 400);
  assert_true(n_sent > 10 && n_sent < 400);
  f.hold = true; /* a worker may take longer */
  s = post(&f, "wait", "application/json");
  while (f.n_held < 1) nap();
  for (int i = 0; i < 1500; i++) nap();
  f.hold = false;
  assert_says(receive(s), 200, "JSON of 4");
  close_fixture(&f);
}

static void a_full_queue_refuses_and_the_end_answers_what_began(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  f.hold = true;
  int first = post(&f, "wait", "application/json");
  while (f.n_held < 1) nap();
  int second = post(&f, "later", "application/json"); /* waits; when a third is refused, the queue holds it */
  const char *refused;
  do {
    refused = receive(post(&f, "too many", "application/json"));
  } while (strstr(refused, "HTTP/1.1 200"));
  assert_says(refused, 503, "waiting already");
  int idle = connect_to(&f);
  send_text(idle, "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
  char some[16];
  assert_true(read(idle, some, sizeof some) > 0);
  f.stop = true;
  for (int i = 0; i < 200; i++) nap();
  send_text(idle,
            "POST /invocations HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  const char *told = receive(idle);
  if (!strstr(told, "shutting down")) fail_msg("expected a refusal but found: %s", told);
  f.hold = false;
  assert_says(receive(first), 200, "JSON of 4");
  assert_says(receive(second), 200, "JSON of 5");
  close_fixture(&f);
}

static void addresses_are_checked(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f);
  da_server *server;
  da_server_options options = {.host = "nowhere at all", .n_workers = 1};
  expect_fail(da_server_open(&options, answer, &f, &server, err), DA_ERR_ARG, "expected an address");
  options.host = "127.0.0.1";
  options.port = da_server_port(f.server);
  expect_fail(da_server_open(&options, answer, &f, &server, err), DA_ERR_IO, "expected to listen at 127.0.0.1");
  close_fixture(&f);
}

int main(void) {
  if (!da_server_library()) return DA_TEST_SKIPPED;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_get_their_codes),
      cmocka_unit_test(the_answer_is_of_the_type_that_is_wanted),
      cmocka_unit_test(large_bodies_are_refused),
      cmocka_unit_test(a_body_that_only_drips_is_cut_off),
      cmocka_unit_test(a_header_that_only_drips_is_cut_off),
      cmocka_unit_test(a_full_queue_refuses_and_the_end_answers_what_began),
      cmocka_unit_test(addresses_are_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
