#include "serve/request.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "journey/vocabulary.h"

/* JSON numbers arrive as doubles: whole numbers up to 2^53 are exact. */
static const double LARGEST_WHOLE = 9007199254740992.;

static bool is_whole(const cJSON *item) {
  return cJSON_IsNumber(item) && item->valuedouble == floor(item->valuedouble) && fabs(item->valuedouble) <= LARGEST_WHOLE;
}

static const char *kind_of(const cJSON *item) {
  if (!item) return "nothing";
  if (cJSON_IsArray(item)) return cJSON_GetArraySize(item) ? "a list with something else" : "an empty list";
  if (cJSON_IsString(item)) return "a text";
  if (cJSON_IsNumber(item)) return "a number";
  if (cJSON_IsObject(item)) return "an object";
  return cJSON_IsNull(item) ? "null" : "true or false";
}

DA_MUST_CHECK static da_status wrong(uint64_t line, const char *key, const char *wanted, const cJSON *found, da_error *err) {
  return da_fail(err, DA_ERR_DATA, "journey %llu: expected \"%s\" to be %s but found %s", (unsigned long long)line, key, wanted,
                 kind_of(found));
}

/* --- One journey -------------------------------------------------------------------------------------------------------- */

/* Grows the room of touches so that n more fit. */
static da_status reserve_touches(da_request *request, size_t n, da_error *err) {
  const size_t needed = request->set.n_touches + n;
  if (needed > DA_REQUEST_TOUCHES) {
    return da_fail(err, DA_ERR_DATA, "expected at most %d touches in a request but found more; send fewer journeys at a time",
                   DA_REQUEST_TOUCHES);
  }
  DA_TRY(da_mem_reserve((void **)&request->campaign, &request->touch_room, needed, sizeof *request->campaign, "the touches", err));
  return da_mem_reserve((void **)&request->time_us, &request->time_room, needed, sizeof *request->time_us, "the times of touches", err);
}

static da_status read_touches(da_request *request, const cJSON *object, uint64_t line, da_error *err) {
  const cJSON *campaigns = cJSON_GetObjectItemCaseSensitive(object, "campaigns");
  const cJSON *times = cJSON_GetObjectItemCaseSensitive(object, "timestamps");
  if (!cJSON_IsArray(campaigns) || !campaigns->child) return wrong(line, "campaigns", "a list of at least one text", campaigns, err);
  if (!cJSON_IsArray(times)) return wrong(line, "timestamps", "a list of numbers", times, err);
  const int n = cJSON_GetArraySize(campaigns), n_times = cJSON_GetArraySize(times);
  if (n != n_times) {
    return da_fail(err, DA_ERR_DATA, "journey %llu: expected as many timestamps as campaigns but found %d and %d", (unsigned long long)line,
                   n_times, n);
  }
  DA_TRY(reserve_touches(request, (size_t)n, err));
  const uint32_t unknown = (uint32_t)request->campaigns->n - 1;
  const da_names known = {request->campaigns->items, unknown};
  const uint64_t first = request->set.n_touches;
  uint64_t t = first;
  for (const cJSON *name = campaigns->child, *time = times->child; name; name = name->next, time = time->next, t++) {
    if (!cJSON_IsString(name)) return wrong(line, "campaigns", "a list of texts", campaigns, err);
    if (!is_whole(time)) return wrong(line, "timestamps", "a list of whole microseconds since 1970", times, err);
    const uint32_t rank = da_names_find(&known, (da_slice){name->valuestring, strlen(name->valuestring)});
    request->campaign[t] = rank == UINT32_MAX ? unknown : rank;
    request->time_us[t] = (int64_t)time->valuedouble;
    if (t > first && request->time_us[t] < request->time_us[t - 1]) {
      return da_fail(err, DA_ERR_DATA, "journey %llu: expected timestamps that never decrease but found %lld after %lld",
                     (unsigned long long)line, (long long)request->time_us[t], (long long)request->time_us[t - 1]);
    }
  }
  request->set.n_touches = t;
  return DA_OK;
}

