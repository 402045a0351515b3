#include "journey/log.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "journey/set.h"
#include "store/rank.h"

/* How rows are encoded in the sort. */
typedef struct {
  bool uid_is_offset; /* uid - lowest_uid fits 32 bits */
  bool is_packed;     /* time, conversion and campaign are one key */
  int campaign_bits;
  int64_t lowest_uid, first_us;
} key_form;

/* A feature's values, and its cells of the chunk. */
typedef struct {
  da_vocabulary values; /* of a category */
  char rank_function[DA_RANK_FUNCTION_BYTES];
  uint32_t *cells;
} log_feature;

struct da_log {
  const da_impressions *impressions;
  da_vocabulary vocabulary;
  da_names campaigns;
  char rank_function[DA_RANK_FUNCTION_BYTES];
  key_form form;
  da_rows *rows;
  /* The chunk, decoded. */
  size_t capacity;
  int64_t *uid, *time_us;
  uint8_t *conversion, *set;
  uint32_t *campaign;
  log_feature features[DA_MAX_FEATURES];
  const uint32_t *feature_cells[DA_MAX_FEATURES];
};

/* ---- What there is to know before the sort ---- */

static da_status add_names(da_vocabulary *vocabulary, const da_chunk *chunk, da_error *err) {
  const da_slice *names = chunk->columns[0].values;
  for (size_t i = 0; i < chunk->n_rows; i++) {
    if (memchr(names[i].data, 0, names[i].length)) {
      return da_fail(err, DA_ERR_DATA, "expected campaigns whose names are text but found one with a zero byte in it, which begins '%.40s'",
                     names[i].data);
    }
    DA_TRY(da_vocabulary_add(vocabulary, names[i], err));
  }
  if (vocabulary->n >= UINT32_MAX)
    return da_fail(err, DA_ERR_DATA, "expected fewer than 2^32 campaigns but found %zu; is columns.campaign the right one?", vocabulary->n);
  return DA_OK;
}

/* Appends to rows' chunks until the end. */
typedef da_status (*take_chunk)(void *context, const da_chunk *chunk, da_error *err);

static da_status read_all(const da_log *log, da_db *db, const da_text *sql, const da_monitor *monitor, take_chunk take, void *context,
                          da_error *err) {
  DA_TRY(da_text_check(sql, err));
  da_rows *rows;
  DA_TRY(da_db_query(db, da_text_cstr(sql), &rows, err));
  da_rows_expect(rows, log->impressions->n_rows);
  da_chunk chunk;
  da_status status;
  do {
    status = da_rows_next(rows, monitor, "reading the log", &chunk, err);
    if (status == DA_OK && chunk.n_rows) status = take(context, &chunk, err);
  } while (status == DA_OK && chunk.n_rows);
  da_rows_close(rows);
  return status;
}

static da_status take_names(void *context, const da_chunk *chunk, da_error *err) { return add_names(context, chunk, err); }

static da_status read_campaigns(da_log *log, da_db *db, const da_monitor *monitor, da_error *err) {
  da_text sql = {0};
  da_text_printf(&sql, "SELECT DISTINCT campaign FROM (%s) ORDER BY campaign", da_text_cstr(&log->impressions->relation));
  da_status status = read_all(log, db, &sql, monitor, take_names, &log->vocabulary, err);
  da_text_free(&sql);
  if (status != DA_OK) return status;
  if (log->vocabulary.n == 0) return da_fail(err, DA_ERR_DATA, "expected impressions with uid, timestamp and campaign but found none");
  log->campaigns = da_vocabulary_names(&log->vocabulary);
  return da_rank_register(db, &log->campaigns, log->rank_function, err);
}

static da_status take_values(void *context, const da_chunk *chunk, da_error *err) {
  const da_slice *values = chunk->columns[0].values;
  for (size_t i = 0; i < chunk->n_rows; i++) {
    if (memchr(values[i].data, 0, values[i].length)) {
      return da_fail(err, DA_ERR_DATA, "expected features whose values are text but found one with a zero byte in it, which begins '%.40s'",
                     values[i].data);
    }
    DA_TRY(da_vocabulary_add(context, values[i], err));
  }
  return DA_OK;
}

/* The values of the features that are categories. */
static da_status read_features(da_log *log, da_db *db, const da_monitor *monitor, da_error *err) {
  const da_impressions *impressions = log->impressions;
  for (uint32_t f = 0; f < impressions->n_features; f++) {
    log_feature *feature = &log->features[f];
    if (impressions->features[f].is_number) continue;
    DA_TRY(da_vocabulary_add(&feature->values, (da_slice){"", 0}, err));
    da_text sql = {0};
    da_text_printf(&sql, "SELECT DISTINCT feature_%u AS v FROM (%s) WHERE feature_%u IS NOT NULL ORDER BY v", f,
                   da_text_cstr(&impressions->relation), f);
    da_status status = read_all(log, db, &sql, monitor, take_values, &feature->values, err);
    da_text_free(&sql);
    DA_TRY(status);
    const da_names values = da_vocabulary_names(&feature->values);
    DA_TRY(da_rank_register(db, &values, feature->rank_function, err));
  }
  return DA_OK;
}

