#include "serve/memory_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static da_status fail(da_error *err) {
  return da_fail(err, DA_ERR_MEM, "expected to keep a request in memory but found: %s", strerror(errno));
}

static da_status write_all(int descriptor, da_slice bytes, da_error *err) {
  for (size_t done = 0; done < bytes.length;) {
    const ssize_t n = write(descriptor, bytes.data + done, bytes.length - done);
    if (n < 0 && errno != EINTR) return fail(err);
    if (n > 0) done += (size_t)n;
  }
  return DA_OK;
}

da_status da_memory_file_open(da_slice bytes, da_memory_file *file, da_error *err) {
  file->descriptor = memfd_create("request", MFD_CLOEXEC);
  if (file->descriptor < 0) return fail(err);
  snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->descriptor);
  const da_status status = write_all(file->descriptor, bytes, err);
  if (status != DA_OK) da_memory_file_close(file);
  return status;
}

da_status da_memory_file_read(const da_memory_file *file, da_text *bytes, da_error *err) {
  char piece[1 << 16];
  for (off_t done = 0;;) {
    const ssize_t n = pread(file->descriptor, piece, sizeof piece, done);
    if (n < 0 && errno != EINTR) return fail(err);
    if (n == 0) return da_text_check(bytes, err);
    if (n > 0) {
      da_text_append_n(bytes, piece, (size_t)n);
      done += n;
    }
  }
}

void da_memory_file_close(da_memory_file *file) { close(file->descriptor); }
