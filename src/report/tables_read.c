/* campaign_credit.parquet read back. */
#include <math.h>
#include <string.h>

#include "report/tables.h"

/* The order of the query's columns. */
enum { METHOD, CAMPAIGN_NM, TOUCHES, CONVERSIONS, VALUE, LOW, HIGH, SPEND };
/* A method's rows after its campaigns. */
enum { BASELINE, UNATTRIBUTED, N_OTHER_ROWS };

/* The table as it comes, row by row, and where it goes. */
typedef struct {
  const da_journeys *set;
  da_arena *arena;
  da_stored_credit *stored;
  size_t line;        /* of the method at hand: its campaigns, then the other rows */
  size_t capacity;    /* methods that fit */
  double *low, *high; /* [campaigns], of the method at hand */
  bool any_interval, any_spend;
} reader;

static da_status refuse(const reader *in, da_error *err) {
  return da_fail(err, DA_ERR_DATA,
                 "expected campaign_credit.parquet to have a row for each of the %zu campaigns of the journeys, in every method, but found"
                 " something else in line %zu of method %zu; run the attribute stage again",
                 in->set->campaigns.n, in->line + 1, in->stored->totals.n_methods);
}

static double number_at(const da_chunk *chunk, size_t column, size_t row) {
  const da_column *cells = &chunk->columns[column];
  return cells->valid && !cells->valid[row] ? NAN : ((const double *)cells->values)[row];
}

static da_slice text_at(const da_chunk *chunk, size_t column, size_t row) {
  const da_column *cells = &chunk->columns[column];
  return cells->valid && !cells->valid[row] ? (da_slice){"", 0} : ((const da_slice *)cells->values)[row];
}

static bool is_text(da_slice found, da_slice wanted) {
  return found.length == wanted.length && memcmp(found.data, wanted.data, wanted.length) == 0;
}

/* Room for the campaigns of the method that begins here. */
static da_status begin_method(reader *in, da_slice name, da_error *err) {
  da_credit_totals *totals = &in->stored->totals;
  char text[64] = "";
  if (name.length < sizeof text) memcpy(text, name.data, name.length);
  da_method_totals method = {.method = da_method_find(text)};
  if (!method.method || totals->n_methods == in->capacity) return refuse(in, err);
  size_t n = totals->n_campaigns;
  double *rooms[4];
  for (int i = 0; i < 4; i++) {
    rooms[i] = da_arena_alloc(in->arena, n, sizeof *rooms[i]);
    if (!rooms[i]) return da_mem_fail(err, n, sizeof *rooms[i], "the stored credit");
  }
  method.conversions = rooms[0];
  method.value = totals->has_value ? rooms[1] : NULL;
  in->low = rooms[2];
  in->high = rooms[3];
  in->any_interval = false;
  totals->methods[totals->n_methods++] = method;
  return DA_OK;
}

static da_status take_campaign(reader *in, const da_chunk *chunk, size_t row, da_error *err) {
  da_credit_totals *totals = &in->stored->totals;
  da_method_totals *method = &totals->methods[totals->n_methods - 1];
  size_t campaign = in->line;
  if (!is_text(text_at(chunk, CAMPAIGN_NM, row), in->set->campaigns.items[campaign])) return refuse(in, err);
  totals->touches[campaign] = (uint64_t)((const int64_t *)chunk->columns[TOUCHES].values)[row];
  method->conversions[campaign] = number_at(chunk, CONVERSIONS, row);
  if (method->value) method->value[campaign] = number_at(chunk, VALUE, row);
  in->low[campaign] = number_at(chunk, LOW, row);
  in->high[campaign] = number_at(chunk, HIGH, row);
  in->any_interval |= !isnan(in->low[campaign]);
  in->stored->spend[campaign] = number_at(chunk, SPEND, row);
  in->any_spend |= !isnan(in->stored->spend[campaign]);
  return DA_OK;
}

