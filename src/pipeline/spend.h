/* What the campaigns cost: raw/spend.*, or without it the column cost of the log, added up by campaign, once, by the stage journeys; joined to the credit by the stage attribute.
 *
 * feature_store/spend.json: {"campaign name": cost of all days, ...}; not there when the log came without spend. */
#ifndef DA_PIPELINE_SPEND_H
#define DA_PIPELINE_SPEND_H

#include "base/mem.h"
#include "store/bucket.h"
#include "store/impressions.h"
#include "store/table.h"

#define DA_KEY_SPEND "feature_store/spend.json"

/* impressions: audited. Without spend an older file is removed. */
da_status da_spend_publish(da_db *db, const da_impressions *impressions, da_bucket *bucket, da_publication *publication,
                           const da_monitor *monitor, da_error *err) DA_MUST_CHECK;

/* The file as it stands, to be hashed and parsed; empty when there is none. */
da_status da_spend_read(const da_bucket *bucket, da_text *json, da_error *err) DA_MUST_CHECK;

/* spend: [campaigns->n] in the arena, NaN for a campaign of which nothing is known; NULL when json is empty. Tells the monitor of money
 * for campaigns that have no touch, which no table can show. DA_ERR_DATA when json is not what da_spend_publish wrote. */
da_status da_spend_join(const da_text *json, const da_names *campaigns, da_arena *arena, const da_monitor *monitor, const double **spend,
                        da_error *err) DA_MUST_CHECK;
/* Reads and joins. */
da_status da_spend_load(const da_bucket *bucket, const da_names *campaigns, da_arena *arena, const da_monitor *monitor,
                        const double **spend, da_error *err) DA_MUST_CHECK;

#endif
