#include "store/bucket_s3_transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/threads.h"
#include "store/bucket_backend.h"
#include "store/bucket_s3_xml.h"

enum { N_STREAMS = 4, MAX_PARTS = 10000 };

static const uint64_t mebibyte = 1 << 20;

uint64_t da_s3_part_bytes(uint64_t n_bytes, uint64_t least) {
  uint64_t needed = n_bytes / (MAX_PARTS - 1) + 1;
  return needed <= least ? least : (needed + mebibyte - 1) / mebibyte * mebibyte;
}

static uint64_t length_of_part(uint64_t n_bytes, uint64_t part_bytes, size_t part) {
  uint64_t from = part * part_bytes;
  return n_bytes - from < part_bytes ? n_bytes - from : part_bytes;
}

/* ---- Several parts at once ---- */

typedef struct transfer transfer;
typedef da_status (*part_function)(transfer *t, da_s3_connection *connection, size_t part, da_error *err);

struct transfer {
  part_function move;
  da_s3_connection connections[N_STREAMS];
  const char *key;
  uint64_t n_bytes, part_bytes;
  da_s3_upload *upload;      /* up */
  const unsigned char *data; /* up: the mapped file */
  const char *etag;          /* down */
  uint64_t start;            /* down: where in the object and the file the first part begins */
  int file;                  /* down */
  atomic_bool failed;
  pthread_mutex_t lock; /* guards what is below */
  da_status status;
  da_error err;
};

static void move_part(void *context, size_t part, int thread) {
  transfer *t = context;
  if (atomic_load(&t->failed)) return;
  da_error err = {0};
  da_status status = t->move(t, &t->connections[thread], part, &err);
  if (status == DA_OK) return;
  pthread_mutex_lock(&t->lock);
  if (t->status == DA_OK) {
    t->status = status;
    t->err = err;
  }
  pthread_mutex_unlock(&t->lock);
  atomic_store(&t->failed, true);
}

static da_status move_parts(transfer *t, da_s3_client *client, size_t n_parts, da_error *err) {
  da_pool *pool = NULL;
  int n_threads = n_parts < N_STREAMS ? (int)n_parts : N_STREAMS;
  da_status status = DA_OK;
  pthread_mutex_init(&t->lock, NULL);
  for (int i = 0; i < n_threads && status == DA_OK; i++) status = da_s3_connection_open(client, &t->connections[i], err);
  if (status == DA_OK) status = da_pool_open(n_threads, &pool, err);
  if (status == DA_OK) {
    da_pool_run(pool, n_parts, move_part, t);
    status = t->status;
    if (status != DA_OK) status = da_fail(err, status, "%s", t->err.msg);
  }
  da_pool_close(pool);
  for (int i = 0; i < N_STREAMS; i++) da_s3_connection_close(&t->connections[i]);
  pthread_mutex_destroy(&t->lock);
  return status;
}

/* ---- Up ---- */

static da_status upload_part(transfer *t, da_s3_connection *connection, size_t part, da_error *err) {
  da_s3_upload *upload = t->upload;
  da_text query = {0};
  da_text_printf(&query, "partNumber=%zu&uploadId=", part + 1);
  da_http_encode(&query, upload->upload_id, false);
  da_s3_request request = {.method = "PUT",
                           .key = upload->key,
                           .query = da_text_cstr(&query),
                           .body = t->data + part * t->part_bytes,
                           .n_body = length_of_part(t->n_bytes, t->part_bytes, part),
                           .action = "write"};
  da_http_response response = {0};
  da_status status = da_text_check(&query, err);
  if (status == DA_OK) status = da_s3_do(connection, &request, &response, err);
  if (status == DA_OK) memcpy(upload->etags[part], response.etag, sizeof response.etag);
  da_http_response_free(&response);
  da_text_free(&query);
  return status;
}

/* The file's bytes in memory; NULL and DA_OK for an empty one. */
static da_status map_file(const char *path, void **data, uint64_t *n_bytes, da_error *err) {
  *data = NULL;
  *n_bytes = 0;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return da_file_fail(err, errno, "read", path);
  struct stat info;
  int reason = fstat(file, &info) == 0 ? 0 : errno;
  if (reason == 0 && info.st_size > 0) {
    *n_bytes = (uint64_t)info.st_size;
    void *mapped = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (mapped == MAP_FAILED)
      reason = errno;
    else
      *data = mapped;
  }
  close(file);
  return reason == 0 ? DA_OK : da_file_fail(err, reason, "read", path);
}

