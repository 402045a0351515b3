#include "pipeline/record.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

typedef enum { FIELD_COUNT, FIELD_SMALL_COUNT, FIELD_FLAG, FIELD_NUMBER } field_type;

typedef struct {
  const char *name;
  field_type type;
  size_t offset;
} field;

#define COUNT(structure, member, name) \
  { name, FIELD_COUNT, offsetof(structure, member) }
#define SMALL_COUNT(structure, member, name) \
  { name, FIELD_SMALL_COUNT, offsetof(structure, member) }
#define FLAG(structure, member, name) \
  { name, FIELD_FLAG, offsetof(structure, member) }
#define NUMBER(structure, member, name) \
  { name, FIELD_NUMBER, offsetof(structure, member) }

static const field data_fields[] = {
    COUNT(da_data_facts, n_rows, "rows"),
    COUNT(da_data_facts, n_missing_uid, "missing_uid"),
    COUNT(da_data_facts, n_missing_timestamp, "missing_timestamp"),
    COUNT(da_data_facts, n_missing_campaign, "missing_campaign"),
    COUNT(da_data_facts, n_missing_conversion, "missing_conversion"),
    COUNT(da_data_facts, n_duplicates, "duplicates"),
    FLAG(da_data_facts, duplicates_dropped, "duplicates_dropped"),
    COUNT(da_data_facts, n_beyond_lookback, "touches_beyond_lookback"),
    COUNT(da_data_facts, n_beyond_max_len, "touches_beyond_max_len"),
    COUNT(da_data_facts, n_transformed_away, "touches_transformed_away"),
    COUNT(da_data_facts, n_journeys_shortened, "journeys_shortened"),
    FLAG(da_data_facts, has_input_totals, "input_totals_known"),
    COUNT(da_data_facts, n_input_conversions, "input_conversions"),
    NUMBER(da_data_facts, input_value, "input_value"),
};

static const field set_fields[] = {
    COUNT(da_set_facts, n_users, "users"),
    COUNT(da_set_facts, n_journeys, "journeys"),
    COUNT(da_set_facts, n_touches, "touches"),
    COUNT(da_set_facts, n_conversions, "conversions"),
    COUNT(da_set_facts, n_unattributed, "unattributed_conversions"),
    NUMBER(da_set_facts, value, "value"),
    COUNT(da_set_facts, n_journeys_of[DA_SET_TRAIN], "train_journeys"),
    COUNT(da_set_facts, n_journeys_of[DA_SET_VAL], "val_journeys"),
    COUNT(da_set_facts, n_journeys_of[DA_SET_TEST], "test_journeys"),
};

static const field model_fields[] = {
    FLAG(da_model_facts, present, "trained"),
    COUNT(da_model_facts, n_parameters, "parameters"),
    SMALL_COUNT(da_model_facts, n_embedding, "embedding"),
    SMALL_COUNT(da_model_facts, n_hidden, "lstm"),
    SMALL_COUNT(da_model_facts, n_epochs, "epochs"),
    SMALL_COUNT(da_model_facts, best_epoch, "best_epoch"),
    FLAG(da_model_facts, uses_time, "uses_time"),
    NUMBER(da_model_facts, touches_per_second, "touches_per_second"),
};

static const field metric_fields[] = {
    COUNT(da_metric_facts, n_journeys, "journeys"), COUNT(da_metric_facts, n_conversions, "conversions"),
    NUMBER(da_metric_facts, loss, "loss"),          NUMBER(da_metric_facts, auc, "auc"),
    NUMBER(da_metric_facts, accuracy, "accuracy"),  NUMBER(da_metric_facts, precision, "precision"),
    NUMBER(da_metric_facts, recall, "recall"),      NUMBER(da_metric_facts, calibration_error, "calibration_error"),
};

static const field trial_fields[] = {
    FLAG(da_trial_facts, complete, "complete"),
    FLAG(da_trial_facts, diverged, "diverged"),
    SMALL_COUNT(da_trial_facts, n_epochs, "epochs_trained"),
    SMALL_COUNT(da_trial_facts, best_epoch, "best_epoch"),
    NUMBER(da_trial_facts, val_loss, "val_loss"),
    NUMBER(da_trial_facts, val_auc, "val_auc"),
    COUNT(da_trial_facts, n_touches, "touches"),
    NUMBER(da_trial_facts, learning_rate, "learning_rate"),
    SMALL_COUNT(da_trial_facts, epochs, "epochs"),
    SMALL_COUNT(da_trial_facts, n_embedding, "embedding"),
    SMALL_COUNT(da_trial_facts, n_hidden, "lstm"),
    NUMBER(da_trial_facts, dropout, "dropout"),
    NUMBER(da_trial_facts, recurrent_dropout, "recurrent_dropout"),
};

#define N_FIELDS(table) (sizeof(table) / sizeof(table)[0])

static const char *const set_names[DA_N_SETS] = {[DA_SET_TRAIN] = "train", [DA_SET_VAL] = "val", [DA_SET_TEST] = "test"};

static cJSON *field_to_json(const field *f, const void *structure) {
  const char *at = (const char *)structure + f->offset;
  switch (f->type) {
  case FIELD_COUNT: {
    uint64_t n;
    memcpy(&n, at, sizeof n);
    return cJSON_CreateNumber((double)n);
  }
  case FIELD_SMALL_COUNT: {
    uint32_t n;
    memcpy(&n, at, sizeof n);
    return cJSON_CreateNumber(n);
  }
  case FIELD_FLAG: {
    bool flag;
    memcpy(&flag, at, sizeof flag);
    return cJSON_CreateBool(flag);
  }
  case FIELD_NUMBER: {
    double x;
    memcpy(&x, at, sizeof x);
    return isfinite(x) ? cJSON_CreateNumber(x) : cJSON_CreateNull();
  }
  }
  return NULL;
}

