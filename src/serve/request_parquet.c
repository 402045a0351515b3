/* A request that is a Parquet file: DuckDB reads it from memory and hands each row on as the JSON that the other reader takes. */
#include "serve/memory_file.h"
#include "serve/request.h"

/* Whatever DuckDB finds wrong is wrong with the file, which has no name that the client knows. */
static da_status next_rows(da_rows *rows, da_chunk *chunk, da_error *err) {
  const da_status status = da_rows_next(rows, NULL, "a request", chunk, err);
  if (status == DA_OK || status == DA_ERR_MEM) return status;
  return da_fail(err, DA_ERR_DATA, "expected a whole Parquet file but found one that cannot be read");
}

static da_status read_rows(da_rows *rows, da_request *request, da_error *err) {
  da_chunk chunk = {0};
  uint64_t number = 0;
  do {
    DA_TRY(next_rows(rows, &chunk, err));
    for (size_t i = 0; i < chunk.n_rows; i++) {
      DA_TRY(da_request_add(request, ((const da_slice *)chunk.columns[0].values)[i], ++number, err));
    }
  } while (chunk.n_rows > 0);
  return da_request_finish(request, err);
}

da_status da_request_read_parquet(da_db *db, da_slice body, const da_names *campaigns, da_request *request, da_error *err) {
  *request = (da_request){.campaigns = campaigns};
  da_memory_file file;
  DA_TRY(da_memory_file_open(body, &file, err));
  da_text sql = {0};
  da_rows *rows = NULL;
  da_text_append(&sql, "SELECT to_json(journey)::VARCHAR FROM read_parquet(");
  da_sql_path(&sql, file.path);
  da_text_append(&sql, ") journey");
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK && da_db_query(db, da_text_cstr(&sql), &rows, err) != DA_OK) {
    status = da_fail(err, DA_ERR_DATA, "expected a Parquet file but found other bytes, or one that is cut off");
  }
  if (status == DA_OK) status = read_rows(rows, request, err);
  da_rows_close(rows);
  da_text_free(&sql);
  da_memory_file_close(&file);
  return status;
}
