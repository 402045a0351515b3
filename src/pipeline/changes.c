#include "pipeline/changes.h"

#include <math.h>
#include <string.h>

#include "credit/incremental.h"
#include "journey/vocabulary.h"
#include "report/publish.h"
#include "store/table.h"

enum { MOST_TOLD = 3 };
static const char baseline_name[] = "(baseline)";

/* ---- Before ---- */

typedef struct {
  da_former_credit *former;
  da_arena *arena;
  da_slice *names;
  size_t capacity;
} reader;

static bool is_baseline(da_slice name) {
  return name.length == strlen(baseline_name) && memcmp(name.data, baseline_name, name.length) == 0;
}

static da_status take_rows(reader *in, const da_chunk *chunk, da_error *err) {
  const da_slice *name = chunk->columns[0].values;
  const double *conversions = chunk->columns[1].values;
  da_former_credit *former = in->former;
  for (size_t row = 0; row < chunk->n_rows; row++) {
    if (is_baseline(name[row])) {
      former->baseline = conversions[row];
      continue;
    }
    char *copy = da_arena_strndup(in->arena, name[row].data, name[row].length);
    if (!copy || former->campaigns.n == in->capacity) return da_mem_fail(err, name[row].length, 1, "the credit of the run before");
    in->names[former->campaigns.n] = (da_slice){copy, name[row].length};
    former->conversions[former->campaigns.n++] = conversions[row];
  }
  return DA_OK;
}

static da_status make_room(da_run *run, const char *table, reader *in, da_error *err) {
  da_text sql = {0};
  int64_t n = 0;
  da_text_printf(&sql, "SELECT count(*) FROM %s", table);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_int(run->db, da_text_cstr(&sql), &n, err);
  da_text_free(&sql);
  DA_TRY(status);
  in->capacity = (size_t)n;
  in->names = da_arena_alloc(in->arena, in->capacity, sizeof *in->names);
  in->former->conversions = da_arena_alloc(in->arena, in->capacity, sizeof *in->former->conversions);
  in->former->campaigns.items = in->names;
  if (!in->names || !in->former->conversions) return da_mem_fail(err, in->capacity, sizeof *in->names, "the credit of the run before");
  return DA_OK;
}

static da_status read_table(da_run *run, const char *table, reader *in, da_error *err) {
  da_text sql = {0};
  da_rows *rows = NULL;
  da_chunk chunk = {0};
  da_text_printf(&sql, "SELECT campaign_nm, conversions FROM %s ORDER BY campaign_nm", table);
  da_status status = da_text_check(&sql, err);
  if (status == DA_OK) status = da_db_query(run->db, da_text_cstr(&sql), &rows, err);
  while (status == DA_OK && (status = da_rows_next(rows, NULL, "the credit of the run before", &chunk, err)) == DA_OK && chunk.n_rows > 0) {
    status = take_rows(in, &chunk, err);
  }
  da_rows_close(rows);
  da_text_free(&sql);
  return status;
}

da_status da_former_credit_read(da_run *run, da_arena *arena, da_former_credit *former, da_error *err) {
  *former = (da_former_credit){0};
  const da_bucket *bucket = run->job->bucket;
  bool has_fit = false, has_table = false;
  DA_TRY(da_bucket_exists(bucket, DA_KEY_INCREMENTAL, &has_fit, err));
  DA_TRY(da_bucket_exists(bucket, DA_KEY_CAMPAIGN_CREDIT, &has_table, err));
  if (!has_fit || !has_table) return DA_OK;
  DA_TRY(da_bucket_get(bucket, DA_KEY_INCREMENTAL, &former->fit, err));
  char *url = da_bucket_url(bucket, DA_KEY_CAMPAIGN_CREDIT);
  if (!url) return da_mem_fail(err, 1, 256, "a path");
  da_text table = {0};
  da_text_append(&table, "(FROM read_parquet(");
  da_sql_path(&table, url);
  da_text_append(&table, ") WHERE method = 'incremental' AND campaign_nm <> '(unattributed)')");
  da_mem_free(url);
  reader in = {.former = former, .arena = arena};
  da_status status = da_text_check(&table, err);
  if (status == DA_OK) status = make_room(run, da_text_cstr(&table), &in, err);
  if (status == DA_OK) status = read_table(run, da_text_cstr(&table), &in, err);
  da_text_free(&table);
  former->is_there = status == DA_OK && in.capacity > 0;
  return status;
}

void da_former_credit_free(da_former_credit *former) { da_text_free(&former->fit); }

/* ---- The table ---- */

/* One row: a campaign, or the baseline. */
typedef struct {
  da_slice name;
  double before, between, after;
} change;

typedef struct {
  change *rows;
  size_t n, next;
} changes;

static da_status fill(void *context, da_table_chunk *chunk, da_error *err) {
  (void)err;
  changes *source = context;
  size_t row = 0;
  for (; row < chunk->capacity && source->next < source->n; row++, source->next++) {
    const change *c = &source->rows[source->next];
    ((da_slice *)chunk->columns[0].values)[row] = c->name;
    ((double *)chunk->columns[1].values)[row] = c->before;
    ((double *)chunk->columns[2].values)[row] = c->after;
    ((double *)chunk->columns[3].values)[row] = c->between - c->before;
    ((double *)chunk->columns[4].values)[row] = c->after - c->between;
  }
  chunk->n_rows = row;
  return DA_OK;
}

