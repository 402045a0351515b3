#include "journey/feature_store.h"

#include <string.h>

#include "base/mem.h"
#include "store/feature.h"
#include "store/parquet.h"

const char *const da_feature_store_keys[DA_N_SETS] = {
    [DA_SET_TRAIN] = "feature_store/train.parquet",
    [DA_SET_VAL] = "feature_store/val.parquet",
    [DA_SET_TEST] = "feature_store/test.parquet",
};

enum {
  JOURNEY_ID,
  UID,
  JOURNEY_INDEX,
  CONVERSION_STATUS,
  CONVERSION_VALUE,
  CAMPAIGNS,
  TIMESTAMPS,
  N_COLUMNS,
  MAX_COLUMNS = N_COLUMNS + DA_MAX_FEATURES
};
enum { GROUP_JOURNEYS = 122880, GROUP_TOUCHES = 1 << 20 };
enum { RELEASE_JOURNEYS = 1 << 16 }; /* the pages of so many are given back together */

/* The journeys of one row group, and what becomes of them. */
typedef struct {
  uint64_t begin, end;            /* journeys of the pack, of which those of the set are meant */
  uint64_t first_conversion;      /* place of begin's first conversion in set->value */
  uint64_t n_journeys, n_touches; /* of the set */
  da_set_totals totals;
  uint64_t first_user, last_user;
  da_parquet_group encoded;
  da_status status;
  da_error err;
} row_group;

/* The cells of one row group, gathered; a thread uses its own again and again. */
typedef struct {
  size_t n_journeys, n_touches; /* that fit */
  int64_t *journey_id, *uid_int, *journey_index, *timestamps;
  da_slice *uid_text;
  uint8_t *conversion_status;
  double *conversion_value;
  uint32_t *campaigns;
  uint64_t *list_end;
  uint32_t *codes[DA_MAX_FEATURES]; /* of a feature: one of the two */
  double *numbers[DA_MAX_FEATURES];
} group_arrays;

/* One table on its way. */
typedef struct {
  const da_journeys *set;
  int which;
  const da_parquet_column *columns;
  size_t n_columns;
  uint64_t journey, conversion; /* where the next row group begins */
  row_group *groups;            /* of the batch that is being encoded */
  size_t n_groups;
  group_arrays *arrays; /* [threads] */
} table_writer;

/* ---- A row group as arrays ---- */

static void free_arrays(group_arrays *arrays) {
  da_mem_free(arrays->journey_id);
  da_mem_free(arrays->uid_int);
  da_mem_free(arrays->journey_index);
  da_mem_free(arrays->timestamps);
  da_mem_free(arrays->uid_text);
  da_mem_free(arrays->conversion_status);
  da_mem_free(arrays->conversion_value);
  da_mem_free(arrays->campaigns);
  da_mem_free(arrays->list_end);
  for (int f = 0; f < DA_MAX_FEATURES; f++) {
    da_mem_free(arrays->codes[f]);
    da_mem_free(arrays->numbers[f]);
  }
}

static da_status make_feature_room(const da_journeys *set, size_t n, size_t n_touches, group_arrays *arrays, da_error *err) {
  for (uint32_t f = 0; f < set->n_features; f++) {
    const da_feature *feature = &set->features[f];
    const size_t n_cells = feature->of_user ? n : n_touches;
    if (feature->code) arrays->codes[f] = da_mem_alloc(n_cells, sizeof *arrays->codes[f]);
    if (feature->number) arrays->numbers[f] = da_mem_alloc(n_cells, sizeof *arrays->numbers[f]);
    if (!arrays->codes[f] && !arrays->numbers[f]) return da_mem_fail(err, n_cells, sizeof(double), "a row group of the feature store");
  }
  return DA_OK;
}

