/* The stage train by several ranks: rank 0 runs it and calls the others. */
#include "journey/build.h"
#include "journey/set_part.h"
#include "pipeline/pipeline_run.h"
#include "train/train.h"

/* What rank 0 calls the others for, each once and in this order. */
typedef enum { CALL_NOTHING_MORE, CALL_OPEN_SET, CALL_TRAIN } call;

static da_status tell(da_run *run, call what, da_error *err) {
  const da_team *team = run->job->team;
  const unsigned char told = (unsigned char)what;
  da_piece pieces[DA_TEAM_MAX_RANKS];
  if (da_team_size(team) == 1 || run->helpers_dismissed) return DA_OK;
  run->helpers_dismissed = what != CALL_OPEN_SET; /* those who train go home when they are done */
  return team->gather(team->context, &told, 1, pieces, err);
}

da_status da_run_call_helpers(da_run *run, da_error *err) { return tell(run, CALL_TRAIN, err); }
da_status da_run_dismiss_helpers(da_run *run, da_error *err) { return tell(run, CALL_NOTHING_MORE, err); }

da_status da_run_open_part(da_run *run, da_error *err) {
  DA_TRY(tell(run, CALL_OPEN_SET, err));
  return da_journeys_open_part(run->job->bucket, DA_JOURNEYS_KEY, run->job->team, &run->set, err);
}

static da_status hear(const da_run_job *job, call *what, da_error *err) {
  da_piece pieces[DA_TEAM_MAX_RANKS];
  DA_TRY(job->team->gather(job->team->context, NULL, 0, pieces, err));
  *what = pieces[0].n_bytes == 1 ? (call)pieces[0].data[0] : CALL_NOTHING_MORE;
  return DA_OK;
}

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
  call what;
  DA_TRY(hear(job, &what, err));
  if (what != CALL_OPEN_SET) return DA_OK;
  da_journeys set;
  DA_TRY(da_journeys_open_part(job->bucket, DA_JOURNEYS_KEY, job->team, &set, err));
  da_status status = hear(job, &what, err);
  if (status == DA_OK && what == CALL_TRAIN) status = train(job, &set, err);
  da_journeys_close(&set);
  return status;
}
