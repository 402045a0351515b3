#include "journey/store_pack.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "base/mem.h"
#include "journey/build.h"
#include "journey/set_write.h"
#include "journey/vocabulary.h"
#include "store/rank.h"

da_status da_store_pack_exists(const da_bucket *bucket, bool *exists, da_error *err) {
  DA_TRY(da_bucket_exists(bucket, DA_STORE_LOG_KEY, exists, err));
  return *exists ? da_bucket_exists(bucket, DA_CAMPAIGN_INDEX_KEY, exists, err) : DA_OK;
}

/* ---- log.json and the names ---- */

typedef struct {
  da_set_shape shape;
  da_set_ending ending;
  uint64_t n_journeys;
} store_facts;

static da_status read_json(const da_bucket *bucket, const char *key, cJSON **json, da_error *err) {
  da_text text = {0};
  da_status status = da_bucket_get(bucket, key, &text, err);
  *json = status == DA_OK ? cJSON_ParseWithLength(da_text_cstr(&text), text.length) : NULL;
  da_text_free(&text);
  if (status != DA_OK || cJSON_IsObject(*json)) return status;
  return da_fail(err, DA_ERR_DATA, "expected a JSON object in %s but found another text; cut the log again", key);
}

/* Numbers that are not there read as NaN, which no whole number is. */
static double number(const cJSON *json, const char *name) { return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(json, name)); }

static bool read_whole(const cJSON *json, const char *name, int64_t *value) {
  const double found = number(json, name);
  if (!(found >= -9007199254740992. && found <= 9007199254740992.)) return false;
  *value = (int64_t)found;
  return (double)*value == found;
}

static bool read_flag(const cJSON *json, const char *name, bool *value) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
  *value = cJSON_IsTrue(item);
  return cJSON_IsBool(item);
}

static da_status read_facts(const da_bucket *bucket, store_facts *facts, da_error *err) {
  cJSON *json = NULL;
  int64_t n_journeys = -1, n_unattributed = -1;
  da_set_shape *shape = &facts->shape;
  da_set_ending *ending = &facts->ending;
  da_status status = read_json(bucket, DA_STORE_LOG_KEY, &json, err);
  if (status == DA_OK) {
    bool read = read_flag(json, "uid_is_text", &shape->uid_is_text) && read_flag(json, "has_value", &shape->has_value) &&
                read_flag(json, "has_conversion_us", &shape->has_conversion_us) &&
                read_whole(json, "log_start_us", &ending->log_start_us) && read_whole(json, "log_end_us", &ending->log_end_us) &&
                read_whole(json, "n_unattributed", &n_unattributed) && read_whole(json, "n_journeys", &n_journeys);
    ending->unattributed_value = number(json, "unattributed_value");
    if (!read || n_unattributed < 0 || n_journeys < 0 || ending->unattributed_value != ending->unattributed_value) {
      status = da_fail(err, DA_ERR_DATA, "expected the facts of a log in " DA_STORE_LOG_KEY " but some are missing; cut the log again");
    }
  }
  shape->split = DA_SPLIT_COLUMN; /* the tables say who is in which set */
  ending->n_unattributed = (uint64_t)n_unattributed;
  facts->n_journeys = (uint64_t)n_journeys;
  cJSON_Delete(json);
  return status;
}

/* The index names the campaigns in the order of their ranks. */
static da_status read_names(const da_bucket *bucket, da_vocabulary *names, da_error *err) {
  cJSON *json = NULL;
  da_status status = read_json(bucket, DA_CAMPAIGN_INDEX_KEY, &json, err);
  for (const cJSON *item = json ? json->child : NULL; item && status == DA_OK; item = item->next) {
    if (item->valuedouble != (double)names->n) {
      status = da_fail(err, DA_ERR_DATA, "expected the index of campaigns to count from 0 but found %g for %.80s", item->valuedouble,
                       item->string);
    } else {
      status = da_vocabulary_add(names, (da_slice){item->string, strlen(item->string)}, err);
    }
  }
  cJSON_Delete(json);
  return status;
}

/* ---- The streams ---- */

enum { JOURNEY_ID, UID, STATUS, VALUE, CONVERSION_US, CAMPAIGN, TIME_US, N_COLUMNS };

/* One set's touches, a row each, in the order of journey_id. */
typedef struct {
  da_rows *rows;
  da_chunk chunk;
  size_t at;
  bool ended;
} stream;

typedef struct {
  const da_monitor *monitor;
  store_facts facts;
  da_vocabulary names;
  stream streams[DA_N_SETS];
  da_set_writer writer;
  da_text uid; /* of the journey before */
  int64_t uid_number;
  bool has_user;
  uint32_t *campaign; /* of the journey that is read */
  int64_t *time_us;
  size_t campaign_room, time_room;
} packer;

