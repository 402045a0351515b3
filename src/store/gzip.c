#include "store/gzip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

enum { IN_BYTES = 1 << 16, OUT_BYTES = 1 << 18 };

typedef struct {
  FILE *file;
  const char *name;
  z_stream stream;
  unsigned char *in, *out;
  uint64_t n_read;
} unpacker;

static void *allocate(void *context, unsigned n, unsigned item_bytes) {
  (void)context;
  return da_mem_alloc(n, item_bytes);
}

static void give_back(void *context, void *block) {
  (void)context;
  da_mem_free(block);
}

/* More input if there is none left; avail_in stays 0 at the end of the file. */
static da_status refill(unpacker *u, da_error *err) {
  if (u->stream.avail_in > 0) return DA_OK;
  size_t n = fread(u->in, 1, IN_BYTES, u->file);
  if (n == 0 && ferror(u->file)) return da_fail(err, DA_ERR_IO, "expected to read %s but found: %s", u->name, strerror(errno));
  u->stream.next_in = u->in;
  u->stream.avail_in = (unsigned)n;
  u->n_read += n;
  return DA_OK;
}

static da_status refuse(const unpacker *u, const char *what, da_error *err) {
  return da_fail(err, DA_ERR_DATA, "expected a whole gzip file but %s %s after %llu bytes; get it again", u->name, what,
                 (unsigned long long)(u->n_read - u->stream.avail_in));
}

/* One member: a header, packed data, and the length and checksum of what was packed. */
static da_status check_member(unpacker *u, const da_monitor *monitor, da_error *err) {
  for (;;) {
    DA_TRY(refill(u, err));
    DA_TRY(da_monitor_check(monitor, "checking the log", err));
    if (u->stream.avail_in == 0) return refuse(u, "ends", err);
    u->stream.next_out = u->out;
    u->stream.avail_out = OUT_BYTES;
    int code = inflate(&u->stream, Z_NO_FLUSH);
    if (code == Z_STREAM_END) return DA_OK;
    if (code == Z_MEM_ERROR) return da_mem_fail(err, 1, OUT_BYTES, "unpacking");
    if (code != Z_OK) return refuse(u, "is damaged", err);
  }
}

/* gzip files may be put one behind another; zeros behind the last are padding of tapes. */
static da_status check_members(unpacker *u, const da_monitor *monitor, da_error *err) {
  do {
    DA_TRY(check_member(u, monitor, err));
    if (inflateReset(&u->stream) != Z_OK) return da_fail(err, DA_ERR_INTERNAL, "zlib refused to begin again");
    DA_TRY(refill(u, err));
  } while (u->stream.avail_in > 0 && *u->stream.next_in != 0);
  return DA_OK;
}

da_status da_gzip_check(const char *path, const char *name, const da_monitor *monitor, da_error *err) {
  unpacker u = {.name = name, .stream = {.zalloc = allocate, .zfree = give_back}};
  const int gzip_only = 15 + 16; /* the largest window, and no other format */
  u.file = fopen(path, "rb");
  if (!u.file) return da_fail(err, DA_ERR_IO, "expected to read %s but found: %s", name, strerror(errno));
  u.in = da_mem_alloc(1, IN_BYTES);
  u.out = da_mem_alloc(1, OUT_BYTES);
  da_status status = DA_OK;
  if (!u.in || !u.out || inflateInit2(&u.stream, gzip_only) != Z_OK)
    status = da_mem_fail(err, 1, IN_BYTES + OUT_BYTES, "unpacking");
  else
    status = check_members(&u, monitor, err);
  inflateEnd(&u.stream);
  da_mem_free(u.in);
  da_mem_free(u.out);
  fclose(u.file);
  return status;
}
