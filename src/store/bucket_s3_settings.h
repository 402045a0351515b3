/* Private to the S3 bucket: where a bucket is and how to talk to it.
 *
 * In order: the section s3: of the settings, the environment (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION,
 * AWS_PROFILE, AWS_CA_BUNDLE), the profile in ~/.aws, AWS's own defaults. */
#ifndef DA_STORE_BUCKET_S3_SETTINGS_H
#define DA_STORE_BUCKET_S3_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "store/config.h"

typedef struct {
  char *name;     /* of the bucket */
  char *prefix;   /* "" or "a/b/" */
  char *endpoint; /* host[:port]; NULL: AWS, by region */
  char *region;
  char *profile;
  char *ca_file;          /* NULL: the system's */
  bool region_is_chosen;  /* by the user; otherwise the bucket's own word counts */
  bool profile_is_chosen; /* by s3.profile: it comes before keys in the environment */
  bool use_ssl, path_style, requester_pays, anonymous;
  uint32_t timeout_seconds, retries;
  uint64_t part_bytes;
} da_s3_settings;

/* "s3://..." */
bool da_s3_is_location(const char *location);
/* Valid as {0}; DA_ERR_ARG or DA_ERR_CONFIG for a name or a setting that cannot be. config NULL: all defaults. */
da_status da_s3_settings_read(const char *location, const da_config_s3 *config, da_s3_settings *settings, da_error *err) DA_MUST_CHECK;
void da_s3_settings_free(da_s3_settings *settings);
da_status da_s3_settings_set_region(da_s3_settings *settings, const char *region, da_error *err) DA_MUST_CHECK;

/* host[:port] of the endpoint, without the bucket's name. */
void da_s3_settings_host(const da_s3_settings *settings, da_text *host);
/* "https://bucket.s3.region.amazonaws.com/prefix/key?query"; key "": the bucket itself; query NULL: none, else already encoded and
 * sorted. */
void da_s3_settings_url(const da_s3_settings *settings, const char *key, const char *query, da_text *url);

#endif
