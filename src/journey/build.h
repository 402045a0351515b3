/* The stage `journeys`: a bucket's raw log becomes its feature store.
 *
 *   raw/ or source: -> log (sorted) -> cut -> feature_store_preprocessed/journeys.pack
 *                                             -> feature_store/{train,val,test}.parquet
 *                                             -> campaign_nm_to_one_hot_index.json
 *
 * Everything is written into one publication, so that a reader finds the outputs of one run or of none. Memory: what DuckDB may take for
 * its sort, a few MB a section of the pack, the campaigns' names, the touches of one journey. The same input and settings give the same bytes,
 * whatever the threads. */
#ifndef DA_JOURNEY_BUILD_H
#define DA_JOURNEY_BUILD_H

#include "base/monitor.h"
#include "base/status.h"
#include "journey/cut.h"
#include "journey/feature_store.h"
#include "store/bucket.h"
#include "store/config.h"
#include "store/db.h"
#include "store/impressions.h"

#define DA_JOURNEYS_KEY "feature_store_preprocessed/journeys.pack"
#define DA_CAMPAIGN_INDEX_KEY "campaign_nm_to_one_hot_index.json"

typedef enum {
  DA_BUILD_SORT,   /* reading the campaigns and sorting the log, until its first row is there */
  DA_BUILD_CUT,    /* fetching the sorted rows, cutting them, putting the journeys aside */
  DA_BUILD_PACK,   /* joining the pack */
  DA_BUILD_TABLES, /* the Parquet tables */
  DA_N_BUILD_STEPS,
} da_build_step;

typedef struct {
  da_cut_counts counts;
  da_set_totals sets[DA_N_SETS];
  uint64_t n_campaigns; /* of the log; after `frequency`: of the journeys */
  uint64_t checksum;    /* da_journeys.checksum of the pack */
  double seconds[DA_N_BUILD_STEPS];
} da_journeys_report;

/* "sort", "cut", "pack", "tables". */
const char *da_build_step_name(da_build_step step);

/* impressions: opened, and audited by the caller. The publication's commit is the caller's too. */
da_status da_journeys_build(da_db *db, da_publication *publication, const da_config *config, const da_impressions *impressions,
                            const da_monitor *monitor, da_journeys_report *report, da_error *err) DA_MUST_CHECK;

/* The same journeys for another sink, and nothing is written: `describe`. After the transform `frequency`, campaigns are codes without a name.
 * n_campaigns: of the log. */
da_status da_journeys_cut(da_db *db, const da_config *config, const da_impressions *impressions, const da_cut_sink *sink,
                          const da_monitor *monitor, da_cut_counts *counts, uint64_t *n_campaigns, da_error *err) DA_MUST_CHECK;

#endif
