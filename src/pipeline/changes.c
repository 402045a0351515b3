#include "pipeline/changes.h"

#include <math.h>
#include <string.h>

#include "credit/incremental.h"
#include "journey/vocabulary.h"
#include "pipeline/joint.h"
#include "report/publish.h"
#include "store/table.h"

enum { MOST_METHODS = 64, MOST_TOLD = 3 };
static const da_slice baseline_name = {"(baseline)", 10};

/* One row: a campaign, or the baseline. */
typedef struct {
  const da_method *method;
  da_slice name;
  double before, between, after;
} change;

typedef struct {
  da_run *run;
  const da_former *former;
  const da_credit_totals *after;
  da_joint joint; /* the journeys of then and of now, with one numbering of campaigns */
  change *rows;
  size_t n_rows, capacity, next;
} changes;

/* ---- Between ---- */

static bool is_incremental(const da_method *method) { return method == &da_method_incremental || method == &da_method_removal; }

/* Whether the former model of a method is still there. */
static bool is_known(const da_former *former, const da_method *method) {
  if (!da_former_find(former, method->name, baseline_name)) return false;
  if (is_incremental(method)) return former->fit.length > 0;
  if (method->needs_network) return former->model.params != NULL;
  return method->learns ? former->set.n_journeys > 0 : method->fit == NULL;
}

static da_status add_row(changes *all, const change *row, da_error *err) {
  void *rows = all->rows;
  DA_TRY(da_mem_reserve(&rows, &all->capacity, all->n_rows + 1, sizeof *all->rows, "what has changed", err));
  all->rows = rows;
  all->rows[all->n_rows++] = *row;
  return DA_OK;
}

static double before(const changes *all, const da_method *method, da_slice name) {
  const da_former_row *row = da_former_find(all->former, method->name, name);
  return row ? row->conversions : 0;
}

static const da_method_totals *totals_of(const da_credit_totals *totals, const da_method *method) {
  for (size_t m = 0; m < totals->n_methods; m++) {
    if (totals->methods[m].method == method) return &totals->methods[m];
  }
  return NULL;
}

/* The rows of one method. Campaigns by their number among those of now and then. */
static da_status list(changes *all, const da_method_totals *between, da_error *err) {
  const da_names *names = &all->joint.now.campaigns, *now = &all->run->set.campaigns;
  const da_method_totals *after = totals_of(all->after, between->method);
  for (int gone = 0; gone < 2; gone++) {
    for (uint32_t c = 0; c < names->n; c++) {
      uint32_t known = da_names_find(now, names->items[c]);
      if ((known == UINT32_MAX) != gone) continue;
      change row = {.method = between->method,
                    .name = names->items[c],
                    .before = before(all, between->method, names->items[c]),
                    .between = between->conversions[c],
                    .after = gone ? 0 : after->conversions[known]};
      DA_TRY(add_row(all, &row, err));
    }
  }
  return add_row(all,
                 &(change){.method = between->method,
                           .name = baseline_name,
                           .before = before(all, between->method, baseline_name),
                           .between = between->baseline,
                           .after = after->baseline},
                 err);
}

/* Fits methods to learn->set as the run before did, and credits the journeys of now by that. */
static da_status credit_now(changes *all, const da_credit_input *learn, const da_method *const *methods, size_t n, da_error *err) {
  da_credit_input input = *learn;
  input.set = &all->joint.now;
  da_pass_network net = {0};
  da_pass_options options = {0};
  da_fitted fitted = {0};
  da_pass *pass = NULL;
  da_status status = da_fitted_open(learn, methods, n, &fitted, err);
  if (status == DA_OK && learn->model) {
    options = (da_pass_options){.score = da_pass_score_by_network, .score_context = &net};
    status = da_pass_network_open(learn->model, input.set, input.pool, NULL, &net, err);
  }
  if (status == DA_OK) status = da_pass_open(&input, &fitted, &options, &pass, err);
  if (status == DA_OK) status = da_pass_finish(pass, err);
  for (size_t m = 0; m < n && status == DA_OK; m++) status = list(all, &da_pass_totals(pass)->methods[m], err);
  da_pass_close(pass);
  da_pass_network_close(&net);
  da_fitted_close(&fitted);
  return status;
}

