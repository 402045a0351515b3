#include "store/bucket_s3_credentials.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/bucket_s3_profile.h"
#include "store/bucket_s3_xml.h"

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

static int64_t now_us(void) { return (int64_t)time(NULL) * 1000000; }

bool da_s3_credentials_are_old(const da_s3_credentials *credentials) {
  const int64_t margin_us = 5 * 60 * (int64_t)1000000;
  return credentials->expires_us != 0 && credentials->expires_us < now_us() + margin_us;
}

/* A secret is overwritten before its memory is given back. */
static void forget(da_text *text) {
  if (text->data) explicit_bzero(text->data, text->capacity);
  da_text_free(text);
}

void da_s3_credentials_free(da_s3_credentials *credentials) {
  forget(&credentials->key_id);
  forget(&credentials->secret);
  forget(&credentials->token);
  *credentials = (da_s3_credentials){0};
}

static da_status check(const da_s3_credentials *c, da_error *err) {
  DA_TRY(da_text_check(&c->key_id, err));
  DA_TRY(da_text_check(&c->secret, err));
  return da_text_check(&c->token, err);
}

static bool is_complete(const da_s3_credentials *c) { return c->key_id.length > 0 && c->secret.length > 0; }

/* ---- Keys that are written somewhere ---- */

static da_status from_environment(da_s3_credentials *c, da_error *err) {
  const char *key_id = variable("AWS_ACCESS_KEY_ID"), *secret = variable("AWS_SECRET_ACCESS_KEY"), *token = variable("AWS_SESSION_TOKEN");
  if (!key_id && !secret) return DA_OK;
  if (!key_id || !secret) {
    return da_fail(err, DA_ERR_IO, "expected both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment but found only %s",
                   key_id ? "the first" : "the second");
  }
  da_text_append(&c->key_id, key_id);
  da_text_append(&c->secret, secret);
  if (token) da_text_append(&c->token, token);
  c->source = "the environment";
  return check(c, err);
}

/* Ways into AWS that a profile may name and that need a program or a browser. */
static da_status refuse_other_ways(const char *profile, da_error *err) {
  static const char *const keys[] = {"sso_session", "sso_start_url", "credential_process", "source_profile", "login_session"};
  da_text value = {0};
  da_status status = DA_OK;
  for (size_t i = 0; i < sizeof keys / sizeof keys[0] && status == DA_OK; i++) {
    status = da_profile_read(profile, keys[i], &value, NULL, err);
    if (status == DA_OK && value.length > 0) {
      status = da_fail(err, DA_ERR_IO,
                       "expected keys in the AWS profile %.100s but found %s, which only the AWS command line follows; run eval \"$(aws "
                       "configure export-credentials --format env --profile %.100s)\" first",
                       profile, keys[i], profile);
    }
  }
  da_text_free(&value);
  return status;
}

static da_status from_profile(const char *profile, bool must_exist, da_s3_credentials *c, da_error *err) {
  bool exists;
  DA_TRY(da_profile_read(profile, "aws_access_key_id", &c->key_id, &exists, err));
  if (!exists && must_exist) {
    return da_fail(err, DA_ERR_IO, "expected an AWS profile %.100s in ~/.aws/credentials or ~/.aws/config but found none", profile);
  }
  DA_TRY(da_profile_read(profile, "aws_secret_access_key", &c->secret, NULL, err));
  DA_TRY(da_profile_read(profile, "aws_session_token", &c->token, NULL, err));
  c->source = "the profile";
  return exists && !is_complete(c) ? refuse_other_ways(profile, err) : DA_OK;
}

/* ---- Keys that are lent by a service ---- */

/* One request to a service; its answer must be 200. */
static da_status ask(const da_s3_settings *settings, da_http_request *request, uint32_t n_retries, const char *what, da_text *answer,
                     da_error *err) {
  da_http_options options = {.connect_seconds = 2, .idle_seconds = 10, .n_retries = n_retries, .ca_file = settings->ca_file};
  da_http http = {0};
  da_http_response response = {0};
  da_status status = da_http_open(&options, &http, err);
  if (status == DA_OK) status = da_http_send(&http, request, what, &response, err);
  if (status == DA_OK && response.code != 200) {
    da_text reason = {0};
    da_xml_find(da_text_cstr(&response.body), response.body.length, "Message", &reason);
    status = da_fail(err, DA_ERR_IO, "expected %s but the service answered %ld%s%.300s", what, response.code, reason.length ? ": " : "",
                     da_text_cstr(&reason));
    da_text_free(&reason);
  }
  if (status == DA_OK) {
    da_text_clear(answer);
    da_text_append_n(answer, da_text_cstr(&response.body), response.body.length);
    status = da_text_check(answer, err);
  }
  forget(&response.body);
  da_http_close(&http);
  return status;
}

