#include "pipeline/evaluate_credit.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "report/publish.h"

typedef struct {
  da_run *run;
  da_arena *arena;
  da_evaluated_credit *credit;
  uint64_t *kept_at; /* [journeys]: where its touches begin in touch_credit; UINT64_MAX: they are not kept */
} reader;

static void *take(reader *r, size_t n, size_t item_bytes, da_status *status, da_error *err) {
  void *room = da_arena_alloc(r->arena, n, item_bytes);
  if (!room && *status == DA_OK) *status = da_mem_fail(err, n, item_bytes, "the evaluation");
  if (room) memset(room, 0, n * item_bytes);
  return room;
}

/* ---- The journeys ---- */

static void part_journeys(reader *r) {
  const da_journeys *set = &r->run->set;
  for (uint64_t user = 0; user < set->n_users; user++) {
    da_random random;
    da_random_init(&random, r->run->job->config->seed, user);
    uint8_t half = da_random_below(&random, 2) ? DA_PART_SECOND : DA_PART_FIRST;
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) {
      uint8_t part = da_journey_set(set, j) == DA_SET_TEST ? DA_PART_HELD_OUT : half;
      r->credit->part[j] = part;
      r->credit->n_conversions[part] += da_journey_converted(set, j);
    }
  }
}

static void keep_journeys(reader *r) {
  const da_journeys *set = &r->run->set;
  da_evaluated_credit *credit = r->credit;
  uint64_t n_all = credit->n_conversions[DA_PART_HELD_OUT], seen = 0;
  uint64_t n_kept = n_all < DA_EVALUATE_MOST_JOURNEYS ? n_all : DA_EVALUATE_MOST_JOURNEYS;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    r->kept_at[j] = UINT64_MAX;
    if (credit->part[j] != DA_PART_HELD_OUT || !da_journey_converted(set, j)) continue;
    bool is_kept = (seen + 1) * n_kept / n_all > seen * n_kept / n_all;
    seen++;
    if (!is_kept) continue;
    r->kept_at[j] = credit->n_touches;
    credit->journey[credit->n_journeys++] = j;
    credit->n_touches += da_journey_length(set, j);
  }
}

/* ---- The table ---- */

static da_status query(reader *r, const char *columns, const char *url, const char *order, da_rows **rows, da_error *err) {
  da_text sql = {0};
  da_text_printf(&sql, "SELECT %s FROM read_parquet(", columns);
  da_sql_path(&sql, url);
  da_text_printf(&sql, ")%s", order);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(r->run->db, da_text_cstr(&sql), rows, err);
  da_text_free(&sql);
  return status;
}

static da_status find_methods(reader *r, const char *url, da_error *err) {
  size_t n_all;
  const da_method *const *all = da_methods(&n_all);
  da_rows *rows = NULL;
  DA_TRY(query(r, "*", url, " LIMIT 0", &rows, err));
  for (size_t m = 0; m < n_all && r->credit->n_methods < DA_EVALUATE_MOST_METHODS; m++) {
    char name[96];
    snprintf(name, sizeof name, "%s_attribution", all[m]->name);
    bool found = false;
    for (size_t c = 0; c < da_rows_n_columns(rows) && !found; c++) found = strcmp(da_rows_column_name(rows, c), name) == 0;
    if (found) r->credit->methods[r->credit->n_methods++] = all[m];
  }
  da_rows_close(rows);
  if (r->credit->n_methods > 0) return DA_OK;
  return da_fail(err, DA_ERR_DATA, "expected the credit of a method in %s but found none", DA_KEY_TOUCHES);
}

static da_status add_rows(reader *r, const da_chunk *chunk, da_error *err) {
  const da_journeys *set = &r->run->set;
  da_evaluated_credit *to = r->credit;
  const int64_t *journey = chunk->columns[0].values, *index = chunk->columns[1].values;
  for (size_t row = 0; row < chunk->n_rows; row++) {
    bool is_there = journey[row] >= 0 && (uint64_t)journey[row] < set->n_journeys && index[row] >= 1 &&
                    (uint64_t)index[row] <= da_journey_length(set, (uint64_t)journey[row]);
    if (!is_there) {
      return da_fail(err, DA_ERR_DATA,
                     "expected in %s the touches of this bucket's journeys but found touch %lld of journey %lld; run attribute again",
                     DA_KEY_TOUCHES, (long long)index[row], (long long)journey[row]);
    }
    uint64_t touch = (uint64_t)index[row] - 1, at = r->kept_at[journey[row]];
    uint32_t campaign = set->campaign[set->first_touch[journey[row]] + touch];
    for (size_t m = 0; m < to->n_methods; m++) {
      double credit = ((const double *)chunk->columns[2 + m].values)[row];
      da_evaluated_part(to, m, to->part[journey[row]])[campaign] += credit;
      if (at != UINT64_MAX) to->touch_credit[m * to->n_touches + at + touch] = (float)credit;
    }
  }
  return DA_OK;
}

static da_status read_table(reader *r, const char *url, da_error *err) {
  da_text columns = {0};
  da_text_append(&columns, "journey_id, touch_index");
  for (size_t m = 0; m < r->credit->n_methods; m++) da_text_printf(&columns, ", %s_attribution", r->credit->methods[m]->name);
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_status status = da_text_check(&columns, err);
  if (status == DA_OK) status = query(r, da_text_cstr(&columns), url, " ORDER BY 1, 2", &rows, err); /* sums must not depend on threads */
  while (status == DA_OK && (status = da_rows_next(rows, &r->run->monitor, "reading the credit", &chunk, err)) == DA_OK &&
         chunk.n_rows > 0) {
    status = add_rows(r, &chunk, err);
  }
  da_rows_close(rows);
  da_text_free(&columns);
  return status;
}

static da_status read_from(reader *r, const char *url, da_error *err) {
  const da_journeys *set = &r->run->set;
  da_evaluated_credit *credit = r->credit;
  da_status status = DA_OK;
  DA_TRY(find_methods(r, url, err));
  credit->part = take(r, set->n_journeys, sizeof *credit->part, &status, err);
  credit->journey = take(r, DA_EVALUATE_MOST_JOURNEYS, sizeof *credit->journey, &status, err);
  credit->conversions = take(r, credit->n_methods * DA_N_PARTS * credit->n_campaigns, sizeof *credit->conversions, &status, err);
  r->kept_at = take(r, set->n_journeys, sizeof *r->kept_at, &status, err);
  DA_TRY(status);
  part_journeys(r);
  keep_journeys(r);
  credit->touch_credit = take(r, credit->n_methods * credit->n_touches, sizeof *credit->touch_credit, &status, err);
  return status == DA_OK ? read_table(r, url, err) : status;
}

da_status da_evaluated_credit_read(da_run *run, da_arena *arena, da_evaluated_credit *credit, da_error *err) {
  const da_bucket *bucket = run->job->bucket;
  bool exists = false;
  DA_TRY(da_bucket_exists(bucket, DA_KEY_TOUCHES, &exists, err));
  if (!exists) {
    return da_fail(err, DA_ERR_DATA, "expected credit in %s of %s but found none; run 'deepattribution attribute %s' first", DA_KEY_TOUCHES,
                   da_bucket_location(bucket), da_bucket_location(bucket));
  }
  char *url = da_bucket_url(bucket, DA_KEY_TOUCHES);
  if (!url) return da_mem_fail(err, 1, 256, "a path");
  *credit = (da_evaluated_credit){.n_campaigns = run->set.campaigns.n};
  reader r = {.run = run, .arena = arena, .credit = credit};
  da_status status = read_from(&r, url, err);
  da_mem_free(url);
  return status;
}