da_names da_log_feature_values(const da_log *log, uint32_t feature) { return da_vocabulary_names(&log->features[feature].values); }

static da_status take_first_text(void *context, const da_chunk *chunk, da_error *err) {
  da_text *text = context;
  const da_slice *found = chunk->columns[0].values;
  da_text_append_n(text, found->data, found->length);
  return da_text_check(text, err);
}

static da_status check_split_column(da_log *log, da_db *db, const da_monitor *monitor, da_error *err) {
  if (!log->impressions->has_split) return DA_OK;
  da_text sql = {0}, found = {0};
  da_text_printf(&sql, "SELECT concat('''', left(split, 40), ''' in ', count(*), ' rows') FROM (%s) WHERE split IS NULL OR ",
                 da_text_cstr(&log->impressions->relation));
  da_text_append(&sql, "split NOT IN ('train', 'val', 'test') GROUP BY split ORDER BY count(*) DESC, split LIMIT 1");
  da_status status = read_all(log, db, &sql, monitor, take_first_text, &found, err);
  if (status == DA_OK && found.length) {
    status = da_fail(err, DA_ERR_DATA, "expected train, val or test in the split column but found %s", found.data);
  }
  da_text_free(&sql);
  da_text_free(&found);
  return status;
}

/* ---- The keys ---- */

typedef struct {
  int64_t first_us, last_us, lowest_uid, highest_uid;
} key_range;

static da_status take_range(void *context, const da_chunk *chunk, da_error *err) {
  key_range *range = context;
  int64_t *fields[] = {&range->first_us, &range->last_us, &range->lowest_uid, &range->highest_uid};
  (void)err;
  for (size_t i = 0; i < chunk->n_columns; i++) *fields[i] = ((const int64_t *)chunk->columns[i].values)[0];
  return DA_OK;
}

static da_status read_range(const da_log *log, da_db *db, const da_text *relation, const da_monitor *monitor, key_range *range,
                            da_error *err) {
  da_text sql = {0};
  da_text_printf(&sql, "SELECT coalesce(min(time_us), 0), coalesce(max(time_us), 0)%s FROM (%s)",
                 log->impressions->uid_is_text ? "" : ", coalesce(min(uid), 0), coalesce(max(uid), 0)", da_text_cstr(relation));
  da_status status = read_all(log, db, &sql, monitor, take_range, range, err);
  da_text_free(&sql);
  return status;
}

