/* What a run did, at its end: a few lines and the credit table for a person, one JSON object for a program. Both on stdout. */
#ifndef DA_CLI_SUMMARY_H
#define DA_CLI_SUMMARY_H

#include <cjson/cJSON.h>

#include "base/status.h"

/* result as da_run_stages gives it. */
void da_summary_print(const cJSON *result, const char *bucket);
da_status da_summary_print_json(const cJSON *result, da_error *err) DA_MUST_CHECK;

#endif
