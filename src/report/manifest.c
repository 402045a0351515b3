#include "report/manifest.h"

#include <math.h>
#include <stdio.h>

#include "report/json.h"
#include "report/rows.h"
#include "report/summary.h"

typedef struct {
  const da_report *report;
  da_summary summary;
  da_json json;
} manifest;

static da_status add_settings(manifest *m, da_error *err) {
  const char *text = m->report->facts->settings_json;
  if (!text) {
    da_json_null(&m->json, m->json.root, "settings");
    return DA_OK;
  }
  cJSON *settings = cJSON_Parse(text);
  if (settings && cJSON_AddItemToObject(m->json.root, "settings", settings)) return DA_OK;
  cJSON_Delete(settings);
  m->json.failed = true;
  return da_fail(err, DA_ERR_INTERNAL, "expected the settings to be JSON that fits into memory but found: %.200s", text);
}

static void add_versions(manifest *m) {
  const da_version_facts *versions = &m->report->facts->versions;
  cJSON *object = da_json_object(&m->json, m->json.root, "versions");
  da_json_text(&m->json, object, "deepattribution", versions->program);
  da_json_text(&m->json, object, "duckdb", versions->duckdb);
  da_json_text(&m->json, object, "kernels", versions->kernels);
}

static void add_inputs(manifest *m) {
  const da_run_facts *facts = m->report->facts;
  cJSON *object = da_json_object(&m->json, m->json.root, "input");
  da_json_text(&m->json, object, "fingerprint", facts->input_fingerprint);
  cJSON *files = da_json_array(&m->json, object, "files");
  for (size_t i = 0; i < facts->n_inputs; i++) {
    cJSON *file = da_json_append_object(&m->json, files);
    da_json_text(&m->json, file, "key", facts->inputs[i].key);
    da_json_count(&m->json, file, "bytes", facts->inputs[i].n_bytes);
    da_json_int(&m->json, file, "modified_us", facts->inputs[i].modified_us);
  }
}

static void add_data(manifest *m) {
  const da_data_facts *data = &m->report->facts->data;
  cJSON *object = da_json_object(&m->json, m->json.root, "data");
  da_json_count(&m->json, object, "rows", data->n_rows);
  da_json_count(&m->json, object, "missing_uid", data->n_missing_uid);
  da_json_count(&m->json, object, "missing_timestamp", data->n_missing_timestamp);
  da_json_count(&m->json, object, "missing_campaign", data->n_missing_campaign);
  da_json_count(&m->json, object, "missing_conversion", data->n_missing_conversion);
  da_json_count(&m->json, object, "duplicates", data->n_duplicates);
  da_json_bool(&m->json, object, "duplicates_dropped", data->duplicates_dropped);
  da_json_count(&m->json, object, "beyond_lookback", data->n_beyond_lookback);
  da_json_count(&m->json, object, "beyond_max_len", data->n_beyond_max_len);
  da_json_count(&m->json, object, "transformed_away", data->n_transformed_away);
  da_json_number(&m->json, object, "conversions", data->has_input_totals ? (double)data->n_input_conversions : NAN);
  da_json_number(&m->json, object, "value", data->has_input_totals ? data->input_value : NAN);
}

static void add_set(manifest *m, cJSON *parent, const char *key, const da_set_summary *set) {
  cJSON *object = da_json_object(&m->json, parent, key);
  da_json_count(&m->json, object, "users", set->n_users);
  da_json_count(&m->json, object, "journeys", set->n_journeys);
  da_json_count(&m->json, object, "touches", set->n_touches);
  da_json_count(&m->json, object, "conversions", set->n_conversions);
}

static void add_journeys(manifest *m) {
  cJSON *object = da_json_object(&m->json, m->json.root, "journeys");
  char checksum[24];
  snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)m->report->set->checksum);
  da_json_text(&m->json, object, "checksum", checksum);
  da_json_count(&m->json, object, "campaigns", m->report->set->campaigns.n);
  da_json_count(&m->json, object, "shortened", m->report->facts->data.n_journeys_shortened);
  add_set(m, object, "all", &m->summary.all);
  add_set(m, object, "train", &m->summary.sets[DA_SET_TRAIN]);
  add_set(m, object, "val", &m->summary.sets[DA_SET_VAL]);
  add_set(m, object, "test", &m->summary.sets[DA_SET_TEST]);
}