/* Is this the key of a set's table, or of one in the folder of that name? */
static bool is_table(const char *key, const char *name) {
  const size_t length = strlen(name), whole = strlen(key), ending = strlen(".parquet");
  if (strncmp(key, name, length) != 0 || whole < ending || strcmp(key + whole - ending, ".parquet") != 0) return false;
  return key[length] == 0 || key[length] == '/';
}

/* Appends the list of a set's files as SQL; n: how many. */
static da_status list_files(const da_bucket *bucket, const char *name, da_text *sql, size_t *n, da_error *err) {
  da_object_list list = {0};
  da_status status = da_bucket_list(bucket, "feature_store/", &list, err);
  *n = 0;
  for (size_t i = 0; i < list.n && status == DA_OK; i++) {
    if (!is_table(list.items[i].key, name)) continue;
    char *url = da_bucket_url(bucket, list.items[i].key);
    da_text_append(sql, (*n)++ ? ", " : "");
    if (url) da_sql_path(sql, url);
    if (!url) status = da_mem_fail(err, 1, 256, "the path of a table");
    da_mem_free(url);
  }
  da_object_list_free(&list);
  return status;
}

static da_status open_stream(packer *p, da_db *db, const da_bucket *bucket, int which, const char *rank, da_error *err) {
  const da_set_shape *shape = &p->facts.shape;
  stream *s = &p->streams[which];
  da_text sql = {0}, files = {0};
  size_t n_files = 0;
  da_status status = list_files(bucket, da_feature_store_keys[which], &files, &n_files, err);
  da_text_printf(
      &sql,
      "SELECT CAST(journey_id AS BIGINT), CAST(uid AS %s), CAST(conversion_status AS BOOLEAN), CAST(conversion_value AS DOUBLE), "
      "CAST(%s AS BIGINT), %s(unnest(campaigns)), CAST(unnest(timestamps) AS BIGINT) FROM read_parquet([%s])",
      shape->uid_is_text ? "VARCHAR" : "BIGINT", shape->has_conversion_us ? "conversion_us" : "0", rank, da_text_cstr(&files));
  if (status == DA_OK) status = da_text_check(&files, err);
  if (status == DA_OK) status = da_text_check(&sql, err);
  s->ended = n_files == 0;
  if (status == DA_OK && !s->ended) status = da_db_query(db, da_text_cstr(&sql), &s->rows, err);
  da_text_free(&files);
  da_text_free(&sql);
  return status;
}

/* Makes at point to a row, unless the stream has ended. */
static da_status fill(stream *s, const da_monitor *monitor, da_error *err) {
  if (s->ended || s->at < s->chunk.n_rows) return DA_OK;
  DA_TRY(da_rows_next(s->rows, monitor, "packing journeys", &s->chunk, err));
  s->at = 0;
  s->ended = s->chunk.n_rows == 0;
  return DA_OK;
}

static const void *cell(const stream *s, int column, size_t item_bytes) {
  return (const char *)s->chunk.columns[column].values + s->at * item_bytes;
}
static int64_t int_cell(const stream *s, int column) { return *(const int64_t *)cell(s, column, sizeof(int64_t)); }

static da_status check_row(const stream *s, const packer *p, da_error *err) {
  for (int column = 0; column < N_COLUMNS; column++) {
    const uint8_t *valid = s->chunk.columns[column].valid;
    const bool may_miss = column == CONVERSION_US || column == VALUE;
    if (!valid || valid[s->at] || may_miss) continue;
    return da_fail(err, DA_ERR_DATA, "expected journeys without gaps in feature_store/ but found %s missing in journey %llu",
                   column == CAMPAIGN ? "a campaign of " DA_CAMPAIGN_INDEX_KEY : "a value", (unsigned long long)p->writer.n_journeys);
  }
  return DA_OK;
}

/* ---- The merge ---- */

/* Tells the writer of a user that begins. */
static da_status take_user(packer *p, const stream *s, da_error *err) {
  da_uid uid = {0};
  const bool is_text = p->facts.shape.uid_is_text;
  if (is_text) {
    uid.text = *(const da_slice *)cell(s, UID, sizeof(da_slice));
  } else {
    uid.number = int_cell(s, UID);
  }
  const int order = !p->has_user ? -1
                    : is_text    ? da_slice_compare((da_slice){da_text_cstr(&p->uid), p->uid.length}, uid.text)
                                 : (p->uid_number > uid.number) - (p->uid_number < uid.number);
  if (order == 0) return DA_OK;
  if (order > 0)
    return da_fail(err, DA_ERR_DATA, "expected users in ascending order in feature_store/ but found otherwise at journey %llu",
                   (unsigned long long)p->writer.n_journeys);
  p->has_user = true;
  p->uid_number = uid.number;
  da_text_clear(&p->uid);
  da_text_append_n(&p->uid, uid.text.data, uid.text.length);
  DA_TRY(da_text_check(&p->uid, err));
  return da_set_writer_user(&p->writer, &uid, err);
}

