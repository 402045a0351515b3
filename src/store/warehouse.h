/* Tables of a run out to PostgreSQL too (destination.postgres), through DuckDB's extension.
 *
 *   Parquet files -> SCHEMA.NAME_new, one after the other -> one transaction: each instead of SCHEMA.NAME
 *
 * So readers see all of the earlier tables or all of the new ones. Integers, DOUBLE PRECISION, BOOLEAN, VARCHAR and TIMESTAMPTZ: the columns
 * of the files, by their names. */
#ifndef DA_STORE_WAREHOUSE_H
#define DA_STORE_WAREHOUSE_H

#include "base/monitor.h"
#include "base/status.h"
#include "store/config.h"
#include "store/db.h"

typedef struct {
  const char *name; /* of the table */
  const char *path; /* of its Parquet file */
} da_warehouse_table;

/* DA_ERR_CONFIG where the connection holds a password, for settings are written to manifests; the sentence does not repeat it. */
da_status da_warehouse_check(const da_config_destination *destination, da_error *err) DA_MUST_CHECK;
/* Makes the schema where it is missing. DA_ERR_IO when the server cannot be reached or refuses; the earlier tables are then as they were. */
da_status da_warehouse_write(da_db *db, const da_config_destination *destination, const da_warehouse_table *tables, size_t n,
                             const da_monitor *monitor, da_error *err) DA_MUST_CHECK;

#endif