/* `incremental` and `removal` by the fit that was kept, the others by a fit to the journeys of then. */
static da_status credit_between(changes *all, const da_credit_input *now, da_error *err) {
  const da_former *former = all->former;
  const da_method *by_fit[MOST_METHODS], *by_journeys[MOST_METHODS];
  size_t n_by_fit = 0, n_by_journeys = 0;
  for (size_t m = 0; m < all->after->n_methods && m < MOST_METHODS; m++) {
    const da_method *method = all->after->methods[m].method;
    if (!is_known(former, method)) continue;
    if (is_incremental(method)) {
      by_fit[n_by_fit++] = method;
    } else {
      by_journeys[n_by_journeys++] = method;
    }
  }
  da_credit_input learn = {.set = &all->joint.now, .config = &former->config, .pool = now->pool};
  learn.known_incremental = (da_slice){former->fit.data, former->fit.length};
  if (n_by_fit > 0) DA_TRY(credit_now(all, &learn, by_fit, n_by_fit, err));
  learn.known_incremental = (da_slice){0};
  learn.model = former->model.params ? &former->model : NULL;
  if (former->set.n_journeys > 0) learn.set = &all->joint.then;
  return n_by_journeys > 0 ? credit_now(all, &learn, by_journeys, n_by_journeys, err) : DA_OK;
}

/* ---- The table ---- */

static da_status fill(void *context, da_table_chunk *chunk, da_error *err) {
  (void)err;
  changes *source = context;
  size_t row = 0;
  for (; row < chunk->capacity && source->next < source->n_rows; row++, source->next++) {
    const change *c = &source->rows[source->next];
    ((da_slice *)chunk->columns[0].values)[row] = (da_slice){c->method->name, strlen(c->method->name)};
    ((da_slice *)chunk->columns[1].values)[row] = c->name;
    ((double *)chunk->columns[2].values)[row] = c->before;
    ((double *)chunk->columns[3].values)[row] = c->after;
    ((double *)chunk->columns[4].values)[row] = c->between - c->before;
    ((double *)chunk->columns[5].values)[row] = c->after - c->between;
  }
  chunk->n_rows = row;
  return DA_OK;
}

static da_status write_table(changes *all, da_publication *publication, da_error *err) {
  static const da_table_column columns[] = {{"method", DA_CELL_TEXT, NULL},    {"campaign_nm", DA_CELL_TEXT, NULL},
                                            {"before", DA_CELL_DOUBLE, NULL},  {"after", DA_CELL_DOUBLE, NULL},
                                            {"by_data", DA_CELL_DOUBLE, NULL}, {"by_model", DA_CELL_DOUBLE, NULL}};
  const char *path;
  DA_TRY(da_publication_path(publication, DA_KEY_CREDIT_CHANGES, &path, err));
  return da_table_write(all->run->db, path, columns, sizeof columns / sizeof columns[0], fill, all, NULL, err);
}

/* ---- In words ---- */

static double moved(const change *c) { return fabs(c->after - c->before); }

/* The few rows of a method, first .. end-1, that moved most, the largest first. */
static void tell_method(const changes *all, size_t first, size_t end, int most_told) {
  double last = INFINITY;
  for (int told = 0; told < most_told; told++) {
    const change *most = NULL;
    for (size_t i = first; i < end; i++) {
      const change *c = &all->rows[i];
      if (moved(c) < last && (!most || moved(c) > moved(most))) most = c;
    }
    if (!most || moved(most) < .05) return;
    last = moved(most);
    da_monitor_note(&all->run->monitor, DA_NOTE_INFO,
                    "%s: since the run before, %.*s went from %.1f to %.1f conversions: %+.1f by the data, %+.1f by the model",
                    most->method->name, (int)(most->name.length < 80 ? most->name.length : 80), most->name.data, most->before, most->after,
                    most->between - most->before, most->after - most->between);
  }
}

/* Of `incremental` three campaigns, of other methods that have a model one; the table has all. */
static void tell(const changes *all) {
  for (size_t first = 0, end; first < all->n_rows; first = end) {
    const da_method *method = all->rows[first].method;
    end = first;
    while (end < all->n_rows && all->rows[end].method == method) end++;
    int most = method == &da_method_incremental ? MOST_TOLD : method->learns || method->needs_network;
    tell_method(all, first, end, method == &da_method_removal ? 0 : most);
  }
}

static bool is_equal(const da_text *a, const da_text *b) {
  return a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

da_status da_changes_publish(da_run *run, const da_credit_input *input, const da_former *former, const da_credit_totals *totals,
                             const da_text *fit, const da_text *made_from, da_publication *publication, da_error *err) {
  bool is_same_fit = fit->length == 0 || is_equal(fit, &former->fit);
  if (!former->is_there || (is_same_fit && is_equal(made_from, &former->made_from))) return DA_OK;
  changes all = {.run = run, .former = former, .after = totals};
  da_status status = da_joint_init(&former->set, &run->set, &all.joint, err);
  if (status == DA_OK) status = credit_between(&all, input, err);
  if (status == DA_OK && all.n_rows > 0) {
    tell(&all);
    status = write_table(&all, publication, err);
  }
  da_joint_free(&all.joint);
  da_mem_free(all.rows);
  if (status != DA_ERR_DATA) return status;
  da_monitor_note(&run->monitor, DA_NOTE_WARNING, "the model of the run before answers no more, so that what has changed is not known: %s",
                  err ? err->msg : "");
  return DA_OK;
}