static da_status write_table(da_run *run, changes *all, da_publication *publication, da_error *err) {
  static const da_table_column columns[] = {{"campaign_nm", DA_CELL_TEXT, NULL},
                                            {"before", DA_CELL_DOUBLE, NULL},
                                            {"after", DA_CELL_DOUBLE, NULL},
                                            {"by_data", DA_CELL_DOUBLE, NULL},
                                            {"by_model", DA_CELL_DOUBLE, NULL}};
  const char *path;
  DA_TRY(da_publication_path(publication, DA_KEY_CREDIT_CHANGES, &path, err));
  return da_table_write(run->db, path, columns, sizeof columns / sizeof columns[0], fill, all, NULL, err);
}

/* The few that moved most, the largest first. */
static void tell(const da_run *run, const changes *all) {
  double last = INFINITY;
  for (int told = 0; told < MOST_TOLD; told++) {
    const change *most = NULL;
    for (size_t i = 0; i < all->n; i++) {
      const change *c = &all->rows[i];
      double moved = fabs(c->after - c->before);
      if (moved < last && (!most || moved > fabs(most->after - most->before))) most = c;
    }
    if (!most || fabs(most->after - most->before) < .05) return;
    last = fabs(most->after - most->before);
    da_monitor_note(&run->monitor, DA_NOTE_INFO,
                    "incremental: since the run before, %.*s went from %.1f to %.1f conversions: %+.1f by the data, %+.1f by the model",
                    (int)(most->name.length < 80 ? most->name.length : 80), most->name.data, most->before, most->after,
                    most->between - most->before, most->after - most->between);
  }
}

/* ---- Between ---- */

static const da_method_totals *incremental_of(const da_credit_totals *totals) {
  for (size_t m = 0; m < totals->n_methods; m++) {
    if (totals->methods[m].method == &da_method_incremental) return &totals->methods[m];
  }
  return NULL;
}

/* rows: room for the campaigns of now, those of before and the baseline. */
static void list(const da_names *now, const da_former_credit *former, const da_method_totals *between, const da_method_totals *after,
                 changes *all) {
  for (size_t c = 0; c < now->n; c++) {
    uint32_t known = da_names_find(&former->campaigns, now->items[c]);
    all->rows[all->n++] = (change){.name = now->items[c],
                                   .before = known == UINT32_MAX ? 0 : former->conversions[known],
                                   .between = between->conversions[c],
                                   .after = after->conversions[c]};
  }
  for (size_t c = 0; c < former->campaigns.n; c++) {
    if (da_names_find(now, former->campaigns.items[c]) != UINT32_MAX) continue;
    all->rows[all->n++] = (change){.name = former->campaigns.items[c], .before = former->conversions[c]};
  }
  all->rows[all->n++] = (change){
      .name = {baseline_name, strlen(baseline_name)}, .before = former->baseline, .between = between->baseline, .after = after->baseline};
}

static da_status compare(da_run *run, const da_former_credit *former, const da_method_totals *between, const da_method_totals *after,
                         da_publication *publication, da_error *err) {
  size_t n = run->set.campaigns.n + former->campaigns.n + 1;
  changes all = {.rows = da_mem_alloc(n, sizeof *all.rows)};
  if (!all.rows) return da_mem_fail(err, n, sizeof *all.rows, "what has changed");
  list(&run->set.campaigns, former, between, after, &all);
  tell(run, &all);
  da_status status = write_table(run, &all, publication, err);
  da_mem_free(all.rows);
  return status;
}

da_status da_changes_publish(da_run *run, const da_credit_input *input, const da_former_credit *former, const da_credit_totals *totals,
                             const da_text *fit, da_publication *publication, da_error *err) {
  const da_method_totals *after = incremental_of(totals);
  bool is_same = fit->length == former->fit.length && memcmp(da_text_cstr(fit), da_text_cstr(&former->fit), fit->length) == 0;
  if (!former->is_there || !after || is_same) return DA_OK;
  const da_method *method = &da_method_incremental;
  da_config config = *input->config; /* its texts stay the caller's */
  config.credit.intervals = 0;
  da_credit_input again = *input;
  again.config = &config;
  again.monitor = NULL;
  again.known_incremental = (da_slice){former->fit.data, former->fit.length};
  da_fitted fitted = {0};
  da_pass *pass = NULL;
  da_pass_options options = {0};
  da_status status = da_fitted_open(&again, &method, 1, &fitted, err);
  if (status == DA_OK) status = da_pass_open(&again, &fitted, &options, &pass, err);
  if (status == DA_OK) status = da_pass_finish(pass, err);
  if (status == DA_OK) status = compare(run, former, &da_pass_totals(pass)->methods[0], after, publication, err);
  da_pass_close(pass);
  da_fitted_close(&fitted);
  if (status != DA_ERR_DATA) return status;
  da_monitor_note(&run->monitor, DA_NOTE_WARNING, "the fit of the run before answers no more, so that what has changed is not known: %s",
                  err ? err->msg : "");
  return DA_OK;
}
