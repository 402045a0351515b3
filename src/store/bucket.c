#include "store/bucket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/bucket_backend.h"
#include "store/bucket_s3_settings.h"

/* ---- Keys ---- */

/* Keys come from the program; this is the wall between a fault of ours and a file outside the bucket. */
static da_status check_key(const char *key, bool is_prefix, da_error *err) {
  size_t length = strlen(key);
  bool good = is_prefix ? length == 0 || key[length - 1] == '/' : length > 0 && key[length - 1] != '/';
  for (const char *part = key; good && *part;) {
    size_t n = strcspn(part, "/");
    good = n > 0 && !(n == 1 && part[0] == '.') && !(n == 2 && part[0] == '.' && part[1] == '.');
    part += n + (part[n] == '/');
  }
  return good ? DA_OK : da_fail(err, DA_ERR_INTERNAL, "expected a key such as model/score.json but found '%s'", key);
}

/* ---- The bucket ---- */

/* "data//" is "data"; "/" and "s3://" stay. */
static char *trim_location(const char *location) {
  size_t length = strlen(location), least = da_s3_is_location(location) ? strlen("s3://") : 1;
  while (length > least && location[length - 1] == '/') length--;
  return da_mem_strndup(location, length);
}

da_status da_bucket_open_with(const char *location, const da_bucket_options *options, da_bucket **out, da_error *err) {
  *out = NULL;
  if (!*location) return da_fail(err, DA_ERR_IO, "expected a bucket (a folder) but found an empty name");
  da_bucket *bucket = da_mem_calloc(1, sizeof *bucket);
  if (!bucket) return da_mem_fail(err, 1, sizeof *bucket, "a bucket");
  bucket->backend = da_s3_is_location(location) ? &da_bucket_s3 : &da_bucket_folder;
  bucket->lock_file = -1;
  bucket->location = trim_location(location);
  da_status status = bucket->location ? bucket->backend->open(bucket, options, err) : da_mem_fail(err, strlen(location), 1, "a bucket");
  if (status != DA_OK) {
    da_bucket_close(bucket);
    return status;
  }
  *out = bucket;
  return DA_OK;
}

da_status da_bucket_open(const char *location, da_bucket **bucket, da_error *err) {
  return da_bucket_open_with(location, &(da_bucket_options){.make = false}, bucket, err);
}

da_status da_bucket_create(const char *location, da_bucket **bucket, da_error *err) {
  return da_bucket_open_with(location, &(da_bucket_options){.make = true}, bucket, err);
}

void da_bucket_close(da_bucket *bucket) {
  if (!bucket) return;
  bucket->backend->close(bucket);
  da_mem_free(bucket->work);
  da_mem_free(bucket->location);
  da_mem_free(bucket);
}

bool da_bucket_is_remote(const char *location) { return da_s3_is_location(location); }

const char *da_bucket_location(const da_bucket *bucket) { return bucket->location; }

da_status da_bucket_lock(da_bucket *bucket, da_error *err) {
  if (bucket->is_locked) return DA_OK;
  DA_TRY(bucket->backend->lock(bucket, err));
  bucket->is_locked = true;
  return bucket->backend->resumes_commits ? da_commit_resume(bucket, err) : DA_OK;
}

char *da_bucket_spill_folder(const da_bucket *bucket) { return da_path_join(bucket->work, "spill"); }

da_status da_bucket_connect(const da_bucket *bucket, da_db *db, bool with_patterns, da_error *err) {
  return bucket->backend->connect ? bucket->backend->connect(bucket, db, with_patterns, err) : DA_OK;
}

char *da_bucket_url(const da_bucket *bucket, const char *key) { return da_path_join(bucket->location, key); }

da_status da_bucket_exists(const da_bucket *bucket, const char *key, bool *exists, da_error *err) {
  *exists = false;
  DA_TRY(check_key(key, false, err));
  return bucket->backend->exists(bucket, key, exists, err);
}

da_status da_bucket_get(const da_bucket *bucket, const char *key, da_text *data, da_error *err) {
  *data = (da_text){0};
  DA_TRY(check_key(key, false, err));
  da_status status = bucket->backend->get(bucket, key, data, err);
  if (status != DA_OK) da_text_free(data);
  return status;
}

