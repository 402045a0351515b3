/* A bucket on S3:
 *
 *   s3://NAME/PREFIX/.deepattribution/lock     held by the one run that works here (bucket_s3_lock.h)
 *   CACHE/NAME-HASH/aside/N/                   on this machine: what publication N is writing
 *   CACHE/NAME-HASH/spill/                     what DuckDB could not keep in memory
 *   CACHE/NAME-HASH/copies/                    objects that must be mapped into memory, by their ETag; for a moment, parts of them
 *
 * CACHE is s3.cache_folder, else ${XDG_CACHE_HOME:-~/.cache}/deepattribution/s3; it may be removed when no run is on. Requests for whole
 * objects go through libcurl, which signs them; raw logs are read by DuckDB's httpfs, which cannot delete, nor write on a condition. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "store/bucket_backend.h"
#include "store/bucket_s3_client.h"
#include "store/bucket_s3_duck.h"
#include "store/bucket_s3_lock.h"
#include "store/bucket_s3_transfer.h"
#include "store/bucket_s3_xml.h"

struct da_s3_bucket {
  da_s3_client *client;
  da_s3_connection connection; /* of the thread that calls the bucket's functions */
  da_s3_lock *lock;
  da_s3_upload *uploads; /* prepared, not yet put */
  size_t n_uploads, capacity;
};

/* ---- Opening ---- */

/* CACHE/NAME-HASH */
static da_status name_work_folder(da_bucket *bucket, const char *cache_folder, da_error *err) {
  const da_s3_settings *settings = &bucket->s3->client->settings;
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  da_text path = {0}, identity = {0};
  da_text_printf(&identity, "%s %s", settings->endpoint ? settings->endpoint : "", bucket->location);
  if (cache_folder)
    da_text_append(&path, cache_folder);
  else if (cache && *cache)
    da_text_printf(&path, "%s/deepattribution/s3", cache);
  else if (home && *home)
    da_text_printf(&path, "%s/.cache/deepattribution/s3", home);
  else
    da_text_printf(&path, "/tmp/deepattribution-%ld/s3", (long)getuid());
  da_text_printf(&path, "/%s-%016llx", settings->name, (unsigned long long)XXH3_64bits(identity.data, identity.length));
  if (!path.failed && !identity.failed) bucket->work = da_mem_strdup(da_text_cstr(&path));
  da_text_free(&identity);
  da_text_free(&path);
  return bucket->work ? DA_OK : da_mem_fail(err, 1, 256, "a path");
}

/* One page of a list; token: of the page, "" for the first. */
static da_status request_list(da_s3_bucket *s3, const char *prefix, const char *token, unsigned max_keys, da_http_response *response,
                              da_error *err) {
  const da_s3_settings *settings = &s3->client->settings;
  da_text query = {0};
  if (*token) {
    da_text_append(&query, "continuation-token=");
    da_http_encode(&query, token, false);
    da_text_append(&query, "&");
  }
  da_text_printf(&query, "list-type=2&max-keys=%u&prefix=", max_keys);
  da_http_encode(&query, settings->prefix, false);
  da_http_encode(&query, prefix, false);
  da_s3_request request = {.method = "GET", .key = "", .query = da_text_cstr(&query), .action = "list"};
  da_status status = da_text_check(&query, err);
  if (status == DA_OK) status = da_s3_send(&s3->connection, &request, response, err);
  if (status == DA_OK && response->code != 200) status = da_s3_fail(&s3->connection, &request, response, err);
  da_text_free(&query);
  return status;
}

static da_status ignore_object(void *context, const char *key, uint64_t n_bytes, int64_t modified_us, da_error *err) {
  (void)context, (void)key, (void)n_bytes, (void)modified_us, (void)err;
  return DA_OK;
}