/* The arrays of a thread, with room for this group: a bound on rows is a bound on all groups but the longest journeys'. */
static da_status make_room(const da_journeys *set, const row_group *group, group_arrays *arrays, da_error *err) {
  size_t n = group->n_journeys, n_touches = group->n_touches;
  const struct {
    void **items;
    size_t n, item_bytes;
  } wanted[] = {
      {(void **)&arrays->journey_id, n, sizeof *arrays->journey_id},
      {(void **)&arrays->uid_int, set->uid_int ? n : 0, sizeof *arrays->uid_int},
      {(void **)&arrays->uid_text, set->uid_int ? 0 : n, sizeof *arrays->uid_text},
      {(void **)&arrays->journey_index, n, sizeof *arrays->journey_index},
      {(void **)&arrays->conversion_status, n, sizeof *arrays->conversion_status},
      {(void **)&arrays->conversion_value, n, sizeof *arrays->conversion_value},
      {(void **)&arrays->list_end, n, sizeof *arrays->list_end},
      {(void **)&arrays->campaigns, n_touches, sizeof *arrays->campaigns},
      {(void **)&arrays->timestamps, n_touches, sizeof *arrays->timestamps},
  };
  if (n <= arrays->n_journeys && n_touches <= arrays->n_touches) return DA_OK;
  free_arrays(arrays);
  *arrays = (group_arrays){.n_journeys = n, .n_touches = n_touches};
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    *wanted[i].items = da_mem_alloc(wanted[i].n, wanted[i].item_bytes);
    if (*wanted[i].items) continue;
    free_arrays(arrays);
    *arrays = (group_arrays){0};
    return da_mem_fail(err, wanted[i].n, wanted[i].item_bytes, "a row group of the feature store");
  }
  da_status status = make_feature_room(set, n, n_touches, arrays, err);
  if (status == DA_OK) return DA_OK;
  free_arrays(arrays);
  *arrays = (group_arrays){0};
  return status;
}

/* The features of a journey, which is row `row`, its touches from n_touches on. */
static void gather_features(const da_journeys *set, uint64_t journey, uint64_t row, uint64_t n_touches, group_arrays *arrays) {
  for (uint32_t f = 0; f < set->n_features; f++) {
    const da_feature *feature = &set->features[f];
    const uint64_t from = feature->of_user ? journey : set->first_touch[journey], to = feature->of_user ? row : n_touches;
    const uint64_t n = feature->of_user ? 1 : da_journey_length(set, journey);
    for (uint64_t i = 0; feature->code && i < n; i++) arrays->codes[f][to + i] = feature->code[from + i];
    for (uint64_t i = 0; feature->number && i < n; i++) arrays->numbers[f][to + i] = (double)feature->number[from + i];
  }
}

static void gather(const da_journeys *set, int which, row_group *group, group_arrays *arrays) {
  uint64_t user = da_journey_user(set, group->begin), released = group->begin, conversion = group->first_conversion, n_touches = 0, row = 0;
  da_set_totals *totals = &group->totals;
  for (uint64_t journey = group->begin; journey < group->end; journey++) {
    if (journey - released == RELEASE_JOURNEYS) {
      da_journeys_release(set, released, journey);
      released = journey;
    }
    bool converted = da_journey_converted(set, journey);
    double value = !converted ? 0 : set->value ? set->value[conversion] : 1;
    conversion += converted;
    if (da_journey_set(set, journey) != which) continue;
    while (set->first_journey[user + 1] <= journey) user++;
    if (row == 0) group->first_user = user;
    totals->n_users += row == 0 || group->last_user != user;
    group->last_user = user;
    arrays->journey_id[row] = (int64_t)journey;
    if (set->uid_int)
      arrays->uid_int[row] = set->uid_int[user];
    else
      arrays->uid_text[row] = da_user_text(set, user);
    arrays->journey_index[row] = (int64_t)(journey - set->first_journey[user]);
    arrays->conversion_status[row] = converted;
    arrays->conversion_value[row] = value;
    uint64_t first = set->first_touch[journey], n = da_journey_length(set, journey);
    memcpy(arrays->campaigns + n_touches, set->campaign + first, n * sizeof *set->campaign);
    memcpy(arrays->timestamps + n_touches, set->time_us + first, n * sizeof *set->time_us);
    gather_features(set, journey, row, n_touches, arrays);
    n_touches += n;
    arrays->list_end[row++] = n_touches;
    totals->n_conversions += converted;
    totals->value += value;
  }
  totals->n_journeys = row;
  totals->n_touches = n_touches;
}

