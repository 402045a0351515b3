/* What evaluate found, for a person: which method to trust and why, then the measurements, table by table. */
#ifndef DA_CLI_EVALUATION_H
#define DA_CLI_EVALUATION_H

#include <cJSON.h>

#include "base/text.h"

/* result: of da_evaluate_bucket. */
void da_evaluation_print(const cJSON *result, da_text *out);

#endif