/* Whether the bucket is there and may be listed. Where the user chose no region, the one that the answer names is taken. */
static da_status probe(da_s3_bucket *s3, da_error *err) {
  da_s3_settings *settings = &s3->client->settings;
  da_http_response response = {0};
  da_text region = {0};
  da_status status = request_list(s3, "", "", 1, &response, err);
  if (status == DA_ERR_IO && !settings->region_is_chosen) {
    da_xml_find(da_text_cstr(&response.body), response.body.length, "Region", &region);
    if (region.length == 0) da_text_append(&region, response.region);
    if (region.length > 0 && strcmp(da_text_cstr(&region), settings->region) != 0) {
      status = da_s3_settings_set_region(settings, da_text_cstr(&region), err);
      if (status == DA_OK) status = request_list(s3, "", "", 1, &response, err);
    }
  }
  if (status == DA_OK) status = da_xml_read_list(da_text_cstr(&response.body), response.body.length, ignore_object, NULL, &region, err);
  da_text_free(&region);
  da_http_response_free(&response);
  return status;
}

static da_status open_s3(da_bucket *bucket, const da_bucket_options *options, da_error *err) {
  da_s3_settings settings;
  DA_TRY(da_s3_settings_read(bucket->location, options->s3, &settings, err));
  bucket->s3 = da_mem_calloc(1, sizeof *bucket->s3);
  if (!bucket->s3) {
    da_s3_settings_free(&settings);
    return da_mem_fail(err, 1, sizeof *bucket->s3, "a bucket");
  }
  DA_TRY(da_s3_client_open(&settings, &bucket->s3->client, err));
  DA_TRY(da_s3_connection_open(bucket->s3->client, &bucket->s3->connection, err));
  DA_TRY(name_work_folder(bucket, options->s3 ? options->s3->cache_folder : NULL, err));
  return probe(bucket->s3, err);
}

static da_status lock_s3(da_bucket *bucket, da_error *err) {
  DA_TRY(da_s3_lock_take(bucket->s3->client, bucket->location, &bucket->s3->lock, err));
  da_path_remove_in(bucket->work, "aside");
  da_path_remove_in(bucket->work, "spill");
  return DA_OK;
}

static void abandon_uploads(da_bucket *bucket) {
  da_s3_bucket *s3 = bucket->s3;
  for (size_t i = 0; i < s3->n_uploads; i++) da_s3_upload_free(&s3->connection, &s3->uploads[i]);
  s3->n_uploads = 0;
}

static void close_s3(da_bucket *bucket) {
  da_s3_bucket *s3 = bucket->s3;
  if (!s3) return;
  abandon_uploads(bucket);
  if (s3->lock) da_path_remove_in(bucket->work, "aside");
  da_s3_lock_give(s3->lock);
  da_s3_connection_close(&s3->connection);
  da_s3_client_close(s3->client);
  da_mem_free(s3->uploads);
  da_mem_free(s3);
  bucket->s3 = NULL;
}

static da_status connect_s3(const da_bucket *bucket, da_db *db, bool with_patterns, da_error *err) {
  return da_s3_duck_connect(bucket->s3->client, db, with_patterns, err);
}

/* ---- Reading ---- */

/* 200 or 404; anything else is a fault. */
static da_status ask_for(const da_bucket *bucket, const char *method, const char *key, da_http_response *response, da_error *err) {
  da_s3_request request = {.method = method, .key = key, .action = "read"};
  DA_TRY(da_s3_send(&bucket->s3->connection, &request, response, err));
  if (response->code == 200 || response->code == 404) return DA_OK;
  return da_s3_fail(&bucket->s3->connection, &request, response, err);
}

static da_status missing(const da_bucket *bucket, const char *key, da_error *err) {
  return da_fail(err, DA_ERR_IO, "expected %s in %s but found none", key, bucket->location);
}

static da_status exists_on_s3(const da_bucket *bucket, const char *key, bool *exists, da_error *err) {
  da_http_response response = {0};
  da_status status = ask_for(bucket, "HEAD", key, &response, err);
  *exists = status == DA_OK && response.code == 200;
  da_http_response_free(&response);
  return status;
}

static da_status get_from_s3(const da_bucket *bucket, const char *key, da_text *data, da_error *err) {
  da_http_response response = {0};
  da_status status = ask_for(bucket, "GET", key, &response, err);
  if (status == DA_OK && response.code == 404) status = missing(bucket, key, err);
  if (status == DA_OK) {
    *data = response.body;
    response.body = (da_text){0};
  }
  da_http_response_free(&response);
  return status;
}

