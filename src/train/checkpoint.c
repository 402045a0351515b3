#include "train/checkpoint.h"

#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/safetensors.h"

#define FORMAT "deepattribution checkpoint 1"
#define KEY "model/checkpoint/state.safetensors"

/* ---- life ---- */

da_status da_train_state_init(size_t n_params, uint32_t max_epochs, da_train_state *state, da_error *err) {
  *state = (da_train_state){.n = n_params, .max_epochs = max_epochs};
  da_status status = da_adam_init(n_params, &state->adam, err);
  if (status != DA_OK) return status;
  state->params = da_mem_calloc(n_params, sizeof *state->params);
  state->best = da_mem_calloc(n_params, sizeof *state->best);
  state->epochs = da_mem_calloc(max_epochs, sizeof *state->epochs);
  if (state->params && state->best && state->epochs) return DA_OK;
  da_train_state_free(state);
  return da_mem_fail(err, n_params, 2 * sizeof(float), "the state of training");
}

void da_train_state_free(da_train_state *state) {
  da_adam_free(&state->adam);
  da_mem_free(state->params);
  da_mem_free(state->best);
  da_mem_free(state->epochs);
  *state = (da_train_state){0};
}

/* ---- out ---- */

static void print_progress(const da_train_state *state, da_text *json) {
  da_text_printf(json, "{\"retries\":%u,\"best_epoch\":%u,\"batches\":%llu,\"adam_step\":%llu,\"loss\":", state->n_retries,
                 state->best_epoch, (unsigned long long)state->n_batches, (unsigned long long)state->adam.step);
  da_text_append_json_number(json, state->loss);
  da_text_append(json, ",\"epochs\":[");
  for (uint32_t e = 0; e < state->n_epochs; e++) {
    const da_train_epoch *epoch = &state->epochs[e];
    const double numbers[] = {epoch->learning_rate, epoch->train_loss, epoch->val_loss, epoch->val_auc};
    da_text_append(json, e ? ",[" : "[");
    for (int i = 0; i < 4; i++) {
      if (i) da_text_append(json, ",");
      da_text_append_json_number(json, numbers[i]);
    }
    da_text_append(json, "]");
  }
  da_text_append(json, "]}");
}

da_status da_checkpoint_print(const da_train_state *state, const char *settings, uint64_t set_checksum, da_text *bytes, da_error *err) {
  char checksum[17];
  snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)set_checksum);
  da_text progress = {0};
  print_progress(state, &progress);
  da_status status = da_text_check(&progress, err);
  if (status == DA_OK) {
    const da_safetensors_entry metadata[] = {
        {"format", FORMAT}, {"settings", settings}, {"set_checksum", checksum}, {"progress", progress.data}};
    const struct {
      const char *name;
      const float *values;
    } arrays[] = {{"params", state->params}, {"best", state->best}, {"adam.m", state->adam.m}, {"adam.v", state->adam.v}};
    da_safetensor tensors[4];
    for (int i = 0; i < 4; i++)
      tensors[i] =
          (da_safetensor){.name = arrays[i].name, .n_dims = 1, .dims = {state->n}, .values = arrays[i].values, .n_values = state->n};
    status = da_safetensors_print(tensors, 4, metadata, 4, bytes, err);
  }
  da_text_free(&progress);
  return status;
}

/* ---- in ---- */

static bool same_text(const da_safetensors *file, const char *key, const char *wanted) {
  const char *found = da_safetensors_metadata(file, key);
  return found && !strcmp(found, wanted);
}

/* Whole numbers up to limit; anything else is a fault. */
static bool whole(const cJSON *object, const char *key, double limit, uint64_t *value) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= limit)) return false;
  *value = (uint64_t)item->valuedouble;
  return true;
}

/* A number, or null for NaN. */
static bool number(const cJSON *item, double *value) {
  *value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
  return cJSON_IsNumber(item) || cJSON_IsNull(item);
}

