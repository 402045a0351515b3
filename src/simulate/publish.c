#include "simulate/publish.h"

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "store/table.h"

enum { UID, TIMESTAMP, CAMPAIGN, CONVERSION, N_COLUMNS };

/* The simulation as a source of table rows. */
typedef struct {
  da_simulation *simulation;
  da_simulated_rows rows;
  size_t n_taken; /* of rows */
} source;

static void copy_rows(const da_simulated_rows *rows, size_t from, size_t n, da_table_cells *columns, size_t to) {
  memcpy((int64_t *)columns[UID].values + to, rows->uid + from, n * sizeof *rows->uid);
  memcpy((int64_t *)columns[TIMESTAMP].values + to, rows->timestamp_s + from, n * sizeof *rows->timestamp_s);
  memcpy((uint32_t *)columns[CAMPAIGN].values + to, rows->campaign + from, n * sizeof *rows->campaign);
  memcpy((uint8_t *)columns[CONVERSION].values + to, rows->conversion + from, n * sizeof *rows->conversion);
}

static da_status fill(void *context, da_table_chunk *chunk, da_error *err) {
  source *from = context;
  chunk->n_rows = 0;
  while (chunk->n_rows < chunk->capacity) {
    if (from->n_taken == from->rows.n) {
      DA_TRY(da_simulation_next(from->simulation, &from->rows, err));
      from->n_taken = 0;
      if (from->rows.n == 0) break;
    }
    size_t room = chunk->capacity - chunk->n_rows, left = from->rows.n - from->n_taken, n = room < left ? room : left;
    copy_rows(&from->rows, from->n_taken, n, chunk->columns, chunk->n_rows);
    from->n_taken += n;
    chunk->n_rows += n;
  }
  return DA_OK;
}

static da_status write_log(da_simulation *simulation, da_publication *publication, da_db *db, const da_monitor *monitor, da_error *err) {
  const char *path;
  DA_TRY(da_publication_path(publication, DA_SIMULATED_LOG_KEY, &path, err));
  const da_world *world = da_simulation_world(simulation);
  da_slice *items = da_mem_alloc(world->n_campaigns, sizeof *items);
  if (!items) return da_mem_fail(err, world->n_campaigns, sizeof *items, "the names of simulated campaigns");
  for (size_t k = 0; k < world->n_campaigns; k++) items[k] = (da_slice){world->campaigns[k].name, strlen(world->campaigns[k].name)};
  const da_names names = {items, world->n_campaigns};
  const da_table_column columns[N_COLUMNS] = {
      [UID] = {.name = "uid", .type = DA_CELL_INT64},
      [TIMESTAMP] = {.name = "timestamp", .type = DA_CELL_INT64},
      [CAMPAIGN] = {.name = "campaign", .type = DA_CELL_NAME, .names = &names},
      [CONVERSION] = {.name = "conversion", .type = DA_CELL_BOOL},
  };
  source rows = {.simulation = simulation};
  da_status status = da_table_write(db, path, columns, N_COLUMNS, fill, &rows, monitor, err);
  da_mem_free(items);
  return status;
}

/* The simulation runs inside the writer of the table, in whatever thread fills it: its users are counted here, and shown by the thread
 * that waits for the writer. */
typedef struct {
  const da_monitor *outer;
  uint64_t n_users;
  atomic_uint_fast64_t n_done;
} progress;

static void count_users(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total) {
  (void)stage, (void)unit, (void)total;
  atomic_store(&((progress *)context)->n_done, done);
}

static void show_users(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total) {
  (void)stage, (void)unit, (void)done, (void)total;
  progress *p = context;
  da_monitor_progress(p->outer, "simulating", "users", atomic_load(&p->n_done), p->n_users);
}

static bool forward_interrupted(void *context) { return da_monitor_interrupted(((progress *)context)->outer); }

static da_status put_truth(const da_truth *truth, da_publication *publication, da_error *err) {
  da_text json = {0};
  da_truth_print(truth, &json);
  da_status status = da_text_check(&json, err);
  if (status == DA_OK) status = da_publication_put(publication, DA_TRUTH_KEY, json.data, json.length, err);
  da_text_free(&json);
  return status;
}

static da_status check_raw(const da_bucket *bucket, bool replace, da_error *err) {
  da_object_list raw = {0};
  DA_TRY(da_bucket_list(bucket, "raw/", &raw, err));
  da_status status = DA_OK;
  for (size_t i = 0; status == DA_OK && i < raw.n; i++) {
    const char *key = raw.items[i].key;
    if (strcmp(key, DA_SIMULATED_LOG_KEY) != 0) {
      status = da_fail(err, DA_ERR_ARG, "expected no log in %s but found %s; simulate into a folder of its own", da_bucket_location(bucket),
                       key);
    } else if (!replace) {
      status = da_fail(err, DA_ERR_ARG, "expected no log in %s but found %s; --force replaces it", da_bucket_location(bucket), key);
    }
  }
  da_object_list_free(&raw);
  return status;
}

static da_status publish(da_simulation *simulation, bool with_truth, da_bucket *bucket, da_db *db, const da_monitor *monitor,
                         da_truth *truth, da_error *err) {
  da_publication *publication = NULL;
  da_status status = da_publication_begin(bucket, &publication, err);
  if (status == DA_OK) status = write_log(simulation, publication, db, monitor, err);
  if (status == DA_OK) da_monitor_progress(monitor, "simulating", "users", 0, 0); /* the end, however fast it came */
  if (status == DA_OK) status = da_simulation_truth(simulation, truth, err);
  if (status == DA_OK && with_truth) status = put_truth(truth, publication, err);
  if (status == DA_OK) status = da_bucket_remove(bucket, DA_TRUTH_KEY, err); /* an old one must not stand beside the new log */
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  return status;
}

da_status da_simulate(const da_simulation_options *options, bool replace, da_bucket *bucket, da_db *db, da_pool *pool,
                      const da_monitor *monitor, da_truth *truth, da_error *err) {
  if (truth) *truth = (da_truth){0};
  da_truth found = {0};
  da_simulation *simulation = NULL;
  progress users = {.outer = monitor, .n_users = options->n_users};
  const da_monitor inside = {.progress = count_users, .context = &users};
  const da_monitor outside = {.progress = show_users, .interrupted = forward_interrupted, .context = &users};
  DA_TRY(da_simulation_open(options, pool, &inside, &simulation, err));
  da_status status = da_bucket_lock(bucket, err);
  if (status == DA_OK) status = check_raw(bucket, replace, err);
  if (status == DA_OK) status = publish(simulation, options->truth, bucket, db, &outside, &found, err);
  da_simulation_close(simulation);
  if (status == DA_OK && truth) {
    *truth = found;
  } else {
    da_truth_free(&found);
  }
  return status;
}