static void add_metrics(manifest *m, cJSON *parent, const char *key, const da_metric_facts *metrics) {
  if (metrics->n_journeys == 0) return;
  cJSON *object = da_json_object(&m->json, parent, key);
  da_json_count(&m->json, object, "journeys", metrics->n_journeys);
  da_json_count(&m->json, object, "conversions", metrics->n_conversions);
  da_json_number(&m->json, object, "loss", metrics->loss);
  da_json_number(&m->json, object, "auc", metrics->auc);
  da_json_number(&m->json, object, "accuracy", metrics->accuracy);
  da_json_number(&m->json, object, "precision", metrics->precision);
  da_json_number(&m->json, object, "recall", metrics->recall);
  da_json_number(&m->json, object, "calibration_error", metrics->calibration_error);
}

static void add_model(manifest *m) {
  const da_model_facts *model = &m->report->facts->model;
  if (!model->present) {
    da_json_null(&m->json, m->json.root, "model");
    return;
  }
  cJSON *object = da_json_object(&m->json, m->json.root, "model");
  da_json_count(&m->json, object, "parameters", model->n_parameters);
  da_json_count(&m->json, object, "embedding", model->n_embedding);
  da_json_count(&m->json, object, "hidden", model->n_hidden);
  da_json_bool(&m->json, object, "time", model->uses_time);
  da_json_count(&m->json, object, "epochs", model->n_epochs);
  da_json_count(&m->json, object, "best_epoch", model->best_epoch);
  da_json_number(&m->json, object, "touches_per_second", model->touches_per_second);
  add_metrics(m, object, "train", &model->metrics[DA_SET_TRAIN]);
  add_metrics(m, object, "val", &model->metrics[DA_SET_VAL]);
  add_metrics(m, object, "test", &model->metrics[DA_SET_TEST]);
}

static void add_sum(manifest *m, cJSON *parent, const char *key, double credited, double baseline, double unattributed, double input) {
  cJSON *object = da_json_object(&m->json, parent, key);
  da_json_number(&m->json, object, "credited", credited);
  da_json_number(&m->json, object, "baseline", baseline);
  da_json_number(&m->json, object, "unattributed", unattributed);
  da_json_number(&m->json, object, "input", input);
}

/* credited + baseline + unattributed = input, to 1e-9: checked before, shown here. */
static void add_conservation(manifest *m) {
  const da_credit_totals *totals = m->report->totals;
  cJSON *object = da_json_object(&m->json, m->json.root, "conservation");
  for (size_t i = 0; i < totals->n_methods; i++) {
    cJSON *method = da_json_object(&m->json, object, totals->methods[i].method->name);
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
  cJSON *stages = da_json_array(&m->json, m->json.root, "stages");
  for (size_t i = 0; i < facts->n_stages; i++) {
    cJSON *stage = da_json_append_object(&m->json, stages);
    da_json_text(&m->json, stage, "name", facts->stages[i].name);
    da_json_number(&m->json, stage, "seconds", facts->stages[i].seconds);
    da_json_bool(&m->json, stage, "resumed", facts->stages[i].resumed);
  }
}

static void add_notes(manifest *m) {
  const da_run_facts *facts = m->report->facts;
  cJSON *notes = da_json_array(&m->json, m->json.root, "notes");
  for (size_t i = 0; i < facts->n_notes; i++) {
    cJSON *note = da_json_append_object(&m->json, notes);
    da_json_text(&m->json, note, "level", facts->notes[i].level == DA_NOTE_WARNING ? "warning" : "info");
    da_json_text(&m->json, note, "sentence", facts->notes[i].sentence);
  }
}

static da_status add_all(manifest *m, da_error *err) {
  const da_run_facts *facts = m->report->facts;
  cJSON *root = m->json.root;
  da_json_text(&m->json, root, "bucket", facts->bucket);
  char seed[24];
  snprintf(seed, sizeof seed, "%llu", (unsigned long long)facts->seed);
  da_json_text(&m->json, root, "seed", seed);
  da_json_count(&m->json, root, "threads", facts->n_threads);
  add_versions(m);
  DA_TRY(add_settings(m, err));
  add_inputs(m);
  add_data(m);
  add_journeys(m);
  add_model(m);
  add_conservation(m);
  add_stages(m);
  add_notes(m);
  return DA_OK;
}

da_status da_manifest_print(const da_report *report, da_text *json, da_error *err) {
  manifest m = {.report = report};
  da_summarise(report->set, &m.summary);
  da_json_begin(&m.json);
  da_status status = add_all(&m, err), ended = da_json_end(&m.json, "manifest.json", json, status == DA_OK ? err : NULL);
  return status == DA_OK ? ended : status;
}