static void take_json(const cJSON *root, const char *name, da_text *value) {
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, name));
  if (text) da_text_append(value, text);
}

/* {"AccessKeyId": ..., "SecretAccessKey": ..., "Token": ..., "Expiration": "2026-..."} */
static da_status read_lent_json(const da_text *json, const char *what, da_s3_credentials *c, da_error *err) {
  cJSON *root = cJSON_ParseWithLength(da_text_cstr(json), json->length);
  da_text expires = {0};
  take_json(root, "AccessKeyId", &c->key_id);
  take_json(root, "SecretAccessKey", &c->secret);
  take_json(root, "Token", &c->token);
  take_json(root, "Expiration", &expires);
  c->expires_us = da_xml_time_us(da_text_cstr(&expires));
  da_text_free(&expires);
  cJSON_Delete(root);
  DA_TRY(check(c, err));
  return is_complete(c) ? DA_OK : da_fail(err, DA_ERR_IO, "expected %s but the service's answer holds none", what);
}

static da_status read_token_file(const char *path, da_text *token, da_error *err) {
  DA_TRY(da_file_read(path, token, err));
  while (token->length > 0 && strchr(" \r\n", token->data[token->length - 1])) token->data[--token->length] = 0;
  return DA_OK;
}

/* AWS_ROLE_ARN, else the profile's role_arn, and so on: empty when there is none. */
static da_status find_setting(const char *name, const char *profile, const char *key, da_text *value, da_error *err) {
  da_text_clear(value);
  if (!variable(name)) return da_profile_read(profile, key, value, NULL, err);
  da_text_append(value, variable(name));
  return da_text_check(value, err);
}

static void take_xml(const da_text *xml, const char *name, da_text *value) { da_xml_find(da_text_cstr(xml), xml->length, name, value); }

static da_status exchange_token(const da_s3_settings *settings, const char *role, const char *session, const char *token,
                                da_s3_credentials *c, da_error *err) {
  static const char what[] = "keys for the web identity from STS";
  da_text url = {0}, form = {0}, answer = {0}, expires = {0};
  const char *endpoint = variable("AWS_ENDPOINT_URL_STS");
  if (endpoint)
    da_text_append(&url, endpoint);
  else
    da_text_printf(&url, "https://sts.%s.amazonaws.com/", settings->region);
  da_text_append(&form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=");
  da_http_encode(&form, role, false);
  da_text_append(&form, "&RoleSessionName=");
  da_http_encode(&form, *session ? session : "deepattribution", false);
  da_text_append(&form, "&WebIdentityToken=");
  da_http_encode(&form, token, false);
  da_status status = url.failed || form.failed ? da_mem_fail(err, 1, 4096, "a request to STS") : DA_OK;
  da_http_request request = {.method = "POST", .url = da_text_cstr(&url), .body = form.data, .n_body = form.length};
  if (status == DA_OK) status = ask(settings, &request, 4, what, &answer, err);
  if (status == DA_OK) {
    take_xml(&answer, "AccessKeyId", &c->key_id);
    take_xml(&answer, "SecretAccessKey", &c->secret);
    take_xml(&answer, "SessionToken", &c->token);
    take_xml(&answer, "Expiration", &expires);
    c->expires_us = da_xml_time_us(da_text_cstr(&expires));
    status = check(c, err);
  }
  if (status == DA_OK && !is_complete(c)) status = da_fail(err, DA_ERR_IO, "expected %s but its answer holds none", what);
  forget(&form);
  forget(&answer);
  da_text_free(&url);
  da_text_free(&expires);
  return status;
}

static da_status from_web_identity(const da_s3_settings *settings, da_s3_credentials *c, da_error *err) {
  da_text path = {0}, role = {0}, session = {0}, token = {0};
  da_status status = find_setting("AWS_WEB_IDENTITY_TOKEN_FILE", settings->profile, "web_identity_token_file", &path, err);
  if (status == DA_OK) status = find_setting("AWS_ROLE_ARN", settings->profile, "role_arn", &role, err);
  if (status == DA_OK) status = find_setting("AWS_ROLE_SESSION_NAME", settings->profile, "role_session_name", &session, err);
  if (status == DA_OK && path.length > 0 && role.length > 0) {
    c->source = "the web identity";
    status = read_token_file(da_text_cstr(&path), &token, err);
    if (status == DA_OK) status = exchange_token(settings, da_text_cstr(&role), da_text_cstr(&session), da_text_cstr(&token), c, err);
  }
  forget(&token);
  da_text_free(&session);
  da_text_free(&role);
  da_text_free(&path);
  return status;
}

static da_status from_container(const da_s3_settings *settings, da_s3_credentials *c, da_error *err) {
  static const char what[] = "keys of the container's role";
  const char *relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), *full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  const char *token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"), *token_file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!relative && !full) return DA_OK;
  da_text url = {0}, header = {0}, text = {0}, answer = {0};
  da_text_printf(&url, "%s%s", relative ? "http://169.254.170.2" : "", relative ? relative : full);
  da_status status = da_text_check(&url, err);
  if (status == DA_OK && token_file) status = read_token_file(token_file, &text, err);
  if (token && !token_file) da_text_append(&text, token);
  da_text_printf(&header, "Authorization: %s", da_text_cstr(&text));
  da_http_request request = {.method = "GET", .url = da_text_cstr(&url), .headers = {da_text_cstr(&header)}, .n_headers = text.length > 0};
  c->source = "the container's role";
  if (status == DA_OK) status = ask(settings, &request, 4, what, &answer, err);
  if (status == DA_OK) status = read_lent_json(&answer, what, c, err);
  forget(&answer);
  forget(&header);
  forget(&text);
  da_text_free(&url);
  return status;
}

