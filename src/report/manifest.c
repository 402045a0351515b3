#include "report/manifest.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/rows.h"
#include "report/summary.h"
#include "report/utf8.h"

/* The document while it grows; a part that could not be added leaves failed set. */
typedef struct {
  const da_report *report;
  da_summary summary;
  cJSON *root;
  bool failed;
} manifest;

static cJSON *add_object(manifest *m, cJSON *parent, const char *key) {
  cJSON *object = cJSON_AddObjectToObject(parent, key);
  m->failed |= !object;
  return object;
}

static cJSON *add_array(manifest *m, cJSON *parent, const char *key) {
  cJSON *array = cJSON_AddArrayToObject(parent, key);
  m->failed |= !array;
  return array;
}

/* An object at the end of an array. */
static cJSON *append_object(manifest *m, cJSON *array) {
  cJSON *object = cJSON_CreateObject();
  if (!object || !cJSON_AddItemToArray(array, object)) {
    cJSON_Delete(object);
    m->failed = true;
    return NULL;
  }
  return object;
}

/* NaN and infinities become null. */
static void add_number(manifest *m, cJSON *object, const char *key, double number) {
  m->failed |= !(isfinite(number) ? cJSON_AddNumberToObject(object, key, number) : cJSON_AddNullToObject(object, key));
}

static void add_count(manifest *m, cJSON *object, const char *key, uint64_t n) { add_number(m, object, key, (double)n); }

static void add_bool(manifest *m, cJSON *object, const char *key, bool truth) { m->failed |= !cJSON_AddBoolToObject(object, key, truth); }

/* NULL becomes null; what is not UTF-8 is mended, since JSON must be. */
static void add_text(manifest *m, cJSON *object, const char *key, const char *text) {
  if (!text) {
    m->failed |= !cJSON_AddNullToObject(object, key);
    return;
  }
  da_text mended = {0};
  da_utf8_mend(&mended, (da_slice){text, strlen(text)});
  m->failed |= mended.failed || !cJSON_AddStringToObject(object, key, da_text_cstr(&mended));
  da_text_free(&mended);
}

static void add_settings(manifest *m) {
  const char *text = m->report->facts->settings_json;
  cJSON *settings = text ? cJSON_Parse(text) : cJSON_CreateNull();
  if (!settings || !cJSON_AddItemToObject(m->root, "settings", settings)) {
    cJSON_Delete(settings);
    m->failed = true;
  }
}

static void add_versions(manifest *m) {
  const da_version_facts *versions = &m->report->facts->versions;
  cJSON *object = add_object(m, m->root, "versions");
  add_text(m, object, "deepattribution", versions->program);
  add_text(m, object, "duckdb", versions->duckdb);
  add_text(m, object, "blas", versions->blas);
  add_text(m, object, "kernels", versions->kernels);
}

static void add_inputs(manifest *m) {
  const da_run_facts *facts = m->report->facts;
  cJSON *object = add_object(m, m->root, "input");
  add_text(m, object, "fingerprint", facts->input_fingerprint);
  cJSON *files = add_array(m, object, "files");
  for (size_t i = 0; i < facts->n_inputs; i++) {
    cJSON *file = append_object(m, files);
    add_text(m, file, "key", facts->inputs[i].key);
    add_count(m, file, "bytes", facts->inputs[i].n_bytes);
    add_number(m, file, "modified_us", (double)facts->inputs[i].modified_us);
  }
}

static void add_data(manifest *m) {
  const da_data_facts *data = &m->report->facts->data;
  cJSON *object = add_object(m, m->root, "data");
  add_count(m, object, "rows", data->n_rows);
  add_count(m, object, "missing_uid", data->n_missing_uid);
  add_count(m, object, "missing_timestamp", data->n_missing_timestamp);
  add_count(m, object, "missing_campaign", data->n_missing_campaign);
  add_count(m, object, "missing_conversion", data->n_missing_conversion);
  add_count(m, object, "duplicates", data->n_duplicates);
  add_bool(m, object, "duplicates_dropped", data->duplicates_dropped);
  add_count(m, object, "beyond_lookback", data->n_beyond_lookback);
  add_count(m, object, "beyond_max_len", data->n_beyond_max_len);
  add_count(m, object, "transformed_away", data->n_transformed_away);
  add_number(m, object, "conversions", data->has_input_totals ? (double)data->n_input_conversions : NAN);
  add_number(m, object, "value", data->has_input_totals ? data->input_value : NAN);
}

static void add_set(manifest *m, cJSON *parent, const char *key, const da_set_summary *set) {
  cJSON *object = add_object(m, parent, key);
  add_count(m, object, "users", set->n_users);
  add_count(m, object, "journeys", set->n_journeys);
  add_count(m, object, "touches", set->n_touches);
  add_count(m, object, "conversions", set->n_conversions);
}

static void add_journeys(manifest *m) {
  cJSON *object = add_object(m, m->root, "journeys");
  char checksum[24];
  snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)m->report->set->checksum);
  add_text(m, object, "checksum", checksum);
  add_count(m, object, "campaigns", m->report->set->campaigns.n);
  add_count(m, object, "shortened", m->report->facts->data.n_journeys_shortened);
  add_set(m, object, "all", &m->summary.all);
  add_set(m, object, "train", &m->summary.sets[DA_SET_TRAIN]);
  add_set(m, object, "val", &m->summary.sets[DA_SET_VAL]);
  add_set(m, object, "test", &m->summary.sets[DA_SET_TEST]);
}

