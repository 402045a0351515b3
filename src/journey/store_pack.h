/* The packed journey set from a feature store that another engine cut (python/deepattribution/spark): the same bytes that the stage
 * journeys gives for the same log and settings.
 *
 *   feature_store/{train,val,test}.parquet, files or folders of files, each in the order of journey_id
 *   campaign_nm_to_one_hot_index.json           -->  three streams, merged by journey_id  -->  journeys.pack
 *   feature_store/log.json
 *
 * log.json, an object, says what the tables do not: uid_is_text, has_value, has_conversion_us (then the tables have that column: the moment
 * of each conversion), log_start_us and log_end_us, n_unattributed, unattributed_value, and n_journeys. The engine writes it when the tables
 * are complete; its tables are hostile until checked. Memory: a chunk of each stream, the touches of one journey, the campaigns' names. */
#ifndef DA_JOURNEY_STORE_PACK_H
#define DA_JOURNEY_STORE_PACK_H

#include "base/monitor.h"
#include "base/status.h"
#include "store/bucket.h"
#include "store/db.h"

#define DA_STORE_LOG_KEY "feature_store/log.json"

/* Whether there is a feature store of another engine. */
da_status da_store_pack_exists(const da_bucket *bucket, bool *exists, da_error *err) DA_MUST_CHECK;
/* Writes the pack into the publication, whose commit is the caller's. db: connected to the bucket. */
da_status da_store_pack(da_db *db, const da_bucket *bucket, da_publication *publication, const da_monitor *monitor,
                        da_error *err) DA_MUST_CHECK;

#endif