static int compare_objects(const void *a, const void *b) { return strcmp(((const da_object *)a)->key, ((const da_object *)b)->key); }

da_status da_bucket_list(const da_bucket *bucket, const char *prefix, da_object_list *list, da_error *err) {
  *list = (da_object_list){0};
  DA_TRY(check_key(prefix, true, err));
  da_status status = bucket->backend->list(bucket, prefix, list, err);
  if (status == DA_OK && list->n > 0) qsort(list->items, list->n, sizeof *list->items, compare_objects);
  if (status != DA_OK) da_object_list_free(list);
  return status;
}

da_status da_object_list_add(da_object_list *list, const char *key, uint64_t n_bytes, int64_t modified_us, da_error *err) {
  char *copy = da_arena_strndup(&list->keys, key, strlen(key));
  if (!copy) return da_mem_fail(err, strlen(key), 1, "a list of files");
  void *items = list->items;
  DA_TRY(da_mem_reserve(&items, &list->capacity, list->n + 1, sizeof *list->items, "a list of files", err));
  list->items = items;
  list->items[list->n++] = (da_object){.key = copy, .n_bytes = n_bytes, .modified_us = modified_us};
  return DA_OK;
}

void da_object_list_free(da_object_list *list) {
  da_mem_free(list->items);
  da_arena_free(&list->keys);
  *list = (da_object_list){0};
}

da_status da_bucket_local(const da_bucket *bucket, const char *key, char **path, da_error *err) {
  *path = NULL;
  DA_TRY(check_key(key, false, err));
  return bucket->backend->local(bucket, key, path, err);
}

da_status da_bucket_part_open(const da_bucket *bucket, const char *key, da_object_part *part, da_error *err) {
  *part = (da_object_part){.file = -1};
  DA_TRY(check_key(key, false, err));
  part->key = da_mem_strdup(key);
  if (!part->key) return da_mem_fail(err, strlen(key), 1, "a path");
  da_status status;
  if (bucket->backend->open_part) {
    status = bucket->backend->open_part(bucket, part, err);
  } else {
    part->is_whole = true;
    status = bucket->backend->local(bucket, key, &part->path, err);
    struct stat info;
    if (status == DA_OK && stat(part->path, &info) != 0) status = da_file_fail(err, errno, "read", part->path);
    if (status == DA_OK) part->n_bytes = (uint64_t)info.st_size;
  }
  if (status != DA_OK) da_object_part_close(part);
  return status;
}

da_status da_bucket_part_fetch(const da_bucket *bucket, const da_object_part *part, uint64_t from, uint64_t n_bytes, da_error *err) {
  if (part->is_whole || n_bytes == 0) return DA_OK;
  if (from > part->n_bytes || n_bytes > part->n_bytes - from)
    return da_fail(err, DA_ERR_DATA, "expected %s to have more than its %llu bytes but it ends there", part->key,
                   (unsigned long long)part->n_bytes);
  return bucket->backend->fetch_part(bucket, part, from, n_bytes, err);
}

da_status da_object_part_fill(const da_object_part *part, const void *data, uint64_t from, uint64_t n_bytes, da_error *err) {
  return part->is_whole ? DA_OK : da_file_write_at(part->file, part->path, data, (size_t)n_bytes, from, err);
}

void da_object_part_close(da_object_part *part) {
  if (part->path && !part->is_whole) {
    if (part->file >= 0) close(part->file);
    da_path_remove(part->path);
  }
  da_mem_free(part->path);
  da_mem_free(part->key);
  *part = (da_object_part){.file = -1};
}

da_status da_bucket_remove(da_bucket *bucket, const char *key, da_error *err) {
  DA_TRY(check_key(key, false, err));
  return bucket->backend->remove(bucket, key, err);
}

/* ---- Publications ---- */

typedef struct {
  char *key, *path;
} output;

struct da_publication {
  da_bucket *bucket;
  char *folder; /* work/aside/N: a tree like the bucket's */
  output *outputs;
  size_t n, capacity;
};

