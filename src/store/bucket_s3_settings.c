#include "store/bucket_s3_settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/bucket_s3_http.h"
#include "store/bucket_s3_profile.h"

static const char scheme[] = "s3://";

bool da_s3_is_location(const char *location) { return strncmp(location, scheme, sizeof scheme - 1) == 0; }

static da_status copy(char **to, const char *text, size_t length, da_error *err) {
  da_mem_free(*to);
  *to = da_mem_strndup(text, length);
  return *to ? DA_OK : da_mem_fail(err, length, 1, "the settings of S3");
}

/* The first of two environment variables that says something; NULL. */
static const char *from_environment(const char *first, const char *second) {
  const char *value = getenv(first);
  if (!value || !*value) value = second ? getenv(second) : NULL;
  return value && *value ? value : NULL;
}

/* What a bucket may be called: 3 to 63 of a-z, 0-9, '-' and '.' (older buckets have capitals and '_', too). */
static bool is_bucket_name(const char *name, size_t length) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return length >= 3 && length <= 255 && strspn(name, allowed) >= length;
}

/* s3://name[/prefix]; the prefix gets a closing '/'. */
static da_status read_location(const char *location, da_s3_settings *settings, da_error *err) {
  const char *name = location + sizeof scheme - 1;
  size_t n_name = strcspn(name, "/");
  if (!is_bucket_name(name, n_name)) {
    return da_fail(err, DA_ERR_ARG, "expected s3://NAME or s3://NAME/PREFIX, with 3 or more letters, digits, '-' or '.', but found %s",
                   location);
  }
  DA_TRY(copy(&settings->name, name, n_name, err));
  const char *prefix = name + n_name + strspn(name + n_name, "/");
  size_t n_prefix = strlen(prefix);
  while (n_prefix > 0 && prefix[n_prefix - 1] == '/') n_prefix--;
  da_text with_slash = {0};
  da_text_append_n(&with_slash, prefix, n_prefix);
  if (n_prefix > 0) da_text_append(&with_slash, "/");
  da_status status = da_text_check(&with_slash, err);
  if (status == DA_OK) status = copy(&settings->prefix, da_text_cstr(&with_slash), with_slash.length, err);
  da_text_free(&with_slash);
  return status;
}

static da_status read_profile_value(const da_s3_settings *settings, const char *key, char **value, da_error *err) {
  da_text text = {0};
  da_status status = da_profile_read(settings->profile, key, &text, NULL, err);
  if (status == DA_OK && text.length > 0) status = copy(value, da_text_cstr(&text), text.length, err);
  da_text_free(&text);
  return status;
}

da_status da_s3_settings_set_region(da_s3_settings *settings, const char *region, da_error *err) {
  return copy(&settings->region, region, strlen(region), err);
}

static da_status read_region(const da_config_s3 *config, da_s3_settings *settings, da_error *err) {
  const char *region = config && config->region ? config->region : from_environment("AWS_REGION", "AWS_DEFAULT_REGION");
  if (region) DA_TRY(da_s3_settings_set_region(settings, region, err));
  if (!settings->region) DA_TRY(read_profile_value(settings, "region", &settings->region, err));
  settings->region_is_chosen = settings->region != NULL;
  return settings->region ? DA_OK : da_s3_settings_set_region(settings, "us-east-1", err);
}

/* "http://host:port/" or "host:port"; a scheme says more than use_ssl. */
static da_status take_endpoint(const char *text, da_s3_settings *settings, da_error *err) {
  static const char plain[] = "http://", secure[] = "https://";
  if (strncmp(text, plain, sizeof plain - 1) == 0) {
    settings->use_ssl = false;
    text += sizeof plain - 1;
  } else if (strncmp(text, secure, sizeof secure - 1) == 0) {
    settings->use_ssl = true;
    text += sizeof secure - 1;
  }
  size_t n = strcspn(text, "/");
  if (n == 0 || text[n + strspn(text + n, "/")]) {
    return da_fail(err, DA_ERR_CONFIG, "expected the S3 endpoint as HOST or HOST:PORT but found '%.200s'", text);
  }
  return copy(&settings->endpoint, text, n, err);
}

