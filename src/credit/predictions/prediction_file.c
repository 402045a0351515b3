#include "credit/predictions/prediction_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journey/vocabulary.h"
#include "store/db.h"

void da_predictions_free(da_predictions *predictions) {
  da_mem_free(predictions->journey);
  da_mem_free(predictions->worth);
  da_sequences_free(&predictions->sets);
  *predictions = (da_predictions){0};
}

/* What the rows go through. */
typedef struct {
  const char *path;
  const da_journeys *set;
  da_predictions *out;
  uint64_t row;       /* of the file, from 1 */
  uint32_t *campaign; /* [campaign_capacity] of the set at hand */
  size_t campaign_capacity;
} reader;

static da_status refuse(const reader *in, const char *expected, da_error *err) {
  return da_fail(err, DA_ERR_DATA, "expected %s in row %llu of %s (credit.predictions) but found none", expected,
                 (unsigned long long)in->row, in->path);
}

static int compare_u32(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static da_slice trim(const char *begin, const char *end) {
  while (begin < end && *begin == ' ') begin++;
  while (end > begin && end[-1] == ' ') end--;
  return (da_slice){begin, (size_t)(end - begin)};
}

/* The campaigns of "a > b > b": sorted, each once. n UINT32_MAX: one of them is unknown. */
static da_status parse_set(reader *in, da_slice text, uint32_t *n, da_error *err) {
  const char *end = text.data + text.length;
  *n = 0;
  for (const char *at = text.data; at < end;) {
    const char *arrow = memchr(at, '>', (size_t)(end - at)), *stop = arrow ? arrow : end;
    uint32_t rank = da_names_find(&in->set->campaigns, trim(at, stop));
    void *campaign = in->campaign;
    DA_TRY(da_mem_reserve(&campaign, &in->campaign_capacity, (size_t)*n + 1, sizeof *in->campaign, "a set of campaigns", err));
    in->campaign = campaign;
    if (rank == UINT32_MAX) {
      *n = UINT32_MAX;
      return DA_OK;
    }
    in->campaign[(*n)++] = rank;
    at = arrow ? arrow + 1 : end;
  }
  if (*n == 0) return DA_OK;
  qsort(in->campaign, *n, sizeof *in->campaign, compare_u32);
  uint32_t n_different = 1;
  for (uint32_t i = 1; i < *n; i++) {
    if (in->campaign[i] != in->campaign[i - 1]) in->campaign[n_different++] = in->campaign[i];
  }
  *n = n_different;
  return DA_OK;
}

static da_status take_set(reader *in, da_slice text, double p, da_error *err) {
  uint32_t n, number, n_before = in->out->sets.n;
  if (trim(text.data, text.data + text.length).length == 0) {
    in->out->none = p;
    return DA_OK;
  }
  DA_TRY(parse_set(in, text, &n, err));
  if (n == UINT32_MAX) {
    in->out->n_unknown++;
    return DA_OK;
  }
  DA_TRY(da_sequences_add(&in->out->sets, in->campaign, n, &number, err));
  if (number < n_before) return refuse(in, "a set of campaigns that was not there before", err);
  void *worth = in->out->worth;
  DA_TRY(da_mem_reserve(&worth, &in->out->worth_capacity, (size_t)number + 1, sizeof *in->out->worth, "predictions", err));
  in->out->worth = worth;
  in->out->worth[number] = p;
  return DA_OK;
}

static da_status take_journey(reader *in, int64_t journey, double p, da_error *err) {
  if (journey < 0 || (uint64_t)journey >= in->set->n_journeys) return refuse(in, "the journey_id of a journey of this log", err);
  if (!isnan(in->out->journey[journey])) return refuse(in, "a journey_id that was not there before", err);
  in->out->journey[journey] = p;
  return DA_OK;
}

static da_status take_rows(reader *in, const da_chunk *chunk, da_error *err) {
  const da_column *key = &chunk->columns[0], *p = &chunk->columns[1];
  for (size_t i = 0; i < chunk->n_rows; i++) {
    in->row++;
    double worth = !p->valid || p->valid[i] ? ((const double *)p->values)[i] : NAN;
    if (!(worth >= 0 && worth < INFINITY)) return refuse(in, "a p of at least 0", err);
    bool is_there = !key->valid || key->valid[i];
    if (in->out->of_journeys) {
      DA_TRY(take_journey(in, is_there ? ((const int64_t *)key->values)[i] : -1, worth, err));
    } else {
      DA_TRY(take_set(in, is_there ? ((const da_slice *)key->values)[i] : (da_slice){"", 0}, worth, err));
    }
  }
  return DA_OK;
}

/* ---- The file ---- */

static bool ends_in(const char *path, const char *end) {
  size_t n = strlen(path), m = strlen(end);
  return n >= m && strcmp(path + n - m, end) == 0;
}

static void append_table(const char *path, da_text *sql) {
  bool is_json = ends_in(path, ".json") || ends_in(path, ".json.gz");
  da_text_append(sql, ends_in(path, ".parquet") ? "read_parquet(" : is_json ? "read_json(" : "read_csv(");
  da_sql_path(sql, path);
  da_text_append(sql, ")");
}

/* Which of the two keys the file has. */
static da_status find_key(da_db *db, reader *in, da_error *err) {
  da_text sql = {0};
  da_text_append(&sql, "SELECT * FROM ");
  append_table(in->path, &sql);
  da_rows *rows = NULL;
  bool has_campaigns = false, has_journey = false, has_p = false;
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  for (size_t c = 0; status == DA_OK && c < da_rows_n_columns(rows); c++) {
    const char *name = da_rows_column_name(rows, c);
    has_campaigns |= strcmp(name, "campaigns") == 0;
    has_journey |= strcmp(name, "journey_id") == 0;
    has_p |= strcmp(name, "p") == 0;
  }
  da_rows_close(rows);
  da_text_free(&sql);
  if (status == DA_OK && (!has_p || has_campaigns == has_journey)) {
    status = da_fail(err, DA_ERR_DATA,
                     "expected the column p and one of campaigns and journey_id in %s (credit.predictions) but found others", in->path);
  }
  in->out->of_journeys = has_journey;
  return status;
}

static da_status read_rows(da_db *db, reader *in, da_error *err) {
  da_text sql = {0};
  da_text_append(&sql, in->out->of_journeys ? "SELECT CAST(journey_id AS BIGINT)" : "SELECT CAST(campaigns AS VARCHAR)");
  da_text_append(&sql, ", CAST(p AS DOUBLE) FROM ");
  append_table(in->path, &sql);
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  while (status == DA_OK && (status = da_rows_next(rows, NULL, "reading predictions", &chunk, err)) == DA_OK && chunk.n_rows > 0) {
    status = take_rows(in, &chunk, err);
  }
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

static da_status make_room(reader *in, da_error *err) {
  if (!in->out->of_journeys) return DA_OK;
  in->out->journey = da_mem_alloc(in->set->n_journeys, sizeof *in->out->journey);
  if (!in->out->journey) return da_mem_fail(err, in->set->n_journeys, sizeof *in->out->journey, "predictions");
  for (uint64_t j = 0; j < in->set->n_journeys; j++) in->out->journey[j] = NAN;
  return DA_OK;
}

static da_status check_all_there(const reader *in, da_error *err) {
  for (uint64_t j = 0; in->out->of_journeys && j < in->set->n_journeys; j++) {
    if (isnan(in->out->journey[j])) {
      return da_fail(err, DA_ERR_DATA,
                     "expected a prediction for every journey in %s (credit.predictions) but found none for journey_id %llu", in->path,
                     (unsigned long long)j);
    }
  }
  return DA_OK;
}

da_status da_predictions_read(const char *path, const da_journeys *set, da_predictions *predictions, da_error *err) {
  *predictions = (da_predictions){0};
  reader in = {.path = path, .set = set, .out = predictions};
  da_db *db = NULL;
  da_status status = da_db_open(&(da_db_options){.threads = 1}, &db, err);
  if (status == DA_OK) status = find_key(db, &in, err);
  if (status == DA_OK) status = make_room(&in, err);
  if (status == DA_OK) status = read_rows(db, &in, err);
  if (status == DA_OK) status = check_all_there(&in, err);
  da_db_close(db);
  da_mem_free(in.campaign);
  if (status != DA_OK) da_predictions_free(predictions);
  return status;
}