static da_status encode_group(const table_writer *table, row_group *group, group_arrays *arrays, da_error *err) {
  DA_TRY(make_room(table->set, group, arrays, err));
  gather(table->set, table->which, group, arrays);
  da_parquet_cells cells[MAX_COLUMNS] = {
      [JOURNEY_ID] = {.values = arrays->journey_id},
      [UID] = {.values = table->set->uid_int ? (const void *)arrays->uid_int : arrays->uid_text},
      [JOURNEY_INDEX] = {.values = arrays->journey_index},
      [CONVERSION_STATUS] = {.values = arrays->conversion_status},
      [CONVERSION_VALUE] = {.values = arrays->conversion_value},
      [CAMPAIGNS] = {.values = arrays->campaigns, .list_end = arrays->list_end},
      [TIMESTAMPS] = {.values = arrays->timestamps, .list_end = arrays->list_end},
  };
  for (uint32_t f = 0; f < table->set->n_features; f++) {
    const da_feature *feature = &table->set->features[f];
    cells[N_COLUMNS + f] = (da_parquet_cells){.values = feature->code ? (const void *)arrays->codes[f] : arrays->numbers[f],
                                              .list_end = feature->of_user ? NULL : arrays->list_end};
  }
  return da_parquet_encode(table->columns, table->n_columns, cells, group->n_journeys, &group->encoded, err);
}

static void run_task(void *context, size_t task, int thread) {
  table_writer *table = context;
  row_group *group = &table->groups[task];
  group->status = encode_group(table, group, &table->arrays[thread], &group->err);
}

/* ---- The table, batch by batch ---- */

/* The next row group of the set; false when there is none. */
static bool plan_group(table_writer *table, row_group *group) {
  const da_journeys *set = table->set;
  *group = (row_group){.begin = table->journey, .first_conversion = table->conversion, .encoded = group->encoded /* its memory */};
  for (; table->journey < set->n_journeys && group->n_journeys < GROUP_JOURNEYS && group->n_touches < GROUP_TOUCHES; table->journey++) {
    table->conversion += da_journey_converted(set, table->journey);
    if (da_journey_set(set, table->journey) != table->which) continue;
    group->n_journeys++;
    group->n_touches += da_journey_length(set, table->journey);
  }
  group->end = table->journey;
  return group->n_journeys > 0;
}

static void add_totals(da_set_totals *totals, const row_group *group, uint64_t *last_user) {
  totals->n_users += group->totals.n_users;
  if (totals->n_journeys && *last_user == group->first_user) totals->n_users--; /* counted in the group before */
  *last_user = group->last_user;
  totals->n_journeys += group->totals.n_journeys;
  totals->n_touches += group->totals.n_touches;
  totals->n_conversions += group->totals.n_conversions;
  totals->value += group->totals.value;
}