static da_status read_endpoint(const da_config_s3 *config, da_s3_settings *settings, da_error *err) {
  const char *chosen = config && config->endpoint ? config->endpoint : from_environment("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
  if (chosen) return take_endpoint(chosen, settings, err);
  char *of_profile = NULL;
  da_status status = read_profile_value(settings, "endpoint_url", &of_profile, err);
  if (status == DA_OK && of_profile) status = take_endpoint(of_profile, settings, err);
  da_mem_free(of_profile);
  return status;
}

/* AWS wants the bucket in the host's name, other servers mostly in the path; a certificate for *.host does not cover a name with dots. */
static da_status read_style(const da_config_s3 *config, da_s3_settings *settings, da_error *err) {
  const char *style = config ? config->url_style : NULL;
  settings->path_style = settings->endpoint || (settings->use_ssl && strchr(settings->name, '.'));
  if (!style) return DA_OK;
  settings->path_style = strcmp(style, "path") == 0;
  if (settings->path_style || strcmp(style, "vhost") == 0) return DA_OK;
  return da_fail(err, DA_ERR_CONFIG, "expected s3.url_style to be vhost or path but found '%.60s'", style);
}

static da_status read_all(const char *location, const da_config_s3 *config, da_s3_settings *settings, da_error *err) {
  DA_TRY(read_location(location, settings, err));
  const char *profile = config && config->profile ? config->profile : from_environment("AWS_PROFILE", "AWS_DEFAULT_PROFILE");
  settings->profile_is_chosen = config && config->profile;
  if (!profile) profile = "default";
  DA_TRY(copy(&settings->profile, profile, strlen(profile), err));
  const char *ca_file = from_environment("AWS_CA_BUNDLE", "CURL_CA_BUNDLE");
  if (ca_file) DA_TRY(copy(&settings->ca_file, ca_file, strlen(ca_file), err));
  DA_TRY(read_region(config, settings, err));
  DA_TRY(read_endpoint(config, settings, err));
  return read_style(config, settings, err);
}

da_status da_s3_settings_read(const char *location, const da_config_s3 *config, da_s3_settings *settings, da_error *err) {
  da_config defaults;
  da_config_init(&defaults);
  if (!config) config = &defaults.s3;
  *settings = (da_s3_settings){.use_ssl = config->use_ssl,
                               .requester_pays = config->requester_pays,
                               .anonymous = config->anonymous,
                               .timeout_seconds = config->timeout_seconds,
                               .retries = config->retries,
                               .part_bytes = config->part_bytes};
  da_status status = read_all(location, config, settings, err);
  da_config_free(&defaults);
  if (status != DA_OK) da_s3_settings_free(settings);
  return status;
}

void da_s3_settings_free(da_s3_settings *settings) {
  da_mem_free(settings->name);
  da_mem_free(settings->prefix);
  da_mem_free(settings->endpoint);
  da_mem_free(settings->region);
  da_mem_free(settings->profile);
  da_mem_free(settings->ca_file);
  *settings = (da_s3_settings){0};
}

void da_s3_settings_host(const da_s3_settings *settings, da_text *host) {
  const char *region = settings->region;
  if (settings->endpoint)
    da_text_append(host, settings->endpoint);
  else
    da_text_printf(host, "s3.%s.amazonaws.com%s", region, strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
}

void da_s3_settings_url(const da_s3_settings *settings, const char *key, const char *query, da_text *url) {
  da_text_append(url, settings->use_ssl ? "https://" : "http://");
  if (!settings->path_style) da_text_printf(url, "%s.", settings->name);
  da_s3_settings_host(settings, url);
  da_text_append(url, "/");
  if (settings->path_style) da_text_append(url, settings->name);
  if (*key) {
    if (settings->path_style) da_text_append(url, "/");
    da_http_encode(url, settings->prefix, true);
    da_http_encode(url, key, true);
  }
  if (query) da_text_printf(url, "?%s", query);
}