/* IMDSv2: a token first, then the name of the role, then its keys. */
static da_status from_instance(const da_s3_settings *settings, da_s3_credentials *c, da_error *err) {
  static const char what[] = "keys of the instance's role", path[] = "/latest/meta-data/iam/security-credentials/";
  const char *disabled = variable("AWS_EC2_METADATA_DISABLED"), *endpoint = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (disabled && strcasecmp(disabled, "true") == 0) return DA_OK;
  if (!endpoint) endpoint = "http://169.254.169.254";
  size_t n_endpoint = strlen(endpoint);
  while (n_endpoint > 0 && endpoint[n_endpoint - 1] == '/') n_endpoint--;
  da_text url = {0}, header = {0}, answer = {0};
  da_text_printf(&url, "%.*s/latest/api/token", (int)n_endpoint, endpoint);
  da_http_request request = {
      .method = "PUT", .url = da_text_cstr(&url), .headers = {"X-aws-ec2-metadata-token-ttl-seconds: 21600"}, .n_headers = 1};
  if (ask(settings, &request, 0, what, &answer, NULL) != DA_OK) { /* most machines are no EC2 instances */
    da_text_free(&url);
    da_text_free(&answer);
    return DA_OK;
  }
  c->source = "the instance's role";
  da_text_printf(&header, "X-aws-ec2-metadata-token: %s", da_text_cstr(&answer));
  da_text_clear(&url);
  da_text_printf(&url, "%.*s%s", (int)n_endpoint, endpoint, path);
  request = (da_http_request){.method = "GET", .url = da_text_cstr(&url), .headers = {da_text_cstr(&header)}, .n_headers = 1};
  da_status status = ask(settings, &request, 4, what, &answer, err);
  if (status == DA_OK) {
    da_text_append_n(&url, da_text_cstr(&answer), strcspn(da_text_cstr(&answer), "\r\n"));
    request.url = da_text_cstr(&url);
    status = ask(settings, &request, 4, what, &answer, err);
  }
  if (status == DA_OK) status = read_lent_json(&answer, what, c, err);
  forget(&answer);
  forget(&header);
  da_text_free(&url);
  return status;
}

/* ---- The chain ---- */

static da_status find(const da_s3_settings *settings, da_s3_credentials *c, da_error *err) {
  bool profile_is_named = strcmp(settings->profile, "default") != 0;
  if (!settings->profile_is_chosen) DA_TRY(from_environment(c, err));
  if (!is_complete(c)) DA_TRY(from_web_identity(settings, c, err));
  if (!is_complete(c)) DA_TRY(from_profile(settings->profile, profile_is_named, c, err));
  if (!is_complete(c)) DA_TRY(from_container(settings, c, err));
  if (!is_complete(c)) DA_TRY(from_instance(settings, c, err));
  if (is_complete(c)) return DA_OK;
  return da_fail(err, DA_ERR_IO,
                 "expected AWS keys for s3://%s but found none in the environment, in the profile %s of ~/.aws, nor as the role of a "
                 "container or instance; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or s3.anonymous for a public bucket",
                 settings->name, settings->profile);
}

da_status da_s3_credentials_find(const da_s3_settings *settings, da_s3_credentials *credentials, da_error *err) {
  *credentials = (da_s3_credentials){0};
  da_status status = find(settings, credentials, err);
  if (status != DA_OK) da_s3_credentials_free(credentials);
  return status;
}
