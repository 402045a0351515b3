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
  char message[sizeof err->msg];
  memcpy(message, err->msg, sizeof message);
  va_list args;
  va_start(args, format);
  int n = vsnprintf(err->msg, sizeof err->msg, format, args);
  va_end(args);
  if (n >= 0 && (size_t)n < sizeof err->msg) snprintf(err->msg + n, sizeof err->msg - (size_t)n, ": %s", message);
  err->code = code;
  return code;
}
