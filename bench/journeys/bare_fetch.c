/* bare_fetch FILE: the least that anyone who cuts journeys must do: DuckDB sorts the log by user and time, and its chunks are fetched.
 *
 * Through DuckDB's C API alone, with nothing of ours; two threads. Prints the number of rows. */
#include <duckdb.h>
#include <inttypes.h>
#include <stdio.h>

/* NULL, or why it failed. */
static const char *fetch(duckdb_connection connection, const char *sql, uint64_t *n_rows) {
  duckdb_prepared_statement statement;
  duckdb_result result;
  if (duckdb_prepare(connection, sql, &statement) != DuckDBSuccess) return duckdb_prepare_error(statement);
  if (duckdb_execute_prepared_streaming(statement, &result) != DuckDBSuccess) return duckdb_result_error(&result);
  for (duckdb_data_chunk chunk; (chunk = duckdb_fetch_chunk(result)); duckdb_destroy_data_chunk(&chunk))
    *n_rows += duckdb_data_chunk_get_size(chunk);
  const char *fault = duckdb_result_error(&result);
  duckdb_destroy_result(&result);
  duckdb_destroy_prepare(&statement);
  return fault;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: bare_fetch FILE\n");
    return 2;
  }
  char sql[4200];
  if (snprintf(sql, sizeof sql, "SELECT uid, timestamp, campaign, conversion FROM '%s' ORDER BY uid, timestamp", argv[1]) >=
      (int)sizeof sql)
    return 2;
  duckdb_config config;
  duckdb_database database;
  duckdb_connection connection;
  char *refused = NULL;
  duckdb_create_config(&config);
  duckdb_set_config(config, "threads", "2");
  if (duckdb_open_ext(NULL, &database, config, &refused) != DuckDBSuccess || duckdb_connect(database, &connection) != DuckDBSuccess) {
    fprintf(stderr, "bare_fetch: %s\n", refused ? refused : "no connection");
    return 1;
  }
  uint64_t n_rows = 0;
  const char *fault = fetch(connection, sql, &n_rows);
  if (fault) fprintf(stderr, "bare_fetch: %s\n", fault);
  printf("%" PRIu64 "\n", n_rows);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  duckdb_destroy_config(&config);
  return fault ? 1 : 0;
}
