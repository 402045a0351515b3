#include "base/mem.h"
#include "model/onnx.h"
#include "train/train.h"

void da_train_report_free(da_train_report *report) {
  da_mem_free(report->epochs);
  *report = (da_train_report){0};
}

static void print_epoch(const da_train_epoch *epoch, da_text *json) {
  const struct {
    const char *key;
    double value;
  } numbers[] = {{"learning_rate", epoch->learning_rate},
                 {"train_loss", epoch->train_loss},
                 {"val_loss", epoch->val_loss},
                 {"val_auc", epoch->val_auc}};
  for (int i = 0; i < 4; i++) {
    da_text_printf(json, i ? ",\"%s\":" : "{\"%s\":", numbers[i].key);
    da_text_append_json_number(json, numbers[i].value);
  }
  da_text_append(json, "}");
}

void da_train_report_print_json(const da_train_report *report, da_text *json) {
  static const char *const names[DA_N_SETS] = {"train", "val", "test"};
  da_text_append(json, "{");
  for (int s = 0; s < DA_N_SETS; s++) {
    da_text_printf(json, "\"%s\":", names[s]);
    da_metrics_print_json(&report->metrics[s], json);
    da_text_append(json, ",\n");
  }
  da_text_printf(json, "\"batch_size\":%u,\"learning_rate\":", report->batch_size);
  da_text_append_json_number(json, report->learning_rate);
  da_text_printf(json, ",\"retries\":%u,\"time\":%s,\"best_epoch\":%u,\n\"epochs\":[", report->n_retries,
                 report->uses_time ? "true" : "false", report->best_epoch);
  for (uint32_t e = 0; e < report->n_epochs; e++) {
    if (e) da_text_append(json, ",\n");
    print_epoch(&report->epochs[e], json);
  }
  da_text_append(json, "]}\n");
}

static da_status put(da_publication *publication, const char *key, const da_text *bytes, da_error *err) {
  DA_TRY(da_text_check(bytes, err));
  return da_publication_put(publication, key, bytes->data, bytes->length, err);
}

da_status da_train_publish(const da_model *model, const da_train_report *report, da_publication *publication, da_error *err) {
  da_text bytes = {0};
  da_status status = da_model_print(model, &bytes, err);
  if (status == DA_OK) status = put(publication, "model/model.safetensors", &bytes, err);
  da_text_clear(&bytes);
  if (status == DA_OK && da_model_n_params(model) <= DA_ONNX_MAX_PARAMS) {
    status = da_model_print_onnx(model, &bytes, err);
    if (status == DA_OK) status = put(publication, "model/model.onnx", &bytes, err);
    da_text_clear(&bytes);
  }
  if (status == DA_OK) da_train_report_print_json(report, &bytes);
  if (status == DA_OK) status = put(publication, "model/score.json", &bytes, err);
  da_text_free(&bytes);
  return status;
}