static void add_metrics(manifest *m, cJSON *parent, const char *key, const da_metric_facts *metrics) {
  if (metrics->n_journeys == 0) return;
  cJSON *object = add_object(m, parent, key);
  add_count(m, object, "journeys", metrics->n_journeys);
  add_count(m, object, "conversions", metrics->n_conversions);
  add_number(m, object, "loss", metrics->loss);
  add_number(m, object, "auc", metrics->auc);
  add_number(m, object, "accuracy", metrics->accuracy);
  add_number(m, object, "precision", metrics->precision);
  add_number(m, object, "recall", metrics->recall);
  add_number(m, object, "calibration_error", metrics->calibration_error);
}

static void add_model(manifest *m) {
  const da_model_facts *model = &m->report->facts->model;
  if (!model->present) {
    m->failed |= !cJSON_AddNullToObject(m->root, "model");
    return;
  }
  cJSON *object = add_object(m, m->root, "model");
  add_count(m, object, "parameters", model->n_parameters);
  add_count(m, object, "embedding", model->n_embedding);
  add_count(m, object, "hidden", model->n_hidden);
  add_bool(m, object, "time", model->uses_time);
  add_count(m, object, "epochs", model->n_epochs);
  add_count(m, object, "best_epoch", model->best_epoch);
  add_number(m, object, "touches_per_second", model->touches_per_second);
  add_metrics(m, object, "train", &model->metrics[DA_SET_TRAIN]);
  add_metrics(m, object, "val", &model->metrics[DA_SET_VAL]);
  add_metrics(m, object, "test", &model->metrics[DA_SET_TEST]);
}

static void add_sum(manifest *m, cJSON *parent, const char *key, double credited, double baseline, double unattributed, double input) {
  cJSON *object = add_object(m, parent, key);
  add_number(m, object, "credited", credited);
  add_number(m, object, "baseline", baseline);
  add_number(m, object, "unattributed", unattributed);
  add_number(m, object, "input", input);
}

/* credited + baseline + unattributed = input, to 1e-9: checked before, shown here. */
static void add_conservation(manifest *m) {
  const da_credit_totals *totals = m->report->totals;
  cJSON *object = add_object(m, m->root, "conservation");
  for (size_t i = 0; i < totals->n_methods; i++) {
    cJSON *method = add_object(m, object, totals->methods[i].method->name);
    const da_credit_row credited = da_row_of_all_campaigns(m->report, i), baseline = da_row_of_baseline(m->report, i);
    const da_credit_row unattributed = da_row_of_unattributed(m->report);
    add_sum(m, method, "conversions", credited.conversions, baseline.conversions, unattributed.conversions,
            (double)(totals->n_conversions + totals->n_unattributed));
    if (totals->has_value) {
      add_sum(m, method, "value", credited.value, baseline.value, unattributed.value, totals->value + totals->unattributed_value);
    }
  }
}

static void add_stages(manifest *m) {
  const da_run_facts *facts = m->report->facts;
  cJSON *stages = add_array(m, m->root, "stages");
  for (size_t i = 0; i < facts->n_stages; i++) {
    cJSON *stage = append_object(m, stages);
    add_text(m, stage, "name", facts->stages[i].name);
    add_number(m, stage, "seconds", facts->stages[i].seconds);
    add_bool(m, stage, "resumed", facts->stages[i].resumed);
  }
}

static void add_notes(manifest *m) {
  const da_run_facts *facts = m->report->facts;
  cJSON *notes = add_array(m, m->root, "notes");
  for (size_t i = 0; i < facts->n_notes; i++) {
    cJSON *note = append_object(m, notes);
    add_text(m, note, "level", facts->notes[i].level == DA_NOTE_WARNING ? "warning" : "info");
    add_text(m, note, "sentence", facts->notes[i].sentence);
  }
}

static void add_all(manifest *m) {
  const da_run_facts *facts = m->report->facts;
  add_text(m, m->root, "bucket", facts->bucket);
  char seed[24];
  snprintf(seed, sizeof seed, "%llu", (unsigned long long)facts->seed);
  add_text(m, m->root, "seed", seed);
  add_count(m, m->root, "threads", facts->n_threads);
  add_versions(m);
  add_settings(m);
  add_inputs(m);
  add_data(m);
  add_journeys(m);
  add_model(m);
  add_conservation(m);
  add_stages(m);
  add_notes(m);
}

da_status da_manifest_print(const da_report *report, da_text *json, da_error *err) {
  manifest m = {.report = report, .root = cJSON_CreateObject()};
  da_summarise(report->set, &m.summary);
  m.failed = !m.root;
  if (m.root) add_all(&m);
  char *text = m.failed ? NULL : cJSON_Print(m.root);
  cJSON_Delete(m.root);
  if (!text) return da_fail(err, DA_ERR_MEM, "memory ran out, or the settings are no JSON, while manifest.json was written");
  da_text_append(json, text);
  da_text_append(json, "\n");
  cJSON_free(text);
  return da_text_check(json, err);
}
