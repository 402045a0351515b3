#include "pipeline/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static da_status read_file(const char *path, da_text *text, da_error *err) {
  FILE *file = fopen(path, "rb");
  if (!file) return da_fail(err, DA_ERR_CONFIG, "expected settings in %s but found: %s", path, strerror(errno));
  char piece[4096];
  size_t n;
  while ((n = fread(piece, 1, sizeof piece, file)) > 0) da_text_append_n(text, piece, n);
  bool failed = ferror(file) != 0;
  fclose(file);
  if (failed) return da_fail(err, DA_ERR_CONFIG, "expected to read settings from %s but reading failed", path);
  return da_text_check(text, err);
}

static da_status read_yaml(const da_bucket *bucket, const char *path, da_config *config, da_error *err) {
  const char *name = path ? path : "config.yaml";
  bool exists = path != NULL;
  if (!path && bucket) DA_TRY(da_bucket_exists(bucket, name, &exists, err));
  if (!exists) return DA_OK;
  da_text yaml = {0};
  da_status status = path ? read_file(path, &yaml, err) : da_bucket_get(bucket, name, &yaml, err);
  if (status == DA_OK) status = da_config_read(config, name, da_text_cstr(&yaml), yaml.length, err);
  da_text_free(&yaml);
  return status;
}

da_status da_settings_read(const da_bucket *bucket, const char *path, const char *const *assignments, size_t n_assignments,
                           da_config *config, da_error *err) {
  DA_TRY(read_yaml(bucket, path, config, err));
  for (size_t i = 0; i < n_assignments; i++) DA_TRY(da_config_set(config, assignments[i], err));
  return da_config_check(config, err);
}
