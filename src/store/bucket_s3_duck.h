/* Private to the S3 bucket: DuckDB's httpfs reads s3:// with the bucket's endpoint, region and keys. */
#ifndef DA_STORE_BUCKET_S3_DUCK_H
#define DA_STORE_BUCKET_S3_DUCK_H

#include "store/bucket_s3_client.h"
#include "store/db.h"

/* Loads httpfs if the session has not, and makes (or replaces) the secret that goes with every s3:// URL. httpfs is the file beside
 * DuckDB's library; nothing is fetched. DA_ERR_IO when it is not there. */
da_status da_s3_duck_connect(da_s3_client *client, da_db *db, bool with_patterns, da_error *err) DA_MUST_CHECK;

#endif
