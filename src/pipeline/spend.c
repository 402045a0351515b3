#include "pipeline/spend.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "base/sum.h"
#include "journey/vocabulary.h"

static void print_costs(const da_chunk *chunk, da_text *json) {
  const da_slice *campaign = chunk->columns[0].values;
  const double *cost = chunk->columns[1].values;
  for (size_t i = 0; i < chunk->n_rows; i++) {
    da_text_append(json, json->length > 1 ? ",\n" : "");
    da_text_append_json(json, campaign[i]);
    da_text_append(json, ": ");
    da_text_append_json_number(json, cost[i]);
  }
}

/* raw/spend.* where it is there, since both may tell of the same money; otherwise what the touches themselves cost; NULL: neither. */
static const da_text *costs_of(const da_impressions *impressions) {
  if (impressions->spend.length > 0) return &impressions->spend;
  return impressions->has_cost ? &impressions->relation : NULL;
}

static da_status add_up(da_db *db, const da_text *costs, const da_monitor *monitor, da_text *json, da_error *err) {
  da_text sql = {0};
  /* In the order of the costs themselves, so that threads do not show in the last digit. */
  da_text_printf(&sql,
                 "SELECT campaign, list_sum(list_sort(list(cost))) FROM (%s) WHERE cost IS NOT NULL GROUP BY campaign ORDER BY campaign",
                 da_text_cstr(costs));
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  da_text_append(json, "{");
  while (status == DA_OK && (status = da_rows_next(rows, monitor, "adding up the spend", &chunk, err)) == DA_OK && chunk.n_rows > 0) {
    print_costs(&chunk, json);
  }
  da_text_append(json, "}\n");
  da_rows_close(rows);
  da_text_free(&sql);
  return status == DA_OK ? da_text_check(json, err) : status;
}

da_status da_spend_publish(da_db *db, const da_impressions *impressions, da_bucket *bucket, da_publication *publication,
                           const da_monitor *monitor, da_error *err) {
  const da_text *costs = costs_of(impressions);
  if (!costs) return da_bucket_remove(bucket, DA_KEY_SPEND, err);
  da_text json = {0};
  da_status status = add_up(db, costs, monitor, &json, err);
  if (status == DA_OK) status = da_publication_put(publication, DA_KEY_SPEND, json.data, json.length, err);
  da_text_free(&json);
  return status;
}

da_status da_spend_read(const da_bucket *bucket, da_text *json, da_error *err) {
  bool exists = false;
  DA_TRY(da_bucket_exists(bucket, DA_KEY_SPEND, &exists, err));
  return exists ? da_bucket_get(bucket, DA_KEY_SPEND, json, err) : DA_OK;
}

static void tell_of_strangers(const da_monitor *monitor, uint64_t n, double cost) {
  if (n == 0) return;
  da_monitor_note(
      monitor, DA_NOTE_WARNING,
      "raw/spend has %llu campaigns without a touch in the log, which cost %.2f: they are in no table; are their names the same?",
      (unsigned long long)n, cost);
}

static da_status join(const cJSON *costs, const da_names *campaigns, double *spend, const da_monitor *monitor, da_error *err) {
  uint64_t n_strangers = 0;
  da_sum of_strangers = {0};
  const cJSON *cost;
  cJSON_ArrayForEach(cost, costs) {
    if (!cJSON_IsNumber(cost)) return da_fail(err, DA_ERR_DATA, "expected a number for each campaign in %s but found none", DA_KEY_SPEND);
    uint32_t rank = da_names_find(campaigns, (da_slice){cost->string, strlen(cost->string)});
    if (rank != UINT32_MAX) {
      spend[rank] = cost->valuedouble;
    } else {
      n_strangers++;
      da_sum_add(&of_strangers, cost->valuedouble);
    }
  }
  tell_of_strangers(monitor, n_strangers, da_sum_value(&of_strangers));
  return DA_OK;
}

da_status da_spend_join(const da_text *json, const da_names *campaigns, da_arena *arena, const da_monitor *monitor, const double **spend,
                        da_error *err) {
  *spend = NULL;
  if (json->length == 0) return DA_OK;
  double *known = da_arena_alloc(arena, campaigns->n, sizeof *known);
  if (!known) return da_mem_fail(err, campaigns->n, sizeof *known, "what the campaigns cost");
  for (size_t k = 0; k < campaigns->n; k++) known[k] = NAN;
  cJSON *costs = cJSON_ParseWithLength(json->data, json->length);
  da_status status = cJSON_IsObject(costs) ? join(costs, campaigns, known, monitor, err)
                                           : da_fail(err, DA_ERR_DATA, "expected a JSON object in %s but found none", DA_KEY_SPEND);
  cJSON_Delete(costs);
  if (status == DA_OK) *spend = known;
  return status;
}

da_status da_spend_load(const da_bucket *bucket, const da_names *campaigns, da_arena *arena, const da_monitor *monitor,
                        const double **spend, da_error *err) {
  da_text json = {0};
  *spend = NULL;
  da_status status = da_spend_read(bucket, &json, err);
  if (status == DA_OK) status = da_spend_join(&json, campaigns, arena, monitor, spend, err);
  da_text_free(&json);
  return status;
}
