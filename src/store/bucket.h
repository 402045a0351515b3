/* A bucket: a folder, or s3://name/prefix, that holds the tree of design 2.
 *
 * Keys are relative paths with '/' ("model/model.safetensors"). Outputs appear whole or not at all: they are written
 * aside, synced, and renamed (S3: completed) when their publication commits. Nothing here assumes that a bucket can append, rename
 * cheaply, or list consistently beyond what S3 offers: callers only get, put, list, exists, and publish. */
#ifndef DA_STORE_BUCKET_H
#define DA_STORE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"
#include "base/text.h"
#include "store/config.h"
#include "store/db.h"

typedef struct da_bucket da_bucket;

/* What the program keeps for itself lies under this key: the lock, what is being written, what is spilled. */
#define DA_BUCKET_HIDDEN ".deepattribution"

typedef struct {
  const char *key;
  uint64_t n_bytes;
  int64_t modified_us; /* with n_bytes a cheap fingerprint of an input */
} da_object;

typedef struct {
  da_object *items; /* in byte order of key */
  size_t n;
  size_t capacity;
  da_arena keys; /* owns every key */
} da_object_list;

typedef struct {
  bool make;              /* the folder, when it is missing (simulate, --output); S3 needs none */
  const da_config_s3 *s3; /* NULL: defaults and environment; not needed after opening */
} da_bucket_options;

/* location: a folder, or s3://name/prefix. DA_ERR_IO with a sentence when it is not there. */
da_status da_bucket_open_with(const char *location, const da_bucket_options *options, da_bucket **bucket, da_error *err) DA_MUST_CHECK;
/* With all defaults; da_bucket_create makes the folder. */
da_status da_bucket_open(const char *location, da_bucket **bucket, da_error *err) DA_MUST_CHECK;
da_status da_bucket_create(const char *location, da_bucket **bucket, da_error *err) DA_MUST_CHECK;
void da_bucket_close(da_bucket *bucket); /* NULL allowed; gives the lock back */
/* Whether a location is s3://..., no folder. */
bool da_bucket_is_remote(const char *location);
const char *da_bucket_location(const da_bucket *bucket);

/* Only one run works on a bucket at a time: DA_ERR_IO naming the other's process when it is taken, or saying that the bucket
 * may not be written. Clears away what a run that was killed left half done. Held until close; a second call does nothing. */
da_status da_bucket_lock(da_bucket *bucket, da_error *err) DA_MUST_CHECK;
/* A local folder for what the holder of the lock spills; made by who uses it, removed by the next holder at the latest. The
 * caller's (da_mem_free). NULL when memory ran out. */
char *da_bucket_spill_folder(const da_bucket *bucket);

/* Lets the session read the bucket's URLs (loads httpfs and gives it the keys, which may be lent for a time: call it shortly before).
 * with_patterns: s3:// in the user's own SQL may hold * and ?; otherwise every URL is one object's name, whatever is in it. */
da_status da_bucket_connect(const da_bucket *bucket, da_db *db, bool with_patterns, da_error *err) DA_MUST_CHECK;
/* What DuckDB reads: a path or URL of a key. Owned by the caller (da_mem_free). NULL when memory ran out. */
char *da_bucket_url(const da_bucket *bucket, const char *key);
da_status da_bucket_exists(const da_bucket *bucket, const char *key, bool *exists, da_error *err) DA_MUST_CHECK;
/* The whole object; data is the caller's (da_text_free). A missing key is DA_ERR_IO. */
da_status da_bucket_get(const da_bucket *bucket, const char *key, da_text *data, da_error *err) DA_MUST_CHECK;
/* Objects below prefix ("raw/", or "" for all), recursively; hidden names (starting with . or _) are left out. Nothing there is an
 * empty list. */
da_status da_bucket_list(const da_bucket *bucket, const char *prefix, da_object_list *list, da_error *err) DA_MUST_CHECK;
void da_object_list_free(da_object_list *list);
/* A local file that holds the key's bytes, for mmap: the object itself in a folder, a cached copy for S3. Caller frees path. */
da_status da_bucket_local(const da_bucket *bucket, const char *key, char **path, da_error *err) DA_MUST_CHECK;
/* An object of which not every byte is wanted, as a local file for mmap. Valid as {0}. */
typedef struct {
  char *path;
  uint64_t n_bytes;
  bool is_whole; /* a folder's own file, or the copy that da_bucket_local made of an object on S3; else a file of the object's length that
                  * is this process's alone and holds zeros where nothing was fetched */
  char *key;
  char etag[160]; /* S3: all that is fetched is of one version */
  int file;       /* to write to, unless it is whole */
} da_object_part;
da_status da_bucket_part_open(const da_bucket *bucket, const char *key, da_object_part *part, da_error *err) DA_MUST_CHECK;
/* The bytes from .. from + n_bytes - 1 are the object's from now on (whole: they are already). A mapping made before may not show it. */
da_status da_bucket_part_fetch(const da_bucket *bucket, const da_object_part *part, uint64_t from, uint64_t n_bytes,
                               da_error *err) DA_MUST_CHECK;
/* The same for bytes of the object that the caller has from elsewhere. */
da_status da_object_part_fill(const da_object_part *part, const void *data, uint64_t from, uint64_t n_bytes, da_error *err) DA_MUST_CHECK;
/* Removes a file that is not whole; what is mapped of it stays. A second call allowed. */
void da_object_part_close(da_object_part *part);
/* A key that is not there is no fault. */
da_status da_bucket_remove(da_bucket *bucket, const char *key, da_error *err) DA_MUST_CHECK;

/* A set of outputs that appear together, each instead of the one before it. */
typedef struct da_publication da_publication;
/* Locks the bucket if that was not done. */
da_status da_publication_begin(da_bucket *bucket, da_publication **publication, da_error *err) DA_MUST_CHECK;
/* A local path to write the key's bytes to; lives until the publication is closed. Every key that was asked for must be written. */
da_status da_publication_path(da_publication *publication, const char *key, const char **path, da_error *err) DA_MUST_CHECK;
/* Small outputs in one call. */
da_status da_publication_put(da_publication *publication, const char *key, const void *data, size_t n_bytes, da_error *err) DA_MUST_CHECK;
/* Syncs every file and looks whether all may be put in place (S3: sends them); only then puts them there, in the order in which they
 * were asked for: add last the one that says that the others are complete. After a crash in between, the next holder of the lock ends
 * what was begun. Where there are several outputs, none may have a hidden name (see da_bucket_list). */
da_status da_publication_commit(da_publication *publication, da_error *err) DA_MUST_CHECK;
/* Removes what was written aside and not committed. NULL allowed. Always call it: it frees. */
void da_publication_close(da_publication *publication);

#endif
