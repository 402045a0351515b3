/* The stages of a run, each from a bucket into the same bucket:
 *
 *   journeys    raw/ or source:          -> feature_store/, feature_store_preprocessed/, vocabulary
 *   tune        the packed journeys      -> tune/: settings for train; only when asked for
 *   train       the packed journeys      -> model/
 *   attribute   journeys and model       -> attention_report/ tables
 *   report      what the others did      -> attention_report/report.html, manifest.json
 *
 * A stage whose input and settings have not changed since it was done, and whose outputs are there, is not done again. An
 * interrupted run therefore goes on where it stopped. One run at a time works on a bucket. */
#ifndef DA_PIPELINE_PIPELINE_H
#define DA_PIPELINE_PIPELINE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/monitor.h"
#include "base/team.h"
#include "store/bucket.h"
#include "store/config.h"

/* The network, in a bucket. */
#define DA_KEY_MODEL "model/model.safetensors"
/* The fit of the incremental method (credit/incremental/known.h), beside it. */
#define DA_KEY_INCREMENTAL "model/incremental.json"

typedef enum { DA_STAGE_JOURNEYS, DA_STAGE_TUNE, DA_STAGE_TRAIN, DA_STAGE_ATTRIBUTE, DA_STAGE_REPORT, DA_N_STAGES } da_stage;

/* "journeys", "tune", "train", "attribute", "report". */
const char *da_stage_name(da_stage stage);
/* DA_ERR_ARG with the names there are. */
da_status da_stage_find(const char *name, da_stage *stage, da_error *err) DA_MUST_CHECK;

typedef struct {
  da_bucket *bucket;
  const da_config *config;
  const da_monitor *monitor; /* NULL allowed */
  da_stage first, last;      /* tune is passed over unless it is the first */
  bool force;                /* do finished stages again */
  const char *input;         /* a file or folder with the log instead of the bucket's raw/; NULL: the bucket's */
  const char *model_path;    /* a local model file instead of the bucket's; NULL: the bucket's */
  /* NULL: alone. Otherwise every rank calls da_run_stages for the stage train alone: rank 0 does it, the others help, write nothing,
   * and get an empty result. When one fails, its caller must end the others. */
  const da_team *team;
} da_run_job;

/* result: {"journeys": {"seconds": ..., "rows": ..., ...}, "train": {...}, ...} for the stages asked for, as --json prints it; the
 * caller's (cJSON_Delete). NULL on failure. */
da_status da_run_stages(const da_run_job *job, cJSON **result, da_error *err) DA_MUST_CHECK;

#endif
