/* attribute: journeys and model -> the tables of attention_report/ (the original's jobs "prediction" and "attention_report_generation"). */
#include <xxhash.h>

#include "base/file.h"
#include "credit/incremental.h"
#include "pipeline/changes.h"
#include "pipeline/experiments.h"
#include "pipeline/intervals.h"
#include "pipeline/known_fit.h"
#include "pipeline/pipeline_run.h"
#include "pipeline/record.h"
#include "pipeline/record_credit.h"
#include "pipeline/spend.h"
#include "report/publish.h"
#include "store/warehouse.h"

/* Credit of another log goes by the fit beside the model that was named. Empty: there is none. */
static da_status read_known(const da_run *run, da_text *json, da_error *err) {
  return run->job->model_path ? da_known_fit_read(run->job->model_path, json, err) : DA_OK;
}

/* The file of credit.predictions as it stands: its content decides too. Empty: none is named. */
static da_status read_predictions(const da_run *run, da_text *content, da_error *err) {
  const char *path = run->job->config->credit.predictions;
  return path ? da_file_read(path, content, err) : DA_OK;
}

static uint64_t hash_of(const da_text *text) { return XXH64(da_text_cstr(text), text->length, 0); }

static da_status fingerprint(da_run *run, uint64_t *out, da_error *err) {
  const da_bucket *bucket = run->job->bucket;
  bool exists = false;
  DA_TRY(da_run_need_set(run, err));
  DA_TRY(da_run_need_model(run, &exists, err));
  da_text known = {0}, spend = {0}, experiments = {0}, predictions = {0};
  da_status status = read_known(run, &known, err);
  if (status == DA_OK) status = da_spend_read(bucket, &spend, err);
  if (status == DA_OK) status = da_experiments_text(bucket, run->job->config->credit.lift_file, &experiments, err);
  if (status == DA_OK) status = read_predictions(run, &predictions, err);
  uint64_t input[] = {run->set.checksum, run->model_hash, hash_of(&spend), hash_of(&known), hash_of(&experiments), hash_of(&predictions)};
  da_text_free(&known);
  da_text_free(&spend);
  da_text_free(&experiments);
  da_text_free(&predictions);
  DA_TRY(status);
  return da_run_fingerprint(run, "credit seed destination", (const char *)input, sizeof input, out, err);
}

typedef struct {
  da_credit_input input;
  da_fitted fitted;
  da_pass_network net;
  da_pass *pass;
  da_publication *publication;
  da_arena arena; /* what the facts point to */
  da_text known;  /* the fit that a named model came with */
  da_former former;
} attribution;

/* Appends the fit of the incremental method; nothing where it is not among the methods. */
static da_status write_fit(const attribution *a, da_text *json, da_error *err) {
  for (size_t m = 0; m < a->fitted.n; m++) {
    if (a->fitted.owners[m] == &da_method_incremental) return da_incremental_write(a->fitted.states[m], json, err);
  }
  return DA_OK;
}

/* What the credit was made from goes beside the model, for logs of other days and for the next run; what has changed since the one before is
 * told. */
static da_status keep_model(da_run *run, const attribution *a, da_error *err) {
  if (a->known.length > 0) return DA_OK;
  bool is_own = !run->job->model_path; /* credit by the bucket's own model */
  da_text fit = {0}, made_from = {0};
  da_status status = write_fit(a, &fit, err);
  if (status == DA_OK) status = da_former_describe(run, &made_from, err);
  if (status == DA_OK && is_own) {
    status = da_changes_publish(run, &a->input, &a->former, da_pass_totals(a->pass), &fit, &made_from, a->publication, err);
  }
  if (status == DA_OK && is_own) status = da_former_keep(run, &a->former, &made_from, a->publication, err);
  if (status == DA_OK && fit.length > 0) status = da_publication_put(a->publication, DA_KEY_INCREMENTAL, fit.data, fit.length, err);
  da_text_free(&fit);
  da_text_free(&made_from);
  return status;
}

/* The chain's own tables, or none where the method was not asked for. */
static da_status write_markov(da_run *run, const attribution *a, da_error *err) {
  for (size_t m = 0; m < a->fitted.n; m++) {
    if (a->fitted.methods[m] != &da_method_markov) continue;
    return da_publish_markov(a->publication, run->db, &run->set.campaigns, da_markov_of(a->fitted.states[m]), &run->monitor, err);
  }
  DA_TRY(da_bucket_remove(run->job->bucket, DA_KEY_MARKOV_TRANSITIONS, err));
  return da_bucket_remove(run->job->bucket, DA_KEY_MARKOV_REMOVAL, err);
}

