#include "report/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/utf8.h"

void da_json_begin(da_json *json) {
  json->root = cJSON_CreateObject();
  json->failed = !json->root;
}

da_status da_json_end(da_json *json, const char *what, da_text *text, da_error *err) {
  char *printed = json->failed ? NULL : cJSON_Print(json->root);
  cJSON_Delete(json->root);
  *json = (da_json){0};
  if (!printed) return da_fail(err, DA_ERR_MEM, "memory ran out while %s was written", what);
  da_text_append(text, printed);
  da_text_append(text, "\n");
  cJSON_free(printed);
  return da_text_check(text, err);
}

cJSON *da_json_object(da_json *json, cJSON *parent, const char *key) {
  cJSON *object = cJSON_AddObjectToObject(parent, key);
  json->failed |= !object;
  return object;
}

cJSON *da_json_array(da_json *json, cJSON *parent, const char *key) {
  cJSON *array = cJSON_AddArrayToObject(parent, key);
  json->failed |= !array;
  return array;
}

cJSON *da_json_append_object(da_json *json, cJSON *array) {
  cJSON *object = cJSON_CreateObject();
  if (object && cJSON_AddItemToArray(array, object)) return object;
  cJSON_Delete(object);
  json->failed = true;
  return NULL;
}

void da_json_number(da_json *json, cJSON *object, const char *key, double number) {
  json->failed |= !(isfinite(number) ? cJSON_AddNumberToObject(object, key, number) : cJSON_AddNullToObject(object, key));
}

/* cJSON keeps numbers as doubles and prints 15 digits where it takes that to be enough: digits go in as they are. */
void da_json_count(da_json *json, cJSON *object, const char *key, uint64_t n) {
  char digits[24];
  snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
  json->failed |= !cJSON_AddRawToObject(object, key, digits);
}

void da_json_int(da_json *json, cJSON *object, const char *key, int64_t n) {
  char digits[24];
  snprintf(digits, sizeof digits, "%lld", (long long)n);
  json->failed |= !cJSON_AddRawToObject(object, key, digits);
}

void da_json_bool(da_json *json, cJSON *object, const char *key, bool truth) { json->failed |= !cJSON_AddBoolToObject(object, key, truth); }

void da_json_null(da_json *json, cJSON *object, const char *key) { json->failed |= !cJSON_AddNullToObject(object, key); }

void da_json_slice(da_json *json, cJSON *object, const char *key, da_slice text) {
  da_text mended = {0};
  da_utf8_mend(&mended, text);
  json->failed |= mended.failed || !cJSON_AddStringToObject(object, key, da_text_cstr(&mended));
  da_text_free(&mended);
}

void da_json_text(da_json *json, cJSON *object, const char *key, const char *text) {
  if (text) {
    da_json_slice(json, object, key, (da_slice){text, strlen(text)});
  } else {
    da_json_null(json, object, key);
  }
}
