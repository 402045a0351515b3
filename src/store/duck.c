#include "store/duck.h"

#include <string.h>
#include <time.h>
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

#include "base/clock.h"

/* A connection that counts rows for show_progress of its callers; it prints nothing. */
static da_status connect(duckdb_database database, duckdb_connection *connection, da_error *err) {
  if (duckdb_connect(database, connection) != DuckDBSuccess)
    return da_fail(err, DA_ERR_INTERNAL, "expected another connection to DuckDB but got none");
  duckdb_result result;
  da_status status = DA_OK;
  if (duckdb_query(*connection, "SET enable_progress_bar = true; SET enable_progress_bar_print = false", &result) != DuckDBSuccess)
    status = da_duck_fail(duckdb_result_error(&result), err);
  duckdb_destroy_result(&result);
  if (status != DA_OK) duckdb_disconnect(connection);
  return status;
}

da_status da_statement_open(da_db *db, const char *sql, da_statement *statement, da_error *err) {
  *statement = (da_statement){0};
  DA_TRY(connect(db->database, &statement->connection, err));
  if (duckdb_prepare(statement->connection, sql, &statement->prepared) != DuckDBSuccess) {
    da_status status = da_duck_fail(duckdb_prepare_error(statement->prepared), err);
    da_statement_close(statement);
    return status;
  }
  return DA_OK;
}

#ifdef __SANITIZE_THREAD__
static char hand_over; /* only its address is used */
void da_duck_take(void) { __tsan_acquire(&hand_over); }
void da_duck_give(void) { __tsan_release(&hand_over); }
#else
void da_duck_take(void) {}
void da_duck_give(void) {}
#endif

/* Runs one task in this thread, or sleeps while other threads have them all. */
static duckdb_pending_state run_task(duckdb_pending_result pending) {
  da_duck_give();
  duckdb_pending_state state = duckdb_pending_execute_task(pending);
  da_duck_take();
  if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) {
    struct timespec half_millisecond = {.tv_nsec = 500 * 1000};
    nanosleep(&half_millisecond, NULL);
  }
  return state;
}

static bool is_over(duckdb_pending_state state) { return state == DUCKDB_PENDING_RESULT_READY || state == DUCKDB_PENDING_ERROR; }

da_status da_statement_run(da_statement *statement, const da_monitor *monitor, const char *stage, da_statement_tick tick, void *context,
                           da_error *err) {
  const double tick_seconds = 0.05;
  if (duckdb_pending_prepared_streaming(statement->prepared, &statement->pending) != DuckDBSuccess)
    return da_duck_fail(duckdb_pending_error(statement->pending), err);
  statement->running = true;
  double last_tick = da_clock_seconds();
  duckdb_pending_state state;
  do {
    DA_TRY(da_monitor_check(monitor, stage, err));
    state = run_task(statement->pending);
    double now = da_clock_seconds();
    if (tick && now - last_tick > tick_seconds) {
      tick(context);
      last_tick = now;
    }
  } while (!is_over(state));
  statement->running = false;
  if (state == DUCKDB_PENDING_ERROR) return da_duck_fail(duckdb_pending_error(statement->pending), err);

  statement->has_result = true;
  if (duckdb_execute_pending(statement->pending, &statement->result) != DuckDBSuccess)
    return da_duck_fail(duckdb_result_error(&statement->result), err);
  return DA_OK;
}

da_status da_statement_fetch(da_statement *statement, duckdb_data_chunk *chunk, da_error *err) {
  do {
    if (*chunk) duckdb_destroy_data_chunk(chunk);
    da_duck_give();
    *chunk = duckdb_fetch_chunk(statement->result);
    da_duck_take();
    if (!*chunk) {
      statement->ended = true;
      const char *message = duckdb_result_error(&statement->result);
      return message && *message ? da_duck_fail(message, err) : DA_OK;
    }
  } while (duckdb_data_chunk_get_size(*chunk) == 0);
  return DA_OK;
}

/* DuckDB's other threads go on with a statement that is only dropped, and would call table functions whose data is gone:
 * it must be told to stop, and then run to its end. */
static void stop(da_statement *statement) {
  if (statement->running) {
    duckdb_interrupt(statement->connection);
    duckdb_pending_state state;
    while (!is_over(state = run_task(statement->pending))) continue;
    /* It may have come to its end all the same; a result that nobody takes is never freed. */
    if (state == DUCKDB_PENDING_RESULT_READY) {
      statement->has_result = true;
      statement->ended = duckdb_execute_pending(statement->pending, &statement->result) != DuckDBSuccess;
    }
  }
  if (statement->has_result && !statement->ended) {
    duckdb_interrupt(statement->connection);
    duckdb_data_chunk chunk;
    while ((chunk = duckdb_fetch_chunk(statement->result))) duckdb_destroy_data_chunk(&chunk);
    da_duck_take();
  }
}

void da_statement_close(da_statement *statement) {
  stop(statement);
  if (statement->has_result) duckdb_destroy_result(&statement->result);
  if (statement->pending) duckdb_destroy_pending(&statement->pending);
  if (statement->prepared) duckdb_destroy_prepare(&statement->prepared);
  if (statement->connection) duckdb_disconnect(&statement->connection);
  *statement = (da_statement){0};
}
