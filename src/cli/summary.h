/* What a run did, at its end, for a person: a few lines and the credit table, on stdout. */
#ifndef DA_CLI_SUMMARY_H
#define DA_CLI_SUMMARY_H

#include "cli/session.h"

/* result as da_run_stages gives it: printed as one JSON object with --json, for a person otherwise, not at all with --quiet. */
da_status da_summary_show(da_session *session, const cJSON *result, const da_bucket *bucket) DA_MUST_CHECK;

#endif
