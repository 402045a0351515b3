/* What a run did, at its end, for a person: a few lines and the credit table, on stdout. */
#ifndef DA_CLI_SUMMARY_H
#define DA_CLI_SUMMARY_H

#include <cjson/cJSON.h>

/* result as da_run_stages gives it. */
void da_summary_print(const cJSON *result, const char *bucket);

#endif