/* Before the bucket's own tables appear: what fails here leaves both as they were. */
static da_status send_to_warehouse(da_run *run, const attribution *a, da_error *err) {
  static const char *const keys[] = {DA_KEY_TOUCHES, DA_KEY_CAMPAIGN_ATTENTION, DA_KEY_CAMPAIGN_CREDIT};
  da_warehouse_table tables[] = {{.name = "attention_score"}, {.name = "campaign_attention"}, {.name = "campaign_credit"}};
  const da_config_destination *destination = &run->job->config->destination;
  if (!destination->postgres) return DA_OK;
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) DA_TRY(da_publication_path(a->publication, keys[i], &tables[i].path, err));
  return da_warehouse_write(run->db, destination, tables, sizeof keys / sizeof keys[0], &run->monitor, err);
}

static da_status write_tables(da_run *run, attribution *a, da_error *err) {
  DA_TRY(da_publication_begin(run->job->bucket, &a->publication, err));
  DA_TRY(da_publish_touches(a->publication, run->db, &run->set, &a->fitted, a->pass, &run->monitor, err));
  da_run_facts facts = {0};
  DA_TRY(da_intervals_gather(&a->input, &a->fitted, da_pass_totals(a->pass), &a->arena, &facts, err));
  DA_TRY(da_spend_load(run->job->bucket, &run->set.campaigns, &a->arena, &run->monitor, &facts.spend, err));
  da_report report = {.set = &run->set, .totals = da_pass_totals(a->pass), .facts = &facts};
  DA_TRY(da_publish_campaigns(a->publication, run->db, &report, &run->monitor, err));
  DA_TRY(write_markov(run, a, err));
  DA_TRY(keep_model(run, a, err));
  DA_TRY(send_to_warehouse(run, a, err));
  return da_publication_commit(a->publication, err);
}

static uint64_t touches_cut(const da_run *run) {
  const cJSON *record = run->records[DA_STAGE_JOURNEYS];
  da_data_facts data = {0};
  if (!record) record = da_run_state_find(&run->state, da_stage_name(DA_STAGE_JOURNEYS), NULL);
  if (record) da_record_get_data(record, &data);
  return data.n_beyond_max_len + data.n_beyond_lookback;
}

static da_status attribute(da_run *run, attribution *a, cJSON *record, da_error *err) {
  const da_method *methods[64];
  size_t n_methods = 0;
  bool has_network = run->model_is_open;
  DA_TRY(da_methods_choose(run->job->config, has_network, methods, &n_methods, err));
  DA_TRY(read_known(run, &a->known, err));
  if (!run->job->model_path) DA_TRY(da_former_read(run, &a->arena, &a->former, err));
  a->input = (da_credit_input){.set = &run->set,
                               .config = run->job->config,
                               .pool = run->pool,
                               .monitor = &run->monitor,
                               .model = has_network ? &run->model : NULL,
                               .known_incremental = {a->known.data, a->known.length},
                               .n_touches_cut = touches_cut(run)};
  DA_TRY(da_experiments_read(run->db, run->job->bucket, run->job->config->credit.lift_file, &a->arena, &a->input.experiments, err));
  DA_TRY(da_fitted_open(&a->input, methods, n_methods, &a->fitted, err));
  da_pass_options options = {0};
  if (has_network) {
    DA_TRY(da_pass_network_open(&run->model, &run->set, run->pool, &run->monitor, &a->net, err));
    options.score = da_pass_score_by_network;
    options.score_context = &a->net;
  } else {
    da_monitor_note(&run->monitor, DA_NOTE_WARNING,
                    "there is no model in %s: methods that need the network are left out; 'deepattribution train' makes one",
                    da_bucket_location(run->job->bucket));
  }
  DA_TRY(da_pass_open(&a->input, &a->fitted, &options, &a->pass, err));
  DA_TRY(write_tables(run, a, err));
  da_truth truth = {0};
  bool known = false;
  da_status status = da_run_read_truth(run, &truth, &known, err);
  if (status == DA_OK) status = da_record_add_credit(record, &run->set, da_pass_totals(a->pass), known ? &truth : NULL, err);
  da_truth_free(&truth);
  return status;
}

static da_status work(da_run *run, cJSON *record, da_error *err) {
  DA_TRY(da_run_need_db(run, err));
  attribution a = {0};
  da_status status = attribute(run, &a, record, err);
  da_publication_close(a.publication);
  da_pass_close(a.pass);
  da_pass_network_close(&a.net);
  da_fitted_close(&a.fitted);
  da_arena_free(&a.arena);
  da_text_free(&a.known);
  da_former_free(&a.former);
  return status;
}

const da_stage_work da_stage_attribute = {
    .name = "attribute",
    .outputs = {DA_KEY_TOUCHES, DA_KEY_CAMPAIGN_ATTENTION, DA_KEY_CAMPAIGN_CREDIT},
    .fingerprint = fingerprint,
    .work = work,
};