/* Fills the numbers of state, not its arrays of parameters. */
static bool parse_progress(const cJSON *json, da_train_state *state) {
  uint64_t n_retries, best_epoch;
  const cJSON *epochs = cJSON_GetObjectItemCaseSensitive(json, "epochs"), *epoch;
  if (!cJSON_IsArray(epochs) || (uint32_t)cJSON_GetArraySize(epochs) > state->max_epochs) return false;
  state->n_epochs = 0;
  cJSON_ArrayForEach(epoch, epochs) {
    da_train_epoch *out = &state->epochs[state->n_epochs++];
    if (cJSON_GetArraySize(epoch) != 4 || !number(cJSON_GetArrayItem(epoch, 0), &out->learning_rate) ||
        !number(cJSON_GetArrayItem(epoch, 1), &out->train_loss) || !number(cJSON_GetArrayItem(epoch, 2), &out->val_loss) ||
        !number(cJSON_GetArrayItem(epoch, 3), &out->val_auc))
      return false;
  }
  if (!whole(json, "retries", 1000, &n_retries) || !whole(json, "best_epoch", state->n_epochs, &best_epoch) ||
      !whole(json, "batches", 0x1p53, &state->n_batches) || !whole(json, "adam_step", 0x1p53, &state->adam.step) ||
      !number(cJSON_GetObjectItemCaseSensitive(json, "loss"), &state->loss))
    return false;
  state->n_retries = (uint32_t)n_retries;
  state->best_epoch = (uint32_t)best_epoch;
  return true;
}

static da_status read_state(const da_safetensors *file, da_train_state *state, da_error *err) {
  cJSON *json = cJSON_Parse(da_safetensors_metadata(file, "progress"));
  bool readable = parse_progress(json, state);
  cJSON_Delete(json);
  if (!readable) return da_fail(err, DA_ERR_DATA, "expected the progress of a training run but found something else");
  DA_TRY(da_safetensors_read(file, "params", state->params, state->n, err));
  DA_TRY(da_safetensors_read(file, "best", state->best, state->n, err));
  DA_TRY(da_safetensors_read(file, "adam.m", state->adam.m, state->n, err));
  return da_safetensors_read(file, "adam.v", state->adam.v, state->n, err);
}

da_status da_checkpoint_parse(const void *bytes, size_t n_bytes, const char *settings, uint64_t set_checksum, da_train_state *state,
                              da_error *err) {
  char checksum[17];
  snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)set_checksum);
  da_safetensors file;
  DA_TRY(da_safetensors_parse(KEY, bytes, n_bytes, &file, err));
  da_train_state read = {0};
  da_status status = DA_OK;
  if (!same_text(&file, "format", FORMAT))
    status = da_fail(err, DA_ERR_DATA, "expected " FORMAT " but found another version");
  else if (!same_text(&file, "settings", settings))
    status = da_fail(err, DA_ERR_DATA, "expected the settings of this run but found those of another");
  else if (!same_text(&file, "set_checksum", checksum))
    status = da_fail(err, DA_ERR_DATA, "expected a run on these journeys but found one on others");
  if (status == DA_OK) status = da_train_state_init(state->n, state->max_epochs, &read, err);
  if (status == DA_OK) status = read_state(&file, &read, err);
  if (status == DA_OK) {
    da_train_state old = *state;
    *state = read;
    read = old;
  }
  da_train_state_free(&read);
  da_safetensors_close(&file);
  return status;
}

/* ---- in the bucket ---- */

da_status da_checkpoint_save(da_bucket *bucket, const da_train_state *state, const char *settings, uint64_t set_checksum, da_error *err) {
  da_text bytes = {0};
  da_publication *publication = NULL;
  da_status status = da_checkpoint_print(state, settings, set_checksum, &bytes, err);
  if (status == DA_OK) status = da_publication_begin(bucket, &publication, err);
  if (status == DA_OK) status = da_publication_put(publication, KEY, bytes.data, bytes.length, err);
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  da_text_free(&bytes);
  return status;
}

da_status da_checkpoint_load(da_bucket *bucket, const char *settings, uint64_t set_checksum, const da_monitor *monitor,
                             da_train_state *state, bool *found, da_error *err) {
  *found = false;
  bool exists;
  DA_TRY(da_bucket_exists(bucket, KEY, &exists, err));
  if (!exists) return DA_OK;
  da_text bytes = {0};
  da_status status = da_bucket_get(bucket, KEY, &bytes, err);
  if (status == DA_OK) {
    da_error why = {0};
    status = da_checkpoint_parse(bytes.data, bytes.length, settings, set_checksum, state, &why);
    *found = status == DA_OK;
    if (status == DA_ERR_DATA) {
      da_monitor_note(monitor, DA_NOTE_INFO, "training begins anew: the checkpoint of an earlier run does not fit (%s)", why.msg);
      status = DA_OK;
    } else if (status != DA_OK) {
      status = da_fail(err, status, "%s", why.msg);
    }
  }
  da_text_free(&bytes);
  return status;
}

da_status da_train_forget(da_bucket *bucket, da_error *err) {
  bool exists;
  DA_TRY(da_bucket_exists(bucket, KEY, &exists, err));
  return exists ? da_bucket_remove(bucket, KEY, err) : DA_OK;
}
