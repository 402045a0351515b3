/* How several outputs appear together although each has to be put in its place by itself.
 *
 *   work/aside/N/   --rename: it is decided-->   work/decided/   --put, one by one-->   the keys' places   -->   removed
 *
 * A crash before the rename leaves the outputs of before. A crash after it leaves work/decided/ with what was not put yet, and the next
 * holder of the lock puts that before it does anything else. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/bucket_backend.h"

static char *decided_folder(const da_bucket *bucket) { return da_path_join(bucket->work, "decided"); }

da_status da_commit_decide(const da_bucket *bucket, const char *folder, da_error *err) {
  char *decided = decided_folder(bucket);
  if (!decided) return da_mem_fail(err, strlen(bucket->work), 1, "a path");
  da_status status = rename(folder, decided) == 0 ? da_path_sync(bucket->work, err) : da_file_fail(err, errno, "put in place", folder);
  da_mem_free(decided);
  return status;
}

da_status da_commit_put(da_bucket *bucket, const char *key, da_error *err) {
  char *decided = decided_folder(bucket), *path = decided ? da_path_join(decided, key) : NULL;
  da_status status = path ? bucket->backend->put(bucket, key, path, err) : da_mem_fail(err, strlen(key), 1, "a path");
  da_mem_free(path);
  da_mem_free(decided);
  return status;
}

void da_commit_end(const da_bucket *bucket) {
  char *decided = decided_folder(bucket);
  if (decided) da_path_remove(decided);
  da_mem_free(decided);
}

/* The folder of what was decided is a tree like the bucket's: it is listed as one. */
static da_status put_all(da_bucket *bucket, const char *decided, da_error *err) {
  da_bucket *tree = NULL;
  da_object_list list = {0};
  DA_TRY(da_bucket_open(decided, &tree, err));
  da_status status = da_bucket_list(tree, "", &list, err);
  for (size_t i = 0; status == DA_OK && i < list.n; i++) {
    const char *key = list.items[i].key;
    char *path = da_path_join(decided, key);
    status = path ? bucket->backend->prepare(bucket, key, path, err) : da_mem_fail(err, strlen(key), 1, "a path");
    if (status == DA_OK) status = bucket->backend->put(bucket, key, path, err);
    da_mem_free(path);
  }
  da_object_list_free(&list);
  da_bucket_close(tree);
  return status;
}

da_status da_commit_resume(da_bucket *bucket, da_error *err) {
  char *decided = decided_folder(bucket);
  if (!decided) return da_mem_fail(err, strlen(bucket->work), 1, "a path");
  da_status status = access(decided, F_OK) == 0 ? put_all(bucket, decided, err) : DA_OK;
  da_mem_free(decided);
  if (status == DA_OK) da_commit_end(bucket);
  return status;
}
