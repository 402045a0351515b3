/* A bucket that is a folder:
 *
 *   BUCKET/.deepattribution/lock        flock'ed by the one run that works here; holds its process number
 *   BUCKET/.deepattribution/aside/N/    what publication N is writing: on the same file system, so that rename is one step
 *   BUCKET/.deepattribution/spill/      what DuckDB could not keep in memory
 *
 * The system gives a lock back when its process ends, however it ends: a lock file that was left behind is harmless. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/bucket_backend.h"

enum { MAX_DEPTH = 64 }; /* of folders in folders: a link to a folder above would never end */

static da_status no_memory(da_error *err, const char *key) { return da_mem_fail(err, strlen(key), 1, "a path"); }

/* ---- Opening and locking ---- */

static da_status open_folder(da_bucket *bucket, const da_bucket_options *options, da_error *err) {
  bucket->work = da_path_join(bucket->location, DA_BUCKET_HIDDEN);
  if (!bucket->work) return no_memory(err, bucket->location);
  if (options->make) return da_path_make_parents(bucket->work, err);
  struct stat info;
  if (stat(bucket->location, &info) != 0) {
    if (errno == ENOENT) {
      return da_fail(err, DA_ERR_IO, "expected a bucket (a folder) at %s but found nothing there; check the name, or make the folder",
                     bucket->location);
    }
    return da_file_fail(err, errno, "open the bucket", bucket->location);
  }
  if (S_ISDIR(info.st_mode)) return DA_OK;
  return da_fail(err, DA_ERR_IO, "expected a bucket (a folder) at %s but found a file; name the folder that holds raw/", bucket->location);
}

/* Whoever holds the lock has written its process number; it may not have come to that yet. */
static da_status refuse_second_run(const da_bucket *bucket, int lock_file, da_error *err) {
  char text[32] = "";
  ssize_t n = pread(lock_file, text, sizeof text - 1, 0);
  long process = n > 0 ? strtol(text, NULL, 10) : 0;
  if (process <= 0) {
    return da_fail(err, DA_ERR_IO, "expected to be the only run on %s but another has just begun; wait for its end", bucket->location);
  }
  return da_fail(err, DA_ERR_IO, "expected to be the only run on %s but process %ld works on it; wait for its end, or stop it",
                 bucket->location, process);
}

static da_status write_process_number(int lock_file, const char *path, da_error *err) {
  char text[32];
  int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
  if (ftruncate(lock_file, 0) == 0 && pwrite(lock_file, text, (size_t)length, 0) == length) return DA_OK;
  return da_file_fail(err, errno, "write", path);
}

static da_status take_lock(da_bucket *bucket, const char *path, da_error *err) {
  DA_TRY(da_path_make_parents(path, err));
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return da_file_fail(err, errno, "write", path);
  da_status status = DA_OK;
  if (flock(file, LOCK_EX | LOCK_NB) != 0)
    status = errno == EWOULDBLOCK ? refuse_second_run(bucket, file, err) : da_file_fail(err, errno, "lock", path);
  if (status == DA_OK) status = write_process_number(file, path, err);
  if (status != DA_OK) {
    close(file);
    return status;
  }
  bucket->lock_file = file;
  return DA_OK;
}

static da_status lock_folder(da_bucket *bucket, da_error *err) {
  char *path = da_path_join(bucket->work, "lock");
  if (!path) return no_memory(err, bucket->work);
  da_status status = take_lock(bucket, path, err);
  da_mem_free(path);
  DA_TRY(status);
  da_path_remove_in(bucket->work, "aside");
  da_path_remove_in(bucket->work, "spill");
  return DA_OK;
}

static void close_folder(da_bucket *bucket) {
  if (bucket->lock_file < 0) return;
  da_path_remove_in(bucket->work, "aside");
  close(bucket->lock_file);
  bucket->lock_file = -1;
}

/* ---- Reading ---- */

static da_status exists_in_folder(const da_bucket *bucket, const char *key, bool *exists, da_error *err) {
  char *path = da_path_join(bucket->location, key);
  if (!path) return no_memory(err, key);
  struct stat info;
  da_status status = DA_OK;
  *exists = stat(path, &info) == 0;
  if (!*exists && errno != ENOENT && errno != ENOTDIR) status = da_file_fail(err, errno, "look at", path);
  da_mem_free(path);
  return status;
}

