/* Private to the bucket: what each kind of bucket does in its own way. One file a kind; bucket.c chooses by the location. */
#ifndef DA_STORE_BUCKET_BACKEND_H
#define DA_STORE_BUCKET_BACKEND_H

#include "base/file.h"
#include "store/bucket.h"

typedef struct da_s3_bucket da_s3_bucket; /* bucket_s3.c */

/* Keys that arrive here were checked: relative, no "..", no empty part. */
typedef struct {
  /* DA_ERR_IO unless the location is there. Sets bucket->work. */
  da_status (*open)(da_bucket *bucket, const da_bucket_options *options, da_error *err);
  /* Takes the lock and makes bucket->work, empty but for what other keys keep there. */
  da_status (*lock)(da_bucket *bucket, da_error *err);
  void (*close)(da_bucket *bucket); /* also after an open that failed */
  /* Lets DuckDB read the bucket's URLs; NULL: it can. */
  da_status (*connect)(const da_bucket *bucket, da_db *db, bool with_patterns, da_error *err);
  da_status (*exists)(const da_bucket *bucket, const char *key, bool *exists, da_error *err);
  da_status (*get)(const da_bucket *bucket, const char *key, da_text *data, da_error *err);
  da_status (*list)(const da_bucket *bucket, const char *prefix, da_object_list *list, da_error *err);
  da_status (*local)(const da_bucket *bucket, const char *key, char **path, da_error *err);
  /* The part is {0} but for key. NULL: local gives a whole object, and fetch_part is never called. */
  da_status (*open_part)(const da_bucket *bucket, da_object_part *part, da_error *err);
  da_status (*fetch_part)(const da_bucket *bucket, const da_object_part *part, uint64_t from, uint64_t n_bytes, da_error *err);
  da_status (*remove)(da_bucket *bucket, const char *key, da_error *err);
  /* All that takes time or may fail before the synced local file at path can take the key's place; nobody sees it yet. Called for every
   * key of a publication before the first put. */
  da_status (*prepare)(da_bucket *bucket, const char *key, const char *path, da_error *err);
  /* Puts the file in the key's place; afterwards the local file is gone or of no use. */
  da_status (*put)(da_bucket *bucket, const char *key, const char *path, da_error *err);
  /* The work folder lies in the bucket: what a crash left in it is still right for the next holder of the lock (bucket_commit.c). With a
   * work folder of one machine it may not be, since another machine may have written meanwhile. */
  bool resumes_commits;
  /* Forgets what was prepared and not put; NULL: there is nothing to forget. */
  void (*abandon)(da_bucket *bucket);
} da_bucket_backend;

struct da_bucket {
  const da_bucket_backend *backend;
  char *location; /* without a closing '/' */
  char *work;     /* local folder of the program's own: things being written, things spilled */
  bool is_locked;
  int lock_file;    /* folder: the descriptor that holds the lock */
  da_s3_bucket *s3; /* S3 */
  uint64_t n_publications;
};

extern const da_bucket_backend da_bucket_folder, da_bucket_s3;

/* Several outputs appear together: bucket_commit.c. Decide moves a folder that holds them, named as their keys, to where a crash does not
 * stop them from appearing; put is for each; end for the last. Resume ends what a crash left, if anything. */
da_status da_commit_decide(const da_bucket *bucket, const char *folder, da_error *err) DA_MUST_CHECK;
da_status da_commit_put(da_bucket *bucket, const char *key, da_error *err) DA_MUST_CHECK;
void da_commit_end(const da_bucket *bucket);
da_status da_commit_resume(da_bucket *bucket, da_error *err) DA_MUST_CHECK;

/* "a/b" in memory of the caller's; NULL when memory ran out. */
char *da_path_join(const char *folder, const char *name);
/* mkdir -p of the folder that path lies in. */
da_status da_path_make_parents(const char *path, da_error *err) DA_MUST_CHECK;
/* fsync of a file or folder. */
da_status da_path_sync(const char *path, da_error *err) DA_MUST_CHECK;
da_status da_path_write(const char *path, const void *data, size_t n_bytes, da_error *err) DA_MUST_CHECK;
/* rm -r, as far as it goes; nothing there is fine. */
void da_path_remove(const char *path);
void da_path_remove_in(const char *folder, const char *name);
/* Appends an object; the key is copied. */
da_status da_object_list_add(da_object_list *list, const char *key, uint64_t n_bytes, int64_t modified_us, da_error *err) DA_MUST_CHECK;

#endif
