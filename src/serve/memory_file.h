/* Bytes of a request or an answer as a file without a name, for DuckDB, which reads and writes files. Nothing comes to a disk. */
#ifndef DA_SERVE_MEMORY_FILE_H
#define DA_SERVE_MEMORY_FILE_H

#include "base/status.h"
#include "base/text.h"

typedef struct {
  int descriptor;
  char path[32]; /* good in this process until the file is closed */
} da_memory_file;

/* Holds the bytes; {0} for an empty one. DA_ERR_MEM when there is no room. Closed again where it fails. */
da_status da_memory_file_open(da_slice bytes, da_memory_file *file, da_error *err) DA_MUST_CHECK;
/* Appends what it holds now. */
da_status da_memory_file_read(const da_memory_file *file, da_text *bytes, da_error *err) DA_MUST_CHECK;
void da_memory_file_close(da_memory_file *file); /* once, after an open that succeeded */

#endif
