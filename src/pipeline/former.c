#include "pipeline/former.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "journey/build.h"
#include "report/publish.h"
#include "store/table.h"

/* ---- The table of credit ---- */

typedef struct {
  da_former *former;
  da_arena *arena;
  size_t capacity;
} reader;

static bool copy_text(reader *in, da_slice from, da_slice *to) {
  const char *copy = da_arena_strndup(in->arena, from.data, from.length);
  *to = (da_slice){copy, from.length};
  return copy != NULL;
}

static da_status take_rows(reader *in, const da_chunk *chunk, da_error *err) {
  const da_slice *method = chunk->columns[0].values, *campaign = chunk->columns[1].values;
  const double *conversions = chunk->columns[2].values;
  da_former *former = in->former;
  for (size_t i = 0; i < chunk->n_rows; i++) {
    if (former->n_rows == in->capacity) return da_fail(err, DA_ERR_DATA, "expected %zu rows of credit but found more", in->capacity);
    da_former_row *row = &former->rows[former->n_rows];
    if (!copy_text(in, method[i], &row->method) || !copy_text(in, campaign[i], &row->campaign)) {
      return da_mem_fail(err, campaign[i].length, 1, "the credit of the run before");
    }
    row->conversions = conversions[i];
    former->n_rows++;
  }
  return DA_OK;
}

