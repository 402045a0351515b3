/* manifest.json: what a run was made of, what it did and that it adds up; enough to run it again and to compare two runs.
 *
 * da_report -> JSON text. "stages" (seconds), "threads" and "touches_per_second" differ from run to run; the rest is the same for the
 * same inputs, settings and seed. Unknown numbers are null; 64-bit checksums are text. */
#ifndef DA_REPORT_MANIFEST_H
#define DA_REPORT_MANIFEST_H

#include "report/facts.h"

da_status da_manifest_print(const da_report *report, da_text *json, da_error *err) DA_MUST_CHECK;

#endif
