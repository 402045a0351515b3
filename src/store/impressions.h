/* The raw impression log, whatever its files and types, as one SQL relation with the columns of design 2.
 *
 * raw/ (Parquet, CSV[.gz], JSON lines[.gz], one file, many, partitioned folders) or `source:` SQL
 *   -> uid (BIGINT or VARCHAR), time_us (BIGINT), campaign (VARCHAR), conversion (BOOLEAN)
 *      [, value DOUBLE][, cost DOUBLE][, split VARCHAR][, one column a feature]
 * Rows that miss uid, timestamp or campaign are left out and counted. */
#ifndef DA_STORE_IMPRESSIONS_H
#define DA_STORE_IMPRESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/bucket.h"
#include "store/config.h"
#include "store/db.h"

typedef struct {
  da_text relation;    /* SQL text usable as `FROM (...)`; has the columns above */
  bool uid_is_text;    /* otherwise BIGINT */
  bool has_conversion; /* false: conversions come from raw/conversions.* alone */
  bool has_value, has_cost, has_split;
  bool has_conversions_table; /* raw/conversions.*: see conversions below */
  da_text conversions;        /* SQL relation: uid, time_us, value; empty when there is none */
  bool conversions_have_value;
  /* Counted on the whole input by da_impressions_audit. */
  uint64_t n_rows, n_missing_uid, n_missing_timestamp, n_missing_campaign, n_missing_conversion;
  uint64_t n_conversions; /* of the rows that are kept */
  double value;           /* of those conversions; 0 without a value column */
  da_text audit;          /* private: the query that counts */
  da_text finders;        /* private: queries that find the first bad row, one a column, each ended by a zero byte */
  da_text fingerprint;    /* files with sizes and times (or the SQL text), for resume and manifest */
} da_impressions;

/* Finds the files, maps the columns, decides the timestamp's unit and the conversion's type, and sets relation. Reads no rows beyond
 * what types need. location: NULL for the bucket's raw/ or config->source; else a file or folder (describe INPUT). */
da_status da_impressions_open(da_db *db, const da_bucket *bucket, const char *location, const da_config *config,
                              da_impressions *impressions, da_error *err) DA_MUST_CHECK;
/* One pass: the counts; refuses impossible values (text that is no time, NaN, conversion that is neither 0 nor 1) naming file and row. */
da_status da_impressions_audit(da_db *db, da_impressions *impressions, const da_monitor *monitor, da_error *err) DA_MUST_CHECK;
void da_impressions_free(da_impressions *impressions);

#endif
