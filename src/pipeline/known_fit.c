#include "pipeline/known_fit.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "pipeline/pipeline.h"

da_status da_known_fit_read(const char *model_path, da_text *json, da_error *err) {
  const char *slash = strrchr(model_path, '/');
  da_text path = {0};
  da_text_printf(&path, "%.*s%s", slash ? (int)(slash + 1 - model_path) : 0, model_path, strrchr(DA_KEY_INCREMENTAL, '/') + 1);
  da_status status = da_text_check(&path, err);
  if (status == DA_OK && access(da_text_cstr(&path), F_OK) == 0) status = da_file_read(da_text_cstr(&path), json, err);
  da_text_free(&path);
  return status;
}