static da_status begin_multipart(da_s3_connection *connection, da_s3_upload *upload, da_error *err) {
  da_s3_request request = {.method = "POST", .key = upload->key, .query = "uploads=", .action = "write"};
  da_http_response response = {0};
  da_text id = {0};
  da_status status = da_s3_do(connection, &request, &response, err);
  if (status == DA_OK) {
    da_xml_find(da_text_cstr(&response.body), response.body.length, "UploadId", &id);
    if (id.length == 0) status = da_fail(err, DA_ERR_IO, "expected the id of an upload from the S3 server but found none");
  }
  if (status == DA_OK) {
    upload->upload_id = da_mem_strdup(da_text_cstr(&id));
    upload->etags = da_mem_calloc(upload->n_parts, sizeof *upload->etags);
    if (!upload->upload_id || !upload->etags) status = da_mem_fail(err, upload->n_parts, sizeof *upload->etags, "an upload");
  }
  da_text_free(&id);
  da_http_response_free(&response);
  return status;
}

da_status da_s3_upload_send(da_s3_connection *connection, const char *key, const char *path, da_s3_upload *upload, da_error *err) {
  void *data;
  *upload = (da_s3_upload){0};
  DA_TRY(map_file(path, &data, &upload->n_bytes, err));
  upload->part_bytes = da_s3_part_bytes(upload->n_bytes, connection->client->settings.part_bytes);
  upload->n_parts = (uint32_t)((upload->n_bytes + upload->part_bytes - 1) / upload->part_bytes);
  upload->key = da_mem_strdup(key);
  da_status status = upload->key ? DA_OK : da_mem_fail(err, strlen(key), 1, "an upload");
  if (status == DA_OK && upload->n_parts <= 1) {
    upload->path = da_mem_strdup(path);
    if (!upload->path) status = da_mem_fail(err, strlen(path), 1, "an upload");
  } else if (status == DA_OK) {
    transfer t = {.move = upload_part,
                  .key = key,
                  .n_bytes = upload->n_bytes,
                  .part_bytes = upload->part_bytes,
                  .upload = upload,
                  .data = data,
                  .file = -1};
    status = begin_multipart(connection, upload, err);
    if (status == DA_OK) status = move_parts(&t, connection->client, upload->n_parts, err);
  }
  if (data) munmap(data, (size_t)upload->n_bytes);
  return status;
}

/* ---- In place ---- */

static da_status put_small(da_s3_connection *connection, const da_s3_upload *upload, da_error *err) {
  void *data;
  uint64_t n_bytes;
  DA_TRY(map_file(upload->path, &data, &n_bytes, err));
  da_s3_request request = {.method = "PUT", .key = upload->key, .body = data, .n_body = (size_t)n_bytes, .action = "write"};
  da_http_response response = {0};
  da_status status = da_s3_do(connection, &request, &response, err);
  da_http_response_free(&response);
  if (data) munmap(data, (size_t)n_bytes);
  return status;
}

