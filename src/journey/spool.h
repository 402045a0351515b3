/* Bytes put aside in order and read back in order: in memory while they are few, else in a file without a name.
 *
 *   append, append, ... -> rewind -> next, next, ... (end) [-> rewind -> next ...]
 *
 * The file is unlinked as soon as it exists, so nothing of it is left behind whatever happens. */
#ifndef DA_JOURNEY_SPOOL_H
#define DA_JOURNEY_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"

/* A block holds a whole number of items of any size that divides it: items of 1, 4 or 8 bytes never straddle two. */
enum { DA_SPOOL_BLOCK_BYTES = 1 << 20 };

typedef struct {
  const char *folder;   /* where the file goes; the caller's, must outlive the spool */
  unsigned char *block; /* what is not in the file yet; then the block last read */
  size_t used;          /* bytes of block in use */
  uint64_t n_bytes;     /* appended so far */
  uint64_t read_bytes;  /* handed out since the last rewind */
  int file;             /* -1: everything is in block */
} da_spool;

/* Valid for da_spool_close even when it fails. */
da_status da_spool_open(da_spool *spool, const char *folder, da_error *err) DA_MUST_CHECK;
void da_spool_close(da_spool *spool); /* {0} allowed, and a second call */

/* Of da_spool_append: the part that touches the file. */
da_status da_spool_append_slow(da_spool *spool, const void *bytes, size_t n_bytes, da_error *err) DA_MUST_CHECK;

static inline da_status da_spool_append(da_spool *spool, const void *bytes, size_t n_bytes, da_error *err) {
  if (n_bytes > DA_SPOOL_BLOCK_BYTES - spool->used) return da_spool_append_slow(spool, bytes, n_bytes, err);
  memcpy(spool->block + spool->used, bytes, n_bytes);
  spool->used += n_bytes;
  spool->n_bytes += n_bytes;
  return DA_OK;
}

/* Back to the first byte; nothing can be appended any more. */
da_status da_spool_rewind(da_spool *spool, da_error *err) DA_MUST_CHECK;
/* The next block, full but for the last; n_bytes 0 at the end. The caller may change the bytes until the next call; whether a later
 * rewind sees the changes is not defined. */
da_status da_spool_next(da_spool *spool, void **block, size_t *n_bytes, da_error *err) DA_MUST_CHECK;

#endif