static int64_t lower(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t higher(int64_t a, int64_t b) { return a > b ? a : b; }

/* Of times and uids; it may be wider than what is there. */
static da_status find_range(const da_log *log, da_db *db, const da_monitor *monitor, key_range *range, da_error *err) {
  const da_impressions *impressions = log->impressions;
  *range = (key_range){impressions->first_us, impressions->last_us, impressions->lowest_uid, impressions->highest_uid};
  if (!impressions->has_range) DA_TRY(read_range(log, db, &impressions->relation, monitor, range, err));
  if (!impressions->has_conversions_table) return DA_OK;
  key_range other = {0};
  DA_TRY(read_range(log, db, &impressions->conversions, monitor, &other, err));
  *range = (key_range){
      .first_us = lower(range->first_us, other.first_us),
      .last_us = higher(range->last_us, other.last_us),
      .lowest_uid = lower(range->lowest_uid, other.lowest_uid),
      .highest_uid = higher(range->highest_uid, other.highest_uid),
  };
  return DA_OK;
}

static int bits_of(uint64_t number) { return number ? 64 - __builtin_clzll(number) : 0; }

static uint64_t distance(int64_t low, int64_t high) { return (uint64_t)high - (uint64_t)low; }

static da_status choose_keys(da_log *log, da_db *db, const da_monitor *monitor, da_error *err) {
  key_range range;
  DA_TRY(find_range(log, db, monitor, &range, err));
  int campaign_bits = bits_of(log->campaigns.n - 1);
  log->form = (key_form){
      .uid_is_offset = !log->impressions->uid_is_text && distance(range.lowest_uid, range.highest_uid) <= UINT32_MAX,
      .is_packed = bits_of(distance(range.first_us, range.last_us)) + 1 + campaign_bits <= 63,
      .campaign_bits = campaign_bits,
      .lowest_uid = range.lowest_uid,
      .first_us = range.first_us,
  };
  return DA_OK;
}

/* ---- The sorted query ---- */

/* One of the two sources: its columns under the names uid, time_us, conversion, code [, value] [, set] [, features]. */
static void write_source(const da_log *log, bool is_conversions, da_text *sql) {
  const da_impressions *impressions = log->impressions;
  bool has_value = impressions->has_conversions_table ? impressions->conversions_have_value : impressions->has_value;
  bool has_own_value = is_conversions || !impressions->has_conversions_table;
  const char *touch_conversion =
      impressions->has_conversions_table || !impressions->has_conversion ? "false" : "coalesce(conversion, false)";
  da_text_printf(sql, "SELECT uid, time_us, %s AS conversion, ", is_conversions ? "true" : touch_conversion);
  if (is_conversions)
    da_text_append(sql, "0::UINTEGER AS code");
  else
    da_text_printf(sql, "%s(campaign) AS code", log->rank_function);
  if (has_value) da_text_append(sql, has_own_value ? ", value" : ", NULL::DOUBLE AS value");
  if (impressions->has_split) {
    da_text_append(sql, is_conversions ? ", 0::UTINYINT AS in_set"
                                       : ", (CASE split WHEN 'train' THEN 0 WHEN 'val' THEN 1 ELSE 2 END)::UTINYINT AS in_set");
  }
  for (uint32_t f = 0; f < impressions->n_features; f++) {
    if (impressions->features[f].is_number)
      da_text_printf(sql, is_conversions ? ", NULL::FLOAT AS feature_%u" : ", feature_%u", f);
    else if (is_conversions)
      da_text_printf(sql, ", 0::BIGINT AS feature_%u", f);
    else
      da_text_printf(sql, ", coalesce(%s(feature_%u), 0)::BIGINT AS feature_%u", log->features[f].rank_function, f, f);
  }
  da_text_printf(sql, " FROM (%s)", da_text_cstr(is_conversions ? &impressions->conversions : &impressions->relation));
}

static bool has_value(const da_impressions *impressions) {
  return impressions->has_conversions_table ? impressions->conversions_have_value : impressions->has_value;
}

static void write_query(const da_log *log, da_text *sql) {
  const key_form *form = &log->form;
  if (form->uid_is_offset)
    da_text_printf(sql, "SELECT (uid - '%" PRId64 "'::BIGINT)::UINTEGER AS uid, ", form->lowest_uid);
  else
    da_text_append(sql, "SELECT uid, ");
  if (form->is_packed)
    da_text_printf(sql, "(time_us - '%" PRId64 "'::BIGINT) * %" PRId64 " + conversion::BIGINT * %" PRId64 " + code AS key", form->first_us,
                   INT64_C(2) << form->campaign_bits, INT64_C(1) << form->campaign_bits);
  else
    da_text_append(sql, "time_us, conversion, code");
  if (has_value(log->impressions)) da_text_append(sql, ", value");
  if (log->impressions->has_split) da_text_append(sql, ", in_set");
  for (uint32_t f = 0; f < log->impressions->n_features; f++) da_text_printf(sql, ", feature_%u", f);
  da_text_append(sql, " FROM (");
  write_source(log, false, sql);
  if (log->impressions->has_conversions_table) {
    da_text_append(sql, " UNION ALL ");
    write_source(log, true, sql);
  }
  da_text_append(sql, ") ORDER BY ALL ASC NULLS FIRST");
}

static da_status open_log(da_log *log, da_db *db, const da_monitor *monitor, da_error *err) {
  DA_TRY(read_campaigns(log, db, monitor, err));
  DA_TRY(read_features(log, db, monitor, err));
  DA_TRY(check_split_column(log, db, monitor, err));
  DA_TRY(choose_keys(log, db, monitor, err));
  da_text sql = {0};
  write_query(log, &sql);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &log->rows, err);
  if (status == DA_OK) da_rows_expect(log->rows, log->impressions->n_rows);
  da_text_free(&sql);
  return status;
}

da_status da_log_open(da_db *db, const da_impressions *impressions, const da_monitor *monitor, da_log **out, da_error *err) {
  *out = NULL;
  da_log *log = da_mem_calloc(1, sizeof *log);
  if (!log) return da_mem_fail(err, 1, sizeof *log, "the sorted log");
  log->impressions = impressions;
  da_status status = open_log(log, db, monitor, err);
  if (status != DA_OK) {
    da_log_close(log);
    return status;
  }
  *out = log;
  return DA_OK;
}

const da_names *da_log_campaigns(const da_log *log) { return &log->campaigns; }

