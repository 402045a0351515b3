/* A request that is a Parquet file: DuckDB reads it from memory and hands each row on as the JSON that the other reader takes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "serve/request.h"

/* The bytes as a file without a name. */
static da_status open_file(da_slice body, int *file, da_error *err) {
  *file = memfd_create("request", MFD_CLOEXEC);
  for (size_t done = 0; *file >= 0 && done < body.length;) {
    const ssize_t n = write(*file, body.data + done, body.length - done);
    if (n < 0 && errno != EINTR) return da_fail(err, DA_ERR_MEM, "expected to keep a request in memory but found: %s", strerror(errno));
    if (n > 0) done += (size_t)n;
  }
  return *file >= 0 ? DA_OK : da_fail(err, DA_ERR_MEM, "expected a file in memory but found: %s", strerror(errno));
}

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
  int file = -1;
  char path[64];
  da_text sql = {0};
  da_rows *rows = NULL;
  da_status status = open_file(body, &file, err);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  da_text_append(&sql, "SELECT to_json(journey)::VARCHAR FROM read_parquet(");
  da_sql_path(&sql, path);
  da_text_append(&sql, ") journey");
  if (status == DA_OK) status = da_text_check(&sql, err);
  if (status == DA_OK && da_db_query(db, da_text_cstr(&sql), &rows, err) != DA_OK) {
    status = da_fail(err, DA_ERR_DATA, "expected a Parquet file but found other bytes, or one that is cut off");
  }
  if (status == DA_OK) status = read_rows(rows, request, err);
  da_rows_close(rows);
  da_text_free(&sql);
  if (file >= 0) close(file);
  return status;
}