static da_status read_converted(const cJSON *object, uint64_t line, bool *converted, da_error *err) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "conversion_status");
  *converted = cJSON_IsTrue(item) || (is_whole(item) && item->valuedouble == 1);
  const bool is_zero = is_whole(item) && item->valuedouble == 0;
  if (!item || *converted || is_zero || cJSON_IsFalse(item) || cJSON_IsNull(item)) return DA_OK;
  return wrong(line, "conversion_status", "true or false", item, err);
}

/* Appends a number or a text as JSON to out; nothing for null or a key that is not there. */
static da_status read_name(const cJSON *object, const char *key, uint64_t line, da_text *out, da_error *err) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
  if (!item || cJSON_IsNull(item)) return DA_OK;
  if (cJSON_IsString(item)) {
    da_text_append_json(out, (da_slice){item->valuestring, strlen(item->valuestring)});
  } else if (is_whole(item)) {
    da_text_printf(out, "%.0f", item->valuedouble);
  } else {
    return wrong(line, key, "a text or a whole number up to 2^53", item, err);
  }
  return da_text_check(out, err);
}

static da_status add_user(da_request *request, da_error *err) {
  const uint64_t user = request->set.n_users++;
  DA_TRY(da_mem_reserve((void **)&request->first_journey, &request->user_room, user + 2, sizeof *request->first_journey, "the users", err));
  DA_TRY(da_mem_reserve((void **)&request->uid_int, &request->uid_room, user + 1, sizeof *request->uid_int, "the users", err));
  request->first_journey[user] = request->set.n_journeys;
  request->uid_int[user] = (int64_t)user;
  return DA_OK;
}

/* The journey goes to the user of the one before, whose touches must all be earlier, or to a new one. */
static da_status find_user(da_request *request, const da_text *uid, uint64_t first, uint64_t line, da_error *err) {
  const bool is_same = uid->length > 0 && strcmp(da_text_cstr(uid), da_text_cstr(&request->last_uid)) == 0;
  if (!is_same) {
    da_text_clear(&request->last_uid);
    da_text_append(&request->last_uid, da_text_cstr(uid));
    DA_TRY(da_text_check(&request->last_uid, err));
    return add_user(request, err);
  }
  if (request->time_us[first] >= request->time_us[first - 1]) return DA_OK;
  return da_fail(err, DA_ERR_DATA, "journey %llu: expected it after the journey before it, which is of the same uid, but found it earlier",
                 (unsigned long long)line);
}

static da_status add_echo(da_request *request, const cJSON *object, uint64_t line, const da_text *uid, da_error *err) {
  const uint64_t j = request->set.n_journeys;
  da_text id = {0};
  da_status status = read_name(object, "journey_id", line, &id, err);
  if (id.length) da_text_printf(&request->echo, "\"journey_id\":%s,", da_text_cstr(&id));
  if (uid->length) da_text_printf(&request->echo, "\"uid\":%s,", da_text_cstr(uid));
  da_text_free(&id);
  DA_TRY(status);
  DA_TRY(da_mem_reserve((void **)&request->echo_end, &request->echo_room, j + 1, sizeof *request->echo_end, "the journeys' names", err));
  request->echo_end[j] = request->echo.length;
  return da_text_check(&request->echo, err);
}

static da_status add_journey(da_request *request, const cJSON *object, uint64_t line, da_text *uid, da_error *err) {
  const uint64_t j = request->set.n_journeys, first = request->set.n_touches;
  bool converted = false;
  DA_TRY(read_touches(request, object, line, err));
  DA_TRY(read_converted(object, line, &converted, err));
  DA_TRY(read_name(object, "uid", line, uid, err));
  DA_TRY(find_user(request, uid, first, line, err));
  DA_TRY(add_echo(request, object, line, uid, err));
  DA_TRY(da_mem_reserve((void **)&request->first_touch, &request->journey_room, j + 2, sizeof *request->first_touch, "the journeys", err));
  DA_TRY(da_mem_reserve((void **)&request->flags, &request->flag_room, j + 1, sizeof *request->flags, "the journeys", err));
  request->first_touch[j] = first;
  request->flags[j] = converted;
  request->set.n_conversions += converted;
  request->set.n_journeys++;
  return DA_OK;
}