static da_status read_table(da_run *run, const char *table, reader *in, da_error *err) {
  da_text sql = {0};
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  int64_t n = 0;
  da_text_printf(&sql, "SELECT count(*) FROM %s", table);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_int(run->db, da_text_cstr(&sql), &n, err);
  if (status != DA_OK) goto done;
  in->capacity = (size_t)n;
  in->former->rows = da_arena_alloc(in->arena, in->capacity, sizeof *in->former->rows);
  if (!in->former->rows) {
    status = da_mem_fail(err, in->capacity, sizeof *in->former->rows, "the credit of the run before");
    goto done;
  }
  da_text_clear(&sql);
  da_text_printf(&sql, "SELECT method, campaign_nm, conversions FROM %s ORDER BY method, campaign_nm", table);
  status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(run->db, da_text_cstr(&sql), &rows, err);
  while (status == DA_OK && (status = da_rows_next(rows, NULL, "the credit of the run before", &chunk, err)) == DA_OK && chunk.n_rows > 0) {
    status = take_rows(in, &chunk, err);
  }
done:
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

static da_status read_credit(da_run *run, da_arena *arena, da_former *former, da_error *err) {
  char *url = da_bucket_url(run->job->bucket, DA_KEY_CAMPAIGN_CREDIT);
  if (!url) return da_mem_fail(err, 1, 256, "a path");
  da_text table = {0};
  da_text_append(&table, "(FROM read_parquet(");
  da_sql_path(&table, url);
  da_text_append(&table, ") WHERE campaign_nm <> '(unattributed)')");
  da_mem_free(url);
  reader in = {.former = former, .arena = arena};
  da_status status = da_text_check(&table, err);
  if (status == DA_OK) status = read_table(run, da_text_cstr(&table), &in, err);
  da_text_free(&table);
  return status;
}

static int compare(const char *method, da_slice campaign, const da_former_row *row) {
  int by_method = da_slice_compare((da_slice){method, strlen(method)}, row->method);
  return by_method ? by_method : da_slice_compare(campaign, row->campaign);
}

const da_former_row *da_former_find(const da_former *former, const char *method, da_slice campaign) {
  size_t low = 0, high = former->n_rows;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare(method, campaign, &former->rows[middle]);
    if (order == 0) return &former->rows[middle];
    if (order > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

/* ---- What it was made from ---- */

/* Settings as they were printed: {"credit.markov_order": 1, ...}. */
static da_status take_settings(const cJSON *settings, da_config *config, da_error *err) {
  for (const cJSON *item = settings ? settings->child : NULL; item; item = item->next) {
    if (cJSON_IsNull(item)) continue;
    char *value = cJSON_PrintUnformatted(item);
    da_text assignment = {0};
    da_text_printf(&assignment, "%s=%s", item->string, value ? value : "");
    cJSON_free(value);
    da_status status = da_text_check(&assignment, err);
    if (status == DA_OK) status = da_config_set(config, da_text_cstr(&assignment), err);
    da_text_free(&assignment);
    DA_TRY(status);
  }
  return DA_OK;
}

/* The text of one of made_from.json's members; "" without. */
static void read_member(const da_text *json, const char *name, char text[24]) {
  cJSON *root = cJSON_ParseWithLength(da_text_cstr(json), json->length);
  const char *found = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, name));
  snprintf(text, 24, "%s", found ? found : "");
  cJSON_Delete(root);
}

static da_status read_settings(da_former *former, da_error *err) {
  da_config_init(&former->config);
  cJSON *root = cJSON_ParseWithLength(da_text_cstr(&former->made_from), former->made_from.length);
  da_status status = take_settings(cJSON_GetObjectItemCaseSensitive(root, "settings"), &former->config, err);
  cJSON_Delete(root);
  former->config.credit.intervals = 0;
  return status;
}

static da_status read_journeys(const da_bucket *bucket, da_former *former, da_error *err) {
  bool exists = false;
  char *path = NULL;
  DA_TRY(da_bucket_exists(bucket, DA_KEY_FORMER_JOURNEYS, &exists, err));
  if (!exists) return DA_OK;
  DA_TRY(da_bucket_local(bucket, DA_KEY_FORMER_JOURNEYS, &path, err));
  da_status status = da_journeys_open(path, &former->set, err);
  da_mem_free(path);
  return status;
}

static da_status read_model(const da_bucket *bucket, da_former *former, da_error *err) {
  bool exists = false;
  char hash[24];
  read_member(&former->made_from, "model", hash);
  DA_TRY(da_bucket_exists(bucket, DA_KEY_FORMER_MODEL, &exists, err));
  if (!exists || hash[0] == '\0') return DA_OK;
  da_text bytes = {0};
  da_status status = da_bucket_get(bucket, DA_KEY_FORMER_MODEL, &bytes, err);
  if (status == DA_OK) status = da_model_parse(DA_KEY_FORMER_MODEL, bytes.data, bytes.length, &former->model, err);
  da_text_free(&bytes);
  return status;
}

static da_status read_all(da_run *run, da_arena *arena, da_former *former, da_error *err) {
  const da_bucket *bucket = run->job->bucket;
  bool has_fit = false;
  DA_TRY(da_bucket_get(bucket, DA_KEY_MADE_FROM, &former->made_from, err));
  DA_TRY(read_settings(former, err));
  DA_TRY(read_journeys(bucket, former, err));
  DA_TRY(read_model(bucket, former, err));
  DA_TRY(da_bucket_exists(bucket, DA_KEY_INCREMENTAL, &has_fit, err));
  if (has_fit) DA_TRY(da_bucket_get(bucket, DA_KEY_INCREMENTAL, &former->fit, err));
  return read_credit(run, arena, former, err);
}

da_status da_former_read(da_run *run, da_arena *arena, da_former *former, da_error *err) {
  *former = (da_former){0};
  bool was_kept = false, has_table = false;
  DA_TRY(da_bucket_exists(run->job->bucket, DA_KEY_MADE_FROM, &was_kept, err));
  DA_TRY(da_bucket_exists(run->job->bucket, DA_KEY_CAMPAIGN_CREDIT, &has_table, err));
  if (!was_kept || !has_table) return DA_OK;
  da_status status = read_all(run, arena, former, err);
  former->is_there = status == DA_OK && former->n_rows > 0;
  if (status != DA_ERR_DATA && status != DA_ERR_CONFIG) return status;
  da_monitor_note(&run->monitor, DA_NOTE_WARNING,
                  "what the credit of before was made from cannot be read, so that what has changed is not known: %s", err ? err->msg : "");
  return DA_OK;
}

void da_former_free(da_former *former) {
  da_text_free(&former->fit);
  da_text_free(&former->made_from);
  da_journeys_close(&former->set);
  da_model_close(&former->model);
  da_config_free(&former->config);
  *former = (da_former){0};
}

/* ---- Keeping ---- */

da_status da_former_describe(const da_run *run, da_text *json, da_error *err) {
  da_text_append(json, "{\"settings\": ");
  da_config_print_json(run->job->config, "credit seed", json);
  da_text_printf(json, ", \"journeys\": \"%016" PRIx64 "\"", run->set.checksum);
  if (run->model_is_open) da_text_printf(json, ", \"model\": \"%016" PRIx64 "\"", run->model_hash);
  da_text_append(json, "}\n");
  return da_text_check(json, err);
}

/* Whether what is kept under a key is another than made_from now says of it. */
static da_status is_other(const da_run *run, const da_former *former, const da_text *made_from, const char *member, const char *key,
                          bool *other, da_error *err) {
  char before[24] = "", now[24];
  if (former->made_from.data) read_member(&former->made_from, member, before);
  read_member(made_from, member, now);
  bool exists = false;
  DA_TRY(da_bucket_exists(run->job->bucket, key, &exists, err));
  *other = now[0] != '\0' && (!exists || strcmp(before, now) != 0);
  return DA_OK;
}

static da_status keep(const da_run *run, const char *from, const char *key, da_publication *publication, da_error *err) {
  char *path = NULL;
  const char *to;
  struct stat info;
  DA_TRY(da_bucket_local(run->job->bucket, from, &path, err));
  bool is_large = stat(path, &info) == 0 && (uint64_t)info.st_size > DA_FORMER_MOST_BYTES;
  da_status status = DA_OK;
  if (is_large) {
    status = da_bucket_remove(run->job->bucket, key, err);
  } else {
    status = da_publication_path(publication, key, &to, err);
    if (status == DA_OK) status = da_file_share(path, to, err);
  }
  da_mem_free(path);
  return status;
}

da_status da_former_keep(const da_run *run, const da_former *former, const da_text *made_from, da_publication *publication, da_error *err) {
  bool other;
  DA_TRY(is_other(run, former, made_from, "journeys", DA_KEY_FORMER_JOURNEYS, &other, err));
  if (other) DA_TRY(keep(run, DA_JOURNEYS_KEY, DA_KEY_FORMER_JOURNEYS, publication, err));
  DA_TRY(is_other(run, former, made_from, "model", DA_KEY_FORMER_MODEL, &other, err));
  if (other) DA_TRY(keep(run, DA_KEY_MODEL, DA_KEY_FORMER_MODEL, publication, err));
  return da_publication_put(publication, DA_KEY_MADE_FROM, made_from->data, made_from->length, err);
}
