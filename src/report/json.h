/* JSON documents built part by part: a part that could not be added leaves `failed` set, and the end asks once. */
#ifndef DA_REPORT_JSON_H
#define DA_REPORT_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Valid after da_json_begin; give back with da_json_end. */
typedef struct {
  cJSON *root; /* an object */
  bool failed;
} da_json;

void da_json_begin(da_json *json);
/* Appends the document and a line end to text, and gives it back whatever happens. DA_ERR_MEM when a part is missing. */
da_status da_json_end(da_json *json, const char *what, da_text *text, da_error *err) DA_MUST_CHECK;

/* Parents may be NULL once something has failed. */
cJSON *da_json_object(da_json *json, cJSON *parent, const char *key);
cJSON *da_json_array(da_json *json, cJSON *parent, const char *key);
cJSON *da_json_append_object(da_json *json, cJSON *array);
void da_json_number(da_json *json, cJSON *object, const char *key, double number); /* null for NaN and infinities */
/* Whole numbers to the last digit, beyond the 2^53 of a double too. */
void da_json_count(da_json *json, cJSON *object, const char *key, uint64_t n);
void da_json_int(da_json *json, cJSON *object, const char *key, int64_t n);
void da_json_bool(da_json *json, cJSON *object, const char *key, bool truth);
void da_json_null(da_json *json, cJSON *object, const char *key);
/* Bytes that are no UTF-8 are mended, since JSON must be. */
void da_json_slice(da_json *json, cJSON *object, const char *key, da_slice text);
void da_json_text(da_json *json, cJSON *object, const char *key, const char *text); /* null for NULL */

#endif
