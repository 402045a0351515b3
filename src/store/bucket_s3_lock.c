#include "store/bucket_s3_lock.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/bucket.h"

static const char lock_key[] = DA_BUCKET_HIDDEN "/lock";

enum { RENEW_SECONDS = 30, LEASE_SECONDS = 150, N_TRIES = 5 };

/* ---- Who holds it ---- */

/* What tells this machine since it was started from any other, and this container from its neighbours; "" unknown. */
static void name_machine(da_text *machine) {
  char space[64] = "";
  da_text boot = {0};
  if (da_file_read("/proc/sys/kernel/random/boot_id", &boot, NULL) == DA_OK && readlink("/proc/self/ns/pid", space, sizeof space - 1) > 0)
    da_text_printf(machine, "%.*s %s", (int)strcspn(da_text_cstr(&boot), "\n"), da_text_cstr(&boot), space);
  da_text_free(&boot);
}

static void name_host(char *host, size_t n_bytes) {
  if (gethostname(host, n_bytes) != 0) snprintf(host, n_bytes, "unknown");
  host[n_bytes - 1] = 0;
}

/* {"id": "...", "host": "...", "process": 7, "machine": "..."} */
static void print_holder(const da_s3_lock *lock, da_text *json) {
  char host[256];
  da_text machine = {0};
  name_host(host, sizeof host);
  name_machine(&machine);
  da_text_printf(json, "{\"id\": \"%s\", \"process\": %ld, \"host\": ", lock->id, (long)getpid());
  da_text_append_json(json, (da_slice){host, strlen(host)});
  da_text_append(json, ", \"machine\": ");
  da_text_append_json(json, (da_slice){da_text_cstr(&machine), machine.length});
  da_text_append(json, "}\n");
  if (machine.failed) json->failed = true;
  da_text_free(&machine);
}

typedef struct {
  bool exists, is_mine, is_over;
  char host[256];
  long process;
  char etag[160];
} holder;

static bool has_ended(const char *machine, long process) {
  da_text here = {0};
  name_machine(&here);
  bool same = here.length > 0 && strcmp(da_text_cstr(&here), machine) == 0;
  da_text_free(&here);
  return same && process > 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

static void read_holder(const da_s3_lock *lock, const da_http_response *response, holder *h) {
  *h = (holder){.exists = true};
  cJSON *root = cJSON_ParseWithLength(da_text_cstr(&response->body), response->body.length);
  const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "id"));
  const char *host = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "host"));
  const char *machine = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "machine"));
  const cJSON *process = cJSON_GetObjectItemCaseSensitive(root, "process");
  if (cJSON_IsNumber(process)) h->process = (long)process->valuedouble;
  snprintf(h->host, sizeof h->host, "%s", host ? host : "an unknown machine");
  memcpy(h->etag, response->etag, sizeof h->etag);
  h->is_mine = id && strcmp(id, lock->id) == 0;
  int64_t age_us = response->server_us && response->modified_us ? response->server_us - response->modified_us : 0;
  h->is_over = age_us > LEASE_SECONDS * (int64_t)1000000 || (machine && has_ended(machine, h->process));
  cJSON_Delete(root);
}

static da_status look(da_s3_lock *lock, da_s3_connection *connection, holder *h, da_error *err) {
  *h = (holder){0};
  da_s3_request request = {.method = "GET", .key = lock_key, .action = "read"};
  da_http_response response = {0};
  da_status status = da_s3_send(connection, &request, &response, err);
  if (status == DA_OK && response.code == 200) read_holder(lock, &response, h);
  if (status == DA_OK && response.code != 200 && response.code != 404) status = da_s3_fail(connection, &request, &response, err);
  da_http_response_free(&response);
  return status;
}

/* ---- Writing it ---- */

/* condition NULL: whatever is there. written: whether the server took it. */
static da_status write_lock(da_s3_lock *lock, da_s3_connection *connection, const char *condition, bool *written, da_error *err) {
  da_text json = {0};
  print_holder(lock, &json);
  da_s3_request request = {.method = "PUT",
                           .key = lock_key,
                           .headers = {condition},
                           .n_headers = condition != NULL,
                           .body = json.data,
                           .n_body = json.length,
                           .action = "write"};
  da_http_response response = {0};
  da_status status = da_text_check(&json, err);
  if (status == DA_OK) status = da_s3_send(connection, &request, &response, err);
  *written = status == DA_OK && response.code == 200;
  if (*written) memcpy(lock->etag, response.etag, sizeof lock->etag);
  /* 412: the condition does not hold. 409: another writer came between. 404: with If-Match, the object is gone. */
  bool lost_race = response.code == 412 || response.code == 409 || response.code == 404;
  bool knows_no_conditions = condition && (response.code == 501 || response.code == 400);
  if (status == DA_OK && !*written && knows_no_conditions)
    status = write_lock(lock, connection, NULL, written, err);
  else if (status == DA_OK && !*written && !(lost_race && condition))
    status = da_s3_fail(connection, &request, &response, err);
  da_http_response_free(&response);
  da_text_free(&json);
  return status;
}

static da_status refuse(const da_s3_lock *lock, const holder *h, da_error *err) {
  return da_fail(err, DA_ERR_IO,
                 "expected to be the only run on %s but process %ld on %s works on it; wait for its end, or stop it (its lock ends %d s "
                 "after it)",
                 lock->location, h->process, h->host, LEASE_SECONDS);
}

