#include "pipeline/pipeline.h"

#include <string.h>

#include "base/clock.h"
#include "pipeline/pipeline_run.h"

static const da_stage_work *const stages[DA_N_STAGES] = {
    [DA_STAGE_JOURNEYS] = &da_stage_journeys,   [DA_STAGE_TUNE] = &da_stage_tune,     [DA_STAGE_TRAIN] = &da_stage_train,
    [DA_STAGE_ATTRIBUTE] = &da_stage_attribute, [DA_STAGE_REPORT] = &da_stage_report,
};

const char *da_stage_name(da_stage stage) { return stages[stage]->name; }

da_status da_stage_find(const char *name, da_stage *stage, da_error *err) {
  for (int i = 0; i < DA_N_STAGES; i++) {
    if (strcmp(stages[i]->name, name) == 0) {
      *stage = (da_stage)i;
      return DA_OK;
    }
  }
  return da_fail(err, DA_ERR_ARG, "expected a stage (journeys, tune, train, attribute or report) but found '%.80s'", name);
}

static da_status outputs_exist(const da_run *run, const da_stage_work *stage, bool *exist, da_error *err) {
  *exist = true;
  for (int i = 0; stage->outputs[i] && *exist; i++) DA_TRY(da_bucket_exists(run->job->bucket, stage->outputs[i], exist, err));
  return DA_OK;
}

/* The record of a stage that need not run again, or NULL. */
static da_status find_done(const da_run *run, const da_stage_work *stage, uint64_t fingerprint, cJSON **record, da_error *err) {
  *record = NULL;
  uint64_t then = 0;
  const cJSON *facts = da_run_state_find(&run->state, stage->name, &then);
  if (!facts || then != fingerprint || run->job->force) return DA_OK;
  bool exist = false;
  DA_TRY(outputs_exist(run, stage, &exist, err));
  if (!exist) return DA_OK;
  *record = cJSON_Duplicate(facts, true);
  if (!*record) return da_mem_fail(err, 1, 4096, "the record of a stage");
  cJSON_DeleteItemFromObjectCaseSensitive(*record, "resumed");
  if (!cJSON_AddTrueToObject(*record, "resumed")) return da_mem_fail(err, 1, 64, "the record of a stage");
  da_monitor_note(run->job->monitor, DA_NOTE_INFO, "%s: done before with the same input and settings; --force does it again", stage->name);
  return DA_OK;
}

/* Before its outputs change a stage is forgotten, so that a crash in between never passes for a finished stage. */
static da_status do_stage(da_run *run, const da_stage_work *stage, uint64_t fingerprint, cJSON *record, da_error *err) {
  da_run_state_forget(&run->state, stage->name);
  DA_TRY(da_run_state_write(&run->state, run->job->bucket, err));
  double start = da_clock_seconds();
  run->recording = record;
  da_status status = stage->work(run, record, err);
  run->recording = NULL;
  DA_TRY(status);
  cJSON *kept = NULL;
  if (cJSON_AddNumberToObject(record, "seconds", da_clock_seconds() - start) && cJSON_AddFalseToObject(record, "resumed")) {
    kept = cJSON_Duplicate(record, true);
  }
  if (!kept) return da_mem_fail(err, 1, 4096, "the record of a stage");
  DA_TRY(da_run_state_set(&run->state, stage->name, fingerprint, kept, err));
  return da_run_state_write(&run->state, run->job->bucket, err);
}

static da_status run_stage(da_run *run, da_stage number, da_error *err) {
  const da_stage_work *stage = stages[number];
  uint64_t fingerprint = 0;
  DA_TRY(da_monitor_check(run->job->monitor, stage->name, err));
  DA_TRY(stage->fingerprint(run, &fingerprint, err));
  DA_TRY(find_done(run, stage, fingerprint, &run->records[number], err));
  if (run->records[number]) return DA_OK;
  run->records[number] = cJSON_CreateObject();
  if (!run->records[number]) return da_mem_fail(err, 1, 64, "the record of a stage");
  return do_stage(run, stage, fingerprint, run->records[number], err);
}

/* Hands the records over to the caller's object. */
static da_status collect(da_run *run, cJSON **result, da_error *err) {
  cJSON *all = cJSON_CreateObject();
  for (int i = 0; all && i < DA_N_STAGES; i++) {
    cJSON *record = run->records[i];
    if (!record) continue;
    if (!cJSON_AddItemToObject(all, stages[i]->name, record)) {
      cJSON_Delete(all);
      all = NULL;
      break;
    }
    run->records[i] = NULL;
  }
  *result = all;
  return all ? DA_OK : da_mem_fail(err, 1, 256, "the result of the run");
}

/* A misspelt method must not be found only after the training that comes before it. */
static da_status check_methods(const da_config *config, da_error *err) {
  const da_method *methods[64];
  size_t n = 0;
  bool has_network = true; /* or may come to have one */
  return da_methods_choose(config, has_network, methods, &n, err);
}

static da_status check_job(const da_run_job *job, da_error *err) {
  if (job->first > job->last) {
    return da_fail(err, DA_ERR_ARG, "expected --from a stage before --to but found %s after %s", da_stage_name(job->first),
                   da_stage_name(job->last));
  }
  DA_TRY(check_methods(job->config, err));
  if (da_team_size(job->team) > 1 && (job->first != DA_STAGE_TRAIN || job->last != DA_STAGE_TRAIN)) {
    return da_fail(err, DA_ERR_ARG,
                   "expected 'train', the one stage that several ranks share, but found 'run' or another; call it without mpirun");
  }
  return DA_OK;
}

da_status da_run_stages(const da_run_job *job, cJSON **result, da_error *err) {
  *result = NULL;
  DA_TRY(check_job(job, err));
  if (da_team_rank(job->team) > 0) {
    *result = cJSON_CreateObject();
    return *result ? da_run_help_training(job, err) : da_mem_fail(err, 1, 64, "the result of the run");
  }
  DA_TRY(da_bucket_lock(job->bucket, err));
  da_run run;
  da_status status = da_run_open(job, &run, err);
  for (int i = (int)job->first; status == DA_OK && i <= (int)job->last; i++) {
    if (stages[i]->is_left_out && stages[i]->is_left_out(job)) continue;
    status = run_stage(&run, (da_stage)i, err);
  }
  if (status == DA_OK) status = da_run_dismiss_helpers(&run, err);
  if (status == DA_OK) status = collect(&run, result, err);
  da_run_close(&run);
  return status;
}