static da_status read_all(int file, const char *path, da_text *data, da_error *err) {
  char block[1 << 16];
  for (;;) {
    ssize_t n = read(file, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return da_file_fail(err, errno, "read", path);
    if (n == 0) return da_text_check(data, err);
    da_text_append_n(data, block, (size_t)n);
  }
}

static da_status get_from_folder(const da_bucket *bucket, const char *key, da_text *data, da_error *err) {
  char *path = da_path_join(bucket->location, key);
  if (!path) return no_memory(err, key);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  da_status status = file < 0 ? da_file_fail(err, errno, "read", path) : read_all(file, path, data, err);
  if (file >= 0) close(file);
  da_mem_free(path);
  return status;
}

static da_status local_in_folder(const da_bucket *bucket, const char *key, char **path, da_error *err) {
  bool exists;
  DA_TRY(exists_in_folder(bucket, key, &exists, err));
  if (!exists) return da_fail(err, DA_ERR_IO, "expected %s in %s but found none", key, bucket->location);
  *path = da_path_join(bucket->location, key);
  return *path ? DA_OK : no_memory(err, key);
}

/* ---- Listing ---- */

static da_status list_folder(const da_bucket *bucket, const char *prefix, int depth, da_object_list *list, da_error *err);

/* A file is added, a folder is listed, anything else (a socket, a pipe) is no data. Links are followed. */
static da_status list_entry(const da_bucket *bucket, const char *key, int depth, da_object_list *list, da_error *err) {
  char *path = da_path_join(bucket->location, key);
  if (!path) return no_memory(err, key);
  struct stat info;
  da_status status = stat(path, &info) == 0 ? DA_OK : da_file_fail(err, errno, "look at", path);
  da_mem_free(path);
  DA_TRY(status);
  if (S_ISREG(info.st_mode)) {
    int64_t modified_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    return da_object_list_add(list, key, (uint64_t)info.st_size, modified_us, err);
  }
  if (!S_ISDIR(info.st_mode)) return DA_OK;
  da_text prefix = {0};
  da_text_printf(&prefix, "%s/", key);
  status = da_text_check(&prefix, err);
  if (status == DA_OK) status = list_folder(bucket, da_text_cstr(&prefix), depth + 1, list, err);
  da_text_free(&prefix);
  return status;
}

static da_status list_entries(const da_bucket *bucket, const char *prefix, DIR *folder, int depth, da_object_list *list, da_error *err) {
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.' || entry->d_name[0] == '_') continue;
    da_text key = {0};
    da_text_printf(&key, "%s%s", prefix, entry->d_name);
    da_status status = da_text_check(&key, err);
    if (status == DA_OK) status = list_entry(bucket, da_text_cstr(&key), depth, list, err);
    da_text_free(&key);
    DA_TRY(status);
  }
  return DA_OK;
}

static da_status list_folder(const da_bucket *bucket, const char *prefix, int depth, da_object_list *list, da_error *err) {
  if (depth > MAX_DEPTH) {
    return da_fail(err, DA_ERR_IO,
                   "expected at most %d folders in one another but found more at %.200s; is one a link to a folder above it?", MAX_DEPTH,
                   prefix);
  }
  char *path = da_path_join(bucket->location, prefix);
  if (!path) return no_memory(err, prefix);
  da_status status = DA_OK;
  DIR *folder = opendir(path);
  if (folder) {
    status = list_entries(bucket, prefix, folder, depth, list, err);
    closedir(folder);
  } else if (errno != ENOENT) {
    status = da_file_fail(err, errno, "list", path);
  }
  da_mem_free(path);
  return status;
}

static da_status list_bucket(const da_bucket *bucket, const char *prefix, da_object_list *list, da_error *err) {
  return list_folder(bucket, prefix, 0, list, err);
}

/* ---- Writing ---- */

static da_status remove_from_folder(da_bucket *bucket, const char *key, da_error *err) {
  char *path = da_path_join(bucket->location, key);
  if (!path) return no_memory(err, key);
  da_status status = unlink(path) == 0 || errno == ENOENT ? DA_OK : da_file_fail(err, errno, "remove", path);
  da_mem_free(path);
  return status;
}

/* The path of the folder that a key lies in, in place. */
static void cut_to_parent(char *path) {
  char *slash = strrchr(path, '/');
  if (slash) slash[slash == path] = 0;
}

/* Makes the folder that the key lies in. */
static da_status prepare_in_folder(da_bucket *bucket, const char *key, const char *from, da_error *err) {
  (void)from;
  char *path = da_path_join(bucket->location, key);
  if (!path) return no_memory(err, key);
  struct stat info;
  da_status status = da_path_make_parents(path, err);
  if (status == DA_OK && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
    status = da_fail(err, DA_ERR_IO, "expected a file or nothing at %s but found a folder; move it away", path);
  if (status == DA_OK) {
    cut_to_parent(path);
    if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0) status = da_file_fail(err, errno, "write in", path);
  }
  da_mem_free(path);
  return status;
}

/* The new name is on the disk only when its folder is. */
static da_status put_in_folder(da_bucket *bucket, const char *key, const char *from, da_error *err) {
  char *path = da_path_join(bucket->location, key);
  if (!path) return no_memory(err, key);
  da_status status = rename(from, path) == 0 ? DA_OK : da_file_fail(err, errno, "put in place", path);
  if (status == DA_OK) {
    cut_to_parent(path);
    status = da_path_sync(path, err);
  }
  da_mem_free(path);
  return status;
}

const da_bucket_backend da_bucket_folder = {
    .open = open_folder,
    .lock = lock_folder,
    .close = close_folder,
    .exists = exists_in_folder,
    .get = get_from_folder,
    .list = list_bucket,
    .local = local_in_folder,
    .remove = remove_from_folder,
    .prepare = prepare_in_folder,
    .put = put_in_folder,
    .resumes_commits = true,
};
