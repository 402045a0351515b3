/* The raw impression log, whatever its files and types, as one SQL relation with the columns of design 2.
 *
 * raw/ (Parquet, CSV[.gz], JSON lines[.gz], one file, many, partitioned folders) or `source:` SQL
 *   -> uid (BIGINT or VARCHAR), time_us (BIGINT), campaign (VARCHAR), conversion (BOOLEAN)
 *      [, value DOUBLE][, cost DOUBLE][, split VARCHAR][, feature_0 VARCHAR or FLOAT, feature_1 ...]
 * Rows that miss uid, timestamp or campaign are left out and counted. Text files and queries are read once, into a table of the session
 * that spills when memory runs short; Parquet is read where it lies. */
#ifndef DA_STORE_IMPRESSIONS_H
#define DA_STORE_IMPRESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/monitor.h"
#include "store/bucket.h"
#include "store/config.h"
#include "store/db.h"
#include "store/feature.h"

typedef struct {
  da_text fingerprint; /* files with sizes and times (or the SQL text), for resume and manifest; set by open, all else by audit */
  da_text relation;    /* SQL text usable as `FROM (...)`; has the columns above */
  bool uid_is_text;    /* otherwise BIGINT */
  uint32_t n_features;
  da_feature_column features[DA_MAX_FEATURES]; /* those of touches first; feature i is the relation's column feature_i */
  bool has_conversion; /* false: conversions come from raw/conversions.* alone, and the column is false throughout */
  bool has_value, has_cost, has_split;
  bool has_conversions_table; /* raw/conversions.*: see conversions below */
  da_text conversions;        /* SQL relation: uid, time_us, value (1 where there is no such column); empty when there is none */
  bool conversions_have_value;
  da_text spend; /* raw/spend.*, SQL relation: campaign VARCHAR, cost DOUBLE; empty when there is none */
  uint64_t n_rows, n_missing_uid, n_missing_timestamp, n_missing_campaign, n_missing_conversion;
  uint64_t n_missing_conversions; /* rows of raw/conversions.* without uid or timestamp */
  uint64_t n_conversions;         /* what all credit must add up to: of the rows that are kept, or of raw/conversions.* */
  double value;                   /* of those conversions; 0 without a value column */
  bool has_range;                 /* the audit came to know the next four without reading the log for them */
  int64_t first_us, last_us;      /* earliest and latest time of the impressions; they may hold more than the rows that are kept */
  int64_t lowest_uid, highest_uid;
  struct da_raw_log *raw; /* private */
} da_impressions;

/* Finds the files and takes their fingerprint; reads none of them. location: NULL for the bucket's raw/ or config->source; else a file or
 * folder (describe INPUT). config must outlive the impressions. */
da_status da_impressions_open(da_db *db, const da_bucket *bucket, const char *location, const da_config *config,
                              da_impressions *impressions, da_error *err) DA_MUST_CHECK;
/* Maps the columns, decides the types and the unit of time by looking at the data, counts, and sets the relations. Refuses what makes no
 * sense (text that is no time, NaN, a conversion that is neither 0 nor 1, a file that ends early), naming file and row. What it decided
 * where the user might wonder is noted. */
da_status da_impressions_audit(da_db *db, da_impressions *impressions, const da_monitor *monitor, da_error *err) DA_MUST_CHECK;
/* Drops the session's tables: before da_db_close. {0} allowed. */
void da_impressions_free(da_impressions *impressions);

#endif