static da_status write_groups(table_writer *table, size_t batch, da_parquet *parquet, da_pool *pool, const da_monitor *monitor,
                              da_set_totals *totals, da_error *err) {
  uint64_t last_user = 0;
  do {
    DA_TRY(da_monitor_check(monitor, "writing the feature store", err));
    uint64_t begin = table->journey;
    table->n_groups = 0;
    while (table->n_groups < batch && plan_group(table, &table->groups[table->n_groups])) table->n_groups++;
    da_pool_run(pool, table->n_groups, run_task, table);
    for (size_t i = 0; i < table->n_groups; i++) {
      row_group *group = &table->groups[i];
      if (group->status != DA_OK) return da_fail(err, group->status, "%s", group->err.msg);
      DA_TRY(da_parquet_append(parquet, &group->encoded, err));
      add_totals(totals, group, &last_user);
    }
    da_journeys_release(table->set, begin, table->journey); /* what planning looked at */
    da_monitor_progress(monitor, "writing the feature store", "journeys", table->journey, table->set->n_journeys);
  } while (table->n_groups);
  return da_parquet_finish(parquet, err);
}

/* touch_device, user_age: names that are none of the others. */
static da_status name_features(const da_journeys *set, da_arena *names, da_parquet_column *columns, da_error *err) {
  for (uint32_t f = 0; f < set->n_features; f++) {
    const da_feature *feature = &set->features[f];
    const char *prefix = feature->of_user ? "user_" : "touch_";
    const size_t n_prefix = strlen(prefix), n = n_prefix + feature->name.length;
    char *name = da_arena_alloc(names, n + 1, 1);
    if (!name) return da_mem_fail(err, n, 1, "the name of a column");
    memcpy(name, prefix, n_prefix);
    memcpy(name + n_prefix, feature->name.data, feature->name.length);
    name[n] = 0;
    columns[f] = (da_parquet_column){name, feature->code ? DA_PARQUET_NAME : DA_PARQUET_DOUBLE, !feature->of_user,
                                     feature->code ? &feature->values : NULL};
  }
  return DA_OK;
}

da_status da_feature_store_write(const da_journeys *set, int which, const char *path, da_pool *pool, const da_monitor *monitor,
                                 da_set_totals *totals, da_error *err) {
  da_parquet_column columns[MAX_COLUMNS] = {
      [JOURNEY_ID] = {"journey_id", DA_PARQUET_INT64, false, NULL},
      [UID] = {"uid", set->uid_int ? DA_PARQUET_INT64 : DA_PARQUET_TEXT, false, NULL},
      [JOURNEY_INDEX] = {"journey_index", DA_PARQUET_INT64, false, NULL},
      [CONVERSION_STATUS] = {"conversion_status", DA_PARQUET_BOOL, false, NULL},
      [CONVERSION_VALUE] = {"conversion_value", DA_PARQUET_DOUBLE, false, NULL},
      [CAMPAIGNS] = {"campaigns", DA_PARQUET_NAME, true, &set->campaigns},
      [TIMESTAMPS] = {"timestamps", DA_PARQUET_INT64, true, NULL},
  };
  *totals = (da_set_totals){0};
  da_arena names = {0};
  da_status status = name_features(set, &names, columns + N_COLUMNS, err);
  size_t n_threads = pool ? (size_t)da_pool_n_threads(pool) : 1, batch = 2 * n_threads;
  table_writer table = {.set = set, .which = which, .columns = columns, .n_columns = N_COLUMNS + set->n_features};
  table.groups = da_mem_calloc(batch, sizeof *table.groups);
  table.arrays = da_mem_calloc(n_threads, sizeof *table.arrays);
  da_parquet *parquet = NULL;
  if (status == DA_OK && !(table.groups && table.arrays)) status = da_mem_fail(err, batch, sizeof *table.groups, "the feature store");
  if (status == DA_OK) status = da_parquet_create(path, columns, table.n_columns, &parquet, err);
  if (status == DA_OK) status = write_groups(&table, batch, parquet, pool, monitor, totals, err);
  da_parquet_close(parquet);
  for (size_t i = 0; table.groups && i < batch; i++) da_parquet_group_free(&table.groups[i].encoded);
  for (size_t i = 0; table.arrays && i < n_threads; i++) free_arrays(&table.arrays[i]);
  da_arena_free(&names);
  da_mem_free(table.groups);
  da_mem_free(table.arrays);
  return status;
}