static void field_from_json(const field *f, const cJSON *json, void *structure) {
  char *at = (char *)structure + f->offset;
  double x = cJSON_IsNumber(json) ? json->valuedouble : NAN;
  bool is_count = x >= 0 && x < 0x1p63;
  switch (f->type) {
  case FIELD_COUNT: {
    uint64_t n = is_count ? (uint64_t)x : 0;
    memcpy(at, &n, sizeof n);
    return;
  }
  case FIELD_SMALL_COUNT: {
    uint32_t n = is_count && x <= UINT32_MAX ? (uint32_t)x : 0;
    memcpy(at, &n, sizeof n);
    return;
  }
  case FIELD_FLAG: {
    bool flag = cJSON_IsTrue(json);
    memcpy(at, &flag, sizeof flag);
    return;
  }
  case FIELD_NUMBER:
    memcpy(at, &x, sizeof x);
    return;
  }
}

static bool add_fields(cJSON *record, const field *fields, size_t n_fields, const void *structure) {
  for (size_t i = 0; i < n_fields; i++) {
    cJSON *json = field_to_json(&fields[i], structure);
    if (!json || !cJSON_AddItemToObject(record, fields[i].name, json)) return false;
  }
  return true;
}

static void get_fields(const cJSON *record, const field *fields, size_t n_fields, void *structure) {
  for (size_t i = 0; i < n_fields; i++) {
    field_from_json(&fields[i], cJSON_GetObjectItemCaseSensitive(record, fields[i].name), structure);
  }
}

bool da_record_add_data(cJSON *record, const da_data_facts *facts) { return add_fields(record, data_fields, N_FIELDS(data_fields), facts); }

bool da_record_add_set(cJSON *record, const da_set_facts *facts) { return add_fields(record, set_fields, N_FIELDS(set_fields), facts); }

bool da_record_add_model(cJSON *record, const da_model_facts *facts) {
  if (!add_fields(record, model_fields, N_FIELDS(model_fields), facts)) return false;
  cJSON *metrics = cJSON_AddObjectToObject(record, "metrics");
  for (int set = 0; metrics && set < DA_N_SETS; set++) {
    cJSON *one = cJSON_AddObjectToObject(metrics, set_names[set]);
    if (!one || !add_fields(one, metric_fields, N_FIELDS(metric_fields), &facts->metrics[set])) return false;
  }
  return metrics != NULL;
}

bool da_record_add_trials(cJSON *record, const da_trial_facts *trials, size_t n) {
  cJSON *table = cJSON_AddArrayToObject(record, "table");
  for (size_t i = 0; table && i < n; i++) {
    cJSON *row = cJSON_CreateObject();
    if (!row || !cJSON_AddItemToArray(table, row)) {
      cJSON_Delete(row);
      return false;
    }
    if (!add_fields(row, trial_fields, N_FIELDS(trial_fields), &trials[i])) return false;
  }
  return table != NULL;
}

bool da_record_add_note(cJSON *record, da_note_level level, const char *sentence) {
  cJSON *notes = cJSON_GetObjectItemCaseSensitive(record, "notes");
  if (!notes) notes = cJSON_AddArrayToObject(record, "notes");
  cJSON *note = cJSON_CreateObject();
  bool done = notes && note && cJSON_AddStringToObject(note, "level", level == DA_NOTE_WARNING ? "warning" : "info") &&
              cJSON_AddStringToObject(note, "sentence", sentence);
  if (done && cJSON_AddItemToArray(notes, note)) return true;
  cJSON_Delete(note);
  return false;
}

void da_record_get_data(const cJSON *record, da_data_facts *facts) { get_fields(record, data_fields, N_FIELDS(data_fields), facts); }

void da_record_get_model(const cJSON *record, da_model_facts *facts) {
  get_fields(record, model_fields, N_FIELDS(model_fields), facts);
  const cJSON *metrics = cJSON_GetObjectItemCaseSensitive(record, "metrics");
  for (int set = 0; set < DA_N_SETS; set++) {
    get_fields(cJSON_GetObjectItemCaseSensitive(metrics, set_names[set]), metric_fields, N_FIELDS(metric_fields), &facts->metrics[set]);
  }
}

size_t da_record_count_trials(const cJSON *record) { return (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(record, "table")); }

size_t da_record_get_trials(const cJSON *record, da_trial_facts *trials, size_t capacity) {
  size_t n = 0;
  const cJSON *row;
  cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(record, "table")) {
    if (n == capacity) break;
    get_fields(row, trial_fields, N_FIELDS(trial_fields), &trials[n++]);
  }
  return n;
}

void da_record_get_notes(const cJSON *record, da_note_facts *notes, size_t capacity, size_t *n) {
  const cJSON *note;
  cJSON_ArrayForEach(note, cJSON_GetObjectItemCaseSensitive(record, "notes")) {
    const char *level = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(note, "level"));
    const char *sentence = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(note, "sentence"));
    if (!level || !sentence || *n == capacity) continue;
    notes[(*n)++] = (da_note_facts){strcmp(level, "warning") == 0 ? DA_NOTE_WARNING : DA_NOTE_INFO, sentence};
  }
}
