#include "pipeline/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char state_key[] = ".deepattribution/stages.json";
enum { STATE_FORMAT = 1 };

static cJSON *empty_state(void) {
  cJSON *root = cJSON_CreateObject();
  if (cJSON_AddNumberToObject(root, "format", STATE_FORMAT) && cJSON_AddObjectToObject(root, "stages")) return root;
  cJSON_Delete(root);
  return NULL;
}

static bool is_state(const cJSON *root) {
  const cJSON *format = cJSON_GetObjectItemCaseSensitive(root, "format");
  return cJSON_IsNumber(format) && format->valueint == STATE_FORMAT && cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(root, "stages"));
}

da_status da_run_state_read(const da_bucket *bucket, da_run_state *state, da_error *err) {
  *state = (da_run_state){0};
  bool exists = false;
  DA_TRY(da_bucket_exists(bucket, state_key, &exists, err));
  if (exists) {
    da_text json = {0};
    da_status status = da_bucket_get(bucket, state_key, &json, err);
    if (status == DA_OK) state->root = cJSON_ParseWithLength(da_text_cstr(&json), json.length);
    da_text_free(&json);
    DA_TRY(status);
    if (state->root && is_state(state->root)) return DA_OK;
    cJSON_Delete(state->root);
  }
  state->root = empty_state();
  return state->root ? DA_OK : da_mem_fail(err, 1, 256, "the state of the run");
}

da_status da_run_state_write(const da_run_state *state, da_bucket *bucket, da_error *err) {
  char *json = cJSON_Print(state->root);
  if (!json) return da_mem_fail(err, 1, 4096, "the state of the run");
  da_publication *publication = NULL;
  da_status status = da_publication_begin(bucket, &publication, err);
  if (status == DA_OK) status = da_publication_put(publication, state_key, json, strlen(json), err);
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  cJSON_free(json);
  return status;
}

void da_run_state_free(da_run_state *state) {
  cJSON_Delete(state->root);
  *state = (da_run_state){0};
}

const cJSON *da_run_state_find(const da_run_state *state, const char *stage, uint64_t *fingerprint) {
  const cJSON *entry = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(state->root, "stages"), stage);
  const char *found = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "fingerprint"));
  if (!found) return NULL;
  if (fingerprint) *fingerprint = strtoull(found, NULL, 16);
  return cJSON_GetObjectItemCaseSensitive(entry, "facts");
}

void da_run_state_forget(da_run_state *state, const char *stage) {
  cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(state->root, "stages"), stage);
}

da_status da_run_state_set(da_run_state *state, const char *stage, uint64_t fingerprint, cJSON *facts, da_error *err) {
  char text[17];
  snprintf(text, sizeof text, "%016" PRIx64, fingerprint);
  da_run_state_forget(state, stage);
  cJSON *entry = cJSON_AddObjectToObject(cJSON_GetObjectItemCaseSensitive(state->root, "stages"), stage);
  bool done = entry && facts && cJSON_AddStringToObject(entry, "fingerprint", text);
  if (done && cJSON_AddItemToObject(entry, "facts", facts)) return DA_OK;
  cJSON_Delete(facts);
  return da_mem_fail(err, 1, 256, "the state of the run");
}
