#include "store/bucket_s3_duck.h"

#include <string.h>

#include "store/duck.h"
#include "store/extensions.h"

/* For every connection of the session. httpfs waits without jitter; certificates are checked, which is not its default. */
static da_status set_options(const da_s3_settings *settings, bool with_patterns, da_db *db, da_error *err) {
  da_text sql = {0};
  da_text_printf(&sql,
                 "SET GLOBAL http_retries = %u; SET GLOBAL http_timeout = %u; SET GLOBAL http_retry_wait_ms = 200; SET GLOBAL "
                 "http_retry_backoff = 2; ",
                 settings->retries, settings->timeout_seconds);
  da_text_append(&sql, "SET GLOBAL enable_server_cert_verification = true; SET GLOBAL enable_curl_server_cert_verification = true; "
                       "SET GLOBAL enable_http_metadata_cache = true; ");
  da_text_printf(&sql, "SET GLOBAL s3_url_compatibility_mode = %s; ", with_patterns ? "false" : "true");
  if (settings->ca_file) {
    da_text_append(&sql, "SET GLOBAL ca_cert_file = ");
    da_sql_literal(&sql, settings->ca_file);
  }
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_run(db, da_text_cstr(&sql), err);
  da_text_free(&sql);
  return status;
}

static void add_parameter(da_text *sql, const char *name, const char *value) {
  da_text_printf(sql, ", %s ", name);
  da_sql_literal(sql, value);
}

static void print_secret(const da_s3_settings *settings, const da_s3_credentials *keys, da_text *sql) {
  da_text host = {0};
  da_s3_settings_host(settings, &host);
  da_text_append(sql, "CREATE OR REPLACE SECRET deepattribution (TYPE s3");
  if (!settings->anonymous) {
    add_parameter(sql, "KEY_ID", da_text_cstr(&keys->key_id));
    add_parameter(sql, "SECRET", da_text_cstr(&keys->secret));
    if (keys->token.length > 0) add_parameter(sql, "SESSION_TOKEN", da_text_cstr(&keys->token));
  }
  add_parameter(sql, "REGION", settings->region);
  add_parameter(sql, "ENDPOINT", da_text_cstr(&host));
  add_parameter(sql, "URL_STYLE", settings->path_style ? "path" : "vhost");
  da_text_printf(sql, ", USE_SSL %s", settings->use_ssl ? "true" : "false");
  if (settings->requester_pays) da_text_append(sql, ", REQUESTER_PAYS true");
  da_text_append(sql, ")");
  if (host.failed) sql->failed = true;
  da_text_free(&host);
}

da_status da_s3_duck_connect(da_s3_client *client, da_db *db, bool with_patterns, da_error *err) {
  da_s3_credentials keys = {0};
  da_text sql = {0};
  DA_TRY(da_extension_load(db, "httpfs", "to read s3://", err));
  DA_TRY(set_options(&client->settings, with_patterns, db, err));
  DA_TRY(da_s3_client_credentials(client, &keys, err));
  print_secret(&client->settings, &keys, &sql);
  da_status status = da_text_check(&sql, err);
  /* DuckDB's own message might quote the statement. */
  if (status == DA_OK && da_db_run(db, da_text_cstr(&sql), NULL) != DA_OK)
    status = da_fail(err, DA_ERR_INTERNAL, "expected DuckDB to take the keys for s3://%s but it refused", client->settings.name);
  if (sql.data) explicit_bzero(sql.data, sql.capacity);
  da_text_free(&sql);
  da_s3_credentials_free(&keys);
  return status;
}
