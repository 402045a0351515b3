#include "pipeline/settings.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

/* A file of settings that cannot be read is a fault of the call. */
static da_status read_file(const char *path, da_text *text, da_error *err) {
  da_status status = da_file_read(path, text, err);
  if (status != DA_ERR_IO) return status;
  if (err) err->code = DA_ERR_CONFIG;
  return DA_ERR_CONFIG;
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

/* A folder of that name wins: a name without '/' may be either. */
static const char *find_location(const char *location, const char *bucket_nm, da_text *url) {
  struct stat info;
  if (location) return location;
  if (strchr(bucket_nm, '/') || stat(bucket_nm, &info) == 0) return bucket_nm;
  da_text_printf(url, "s3://%s", bucket_nm);
  return da_text_cstr(url);
}

da_status da_settings_open_bucket(const char *location, bool make, const char *path, const char *const *assignments, size_t n_assignments,
                                  da_bucket **bucket, da_error *err) {
  *bucket = NULL;
  da_config config;
  da_config_init(&config);
  da_text url = {0};
  da_status status = read_yaml(NULL, path, &config, err);
  for (size_t i = 0; i < n_assignments && status == DA_OK; i++) status = da_config_set(&config, assignments[i], err);
  if (status == DA_OK && !location && !config.bucket_nm) {
    status = da_fail(err, path ? DA_ERR_CONFIG : DA_ERR_ARG, "expected BUCKET, or bucket_nm in %s, but found neither",
                     path ? path : "the file after --config");
  }
  if (status == DA_OK) {
    const char *where = find_location(location, config.bucket_nm, &url);
    status = da_text_check(&url, err);
    if (status == DA_OK) status = da_bucket_open_with(where, &(da_bucket_options){.make = make, .s3 = &config.s3}, bucket, err);
  }
  da_text_free(&url);
  da_config_free(&config);
  return status;
}