static void print_parts(const da_s3_upload *upload, da_text *xml) {
  da_text_append(xml, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
  for (uint32_t i = 0; i < upload->n_parts; i++) {
    da_text_printf(xml, "<Part><PartNumber>%u</PartNumber><ETag>", i + 1);
    da_xml_escape(xml, upload->etags[i]);
    da_text_append(xml, "</ETag></Part>");
  }
  da_text_append(xml, "</CompleteMultipartUpload>");
}

/* The answer to a request that was carried out was lost, and the second one finds no upload: is the object there? */
static bool was_completed(da_s3_connection *connection, const da_s3_upload *upload) {
  da_s3_request request = {.method = "HEAD", .key = upload->key, .action = "read"};
  da_http_response response = {0};
  char ending[24];
  snprintf(ending, sizeof ending, "-%u\"", upload->n_parts);
  bool is_there = da_s3_send(connection, &request, &response, NULL) == DA_OK && response.code == 200 &&
                  response.n_bytes == upload->n_bytes && strstr(response.etag, ending);
  da_http_response_free(&response);
  return is_there;
}

/* S3 may begin to answer 200 and then find a fault: it stands in the body. */
static bool has_fault_inside(const da_http_response *response) {
  return response->code == 200 && strstr(da_text_cstr(&response->body), "<Error>");
}

static da_status complete_multipart(da_s3_connection *connection, da_s3_upload *upload, da_error *err) {
  da_text query = {0}, xml = {0};
  da_text_append(&query, "uploadId=");
  da_http_encode(&query, upload->upload_id, false);
  print_parts(upload, &xml);
  da_s3_request request = {
      .method = "POST", .key = upload->key, .query = da_text_cstr(&query), .body = xml.data, .n_body = xml.length, .action = "write"};
  da_http_response response = {0};
  da_status status = query.failed || xml.failed ? da_mem_fail(err, upload->n_parts, 200, "an upload") : DA_OK;
  if (status == DA_OK) status = da_s3_send(connection, &request, &response, err);
  bool again = status == DA_OK && has_fault_inside(&response);
  uint32_t n_attempts = response.n_attempts + again;
  if (again) status = da_s3_send(connection, &request, &response, err);
  if (status == DA_OK && (response.code != 200 || has_fault_inside(&response))) {
    bool lost_answer = response.code == 404 && n_attempts > 1 && was_completed(connection, upload);
    if (!lost_answer) status = da_s3_fail(connection, &request, &response, err);
  }
  da_http_response_free(&response);
  da_text_free(&xml);
  da_text_free(&query);
  return status;
}

da_status da_s3_upload_complete(da_s3_connection *connection, da_s3_upload *upload, da_error *err) {
  if (upload->path) return put_small(connection, upload, err);
  DA_TRY(complete_multipart(connection, upload, err));
  da_mem_free(upload->upload_id);
  upload->upload_id = NULL;
  return DA_OK;
}

void da_s3_upload_free(da_s3_connection *connection, da_s3_upload *upload) {
  if (upload->upload_id) {
    da_text query = {0};
    da_text_append(&query, "uploadId=");
    da_http_encode(&query, upload->upload_id, false);
    da_s3_request request = {.method = "DELETE", .key = upload->key, .query = da_text_cstr(&query), .action = "write"};
    da_http_response response = {0};
    /* Best effort and no long one: the run has failed already, and a lifecycle rule of the bucket clears away what this cannot. */
    uint32_t n_retries = connection->http.options.n_retries;
    if (n_retries > 2) connection->http.options.n_retries = 2;
    if (!query.failed) (void)!da_s3_send(connection, &request, &response, NULL);
    connection->http.options.n_retries = n_retries;
    da_http_response_free(&response);
    da_text_free(&query);
  }
  da_mem_free(upload->key);
  da_mem_free(upload->path);
  da_mem_free(upload->upload_id);
  da_mem_free(upload->etags);
  *upload = (da_s3_upload){0};
}

/* ---- Down ---- */

static da_status download_part(transfer *t, da_s3_connection *connection, size_t part, da_error *err) {
  uint64_t from = t->start + part * t->part_bytes, length = length_of_part(t->n_bytes, t->part_bytes, part);
  char range[80], match[180];
  snprintf(range, sizeof range, "Range: bytes=%llu-%llu", (unsigned long long)from, (unsigned long long)(from + length - 1));
  snprintf(match, sizeof match, "If-Match: %s", t->etag);
  da_s3_request request = {.method = "GET", .key = t->key, .headers = {range, match}, .n_headers = 1 + (*t->etag != 0), .action = "read"};
  da_http_response response = {0};
  da_status status = da_s3_do(connection, &request, &response, err);
  if (status == DA_OK && response.body.length != length) {
    status = da_fail(err, DA_ERR_IO, "expected %llu bytes of %s from the S3 server but found %zu; run again", (unsigned long long)length,
                     t->key, response.body.length);
  }
  if (status == DA_OK) status = da_file_write_at(t->file, "a copy of an object", response.body.data, (size_t)length, from, err);
  da_http_response_free(&response);
  return status;
}

da_status da_s3_download_range(da_s3_connection *connection, const char *key, const char *etag, uint64_t from, uint64_t n_bytes, int file,
                               da_error *err) {
  const uint64_t part_bytes = da_s3_part_bytes(n_bytes, connection->client->settings.part_bytes);
  transfer t = {.move = download_part, .key = key, .start = from, .n_bytes = n_bytes, .part_bytes = part_bytes, .etag = etag, .file = file};
  const size_t n_parts = (size_t)((n_bytes + part_bytes - 1) / part_bytes);
  return n_parts > 0 ? move_parts(&t, connection->client, n_parts, err) : DA_OK;
}

da_status da_s3_download(da_s3_connection *connection, const char *key, const char *etag, uint64_t n_bytes, const char *path,
                         da_error *err) {
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return da_file_fail(err, errno, "write", path);
  da_status status = da_s3_download_range(connection, key, etag, 0, n_bytes, file, err);
  if (close(file) != 0 && status == DA_OK) status = da_file_fail(err, errno, "write", path);
  return status;
}
