#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

da_status da_file_fail(da_error *err, int error_number, const char *action, const char *path) {
  switch (error_number) {
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
    return da_fail(err, DA_ERR_IO, "expected room on the disk but it is full: could not %s %s; free some and run again", action, path);
  case EACCES:
  case EPERM:
  case EROFS:
    return da_fail(err, DA_ERR_IO, "expected to be allowed to %s %s but found: %s; change its rights or choose another place", action, path,
                   strerror(error_number));
  default:
    return da_fail(err, DA_ERR_IO, "expected to %s %s but found: %s", action, path, strerror(error_number));
  }
}

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

/* errno on failure. */
static bool copy(const char *from, const char *to) {
  int in = open(from, O_RDONLY | O_CLOEXEC), out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  ssize_t n = out < 0 ? -1 : 1;
  while (n > 0) n = sendfile(out, in, NULL, 1 << 24);
  int reason = errno;
  if (in >= 0) close(in);
  if (out >= 0 && close(out) != 0 && n == 0) n = -1, reason = errno;
  errno = reason;
  return n == 0;
}

da_status da_file_share(const char *from, const char *to, da_error *err) {
  if (link(from, to) == 0 || copy(from, to)) return DA_OK;
  return da_file_fail(err, errno, "write", to);
}

da_status da_file_write_at(int file, const char *name, const void *bytes, size_t n_bytes, uint64_t at, da_error *err) {
  for (size_t done = 0; done < n_bytes;) {
    ssize_t n = pwrite(file, (const char *)bytes + done, n_bytes - done, (off_t)(at + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return da_file_fail(err, errno, "write", name);
    done += (size_t)n;
  }
  return DA_OK;
}