static da_status take_touch(packer *p, const stream *s, uint64_t n, da_error *err) {
  DA_TRY(check_row(s, p, err));
  DA_TRY(da_mem_reserve((void **)&p->campaign, &p->campaign_room, n + 1, sizeof *p->campaign, "the touches of a journey", err));
  DA_TRY(da_mem_reserve((void **)&p->time_us, &p->time_room, n + 1, sizeof *p->time_us, "the touches of a journey", err));
  p->campaign[n] = (uint32_t)int_cell(s, CAMPAIGN);
  p->time_us[n] = int_cell(s, TIME_US);
  if (n == 0 || p->time_us[n] >= p->time_us[n - 1]) return DA_OK;
  return da_fail(err, DA_ERR_DATA, "expected touches in the order of time but found otherwise in journey %llu",
                 (unsigned long long)p->writer.n_journeys);
}

/* The journey that stream which stands at: as many rows as it has touches. */
static da_status take_journey(packer *p, int which, da_error *err) {
  stream *s = &p->streams[which];
  const int64_t id = int_cell(s, JOURNEY_ID);
  DA_TRY(check_row(s, p, err));
  DA_TRY(take_user(p, s, err));
  da_cut_journey journey = {.converted = *(const uint8_t *)cell(s, STATUS, 1), .set = (uint8_t)which};
  if (journey.converted) {
    journey.value = *(const double *)cell(s, VALUE, sizeof(double));
    journey.conversion_us = int_cell(s, CONVERSION_US);
  }
  while (!s->ended && int_cell(s, JOURNEY_ID) == id) {
    DA_TRY(take_touch(p, s, journey.n++, err));
    s->at++;
    DA_TRY(fill(s, p->monitor, err));
  }
  journey.campaign = p->campaign;
  journey.time_us = p->time_us;
  return da_set_writer_journey(&p->writer, &journey, err);
}

/* Every journey is in exactly one of the streams. */
static da_status merge(packer *p, da_error *err) {
  for (int which = 0; which < DA_N_SETS; which++) DA_TRY(fill(&p->streams[which], p->monitor, err));
  for (uint64_t id = 0; id < p->facts.n_journeys; id++) {
    int found = -1;
    for (int which = 0; which < DA_N_SETS; which++) {
      const stream *s = &p->streams[which];
      if (!s->ended && int_cell(s, JOURNEY_ID) == (int64_t)id) found = which;
    }
    if (found < 0) {
      return da_fail(err, DA_ERR_DATA, "expected %llu journeys in feature_store/, numbered from 0, but found no journey %llu",
                     (unsigned long long)p->facts.n_journeys, (unsigned long long)id);
    }
    DA_TRY(take_journey(p, found, err));
    da_monitor_progress(p->monitor, "packing journeys", "journeys", id + 1, p->facts.n_journeys);
  }
  return DA_OK;
}

static da_status pack(packer *p, da_db *db, const da_bucket *bucket, const char *path, da_error *err) {
  char rank[DA_RANK_FUNCTION_BYTES];
  DA_TRY(read_facts(bucket, &p->facts, err));
  DA_TRY(read_names(bucket, &p->names, err));
  p->facts.ending.campaigns = da_vocabulary_names(&p->names);
  DA_TRY(da_rank_register(db, &p->facts.ending.campaigns, rank, err));
  for (int which = 0; which < DA_N_SETS; which++) DA_TRY(open_stream(p, db, bucket, which, rank, err));
  DA_TRY(da_set_writer_open(path, &p->facts.shape, &p->writer, err));
  DA_TRY(merge(p, err));
  return da_set_writer_finish(&p->writer, &p->facts.ending, err);
}

da_status da_store_pack(da_db *db, const da_bucket *bucket, da_publication *publication, const da_monitor *monitor, da_error *err) {
  const char *path;
  DA_TRY(da_publication_path(publication, DA_JOURNEYS_KEY, &path, err));
  packer p = {.monitor = monitor};
  da_status status = pack(&p, db, bucket, path, err);
  da_set_writer_close(&p.writer);
  for (int which = 0; which < DA_N_SETS; which++) da_rows_close(p.streams[which].rows);
  da_vocabulary_free(&p.names);
  da_text_free(&p.uid);
  da_mem_free(p.campaign);
  da_mem_free(p.time_us);
  return status;
}
