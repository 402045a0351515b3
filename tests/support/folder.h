/* A folder of its own for a test that writes files. */
#ifndef DA_TESTS_FOLDER_H
#define DA_TESTS_FOLDER_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/testing.h"

/* A new empty folder; folder_remove takes it away. */
static inline char *folder_make(void) {
  const char *parent = getenv("TMPDIR");
  char path[4096];
  snprintf(path, sizeof path, "%s/da-test-XXXXXX", parent ? parent : "/tmp");
  assert_non_null(mkdtemp(path));
  return strdup(path);
}

static inline int folder_remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
  (void)info, (void)kind, (void)place;
  return remove(path);
}

/* With everything in it; frees path. */
static inline void folder_remove(char *path) {
  assert_int_equal(nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
  free(path);
}

/* folder/name, in one of a few buffers that later calls use again. */
static inline const char *folder_path(const char *folder, const char *name) {
  static char paths[8][4096];
  static int next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

/* A file's bytes; the caller frees them. */
static inline unsigned char *folder_read(const char *path, size_t *n_bytes) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  *n_bytes = (size_t)ftell(file);
  rewind(file);
  unsigned char *bytes = malloc(*n_bytes + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *n_bytes, file), *n_bytes);
  bytes[*n_bytes] = 0;
  fclose(file);
  return bytes;
}

/* The path of a real input (see CONTRIBUTING.md); false, said, where it is not there. */
static inline bool folder_find_shared(const char *name, char *path, size_t n) {
  const char *shared = getenv("DA_SHARED");
  snprintf(path, n, "%s/data/%s", shared ? shared : "../shared", name);
  if (access(path, R_OK) == 0) return true;
  print_message("skipped: %s is not there\n", path);
  return false;
}

static inline void folder_write(const char *path, const void *bytes, size_t n_bytes) {
  unlink(path); /* a file system may sync one that is cut to nothing and written again, which takes its time */
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, n_bytes, file), n_bytes);
  assert_int_equal(fclose(file), 0);
}

#endif
