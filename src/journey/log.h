/* The log in the order in which journeys are cut, its campaigns as ranks.
 *
 *   impressions [and conversions], as SQL -> one ORDER BY -> chunks of rows for da_cut_add
 *
 * DuckDB sorts, and spills when memory runs short. What makes its sort fast is a short key, so uid is counted from the lowest uid where
 * that fits 32 bits, and time, conversion and campaign share one integer,
 *
 *   key = (time_us - first time) * 2^(bits + 1) + conversion * 2^bits + campaign        with 2^bits > every campaign's rank
 *
 * as long as it has room (a year of microseconds takes 45 bits); logs that are longer are sorted by the columns themselves. */
#ifndef DA_JOURNEY_LOG_H
#define DA_JOURNEY_LOG_H

#include <stdbool.h>

#include "base/monitor.h"
#include "base/status.h"
#include "journey/cut.h"
#include "journey/vocabulary.h"
#include "store/db.h"
#include "store/impressions.h"

typedef struct da_log da_log;

/* Reads the campaigns and the range of the keys; the sort begins with the first da_log_next. DA_ERR_DATA when there is no impression, or the
 * split column holds something else than train, val and test. impressions and db must outlive the log. */
da_status da_log_open(da_db *db, const da_impressions *impressions, const da_monitor *monitor, da_log **log, da_error *err) DA_MUST_CHECK;
/* All campaigns of the log; valid until close. */
const da_names *da_log_campaigns(const da_log *log);
/* All values of a feature that is a category, the empty one for missing first; none of a number. */
da_names da_log_feature_values(const da_log *log, uint32_t feature);
/* The next rows, valid until the next call; n = 0 at the end. */
da_status da_log_next(da_log *log, const da_monitor *monitor, da_cut_rows *rows, da_error *err) DA_MUST_CHECK;
void da_log_close(da_log *log); /* NULL allowed */

#endif
