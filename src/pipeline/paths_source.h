/* Aggregated paths as a log: what the field hands around instead of touches.
 *
 *   path,conversions,value,nulls          ->  2 + 1 users, each with the touches a, b, a a minute apart;
 *   a > b > a,2,19.80,1                       two of them convert at the last one, for 9.90 each
 *
 * A file of CSV[.gz], Parquet or JSON[.gz] with the columns
 *   path                                   campaigns with > between them
 *   conversions  or total_conversions      journeys that took the path and converted
 *   value        or total_conversion_value of all of them together; optional
 *   nulls        or total_null             journeys that took it and did not convert; optional
 *
 * It becomes config->source; the times are no times of anything, so only methods that ask for the order of touches alone are run. */
#ifndef DA_PIPELINE_PATHS_SOURCE_H
#define DA_PIPELINE_PATHS_SOURCE_H

#include "store/config.h"
#include "store/db.h"

/* Reads the file's columns and checks its counts; sets source, the rules of cutting (paths stay whole) and, when it is empty, credit.methods.
 * DA_ERR_DATA for a file that is none of this kind, with the row of a bad count; DA_ERR_CONFIG for a method that needs times. */
da_status da_paths_settings(da_db *db, const char *file, da_config *config, da_error *err) DA_MUST_CHECK;

#endif
