#include "store/extensions.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "store/duck.h"

/* In the folder of DuckDB's library, wherever the loader found it. */
static void find_extension(const char *name, da_text *path) {
  Dl_info info;
  if (!dladdr((void *)duckdb_library_version, &info) || !info.dli_fname) return;
  const char *slash = strrchr(info.dli_fname, '/');
  if (slash) da_text_append_n(path, info.dli_fname, (size_t)(slash - info.dli_fname) + 1);
  da_text_printf(path, "%s.duckdb_extension", name);
}

da_status da_extension_load(da_db *db, const char *name, const char *why, da_error *err) {
  da_text path = {0}, sql = {0};
  find_extension(name, &path);
  da_status status = da_text_check(&path, err);
  if (status == DA_OK && access(da_text_cstr(&path), R_OK) != 0) {
    status =
        da_fail(err, DA_ERR_IO,
                "expected DuckDB's extension %s at %s, %s, but found none; run scripts/bootstrap%s, or put the file of DuckDB %s there",
                name, da_text_cstr(&path), why, strcmp(name, "httpfs") == 0 ? "" : " --warehouses", duckdb_library_version());
  }
  da_text_append(&sql, "LOAD ");
  da_sql_literal(&sql, da_text_cstr(&path));
  if (status == DA_OK) status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_run(db, da_text_cstr(&sql), err);
  da_text_free(&sql);
  da_text_free(&path);
  return status;
}

da_status da_extensions_load_for(da_db *db, const char *query, da_error *err) {
  static const struct {
    const char *function, *extension, *why;
  } known[] = {{"postgres_scan", "postgres_scanner", "to read PostgreSQL"},
               {"delta_scan", "delta", "to read Delta Lake"},
               {"iceberg_scan", "avro", "to read Iceberg"}, /* its lists of files are Avro */
               {"iceberg_scan", "iceberg", "to read Iceberg"}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strcasestr(query, known[i].function)) DA_TRY(da_extension_load(db, known[i].extension, known[i].why, err));
  }
  return DA_OK;
}
