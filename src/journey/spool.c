#include "journey/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

da_status da_spool_open(da_spool *spool, const char *folder, da_error *err) {
  *spool = (da_spool){.folder = folder, .file = -1};
  spool->block = da_mem_alloc(DA_SPOOL_BLOCK_BYTES, 1);
  if (!spool->block) return da_mem_fail(err, DA_SPOOL_BLOCK_BYTES, 1, "a buffer of journeys put aside");
  return DA_OK;
}

void da_spool_close(da_spool *spool) {
  if (spool->block && spool->file >= 0) close(spool->file);
  da_mem_free(spool->block);
  *spool = (da_spool){0};
}

static da_status create_file(da_spool *spool, da_error *err) {
  da_text path = {0};
  da_text_printf(&path, "%s/spool-XXXXXX", spool->folder);
  da_status status = da_text_check(&path, err);
  if (status == DA_OK) {
    spool->file = mkostemp(path.data, O_CLOEXEC);
    if (spool->file < 0) {
      status = da_fail(err, DA_ERR_IO, "expected to put journeys aside in %s but found: %s", spool->folder, strerror(errno));
    } else {
      unlink(path.data);
    }
  }
  da_text_free(&path);
  return status;
}

static da_status flush(da_spool *spool, da_error *err) {
  if (spool->file < 0) DA_TRY(create_file(spool, err));
  for (size_t done = 0; done < spool->used;) {
    ssize_t n = write(spool->file, spool->block + done, spool->used - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return da_fail(err, DA_ERR_IO, "expected to put journeys aside in %s but found: %s", spool->folder, strerror(errno));
    done += (size_t)n;
  }
  spool->used = 0;
  return DA_OK;
}

da_status da_spool_append_slow(da_spool *spool, const void *bytes, size_t n_bytes, da_error *err) {
  const unsigned char *rest = bytes;
  while (n_bytes) {
    if (spool->used == DA_SPOOL_BLOCK_BYTES) DA_TRY(flush(spool, err));
    size_t room = DA_SPOOL_BLOCK_BYTES - spool->used, n = n_bytes < room ? n_bytes : room;
    memcpy(spool->block + spool->used, rest, n);
    spool->used += n;
    spool->n_bytes += n;
    rest += n;
    n_bytes -= n;
  }
  return DA_OK;
}

da_status da_spool_rewind(da_spool *spool, da_error *err) {
  spool->read_bytes = 0;
  if (spool->file < 0) return DA_OK;
  if (spool->used) DA_TRY(flush(spool, err));
  if (lseek(spool->file, 0, SEEK_SET) != 0)
    return da_fail(err, DA_ERR_IO, "expected to read back from %s but found: %s", spool->folder, strerror(errno));
  return DA_OK;
}

da_status da_spool_next(da_spool *spool, void **block, size_t *n_bytes, da_error *err) {
  uint64_t left = spool->n_bytes - spool->read_bytes;
  size_t n = left < DA_SPOOL_BLOCK_BYTES ? (size_t)left : DA_SPOOL_BLOCK_BYTES;
  for (size_t done = spool->file < 0 ? n : 0; done < n;) {
    ssize_t got = read(spool->file, spool->block + done, n - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return da_fail(err, DA_ERR_IO, "expected to read back from %s but found: %s", spool->folder,
                     got < 0 ? strerror(errno) : "an early end");
    }
    done += (size_t)got;
  }
  spool->read_bytes += n;
  *block = spool->block;
  *n_bytes = n;
  return DA_OK;
}
