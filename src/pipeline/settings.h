/* Where the settings of a run come from, in order: defaults, the bucket's config.yaml or a file, then "key=value" texts. */
#ifndef DA_PIPELINE_SETTINGS_H
#define DA_PIPELINE_SETTINGS_H

#include <stdbool.h>

#include "store/bucket.h"
#include "store/config.h"

/* path: a local file instead of the bucket's config.yaml (NULL: the bucket's, when it has one). bucket: NULL allowed. Checks the whole.
 * config must have been through da_config_init; it stays the caller's on failure too. */
da_status da_settings_read(const da_bucket *bucket, const char *path, const char *const *assignments, size_t n_assignments,
                           da_config *config, da_error *err) DA_MUST_CHECK;

/* Opens location, or, when it is NULL, bucket_nm: the name of an S3 bucket, as the original has it, or a folder. Where a bucket is must
 * be known before its config.yaml can be read, so only the file at path and the assignments say how to reach it (section s3:). */
da_status da_settings_open_bucket(const char *location, bool make, const char *path, const char *const *assignments, size_t n_assignments,
                                  da_bucket **bucket, da_error *err) DA_MUST_CHECK;

#endif
