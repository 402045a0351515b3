/* Local files and folders: the calls to the system, and the sentences for their faults. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/bucket_backend.h"

char *da_path_join(const char *folder, const char *name) {
  size_t n_folder = strlen(folder), n_name = strlen(name);
  bool slash = n_folder == 0 || folder[n_folder - 1] != '/';
  char *path = da_mem_alloc(n_folder + slash + n_name + 1, 1);
  if (!path) return NULL;
  memcpy(path, folder, n_folder);
  if (slash) path[n_folder] = '/';
  memcpy(path + n_folder + slash, name, n_name + 1);
  return path;
}

/* A folder of that name may be there already. */
static da_status make_folder(const char *path, da_error *err) {
  if (mkdir(path, 0777) == 0) return DA_OK;
  int reason = errno;
  struct stat info;
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return DA_OK;
  return da_file_fail(err, reason == EEXIST ? ENOTDIR : reason, "make the folder", path);
}

da_status da_path_make_parents(const char *path, da_error *err) {
  char *copy = da_mem_strdup(path);
  if (!copy) return da_mem_fail(err, strlen(path), 1, "a path");
  da_status status = DA_OK;
  for (char *slash = strchr(copy + 1, '/'); slash && status == DA_OK; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    status = make_folder(copy, err);
    *slash = '/';
  }
  da_mem_free(copy);
  return status;
}

da_status da_path_sync(const char *path, da_error *err) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return da_file_fail(err, errno, "open", path);
  int reason = fsync(file) == 0 ? 0 : errno;
  close(file);
  bool cannot = reason == EINVAL || reason == ENOTSUP || reason == ENOSYS; /* a file system without sync has done what it can */
  return reason == 0 || cannot ? DA_OK : da_file_fail(err, reason, "write", path);
}

da_status da_path_write(const char *path, const void *data, size_t n_bytes, da_error *err) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return da_file_fail(err, errno, "write", path);
  da_status status = da_file_write_at(file, path, data, n_bytes, 0, err);
  if (close(file) != 0 && status == DA_OK) status = da_file_fail(err, errno, "write", path);
  return status;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where) {
  (void)info, (void)kind, (void)where;
  (void)remove(path);
  return 0;
}

void da_path_remove(const char *path) { nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

void da_path_remove_in(const char *folder, const char *name) {
  char *path = da_path_join(folder, name);
  if (path) da_path_remove(path);
  da_mem_free(path);
}