da_status da_publication_begin(da_bucket *bucket, da_publication **out, da_error *err) {
  *out = NULL;
  DA_TRY(da_bucket_lock(bucket, err));
  da_publication *publication = da_mem_calloc(1, sizeof *publication);
  if (!publication) return da_mem_fail(err, 1, sizeof *publication, "a set of outputs");
  publication->bucket = bucket;
  da_text folder = {0};
  da_text_printf(&folder, "%s/aside/%llu", bucket->work, (unsigned long long)++bucket->n_publications);
  publication->folder = folder.failed ? NULL : da_mem_strdup(da_text_cstr(&folder));
  da_text_free(&folder);
  if (!publication->folder) {
    da_publication_close(publication);
    return da_mem_fail(err, strlen(bucket->work), 1, "a set of outputs");
  }
  *out = publication;
  return DA_OK;
}

static const output *find_output(const da_publication *publication, const char *key) {
  for (size_t i = 0; i < publication->n; i++) {
    if (strcmp(publication->outputs[i].key, key) == 0) return &publication->outputs[i];
  }
  return NULL;
}

static da_status add_output(da_publication *publication, const char *key, da_error *err) {
  void *outputs = publication->outputs;
  DA_TRY(da_mem_reserve(&outputs, &publication->capacity, publication->n + 1, sizeof *publication->outputs, "a set of outputs", err));
  publication->outputs = outputs;
  output new = {.key = da_mem_strdup(key), .path = da_path_join(publication->folder, key)};
  da_status status = new.key &&new.path ? da_path_make_parents(new.path, err) : da_mem_fail(err, strlen(key), 1, "a set of outputs");
  if (status != DA_OK) {
    da_mem_free(new.key);
    da_mem_free(new.path);
    return status;
  }
  publication->outputs[publication->n++] = new;
  return DA_OK;
}

da_status da_publication_path(da_publication *publication, const char *key, const char **path, da_error *err) {
  *path = NULL;
  DA_TRY(check_key(key, false, err));
  if (!find_output(publication, key)) DA_TRY(add_output(publication, key, err));
  *path = find_output(publication, key)->path;
  return DA_OK;
}

da_status da_publication_put(da_publication *publication, const char *key, const void *data, size_t n_bytes, da_error *err) {
  const char *path;
  DA_TRY(da_publication_path(publication, key, &path, err));
  return da_path_write(path, data, n_bytes, err);
}

static da_status put_outputs(da_publication *publication, da_error *err) {
  da_bucket *bucket = publication->bucket;
  for (size_t i = 0; i < publication->n; i++) {
    DA_TRY(da_path_sync(publication->outputs[i].path, err));
    DA_TRY(bucket->backend->prepare(bucket, publication->outputs[i].key, publication->outputs[i].path, err));
  }
  if (publication->n <= 1 || !bucket->backend->resumes_commits) {
    for (size_t i = 0; i < publication->n; i++)
      DA_TRY(bucket->backend->put(bucket, publication->outputs[i].key, publication->outputs[i].path, err));
    return DA_OK;
  }
  DA_TRY(da_commit_resume(bucket, err)); /* of a commit that failed */
  DA_TRY(da_commit_decide(bucket, publication->folder, err));
  for (size_t i = 0; i < publication->n; i++) DA_TRY(da_commit_put(bucket, publication->outputs[i].key, err));
  da_commit_end(bucket);
  return DA_OK;
}

da_status da_publication_commit(da_publication *publication, da_error *err) {
  da_bucket *bucket = publication->bucket;
  da_status status = put_outputs(publication, err);
  if (status != DA_OK && bucket->backend->abandon) bucket->backend->abandon(bucket);
  return status;
}

void da_publication_close(da_publication *publication) {
  if (!publication) return;
  if (publication->folder) da_path_remove(publication->folder);
  for (size_t i = 0; i < publication->n; i++) {
    da_mem_free(publication->outputs[i].key);
    da_mem_free(publication->outputs[i].path);
  }
  da_mem_free(publication->outputs);
  da_mem_free(publication->folder);
  da_mem_free(publication);
}
