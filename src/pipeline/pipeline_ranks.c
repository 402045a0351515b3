/* What ranks other than 0 do in the stage train. */
#include "base/mem.h"
#include "journey/build.h"
#include "pipeline/pipeline_run.h"
#include "train/train.h"

static da_status tell(da_run *run, unsigned char call, da_error *err) {
  const da_team *team = run->job->team;
  if (da_team_size(team) == 1 || run->helpers_called) return DA_OK;
  run->helpers_called = true;
  da_piece pieces[DA_TEAM_MAX_RANKS];
  return team->gather(team->context, &call, 1, pieces, err);
}

da_status da_run_call_helpers(da_run *run, da_error *err) { return tell(run, 1, err); }
da_status da_run_dismiss_helpers(da_run *run, da_error *err) { return tell(run, 0, err); }

static da_status train(const da_run_job *job, const da_journeys *set, da_error *err) {
  da_pool *pool = NULL;
  da_config config;
  bool tuned;
  DA_TRY(da_run_training_config(job, set, &config, &tuned, err));
  DA_TRY(da_pool_open((int)job->config->threads, &pool, err));
  da_model model = {0};
  da_train_report report = {0};
  const da_train_job work = {.set = set, .config = &config, .pool = pool, .team = job->team, .monitor = job->monitor};
  da_status status = da_train(&work, &model, &report, err);
  da_train_report_free(&report);
  da_model_close(&model);
  da_pool_close(pool);
  return status;
}

da_status da_run_help_training(const da_run_job *job, da_error *err) {
  da_piece pieces[DA_TEAM_MAX_RANKS];
  DA_TRY(job->team->gather(job->team->context, NULL, 0, pieces, err));
  if (pieces[0].n_bytes != 1 || !pieces[0].data[0]) return DA_OK;
  char *path = NULL;
  da_journeys set;
  DA_TRY(da_bucket_local(job->bucket, DA_JOURNEYS_KEY, &path, err));
  da_status status = da_journeys_open(path, &set, err);
  da_mem_free(path);
  if (status != DA_OK) return status;
  status = train(job, &set, err);
  da_journeys_close(&set);
  return status;
}