/* ---- Copies ---- */

/* "0123456789abcdef-ETAG": copies of one key begin alike. */
static void name_copy(const char *key, const char *etag, char name[64]) {
  snprintf(name, 64, "%016llx-%016llx", (unsigned long long)XXH3_64bits(key, strlen(key)),
           (unsigned long long)XXH3_64bits(etag, strlen(etag)));
}

static da_status fetch_copy(const da_bucket *bucket, const char *key, const da_http_response *head, const char *path, da_error *err) {
  da_text aside = {0};
  da_text_printf(&aside, "%s.%ld", path, (long)getpid());
  da_status status = da_text_check(&aside, err);
  if (status == DA_OK) status = da_path_make_parents(path, err);
  if (status == DA_OK) status = da_s3_download(&bucket->s3->connection, key, head->etag, head->n_bytes, da_text_cstr(&aside), err);
  if (status == DA_OK && rename(da_text_cstr(&aside), path) != 0) status = da_file_fail(err, errno, "put in place", path);
  if (status != DA_OK && !aside.failed) da_path_remove(da_text_cstr(&aside));
  da_text_free(&aside);
  return status;
}

/* What the object is now, and where a copy of it would lie. */
static da_status look_at(const da_bucket *bucket, const char *key, da_http_response *head, char **path, da_error *err) {
  char name[64];
  DA_TRY(ask_for(bucket, "HEAD", key, head, err));
  if (head->code == 404) return missing(bucket, key, err);
  char *folder = da_path_join(bucket->work, "copies");
  name_copy(key, head->etag, name);
  *path = folder ? da_path_join(folder, name) : NULL;
  da_mem_free(folder);
  return *path ? DA_OK : da_mem_fail(err, strlen(key), 1, "a path");
}

static bool has_size(const char *path, uint64_t n_bytes) {
  struct stat info;
  return stat(path, &info) == 0 && (uint64_t)info.st_size == n_bytes;
}

static da_status local_of_s3(const da_bucket *bucket, const char *key, char **path, da_error *err) {
  da_http_response head = {0};
  da_status status = look_at(bucket, key, &head, path, err);
  if (status == DA_OK && !has_size(*path, head.n_bytes)) status = fetch_copy(bucket, key, &head, *path, err);
  if (status != DA_OK) {
    da_mem_free(*path);
    *path = NULL;
  }
  da_http_response_free(&head);
  return status;
}

/* ---- Parts ---- */

/* A new file of the object's length beside its copies; parts of several processes have names of their own. */
static da_status make_part_file(da_object_part *part, da_error *err) {
  da_text path = {0};
  da_text_printf(&path, "%s.part-XXXXXX", part->path);
  da_mem_free(part->path);
  part->path = path.failed ? NULL : da_mem_strdup(da_text_cstr(&path));
  da_text_free(&path);
  if (!part->path) return da_mem_fail(err, 1, 256, "a path");
  DA_TRY(da_path_make_parents(part->path, err));
  part->file = mkostemp(part->path, O_CLOEXEC);
  if (part->file < 0 || ftruncate(part->file, (off_t)part->n_bytes) != 0) return da_file_fail(err, errno, "make", part->path);
  return DA_OK;
}

static da_status open_part_of_s3(const da_bucket *bucket, da_object_part *part, da_error *err) {
  da_http_response head = {0};
  da_status status = look_at(bucket, part->key, &head, &part->path, err);
  if (status == DA_OK) {
    part->n_bytes = head.n_bytes;
    memcpy(part->etag, head.etag, sizeof part->etag);
    part->is_whole = has_size(part->path, head.n_bytes);
    if (!part->is_whole) status = make_part_file(part, err);
  }
  da_http_response_free(&head);
  return status;
}

static da_status fetch_part_of_s3(const da_bucket *bucket, const da_object_part *part, uint64_t from, uint64_t n_bytes, da_error *err) {
  return da_s3_download_range(&bucket->s3->connection, part->key, part->etag, from, n_bytes, part->file, err);
}

/* ---- Listing ---- */

