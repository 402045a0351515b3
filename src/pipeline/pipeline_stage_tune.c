/* tune: the packed journeys -> tune/trials.parquet, tune/best.json (the original's hyper-parameter search). */
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "pipeline/pipeline_run.h"
#include "pipeline/record.h"
#include "tune/tune.h"

static da_status fingerprint(da_run *run, uint64_t *out, da_error *err) {
  DA_TRY(da_run_need_set(run, err));
  const uint64_t checksum = run->set.checksum;
  return da_run_fingerprint(run, "model training seed hp_tuning_nb_iterations", (const char *)&checksum, sizeof checksum, out, err);
}

static da_status publish(const da_tune_job *job, const da_tune_report *report, da_error *err) {
  da_publication *publication = NULL;
  da_status status = da_publication_begin(job->bucket, &publication, err);
  if (status == DA_OK) status = da_tune_publish(job, report, publication, err);
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  return status;
}

static da_trial_facts trial_facts(const da_tune_trial *trial) {
  const da_trial_result *result = &trial->results[trial->n_rungs - 1];
  const double *value = trial->point.value;
  return (da_trial_facts){.complete = da_halving_is_complete(trial),
                          .diverged = result->diverged,
                          .n_epochs = result->n_epochs,
                          .best_epoch = result->diverged ? 0 : result->best_epoch,
                          .val_loss = result->diverged ? NAN : result->val_loss,
                          .val_auc = result->diverged ? NAN : result->val_auc,
                          .n_touches = result->n_touches,
                          .learning_rate = value[DA_TUNE_LEARNING_RATE],
                          .epochs = (uint32_t)value[DA_TUNE_EPOCHS],
                          .n_embedding = (uint32_t)value[DA_TUNE_EMBEDDING],
                          .n_hidden = (uint32_t)value[DA_TUNE_LSTM],
                          .dropout = value[DA_TUNE_DROPOUT],
                          .recurrent_dropout = value[DA_TUNE_RECURRENT_DROPOUT]};
}

static bool add_table(cJSON *record, const da_halving *halving) {
  da_trial_facts *trials = da_mem_alloc(halving->n_started, sizeof *trials);
  for (uint32_t i = 0; trials && i < halving->n_started; i++) trials[i] = trial_facts(&halving->trials[i]);
  const bool added = trials && da_record_add_trials(record, trials, halving->n_started);
  da_mem_free(trials);
  return added;
}

static da_status add_facts(cJSON *record, const da_journeys *set, const da_tune_report *report, da_error *err) {
  const da_tune_trial *best = &report->halving.trials[report->best];
  char checksum[24];
  snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)set->checksum);
  bool added = cJSON_AddStringToObject(record, "journeys_checksum", checksum) &&
               cJSON_AddNumberToObject(record, "trials", report->halving.n_started) &&
               cJSON_AddNumberToObject(record, "best_trial", report->best) &&
               cJSON_AddNumberToObject(record, "val_loss", best->results[best->n_rungs - 1].val_loss) &&
               cJSON_AddNumberToObject(record, "touches", (double)report->n_touches);
  for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++)
    added = added && cJSON_AddNumberToObject(record, da_tune_space()[d].name, best->point.value[d]);
  added = added && add_table(record, &report->halving);
  return added ? DA_OK : da_mem_fail(err, 1, 4096, "the record of a search");
}

static da_status work(da_run *run, cJSON *record, da_error *err) {
  const da_tune_job job = {
      .set = &run->set, .config = run->job->config, .bucket = run->job->bucket, .pool = run->pool, .monitor = &run->monitor};
  if (run->job->force) DA_TRY(da_tune_forget(job.bucket, err));
  da_tune_report report;
  DA_TRY(da_tune(&job, &report, err));
  da_status status = publish(&job, &report, err);
  if (status == DA_OK) status = da_tune_forget(job.bucket, err);
  if (status == DA_OK) status = add_facts(record, job.set, &report, err);
  da_tune_report_free(&report);
  return status;
}

/* A search is only made when it is asked for. */
static bool is_left_out(const da_run_job *job) { return job->first != DA_STAGE_TUNE; }

const da_stage_work da_stage_tune = {
    .name = "tune",
    .outputs = {DA_TUNE_KEY_TRIALS, DA_TUNE_KEY_BEST},
    .fingerprint = fingerprint,
    .work = work,
    .is_left_out = is_left_out,
};
