#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const status_names[] = {
    [DA_OK] = "ok",
    [DA_ERR_ARG] = "argument",
    [DA_ERR_CONFIG] = "config",
    [DA_ERR_DATA] = "data",
    [DA_ERR_IO] = "storage",
    [DA_ERR_MEM] = "memory",
    [DA_ERR_NUM] = "numeric",
    [DA_ERR_MPI] = "mpi",
    [DA_ERR_INTERRUPTED] = "interrupted",
    [DA_ERR_INTERNAL] = "internal",
};

const char *da_status_name(da_status code) {
  size_t n_names = sizeof status_names / sizeof status_names[0];
  return (size_t)code < n_names ? status_names[code] : "unknown";
}

da_status da_fail(da_error *err, da_status code, const char *format, ...) {
  if (!err) return code;
  err->code = code;
  va_list args;
  va_start(args, format);
  vsnprintf(err->msg, sizeof err->msg, format, args);
  va_end(args);
  return code;
}

da_status da_fail_context(da_error *err, da_status code, const char *format, ...) {
  if (!err) return code;
  da_error inner = *err;
  va_list args;
  va_start(args, format);
  vsnprintf(err->msg, sizeof err->msg, format, args);
  va_end(args);
  size_t used = strlen(err->msg);
  const char *parts[] = {": ", inner.msg};
  for (int i = 0; i < 2; i++) { /* what does not fit is cut off */
    size_t room = sizeof err->msg - 1 - used, length = strlen(parts[i]);
    if (length > room) length = room;
    memcpy(err->msg + used, parts[i], length);
    used += length;
  }
  err->msg[used] = 0;
  err->code = code;
  return code;
}