/* Whatever the server answered, or whether its answer was lost: who holds the lock is who stands in it. */
static da_status acquire(da_s3_lock *lock, da_error *err) {
  da_s3_connection *connection = &lock->connection;
  for (int i = 0; i < N_TRIES; i++) {
    holder h;
    bool written;
    DA_TRY(look(lock, connection, &h, err));
    if (h.is_mine) {
      memcpy(lock->etag, h.etag, sizeof lock->etag);
      return DA_OK;
    }
    if (h.exists && !h.is_over) return refuse(lock, &h, err);
    char condition[180] = "If-None-Match: *";
    if (h.exists) snprintf(condition, sizeof condition, "If-Match: %s", h.etag);
    DA_TRY(write_lock(lock, connection, condition, &written, err));
  }
  return da_fail(err, DA_ERR_IO, "expected to lock %s but others did again and again; run again", lock->location);
}

/* ---- Keeping it ---- */

/* Called with the mutex held, which it gives up while it asks the server. */
static void renew(da_s3_lock *lock, da_s3_connection *connection) {
  char condition[180];
  bool written = false;
  snprintf(condition, sizeof condition, "If-Match: %s", lock->etag);
  pthread_mutex_unlock(&lock->mutex);
  holder h = {0};
  da_status status = write_lock(lock, connection, condition, &written, NULL);
  bool looked = status == DA_OK && !written && look(lock, connection, &h, NULL) == DA_OK;
  pthread_mutex_lock(&lock->mutex);
  if (looked && h.is_mine) memcpy(lock->etag, h.etag, sizeof lock->etag);
  if (looked && !h.is_mine) lock->lost = true;
  if (written || (looked && h.is_mine)) lock->renewed_seconds = da_clock_seconds();
}

static void *keep(void *context) {
  da_s3_lock *lock = context;
  pthread_mutex_lock(&lock->mutex);
  while (!lock->stop && !lock->lost) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += RENEW_SECONDS;
    int woken = pthread_cond_timedwait(&lock->wake, &lock->mutex, &until);
    if (woken == ETIMEDOUT && !lock->stop) renew(lock, &lock->connection);
  }
  pthread_mutex_unlock(&lock->mutex);
  return NULL;
}

da_status da_s3_lock_check(da_s3_lock *lock, da_error *err) {
  pthread_mutex_lock(&lock->mutex);
  bool lost = lock->lost;
  double age = da_clock_seconds() - lock->renewed_seconds;
  pthread_mutex_unlock(&lock->mutex);
  if (!lost && age < LEASE_SECONDS / 2) return DA_OK;
  if (!lost) { /* the machine slept, or the server did not answer for long */
    da_s3_connection connection = {0};
    holder h = {0};
    da_status status = da_s3_connection_open(lock->connection.client, &connection, err);
    if (status == DA_OK) status = look(lock, &connection, &h, err);
    da_s3_connection_close(&connection);
    DA_TRY(status);
    if (h.is_mine && (age < LEASE_SECONDS || !h.is_over)) return DA_OK;
  }
  return da_fail(err, DA_ERR_IO,
                 "expected to hold the lock of %s but it was not renewed in time, and another run may work there now; nothing more was "
                 "written: run again",
                 lock->location);
}

/* ---- Life ---- */

static da_status draw_id(char id[40], da_error *err) {
  unsigned char bytes[16];
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
    return da_fail(err, DA_ERR_INTERNAL, "expected 16 random bytes from the system but found fewer");
  for (size_t i = 0; i < sizeof bytes; i++) snprintf(id + 2 * i, 3, "%02x", bytes[i]);
  return DA_OK;
}

static void free_lock(da_s3_lock *lock) {
  da_s3_connection_close(&lock->connection);
  pthread_cond_destroy(&lock->wake);
  pthread_mutex_destroy(&lock->mutex);
  da_mem_free(lock);
}

da_status da_s3_lock_take(da_s3_client *client, const char *location, da_s3_lock **out, da_error *err) {
  *out = NULL;
  da_s3_lock *lock = da_mem_calloc(1, sizeof *lock);
  if (!lock) return da_mem_fail(err, 1, sizeof *lock, "the lock of a bucket");
  lock->location = location;
  pthread_mutex_init(&lock->mutex, NULL);
  pthread_cond_init(&lock->wake, NULL);
  da_status status = draw_id(lock->id, err);
  if (status == DA_OK) status = da_s3_connection_open(client, &lock->connection, err);
  if (status == DA_OK) status = acquire(lock, err);
  if (status != DA_OK) {
    free_lock(lock);
    return status;
  }
  lock->renewed_seconds = da_clock_seconds();
  lock->has_thread = pthread_create(&lock->thread, NULL, keep, lock) == 0;
  if (!lock->has_thread) {
    da_s3_lock_give(lock);
    return da_fail(err, DA_ERR_MEM, "expected a thread that keeps the lock of %s but the system gave none", location);
  }
  *out = lock;
  return DA_OK;
}

void da_s3_lock_give(da_s3_lock *lock) {
  if (!lock) return;
  if (lock->has_thread) {
    pthread_mutex_lock(&lock->mutex);
    lock->stop = true;
    pthread_cond_signal(&lock->wake);
    pthread_mutex_unlock(&lock->mutex);
    pthread_join(lock->thread, NULL);
  }
  holder h = {0};
  lock->connection.http.options.n_retries = 1; /* it ends by itself */
  if (!lock->lost && look(lock, &lock->connection, &h, NULL) == DA_OK && h.is_mine) {
    da_s3_request request = {.method = "DELETE", .key = lock_key, .action = "remove"};
    da_http_response response = {0};
    (void)!da_s3_send(&lock->connection, &request, &response, NULL);
    da_http_response_free(&response);
  }
  free_lock(lock);
}
