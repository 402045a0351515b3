/* The answer to a request as a Parquet file: its JSON lines, by DuckDB, whose numbers read back as the same ones. */
#include "serve/memory_file.h"
#include "serve/service.h"

enum { OBJECT_BYTES = 16 << 20 }; /* DuckDB's own limit for a line, unless told otherwise */

/* read_json(...) of the lines, journey_id and uid as the JSON that they are. */
static void print_lines(const da_service *service, const char *path, size_t n_bytes, da_text *sql) {
  da_text_append(sql, "read_json(");
  da_sql_path(sql, path);
  da_text_printf(sql, ", format = 'newline_delimited', maximum_object_size = %zu, columns = {", n_bytes + OBJECT_BYTES);
  da_text_append(sql, "journey_id: 'JSON', uid: 'JSON', conversion_probability: 'FLOAT', attention: 'FLOAT[]'");
  for (size_t m = 0; m < service->n_methods; m++) da_text_printf(sql, ", %s_attribution: 'DOUBLE[]'", service->methods[m]->name);
  da_text_append(sql, "})");
}

/* BIGINT where the client gave whole numbers only, or nothing. */
static da_status find_type(da_db *db, const char *column, const char *lines, const char **type, da_error *err) {
  da_text sql = {0};
  da_text_printf(&sql, "SELECT coalesce(bool_and(%s ->> '$' IS NULL OR json_type(%s) IN ('BIGINT', 'UBIGINT')), true)::INTEGER FROM %s",
                 column, column, lines);
  int64_t is_whole = 0;
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_int(db, da_text_cstr(&sql), &is_whole, err);
  *type = is_whole ? "BIGINT" : "VARCHAR";
  da_text_free(&sql);
  return status;
}

static da_status copy(da_db *db, const char *lines, const char *target, da_error *err) {
  const char *id_type, *uid_type;
  DA_TRY(find_type(db, "journey_id", lines, &id_type, err));
  DA_TRY(find_type(db, "uid", lines, &uid_type, err));
  da_text sql = {0};
  da_text_printf(&sql,
                 "COPY (SELECT (journey_id ->> '$')::%s AS journey_id, (uid ->> '$')::%s AS uid, * EXCLUDE (journey_id, uid) FROM %s) TO ",
                 id_type, uid_type, lines);
  da_sql_literal(&sql, target);
  da_text_append(&sql, " (FORMAT parquet, USE_TMP_FILE false)");
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_run(db, da_text_cstr(&sql), err);
  da_text_free(&sql);
  return status;
}

da_status da_service_to_parquet(const da_service *service, da_db *db, da_slice lines, da_text *parquet, da_error *err) {
  da_memory_file source, target;
  DA_TRY(da_memory_file_open(lines, &source, err));
  da_status status = da_memory_file_open((da_slice){0}, &target, err);
  if (status == DA_OK) {
    da_text sql = {0};
    print_lines(service, source.path, lines.length, &sql);
    status = da_text_check(&sql, err);
    if (status == DA_OK) status = copy(db, da_text_cstr(&sql), target.path, err);
    if (status == DA_OK) status = da_memory_file_read(&target, parquet, err);
    da_text_free(&sql);
    da_memory_file_close(&target);
  }
  da_memory_file_close(&source);
  return status;
}