da_status da_request_add(da_request *request, da_slice json, uint64_t line, da_error *err) {
  if (json.length > DA_REQUEST_LINE_BYTES) {
    return da_fail(err, DA_ERR_DATA, "journey %llu: expected at most %d bytes but found %zu", (unsigned long long)line,
                   DA_REQUEST_LINE_BYTES, json.length);
  }
  if (!da_slice_is_utf8(json))
    return da_fail(err, DA_ERR_DATA, "journey %llu: expected UTF-8 but found other bytes", (unsigned long long)line);
  const char *end = json.data;
  cJSON *object = cJSON_ParseWithLengthOpts(json.data, json.length, &end, 0);
  da_text uid = {0};
  da_status status = DA_OK;
  while (object && end < json.data + json.length && strchr(" \t\r", *end)) end++;
  if (!object || end < json.data + json.length) {
    status = da_fail(err, DA_ERR_DATA, "journey %llu: expected one JSON object on a line but found a fault at byte %zu of it",
                     (unsigned long long)line, (size_t)(end - json.data) + 1);
  } else if (!cJSON_IsObject(object)) {
    status = da_fail(err, DA_ERR_DATA, "journey %llu: expected a JSON object but found %s", (unsigned long long)line, kind_of(object));
  } else {
    status = add_journey(request, object, line, &uid, err);
  }
  da_text_free(&uid);
  cJSON_Delete(object);
  return status;
}

/* --- The whole request -------------------------------------------------------------------------------------------------- */

da_status da_request_finish(da_request *request, da_error *err) {
  da_journeys *set = &request->set;
  if (set->n_journeys == 0) return da_fail(err, DA_ERR_DATA, "expected at least one journey but found none");
  request->first_touch[set->n_journeys] = set->n_touches;
  request->first_journey[set->n_users] = set->n_journeys;
  set->log_start_us = set->log_end_us = request->time_us[0];
  for (uint64_t t = 0; t < set->n_touches; t++) {
    if (request->time_us[t] < set->log_start_us) set->log_start_us = request->time_us[t];
    if (request->time_us[t] > set->log_end_us) set->log_end_us = request->time_us[t];
  }
  set->campaign = request->campaign;
  set->time_us = request->time_us;
  set->first_touch = request->first_touch;
  set->flags = request->flags;
  set->first_journey = request->first_journey;
  set->uid_int = request->uid_int;
  set->campaigns = *request->campaigns;
  return DA_OK;
}

static bool is_blank(da_slice line) {
  for (size_t i = 0; i < line.length; i++) {
    if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r') return false;
  }
  return true;
}

da_status da_request_read_json(da_slice body, const da_names *campaigns, da_request *request, da_error *err) {
  *request = (da_request){.campaigns = campaigns};
  uint64_t number = 0;
  for (size_t begin = 0; begin < body.length;) {
    const char *newline = memchr(body.data + begin, '\n', body.length - begin);
    const size_t end = newline ? (size_t)(newline - body.data) : body.length;
    const da_slice line = {body.data + begin, end - begin};
    number++;
    if (!is_blank(line)) DA_TRY(da_request_add(request, line, number, err));
    begin = end + 1;
  }
  return da_request_finish(request, err);
}

void da_request_free(da_request *request) {
  da_text_free(&request->echo);
  da_text_free(&request->last_uid);
  da_mem_free(request->echo_end);
  da_mem_free(request->campaign);
  da_mem_free(request->time_us);
  da_mem_free(request->uid_int);
  da_mem_free(request->first_touch);
  da_mem_free(request->first_journey);
  da_mem_free(request->flags);
  *request = (da_request){0};
}
