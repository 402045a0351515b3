/* A bucket: a folder (or, later, s3://name/prefix) that holds the tree of design 2.
 *
 * Keys are relative paths with '/' ("model/model.safetensors"). Outputs appear whole or not at all: they are written
 * aside, synced, and renamed when their publication commits. Nothing here assumes that a bucket can append, rename
 * cheaply, or list consistently beyond what S3 offers: callers only get, put, list, exists, and publish. */
#ifndef DA_STORE_BUCKET_H
#define DA_STORE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

typedef struct da_bucket da_bucket;

typedef struct {
  const char *key;
  uint64_t n_bytes;
  int64_t modified_us; /* with n_bytes a cheap fingerprint of an input */
} da_object;

typedef struct {
  da_object *items; /* in byte order of key */
  size_t n;
} da_object_list;

/* location: a folder that exists, or file path for `describe INPUT` is NOT a bucket. DA_ERR_IO with a sentence otherwise. */
da_status da_bucket_open(const char *location, da_bucket **bucket, da_error *err) DA_MUST_CHECK;
/* The same; makes the folder when it is missing (simulate, --output). */
da_status da_bucket_create(const char *location, da_bucket **bucket, da_error *err) DA_MUST_CHECK;
void da_bucket_close(da_bucket *bucket); /* NULL allowed; gives the lock back */
const char *da_bucket_location(const da_bucket *bucket);

/* Only one run works on a bucket at a time: DA_ERR_IO naming the other's process when it is taken. */
da_status da_bucket_lock(da_bucket *bucket, da_error *err) DA_MUST_CHECK;

/* What DuckDB reads: a path or URL of a key. Owned by the caller (da_mem_free). NULL when memory ran out. */
char *da_bucket_url(const da_bucket *bucket, const char *key);
da_status da_bucket_exists(const da_bucket *bucket, const char *key, bool *exists, da_error *err) DA_MUST_CHECK;
/* The whole object; data is the caller's (da_text_free). A missing key is DA_ERR_IO. */
da_status da_bucket_get(const da_bucket *bucket, const char *key, da_text *data, da_error *err) DA_MUST_CHECK;
/* Objects below prefix ("raw/"), recursively; hidden names (starting with . or _) are left out. */
da_status da_bucket_list(const da_bucket *bucket, const char *prefix, da_object_list *list, da_error *err) DA_MUST_CHECK;
void da_object_list_free(da_object_list *list);
/* A local file that holds the key's bytes, for mmap: the object itself in a folder, a cached copy for S3. Caller frees path. */
da_status da_bucket_local(const da_bucket *bucket, const char *key, char **path, da_error *err) DA_MUST_CHECK;
da_status da_bucket_remove(const da_bucket *bucket, const char *key, da_error *err) DA_MUST_CHECK;

/* A set of outputs that appear together. */
typedef struct da_publication da_publication;
da_status da_publication_begin(da_bucket *bucket, da_publication **publication, da_error *err) DA_MUST_CHECK;
/* A local path to write the key's bytes to; lives until commit or abort. */
da_status da_publication_path(da_publication *publication, const char *key, const char **path, da_error *err) DA_MUST_CHECK;
/* Small outputs in one call. */
da_status da_publication_put(da_publication *publication, const char *key, const void *data, size_t n_bytes, da_error *err) DA_MUST_CHECK;
/* Syncs every file, then renames each into place. On failure nothing of this publication is visible if the first rename failed. */
da_status da_publication_commit(da_publication *publication, da_error *err) DA_MUST_CHECK;
/* Removes what was written aside; safe after commit. NULL allowed. Always call it: it frees. */
void da_publication_close(da_publication *publication);

#endif
