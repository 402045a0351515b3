/* DuckDB's extensions: files beside its library, loaded from there. Nothing is fetched when the program runs. */
#ifndef DA_STORE_EXTENSIONS_H
#define DA_STORE_EXTENSIONS_H

#include "base/status.h"
#include "store/db.h"

/* name: "httpfs"; why, for the sentence when it is not there: "to read s3://". */
da_status da_extension_load(da_db *db, const char *name, const char *why, da_error *err) DA_MUST_CHECK;

/* What the query of source: calls for: postgres_scan (PostgreSQL), delta_scan (Delta Lake), iceberg_scan (Iceberg). */
da_status da_extensions_load_for(da_db *db, const char *query, da_error *err) DA_MUST_CHECK;

#endif
