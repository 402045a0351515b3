/* attention_score.parquet: pulled row by row from the pass over the journeys. */
#include <string.h>

#include "report/tables.h"
#include "store/table.h"

enum { JOURNEY_ID, UID, TOUCH_INDEX, TIMESTAMP, CAMPAIGN_NM, CONVERSION_STATUS, ATTENTION, FIRST_METHOD };

typedef struct {
  const da_journeys *set;
  size_t n_methods;
  da_pass *pass;
  da_credit_block block;   /* the journeys at hand */
  uint64_t journey, touch; /* the next row */
  uint64_t user;           /* of the next row's journey */
} touch_source;

/* The next journey that has rows left; false when there is none. */
static da_status find_journey(touch_source *source, bool *found, da_error *err) {
  const da_journeys *set = source->set;
  if (source->journey < source->block.end && source->touch == set->first_touch[source->journey + 1]) source->journey++;
  if (source->journey == source->block.end) DA_TRY(da_pass_next(source->pass, &source->block, err));
  *found = source->block.begin < source->block.end;
  while (*found && set->first_journey[source->user + 1] <= source->journey) source->user++;
  return DA_OK;
}

static void put_uids(const touch_source *source, da_table_cells *cells, size_t row, size_t n) {
  const da_journeys *set = source->set;
  if (set->uid_int) {
    int64_t *values = (int64_t *)cells->values + row;
    for (size_t i = 0; i < n; i++) values[i] = set->uid_int[source->user];
    return;
  }
  uint64_t begin = set->uid_end[source->user], end = set->uid_end[source->user + 1];
  da_slice *values = (da_slice *)cells->values + row;
  for (size_t i = 0; i < n; i++) values[i] = (da_slice){set->uid_text + begin, end - begin};
}

/* n touches of the journey at hand, beginning at source->touch, become the chunk's rows from row on. */
static void put_touches(const touch_source *source, da_table_chunk *chunk, size_t row, size_t n) {
  const da_journeys *set = source->set;
  uint64_t in_journey = source->touch - set->first_touch[source->journey];
  uint64_t in_block = source->touch - set->first_touch[source->block.begin];
  bool converted = da_journey_converted(set, source->journey);
  da_table_cells *cells = chunk->columns;
  for (size_t i = 0; i < n; i++) {
    ((int64_t *)cells[JOURNEY_ID].values)[row + i] = (int64_t)source->journey;
    ((int32_t *)cells[TOUCH_INDEX].values)[row + i] = (int32_t)(in_journey + i + 1);
    ((uint8_t *)cells[CONVERSION_STATUS].values)[row + i] = converted;
  }
  put_uids(source, &cells[UID], row, n);
  memcpy((int64_t *)cells[TIMESTAMP].values + row, set->time_us + source->touch, n * sizeof(int64_t));
  memcpy((uint32_t *)cells[CAMPAIGN_NM].values + row, set->campaign + source->touch, n * sizeof(uint32_t));
  if (source->block.attention) {
    memcpy((float *)cells[ATTENTION].values + row, source->block.attention + in_block, n * sizeof(float));
  } else {
    memset(cells[ATTENTION].valid + row, 0, n);
  }
  for (size_t m = 0; m < source->n_methods; m++) {
    memcpy((double *)cells[FIRST_METHOD + m].values + row, source->block.credit[m] + in_block, n * sizeof(double));
  }
}

static da_status fill_touches(void *context, da_table_chunk *chunk, da_error *err) {
  touch_source *source = context;
  size_t row = 0;
  bool found = true;
  while (row < chunk->capacity) {
    DA_TRY(find_journey(source, &found, err));
    if (!found) break;
    uint64_t left = source->set->first_touch[source->journey + 1] - source->touch, room = chunk->capacity - row;
    size_t n = left < room ? left : room;
    put_touches(source, chunk, row, n);
    source->touch += n;
    row += n;
  }
  chunk->n_rows = row;
  return DA_OK;
}

static da_status name_columns(const da_journeys *set, const da_fitted *fitted, da_arena *names, da_table_column **columns, da_error *err) {
  const da_table_column touch[FIRST_METHOD] = {
      [JOURNEY_ID] = {"journey_id", DA_CELL_INT64, NULL},
      [UID] = {"uid", set->uid_int ? DA_CELL_INT64 : DA_CELL_TEXT, NULL},
      [TOUCH_INDEX] = {"touch_index", DA_CELL_INT32, NULL},
      [TIMESTAMP] = {"timestamp", DA_CELL_TIMESTAMP, NULL},
      [CAMPAIGN_NM] = {"campaign_nm", DA_CELL_NAME, &set->campaigns},
      [CONVERSION_STATUS] = {"conversion_status", DA_CELL_BOOL, NULL},
      [ATTENTION] = {"attention", DA_CELL_FLOAT, NULL},
  };
  *columns = da_arena_alloc(names, FIRST_METHOD + fitted->n, sizeof **columns);
  if (!*columns) return da_mem_fail(err, FIRST_METHOD + fitted->n, sizeof **columns, "the columns of attention_score.parquet");
  memcpy(*columns, touch, sizeof touch);
  for (size_t m = 0; m < fitted->n; m++) {
    da_text name = {0};
    da_text_printf(&name, "%s_attribution", fitted->methods[m]->name);
    const char *kept = name.failed ? NULL : da_arena_strndup(names, name.data, name.length);
    da_text_free(&name);
    if (!kept) return da_mem_fail(err, 1, 1, "the columns of attention_score.parquet");
    (*columns)[FIRST_METHOD + m] = (da_table_column){kept, DA_CELL_DOUBLE, NULL};
  }
  return DA_OK;
}

/* The writer counts rows; how many there will be is known here. */
typedef struct {
  const da_monitor *outer;
  uint64_t n_touches;
} progress;

static void show_touches(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total) {
  (void)stage, (void)unit, (void)total;
  const progress *p = context;
  da_monitor_progress(p->outer, "crediting touches", "touches", done, p->n_touches);
}

static bool forward_interrupted(void *context) { return da_monitor_interrupted(((const progress *)context)->outer); }

da_status da_tables_write_touches(da_db *db, const char *path, const da_journeys *set, const da_fitted *fitted, da_pass *pass,
                                  const da_monitor *monitor, da_error *err) {
  da_arena names = {0};
  da_table_column *columns;
  touch_source source = {.set = set, .n_methods = fitted->n, .pass = pass};
  progress touches = {.outer = monitor, .n_touches = set->n_touches};
  const da_monitor counted = {.progress = show_touches, .interrupted = forward_interrupted, .context = &touches};
  da_status status = name_columns(set, fitted, &names, &columns, err);
  if (status == DA_OK) status = da_table_write(db, path, columns, FIRST_METHOD + fitted->n, fill_touches, &source, &counted, err);
  da_arena_free(&names);
  return status;
}
