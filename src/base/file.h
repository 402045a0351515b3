/* Whole local files that the user named: a config, a model, a truth. What lies in a bucket goes through store/bucket.h. */
#ifndef DA_BASE_FILE_H
#define DA_BASE_FILE_H

#include <stdint.h>

#include "base/text.h"

/* DA_ERR_IO for an errno, with what can be done about it: "expected to be allowed to <action> <path> but found: ...". */
da_status da_file_fail(da_error *err, int error_number, const char *action, const char *path) DA_MUST_CHECK;

/* Appends the file's bytes to bytes. DA_ERR_IO, with the path and the reason. */
da_status da_file_read(const char *path, da_text *bytes, da_error *err) DA_MUST_CHECK;
/* The file holds these bytes or, after a fault, what it held before: they are written to PATH.part, synced, renamed. */
da_status da_file_write(const char *path, const da_text *bytes, da_error *err) DA_MUST_CHECK;
/* to, which must not exist yet, becomes another name of the file or, where the file system cannot do that, a copy. For files that are
 * replaced, never changed. */
da_status da_file_share(const char *from, const char *to, da_error *err) DA_MUST_CHECK;
/* All of the bytes from offset at of an open file, name standing in the message. */
da_status da_file_write_at(int file, const char *name, const void *bytes, size_t n_bytes, uint64_t at, da_error *err) DA_MUST_CHECK;

#endif
