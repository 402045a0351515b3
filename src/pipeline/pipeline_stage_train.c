/* train: the packed journeys -> model/model.safetensors, model.onnx, score.json (the original's job "training"). */
#include "base/clock.h"
#include "pipeline/pipeline_run.h"
#include "pipeline/record.h"
#include "train/train.h"
#include "tune/tune.h"

da_status da_run_training_config(const da_run_job *job, const da_journeys *set, da_config *config, bool *tuned, da_error *err) {
  *config = *job->config;
  return da_tune_use_best(job->bucket, set, config, tuned, err);
}

static da_status fingerprint(da_run *run, uint64_t *out, da_error *err) {
  DA_TRY(da_run_need_set(run, err));
  struct {
    uint64_t set_checksum;
    da_tune_point point;
  } input = {.set_checksum = run->set.checksum};
  da_config config;
  bool tuned;
  DA_TRY(da_run_training_config(run->job, &run->set, &config, &tuned, err));
  if (tuned) da_tune_point_from_config(&run->set, &config, &input.point);
  return da_run_fingerprint(run, "model training seed", (const char *)&input, sizeof input, out, err);
}

static da_metric_facts metric_facts(const da_metrics *metrics) {
  return (da_metric_facts){.n_journeys = metrics->n_journeys,
                           .n_conversions = metrics->n_conversions,
                           .loss = metrics->loss,
                           .auc = metrics->auc,
                           .accuracy = metrics->accuracy,
                           .precision = metrics->precision,
                           .recall = metrics->recall,
                           .calibration_error = metrics->calibration_error};
}

static da_model_facts model_facts(const da_model *model, const da_train_report *report) {
  da_model_facts facts = {.present = true,
                          .n_parameters = da_model_n_params(model),
                          .n_embedding = model->shape.n_embedding,
                          .n_hidden = model->shape.n_hidden,
                          .n_epochs = report->n_epochs,
                          .best_epoch = report->best_epoch,
                          .uses_time = report->uses_time,
                          .touches_per_second = report->seconds > 0 ? (double)report->n_touches / report->seconds : 0};
  for (int set = 0; set < DA_N_SETS; set++) facts.metrics[set] = metric_facts(&report->metrics[set]);
  return facts;
}

static da_status publish(da_run *run, const da_model *model, const da_train_report *report, da_error *err) {
  da_publication *publication = NULL;
  da_status status = da_publication_begin(run->job->bucket, &publication, err);
  if (status == DA_OK) status = da_train_publish(model, report, publication, err);
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  return status;
}

static da_status work(da_run *run, cJSON *record, da_error *err) {
  if (run->job->force) DA_TRY(da_train_forget(run->job->bucket, err));
  da_config config;
  bool tuned;
  DA_TRY(da_run_training_config(run->job, &run->set, &config, &tuned, err));
  if (tuned) da_monitor_note(&run->monitor, DA_NOTE_INFO, "settings from the search of before (" DA_TUNE_KEY_BEST ") where none were set");
  da_train_job job = {
      .set = &run->set, .config = &config, .bucket = run->job->bucket, .pool = run->pool, .team = run->job->team, .monitor = &run->monitor};
  da_model model = {0};
  da_train_report report = {0};
  da_status status = da_run_call_helpers(run, err);
  if (status == DA_OK) status = da_train(&job, &model, &report, err);
  if (status == DA_OK) status = publish(run, &model, &report, err);
  if (status == DA_OK) status = da_train_forget(run->job->bucket, err);
  if (status == DA_OK) {
    da_model_facts facts = model_facts(&model, &report);
    if (!da_record_add_model(record, &facts)) status = da_mem_fail(err, 1, 4096, "the record of training");
  }
  da_train_report_free(&report);
  da_model_close(&model);
  da_run_forget_model(run);
  return status;
}

/* A model that is there is not trained again. */
static bool is_left_out(const da_run_job *job) { return job->model_path != NULL; }

const da_stage_work da_stage_train = {
    .name = "train",
    .outputs = {DA_KEY_MODEL, "model/score.json"},
    .fingerprint = fingerprint,
    .work = work,
    .is_left_out = is_left_out,
};
