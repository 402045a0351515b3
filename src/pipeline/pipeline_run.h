/* What the stages of one run share: the bucket and its state, the database, the threads, and what earlier stages left open. */
#ifndef DA_PIPELINE_PIPELINE_RUN_H
#define DA_PIPELINE_PIPELINE_RUN_H

#include "base/threads.h"
#include "credit/pass.h"
#include "journey/set.h"
#include "model/model.h"
#include "pipeline/pipeline.h"
#include "pipeline/state.h"
#include "simulate/truth.h"
#include "store/db.h"
#include "store/impressions.h"

typedef struct {
  const da_run_job *job;
  da_monitor monitor; /* the job's, and a note goes into the record of the stage that runs */
  da_run_state state;
  da_db *db; /* opened when first needed */
  da_pool *pool;
  da_impressions impressions; /* opened by the stage journeys */
  da_journeys set;            /* mapped when first needed */
  bool set_is_open;
  da_model model; /* read when first needed */
  bool model_is_open;
  uint64_t model_hash;         /* of the model file's bytes; 0: there is none */
  cJSON *records[DA_N_STAGES]; /* of this run's stages, done or resumed */
  cJSON *recording;            /* the record of the stage that runs now */
  bool helpers_dismissed;      /* the other ranks wait for no more calls */
} da_run;

/* Takes no lock: who changes the bucket does (da_bucket_lock). */
da_status da_run_open(const da_run_job *job, da_run *run, da_error *err) DA_MUST_CHECK;
void da_run_close(da_run *run);

/* Each opens once; later calls are free. By several ranks the set is this one's part (journey/set_part.h). */
da_status da_run_need_db(da_run *run, da_error *err) DA_MUST_CHECK;
da_status da_run_need_set(da_run *run, da_error *err) DA_MUST_CHECK;
/* The job's model file, or the bucket's: exists = false and DA_OK when it has none. */
da_status da_run_need_model(da_run *run, bool *exists, da_error *err) DA_MUST_CHECK;
/* truth.json, where the log was simulated; the caller frees truth, whatever happens. */
da_status da_run_read_truth(const da_run *run, da_truth *truth, bool *known, da_error *err) DA_MUST_CHECK;
/* After a stage published new files: what was open of the old ones is closed. */
void da_run_forget_set(da_run *run);
void da_run_forget_model(da_run *run);

/* Hash of the settings in these sections (see da_config_print_json), the program's version, and parts of the input. */
da_status da_run_fingerprint(const da_run *run, const char *sections, const char *input, size_t input_bytes, uint64_t *fingerprint,
                             da_error *err) DA_MUST_CHECK;

/* The settings to train with: the job's, and those that the bucket's search found for what the user left open (da_tune_use_best;
 * *tuned then). config shares the texts of the job's. */
da_status da_run_training_config(const da_run_job *job, const da_journeys *set, da_config *config, bool *tuned,
                                 da_error *err) DA_MUST_CHECK;

/* Training by several ranks (job->team). Rank 0 calls the others to open the set, each its own part, then to train; or dismisses them.
 * They wait for one or the other. Alone: nothing happens. */
da_status da_run_open_part(da_run *run, da_error *err) DA_MUST_CHECK;
da_status da_run_call_helpers(da_run *run, da_error *err) DA_MUST_CHECK;
da_status da_run_dismiss_helpers(da_run *run, da_error *err) DA_MUST_CHECK;
/* The whole run of another rank than 0. */
da_status da_run_help_training(const da_run_job *job, da_error *err) DA_MUST_CHECK;

/* A stage: what decides whether it must run again, and its work. */
typedef struct {
  const char *name;
  const char *outputs[6]; /* keys that must exist for it to be done */
  da_status (*fingerprint)(da_run *run, uint64_t *fingerprint, da_error *err);
  /* Publishes its outputs and adds its facts to record. */
  da_status (*work)(da_run *run, cJSON *record, da_error *err);
  bool (*is_left_out)(const da_run_job *job); /* among the stages that job asks for; NULL: never */
} da_stage_work;

extern const da_stage_work da_stage_journeys, da_stage_tune, da_stage_train, da_stage_attribute, da_stage_report;

#endif
