/* Private to the store: the DuckDB session behind da_db, one running statement, and DuckDB's messages in our words. */
#ifndef DA_STORE_DUCK_H
#define DA_STORE_DUCK_H

#include <duckdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/monitor.h"
#include "base/status.h"
#include "base/text.h"

/* A table on its way out (table.c); the session lists those that are being written, so that SQL can name them by number. */
typedef struct da_table_writer da_table_writer;

struct da_db {
  duckdb_database database;
  duckdb_connection connection; /* for da_db_run; each query and each table out has one of its own */
  pthread_mutex_t lock;         /* guards the two below */
  da_table_writer *writers;
  uint64_t n_numbers; /* given to writers and tables so far */
};
typedef struct da_db da_db;

/* 1, 2, 3, ...: never the same twice. */
uint64_t da_db_next_number(da_db *db);

/* Makes the table function that reads from the listed writers known to the session. */
da_status da_table_register(da_db *db, da_error *err) DA_MUST_CHECK;

/* Memory goes to and fro between DuckDB's threads and ours under DuckDB's locks, which ThreadSanitizer cannot see: what a callback of ours
 * begins with and what follows a wait takes, what a callback ends with and what precedes a wait gives. Nothing in other builds. */
void da_duck_take(void);
void da_duck_give(void);

/* One statement on a connection of its own: a query that is read must not be closed by the next one. Valid as {0}. */
typedef struct {
  duckdb_connection connection;
  duckdb_prepared_statement prepared;
  duckdb_pending_result pending;
  duckdb_result result;
  bool running;    /* between the start and the first rows */
  bool has_result; /* from then on */
  bool ended;      /* every row was fetched */
} da_statement;

da_status da_statement_open(da_db *db, const char *sql, da_statement *statement, da_error *err) DA_MUST_CHECK;

/* Called some times a second while a statement runs, in the thread that runs it. */
typedef void (*da_statement_tick)(void *context);

/* Runs until the first rows are there (a query) or all is done (anything else), or the monitor says stop. The rest of a
 * query runs while its rows are fetched. */
da_status da_statement_run(da_statement *statement, const da_monitor *monitor, const char *stage, da_statement_tick tick, void *context,
                           da_error *err) DA_MUST_CHECK;
/* The next rows; destroys the chunk before, if there is one. NULL at the end. */
da_status da_statement_fetch(da_statement *statement, duckdb_data_chunk *chunk, da_error *err) DA_MUST_CHECK;
/* Stops what still runs and gives everything back. */
void da_statement_close(da_statement *statement);

/* Turns a message of DuckDB ("Conversion Error: Could not ...\n\nLINE 1: ...") into our code and one sentence without
 * SQL, advice or settings of DuckDB. NULL or "" is taken for a fault without explanation. */
da_status da_duck_fail(const char *message, da_error *err) DA_MUST_CHECK;
/* Appends what a message of httpfs means ("Request returned HTTP 503 for HTTP HEAD to 'URL'"); false when it is none. */
bool da_duck_explain_http(const char *message, da_text *sentence);

#endif
