#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

da_status da_file_read(const char *path, da_text *bytes, da_error *err) {
  FILE *file = fopen(path, "rb");
  if (!file) return da_fail(err, DA_ERR_IO, "expected to read %s but found: %s", path, strerror(errno));
  char piece[1 << 14];
  size_t n;
  errno = 0;
  while ((n = fread(piece, 1, sizeof piece, file)) > 0) da_text_append_n(bytes, piece, n);
  bool failed = ferror(file) != 0;
  const char *reason = strerror(errno); /* of a folder: fopen takes it, reading does not */
  fclose(file);
  if (failed) return da_fail(err, DA_ERR_IO, "expected to read %s but found: %s", path, reason);
  return da_text_check(bytes, err);
}

static bool write_and_sync(const char *path, const da_text *bytes) {
  FILE *file = fopen(path, "wb");
  if (!file) return false;
  bool done = fwrite(da_text_cstr(bytes), 1, bytes->length, file) == bytes->length;
  done = done && fflush(file) == 0 && fsync(fileno(file)) == 0;
  return fclose(file) == 0 && done;
}

da_status da_file_write(const char *path, const da_text *bytes, da_error *err) {
  DA_TRY(da_text_check(bytes, err));
  da_text part = {0};
  da_text_printf(&part, "%s.part", path);
  da_status status = da_text_check(&part, err);
  if (status == DA_OK && (!write_and_sync(part.data, bytes) || rename(part.data, path) != 0)) {
    status = da_fail(err, DA_ERR_IO, "expected to write %s but found: %s", path, strerror(errno));
    unlink(part.data);
  }
  da_text_free(&part);
  return status;
}