typedef struct {
  da_object_list *list;
  size_t n_prefix; /* bytes of the bucket's prefix, cut off each key */
  size_t n_given;  /* and of the caller's, whose names may be hidden ones */
} lister;

/* A part that begins with '.' or '_', or is empty, as the key of a folder's marker ends. */
static bool is_hidden(const char *key) {
  for (const char *part = key;; part = strchr(part, '/') + 1) {
    if (*part == '.' || *part == '_' || *part == 0) return true;
    if (!strchr(part, '/')) return false;
  }
}

static da_status list_object(void *context, const char *key, uint64_t n_bytes, int64_t modified_us, da_error *err) {
  lister *l = context;
  if (strlen(key) <= l->n_prefix + l->n_given || is_hidden(key + l->n_prefix + l->n_given)) return DA_OK;
  return da_object_list_add(l->list, key + l->n_prefix, n_bytes, modified_us, err);
}

static da_status list_s3(const da_bucket *bucket, const char *prefix, da_object_list *list, da_error *err) {
  lister l = {.list = list, .n_prefix = strlen(bucket->s3->client->settings.prefix), .n_given = strlen(prefix)};
  da_http_response response = {0};
  da_text token = {0}, next = {0};
  da_status status;
  do {
    status = request_list(bucket->s3, prefix, da_text_cstr(&token), 1000, &response, err);
    if (status == DA_OK) status = da_xml_read_list(da_text_cstr(&response.body), response.body.length, list_object, &l, &next, err);
    da_text_clear(&token);
    da_text_append(&token, da_text_cstr(&next));
    if (status == DA_OK) status = da_text_check(&token, err);
  } while (status == DA_OK && token.length > 0);
  da_text_free(&next);
  da_text_free(&token);
  da_http_response_free(&response);
  return status;
}

/* ---- Writing ---- */

static da_status remove_from_s3(da_bucket *bucket, const char *key, da_error *err) {
  da_s3_request request = {.method = "DELETE", .key = key, .action = "remove"};
  da_http_response response = {0};
  da_status status = da_s3_send(&bucket->s3->connection, &request, &response, err);
  if (status == DA_OK && response.code != 404 && response.code / 100 != 2)
    status = da_s3_fail(&bucket->s3->connection, &request, &response, err);
  da_http_response_free(&response);
  return status;
}

static da_status prepare_on_s3(da_bucket *bucket, const char *key, const char *path, da_error *err) {
  da_s3_bucket *s3 = bucket->s3;
  void *uploads = s3->uploads;
  DA_TRY(da_mem_reserve(&uploads, &s3->capacity, s3->n_uploads + 1, sizeof *s3->uploads, "the outputs of a run", err));
  s3->uploads = uploads;
  return da_s3_upload_send(&s3->connection, key, path, &s3->uploads[s3->n_uploads++], err);
}

static da_status put_on_s3(da_bucket *bucket, const char *key, const char *path, da_error *err) {
  da_s3_bucket *s3 = bucket->s3;
  (void)path;
  DA_TRY(da_s3_lock_check(s3->lock, err));
  for (size_t i = 0; i < s3->n_uploads; i++) {
    if (strcmp(s3->uploads[i].key, key) != 0) continue;
    DA_TRY(da_s3_upload_complete(&s3->connection, &s3->uploads[i], err));
    da_s3_upload_free(&s3->connection, &s3->uploads[i]);
    s3->uploads[i] = s3->uploads[--s3->n_uploads];
    return DA_OK;
  }
  return da_fail(err, DA_ERR_INTERNAL, "expected %s to be prepared before it is put but it was not", key);
}

const da_bucket_backend da_bucket_s3 = {
    .open = open_s3,
    .lock = lock_s3,
    .close = close_s3,
    .connect = connect_s3,
    .exists = exists_on_s3,
    .get = get_from_s3,
    .list = list_s3,
    .local = local_of_s3,
    .open_part = open_part_of_s3,
    .fetch_part = fetch_part_of_s3,
    .remove = remove_from_s3,
    .prepare = prepare_on_s3,
    .put = put_on_s3,
    .abandon = abandon_uploads,
};
