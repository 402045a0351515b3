/* explain: journeys of a bucket taken apart by every method of its settings (credit/explain.h), printed. Changes nothing, and works
 * beside a run. */
#ifndef DA_PIPELINE_EXPLAIN_H
#define DA_PIPELINE_EXPLAIN_H

#include "pipeline/pipeline.h"

typedef struct {
  const char *uid;  /* all journeys of this user; NULL: one journey */
  uint64_t journey; /* its number: journey_id of attention_score.parquet */
  bool as_json;     /* else text for a terminal */
} da_explain_wish;

/* job: bucket, config, monitor and, for another model than the bucket's, model_path. Appends to out. DA_ERR_ARG when there is no such
 * user or journey, DA_ERR_DATA when there are no journeys yet. */
da_status da_explain_bucket(const da_run_job *job, const da_explain_wish *wish, da_text *out, da_error *err) DA_MUST_CHECK;

#endif
