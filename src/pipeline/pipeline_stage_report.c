/* report: what the other stages did and found -> attention_report/report.html and manifest.json. */
#include <stdio.h>
#include <string.h>

#include "model/hardware.h"
#include "pipeline/pipeline_run.h"
#include "pipeline/record.h"
#include "pipeline/record_credit.h"
#include "report/publish.h"
#include "report/tables.h"

enum { MAX_NOTES = 64 };

/* All that page and manifest are made of, with what owns it. */
typedef struct {
  da_run_facts facts;
  da_text settings, fingerprint;
  da_object_list inputs;
  da_stage_facts stages[DA_N_STAGES];
  da_note_facts notes[MAX_NOTES];
  da_stored_credit credit;
  double *truth;
  da_arena arena;
} material;

static void free_material(material *m) {
  da_text_free(&m->settings);
  da_text_free(&m->fingerprint);
  da_object_list_free(&m->inputs);
  da_arena_free(&m->arena);
}

/* A stage's record: of this run, or of the one that did it. */
static const cJSON *record_of(const da_run *run, da_stage stage) {
  return run->records[stage] ? run->records[stage] : da_run_state_find(&run->state, da_stage_name(stage), NULL);
}

static da_status fingerprint(da_run *run, uint64_t *out, da_error *err) {
  bool exists = false;
  DA_TRY(da_bucket_exists(run->job->bucket, DA_KEY_CAMPAIGN_CREDIT, &exists, err));
  if (!exists) {
    return da_fail(err, DA_ERR_DATA, "expected credit in %s of %s but found none; run 'deepattribution attribute %s' first",
                   DA_KEY_CAMPAIGN_CREDIT, da_bucket_location(run->job->bucket), da_bucket_location(run->job->bucket));
  }
  uint64_t stages[DA_N_STAGES] = {0};
  for (int i = 0; i < DA_STAGE_REPORT; i++) (void)da_run_state_find(&run->state, da_stage_name((da_stage)i), &stages[i]);
  return da_run_fingerprint(run, NULL, (const char *)stages, sizeof stages, out, err);
}

static void gather_stages(const da_run *run, material *m) {
  size_t n_notes = 0;
  for (int i = 0; i < DA_STAGE_REPORT; i++) {
    const cJSON *record = record_of(run, (da_stage)i), *seconds = cJSON_GetObjectItemCaseSensitive(record, "seconds");
    if (!record) continue;
    bool resumed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "resumed"));
    m->stages[m->facts.n_stages++] =
        (da_stage_facts){da_stage_name((da_stage)i), cJSON_IsNumber(seconds) ? seconds->valuedouble : 0, resumed};
    da_record_get_notes(record, m->notes, MAX_NOTES, &n_notes);
  }
  const cJSON *journeys = record_of(run, DA_STAGE_JOURNEYS), *train = record_of(run, DA_STAGE_TRAIN);
  if (journeys) da_record_get_data(journeys, &m->facts.data);
  if (train) da_record_get_model(train, &m->facts.model);
  m->facts.stages = m->stages;
  m->facts.notes = m->notes;
  m->facts.n_notes = n_notes;
}

/* The search, if it was one over these journeys. */
static da_status gather_search(const da_run *run, material *m, da_error *err) {
  const cJSON *record = record_of(run, DA_STAGE_TUNE);
  const char *of = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, "journeys_checksum"));
  const cJSON *best = cJSON_GetObjectItemCaseSensitive(record, "best_trial");
  char checksum[24];
  snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)run->set.checksum);
  const size_t n = da_record_count_trials(record);
  if (!of || strcmp(of, checksum) != 0 || !cJSON_IsNumber(best) || n == 0) return DA_OK;
  da_trial_facts *trials = da_arena_alloc(&m->arena, n, sizeof *trials);
  if (!trials) return da_mem_fail(err, n, sizeof *trials, "the trials of a search");
  m->facts.search =
      (da_search_facts){.trials = trials, .n_trials = da_record_get_trials(record, trials, n), .best = (size_t)best->valueint};
  return DA_OK;
}

static da_status gather_truth(const da_run *run, material *m, da_error *err) {
  bool known = false;
  da_truth truth = {0};
  da_status status = da_run_read_truth(run, &truth, &known, err);
  if (status == DA_OK && known) {
    double *truth_of = da_arena_alloc(&m->arena, run->set.campaigns.n, sizeof *truth_of);
    if (!truth_of) {
      status = da_mem_fail(err, run->set.campaigns.n, sizeof *truth_of, "true credit");
    } else {
      da_truth_of_campaigns(&truth, &run->set.campaigns, truth_of);
      m->facts.truth = truth_of;
    }
  }
  da_truth_free(&truth);
  return status;
}

static da_status gather(da_run *run, material *m, da_error *err) {
  const da_run_job *job = run->job;
  m->facts = (da_run_facts){.bucket = da_bucket_location(job->bucket),
                            .seed = job->config->seed,
                            .n_threads = (uint32_t)da_pool_n_threads(run->pool),
                            .interval_coverage = job->config->credit.intervals,
                            .versions = {.program = DA_VERSION, .duckdb = da_db_library_version(), .kernels = da_hardware_kernels()}};
  gather_stages(run, m);
  da_config_print_json(job->config, NULL, &m->settings);
  DA_TRY(da_text_check(&m->settings, err));
  m->facts.settings_json = da_text_cstr(&m->settings);
  uint64_t input = 0;
  da_run_state_find(&run->state, da_stage_name(DA_STAGE_JOURNEYS), &input);
  da_text_printf(&m->fingerprint, "%016llx", (unsigned long long)input);
  DA_TRY(da_text_check(&m->fingerprint, err));
  m->facts.input_fingerprint = da_text_cstr(&m->fingerprint);
  DA_TRY(da_bucket_list(job->bucket, "raw/", &m->inputs, err));
  m->facts.inputs = m->inputs.items;
  m->facts.n_inputs = m->inputs.n;
  DA_TRY(gather_search(run, m, err));
  DA_TRY(gather_truth(run, m, err));
  char *url = da_bucket_url(job->bucket, DA_KEY_CAMPAIGN_CREDIT);
  if (!url) return da_mem_fail(err, 1, 256, "a path");
  da_status status = da_tables_read_credit(run->db, url, &run->set, &m->arena, &m->credit, err);
  da_mem_free(url);
  m->facts.intervals = m->credit.intervals;
  m->facts.spend = m->credit.spend;
  return status;
}

static da_status publish(da_run *run, const da_report *report, da_error *err) {
  da_publication *publication = NULL;
  da_status status = da_publication_begin(run->job->bucket, &publication, err);
  if (status == DA_OK) status = da_publish_page(publication, report, err);
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  return status;
}

static da_status work(da_run *run, cJSON *record, da_error *err) {
  (void)record; /* its seconds are all there is to say */
  DA_TRY(da_run_need_db(run, err));
  DA_TRY(da_run_need_set(run, err));
  material m = {0};
  da_status status = gather(run, &m, err);
  da_report report = {.set = &run->set, .totals = &m.credit.totals, .facts = &m.facts};
  if (status == DA_OK) status = publish(run, &report, err);
  free_material(&m);
  return status;
}

const da_stage_work da_stage_report = {
    .name = "report",
    .outputs = {DA_KEY_PAGE, DA_KEY_MANIFEST},
    .fingerprint = fingerprint,
    .work = work,
};
