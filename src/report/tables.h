/* The Parquet tables of attention_report/.
 *
 *   attention_score.parquet     one row a touch, in the order of journeys:
 *       journey_id BIGINT (position in the order of users and their journeys), uid (BIGINT or VARCHAR), touch_index INTEGER (from 1),
 *       timestamp, campaign_nm, conversion_status BOOLEAN (of the journey), attention FLOAT (NULL without a network), and for each
 *       method <method>_attribution DOUBLE: the conversions it credits to the touch
 *   campaign_attention.parquet  campaign_nm, total_attention DOUBLE, average_attention DOUBLE: over converting journeys, so that
 *       total_attention adds up to the conversions (the original summed over all journeys of the train set, and over padding).
 *       average = total / touches in converting journeys, NULL where there are none. Without a network no rows.
 *   campaign_credit.parquet     long: method, campaign_nm, touches BIGINT, conversions, value, share, low, high, spend, cpa, roas,
 *       cpa_low, cpa_high, roas_low, roas_high DOUBLE (of the methods incremental and removal: incremental CPA and ROAS). Methods in the order they are shown; for each, the campaigns in byte order of their names, then "(baseline)" and
 *       "(unattributed)", so that conversions and value add up to the input's for every method. NULL: unknown.
 *
 * Each is written to a local path, the same bytes for the same report. */
#ifndef DA_REPORT_TABLES_H
#define DA_REPORT_TABLES_H

#include "base/mem.h"
#include "credit/pass.h"
#include "report/facts.h"
#include "store/db.h"

/* Drives the pass, which must be at its beginning and silent, to its end: then its totals have been checked. */
da_status da_tables_write_touches(da_db *db, const char *path, const da_journeys *set, const da_fitted *fitted, da_pass *pass,
                                  const da_monitor *monitor, da_error *err) DA_MUST_CHECK;
da_status da_tables_write_attention(da_db *db, const char *path, const da_report *report, const da_monitor *monitor,
                                    da_error *err) DA_MUST_CHECK;
da_status da_tables_write_credit(da_db *db, const char *path, const da_report *report, const da_monitor *monitor,
                                 da_error *err) DA_MUST_CHECK;

/* campaign_credit.parquet read back, bit for bit: for a report that is made later than the credit. What it does not
 * hold, converting touches and journeys, is counted again from the journeys. */
typedef struct {
  da_credit_totals totals;
  da_interval_facts *intervals; /* [methods]; NULL when no method has any */
  double *spend;                /* [campaigns]; NULL when none is known */
} da_stored_credit;

/* url: what DuckDB reads (da_bucket_url); set: the journeys that the table was made of. DA_ERR_DATA when it was not made of them, or names
 * a method that this program does not know. arena owns the arrays. */
da_status da_tables_read_credit(da_db *db, const char *url, const da_journeys *set, da_arena *arena, da_stored_credit *stored,
                                da_error *err) DA_MUST_CHECK;

#endif