void da_log_close(da_log *log) {
  if (!log) return;
  da_rows_close(log->rows);
  da_vocabulary_free(&log->vocabulary);
  da_mem_free(log->uid);
  da_mem_free(log->time_us);
  da_mem_free(log->conversion);
  da_mem_free(log->set);
  da_mem_free(log->campaign);
  for (int f = 0; f < DA_MAX_FEATURES; f++) {
    da_vocabulary_free(&log->features[f].values);
    da_mem_free(log->features[f].cells);
  }
  da_mem_free(log);
}

/* ---- Rows ---- */

static da_status make_room(da_log *log, size_t n, da_error *err) {
  if (n <= log->capacity) return DA_OK;
  struct {
    void **items;
    size_t item_bytes;
  } arrays[] = {{(void **)&log->uid, sizeof *log->uid},
                {(void **)&log->time_us, sizeof *log->time_us},
                {(void **)&log->conversion, 1},
                {(void **)&log->set, 1},
                {(void **)&log->campaign, sizeof *log->campaign}};
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
    void *grown = da_mem_realloc(*arrays[i].items, n, arrays[i].item_bytes);
    if (!grown) return da_mem_fail(err, n, arrays[i].item_bytes, "rows of the log");
    *arrays[i].items = grown;
  }
  for (uint32_t f = 0; f < log->impressions->n_features; f++) {
    uint32_t *grown = da_mem_realloc(log->features[f].cells, n, sizeof *grown);
    if (!grown) return da_mem_fail(err, n, sizeof *grown, "rows of the log");
    log->feature_cells[f] = log->features[f].cells = grown;
  }
  log->capacity = n;
  return DA_OK;
}

static void unpack_keys(da_log *log, const int64_t *keys, size_t n) {
  int bits = log->form.campaign_bits;
  uint32_t mask = (uint32_t)((UINT64_C(1) << bits) - 1);
  for (size_t i = 0; i < n; i++) {
    log->campaign[i] = (uint32_t)keys[i] & mask;
    log->conversion[i] = (uint8_t)(keys[i] >> bits & 1);
    log->time_us[i] = log->form.first_us + (keys[i] >> (bits + 1));
  }
}

static void shorten(const int64_t *from, size_t n, uint32_t *to) {
  for (size_t i = 0; i < n; i++) to[i] = (uint32_t)from[i];
}

static void decode_feature(const da_column *column, bool is_number, size_t n, uint32_t *cells) {
  if (!is_number) {
    shorten(column->values, n, cells);
    return;
  }
  const double *numbers = column->values;
  for (size_t i = 0; i < n; i++)
    cells[i] = column->valid && !column->valid[i] ? DA_MISSING_NUMBER : da_feature_cell((float)numbers[i] + 0.0f); /* -0 is 0 */
}

/* Points rows at the chunk's columns, through our arrays where they are encoded. */
static void decode(da_log *log, const da_chunk *chunk, da_cut_rows *rows) {
  const da_column *column = chunk->columns;
  size_t n = chunk->n_rows;
  *rows = (da_cut_rows){.n = n, .time_us = log->time_us, .conversion = log->conversion, .campaign = log->campaign};
  if (log->impressions->uid_is_text) {
    rows->uid_text = column->values;
  } else {
    rows->uid_number = column->values;
    if (log->form.uid_is_offset) {
      for (size_t i = 0; i < n; i++) log->uid[i] = rows->uid_number[i] + log->form.lowest_uid;
      rows->uid_number = log->uid;
    }
  }
  column++;
  if (log->form.is_packed) {
    unpack_keys(log, column++->values, n);
  } else {
    rows->time_us = column++->values;
    rows->conversion = column++->values;
    shorten(column++->values, n, log->campaign);
  }
  if (has_value(log->impressions)) {
    rows->value = column->values;
    rows->value_valid = column++->valid;
  }
  if (log->impressions->has_split) {
    const int64_t *sets = column++->values;
    for (size_t i = 0; i < n; i++) log->set[i] = (uint8_t)sets[i];
    rows->set = log->set;
  }
  for (uint32_t f = 0; f < log->impressions->n_features; f++)
    decode_feature(column++, log->impressions->features[f].is_number, n, log->features[f].cells);
  rows->features = log->feature_cells;
}

da_status da_log_next(da_log *log, const da_monitor *monitor, da_cut_rows *rows, da_error *err) {
  *rows = (da_cut_rows){0};
  if (!log->rows) return DA_OK;
  da_chunk chunk;
  DA_TRY(da_rows_next(log->rows, monitor, "sorting the log", &chunk, err));
  if (chunk.n_rows == 0) { /* the sorted rows are large: they go at once */
    da_rows_close(log->rows);
    log->rows = NULL;
    return DA_OK;
  }
  DA_TRY(make_room(log, chunk.n_rows, err));
  decode(log, &chunk, rows);
  return DA_OK;
}