static da_status take_row(reader *in, const da_chunk *chunk, size_t row, da_error *err) {
  da_credit_totals *totals = &in->stored->totals;
  da_slice name = text_at(chunk, METHOD, row);
  if (in->line == 0) DA_TRY(begin_method(in, name, err));
  da_method_totals *method = &totals->methods[totals->n_methods - 1];
  if (!is_text(name, (da_slice){method->method->name, strlen(method->method->name)})) return refuse(in, err);
  if (in->line < totals->n_campaigns) {
    DA_TRY(take_campaign(in, chunk, row, err));
  } else if (in->line - totals->n_campaigns == BASELINE) {
    method->baseline = number_at(chunk, CONVERSIONS, row);
    method->baseline_value = totals->has_value ? number_at(chunk, VALUE, row) : 0;
  }
  if (++in->line < totals->n_campaigns + N_OTHER_ROWS) return DA_OK;
  in->line = 0;
  if (in->any_interval) in->stored->intervals[totals->n_methods - 1] = (da_interval_facts){in->low, in->high};
  return DA_OK;
}

static da_status take_rows(reader *in, da_rows *rows, da_error *err) {
  da_chunk chunk;
  for (;;) {
    DA_TRY(da_rows_next(rows, NULL, "campaign_credit.parquet", &chunk, err));
    if (chunk.n_rows == 0) break;
    for (size_t row = 0; row < chunk.n_rows; row++) DA_TRY(take_row(in, &chunk, row, err));
  }
  if (in->line) return refuse(in, err); /* it ends in the middle of a method */
  return da_credit_totals_check(&in->stored->totals, in->set, err);
}

/* The totals of no method yet. */
static da_status make_room(reader *in, da_error *err) {
  size_t n = in->set->campaigns.n;
  (void)da_methods(&in->capacity);
  *in->stored = (da_stored_credit){
      .totals = {.n_campaigns = n,
                 .touches = da_arena_alloc(in->arena, n, sizeof(uint64_t)),
                 .methods = da_arena_alloc(in->arena, in->capacity, sizeof(da_method_totals))},
      .intervals = da_arena_alloc(in->arena, in->capacity, sizeof(da_interval_facts)),
      .spend = da_arena_alloc(in->arena, n, sizeof(double)),
  };
  da_stored_credit *stored = in->stored;
  if (!stored->totals.touches || !stored->totals.methods || !stored->intervals || !stored->spend)
    return da_mem_fail(err, n, sizeof(double), "the stored credit");
  memset(stored->intervals, 0, in->capacity * sizeof *stored->intervals);
  da_credit_totals_expect(&stored->totals, in->set);
  return DA_OK;
}

/* What the table does not hold: touches in converting journeys, and converting journeys with the campaign. */
static da_status count_converting(const da_journeys *set, da_arena *arena, da_credit_totals *totals, da_error *err) {
  size_t n = set->campaigns.n;
  uint64_t *touches = da_arena_alloc(arena, n, sizeof *touches), *journeys = da_arena_alloc(arena, n, sizeof *journeys);
  uint64_t *last = da_arena_alloc(arena, n, sizeof *last); /* 1 + the last journey that was counted for the campaign */
  if (!touches || !journeys || !last) return da_mem_fail(err, n, sizeof *touches, "the campaigns of converting journeys");
  memset(touches, 0, n * sizeof *touches);
  memset(journeys, 0, n * sizeof *journeys);
  memset(last, 0, n * sizeof *last);
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    if (!da_journey_converted(set, j)) continue;
    for (uint64_t t = set->first_touch[j]; t < set->first_touch[j + 1]; t++) {
      uint32_t campaign = set->campaign[t];
      touches[campaign]++;
      journeys[campaign] += last[campaign] != j + 1;
      last[campaign] = j + 1;
    }
  }
  totals->converting_touches = touches;
  totals->converting_journeys = journeys;
  return DA_OK;
}

da_status da_tables_read_credit(da_db *db, const char *url, const da_journeys *set, da_arena *arena, da_stored_credit *stored,
                                da_error *err) {
  reader in = {.set = set, .arena = arena, .stored = stored};
  DA_TRY(make_room(&in, err));
  DA_TRY(count_converting(set, arena, &stored->totals, err));
  da_text sql = {0};
  da_rows *rows = NULL;
  da_text_append(&sql, "SELECT method, campaign_nm, touches, conversions, value, low, high, spend FROM read_parquet(");
  da_sql_literal(&sql, url);
  da_text_append(&sql, ", file_row_number = true) ORDER BY file_row_number");
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(db, da_text_cstr(&sql), &rows, err);
  if (status == DA_OK) status = take_rows(&in, rows, err);
  bool any_interval = false;
  for (size_t m = 0; m < stored->totals.n_methods; m++) any_interval |= stored->intervals[m].low != NULL;
  if (!any_interval) stored->intervals = NULL;
  if (!in.any_spend) stored->spend = NULL;
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}
