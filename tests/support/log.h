/* A bucket with a raw log in it, for tests of what the store makes of one. */
#ifndef DA_TESTS_LOG_H
#define DA_TESTS_LOG_H

#include "store/impressions.h"
#include "support/store.h"

typedef struct {
  char *folder;
  da_db *db;
  da_bucket *bucket;
  da_config config;
  da_impressions impressions;
  char notes[4096]; /* what audit said, a line each */
} log_world;

static inline void log_open(log_world *w) {
  *w = (log_world){.folder = folder_make(), .db = store_db()};
  expect_ok(da_bucket_open(w->folder, &w->bucket, err));
  da_config_init(&w->config);
}

static inline void log_close(log_world *w) {
  da_impressions_free(&w->impressions);
  da_config_free(&w->config);
  da_bucket_close(w->bucket);
  da_db_close(w->db);
  folder_remove(w->folder);
}

static inline void log_set(log_world *w, const char *assignment) { expect_ok(da_config_set(&w->config, assignment, err)); }

/* A file of the bucket, its folders made. */
static inline void log_write(log_world *w, const char *key, const void *data, size_t n_bytes) {
  da_publication *publication = NULL;
  expect_ok(da_publication_begin(w->bucket, &publication, err));
  expect_ok(da_publication_put(publication, key, data, n_bytes, err));
  expect_ok(da_publication_commit(publication, err));
  da_publication_close(publication);
}

static inline void log_write_text(log_world *w, const char *key, const char *text) { log_write(w, key, text, strlen(text)); }

/* A Parquet file of the bucket from a query. */
static inline void log_write_parquet(log_world *w, const char *key, const char *query) {
  da_text sql = {0};
  log_write_text(w, key, ""); /* makes the folders */
  da_text_printf(&sql, "COPY (%s) TO ", query);
  da_sql_literal(&sql, folder_path(w->folder, key));
  da_text_append(&sql, " (FORMAT parquet)");
  expect_ok(da_db_run(w->db, da_text_cstr(&sql), err));
  da_text_free(&sql);
}

static inline void log_note(void *context, da_note_level level, const char *sentence) {
  log_world *w = context;
  size_t used = strlen(w->notes);
  snprintf(w->notes + used, sizeof w->notes - used, "%s%s\n", level == DA_NOTE_WARNING ? "! " : "", sentence);
}

static inline da_status log_audit(log_world *w, da_error *err) {
  da_monitor monitor = {.note = log_note, .context = w};
  w->notes[0] = 0;
  da_impressions_free(&w->impressions);
  DA_TRY(da_impressions_open(w->db, w->bucket, NULL, &w->config, &w->impressions, err));
  return da_impressions_audit(w->db, &w->impressions, &monitor, err);
}

/* The relation's rows, columns joined by ',' and rows by ';', in order of their text. */
static inline const char *log_rows(log_world *w, const da_text *relation, const char *columns) {
  static char text[40000];
  da_text sql = {0};
  da_rows *rows;
  da_chunk chunk;
  da_text_printf(&sql, "SELECT coalesce(string_agg(r, ';' ORDER BY r), '') FROM (SELECT concat_ws(',', %s) AS r FROM (%s))", columns,
                 da_text_cstr(relation));
  expect_ok(da_db_query(w->db, da_text_cstr(&sql), &rows, err));
  expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
  da_slice found = ((const da_slice *)chunk.columns[0].values)[0];
  assert_true(found.length < sizeof text);
  memcpy(text, found.data, found.length);
  text[found.length] = 0;
  da_rows_close(rows);
  da_text_free(&sql);
  return text;
}

#define LOG_COLUMNS "uid, time_us, campaign, conversion"

/* Audits and compares the relation. */
static inline void log_expect(log_world *w, const char *columns, const char *rows) {
  expect_ok(log_audit(w, err));
  assert_string_equal(log_rows(w, &w->impressions.relation, columns), rows);
}

#endif
