/* journeys: the raw log -> feature_store/, the vocabulary, the packed set (the original's jobs "feature_engineering" and "preprocessing"). */
#include <math.h>

#include "journey/build.h"
#include "pipeline/pipeline_run.h"
#include "pipeline/record.h"
#include "pipeline/spend.h"

static da_status fingerprint(da_run *run, uint64_t *out, da_error *err) {
  DA_TRY(da_run_need_db(run, err));
  da_impressions_free(&run->impressions);
  const da_run_job *job = run->job;
  DA_TRY(da_impressions_open(run->db, job->input ? NULL : job->bucket, job->input, job->config, &run->impressions, err));
  const da_text *input = &run->impressions.fingerprint;
  return da_run_fingerprint(run, "source columns journey split seed", da_text_cstr(input), input->length, out, err);
}

static bool has_value(const da_impressions *impressions) {
  return impressions->has_conversions_table ? impressions->conversions_have_value : impressions->has_value;
}

/* What the input says before a journey is cut (all credit must add up to it), and what became of its rows. */
static da_data_facts data_facts(const da_run *run, const da_journeys_report *report) {
  const da_impressions *impressions = &run->impressions;
  const da_cut_counts *counts = &report->counts;
  return (da_data_facts){.has_input_totals = true,
                         .n_input_conversions = impressions->n_conversions,
                         .input_value = has_value(impressions) ? impressions->value : NAN,
                         .n_rows = impressions->n_rows,
                         .n_missing_uid = impressions->n_missing_uid,
                         .n_missing_timestamp = impressions->n_missing_timestamp,
                         .n_missing_campaign = impressions->n_missing_campaign,
                         .n_missing_conversion = impressions->has_conversion ? impressions->n_missing_conversion : 0,
                         .n_duplicates = counts->n_duplicates,
                         .duplicates_dropped = run->job->config->journey.drop_duplicates,
                         .n_beyond_lookback = counts->n_cut_lookback,
                         .n_beyond_max_len = counts->n_cut_max_len,
                         .n_journeys_shortened = counts->n_shortened,
                         .n_transformed_away = counts->n_cut_transforms};
}

static da_set_facts set_facts(const da_run *run, const da_journeys_report *report) {
  const da_cut_counts *counts = &report->counts;
  da_set_facts facts = {.n_users = counts->n_users,
                        .n_journeys = counts->n_journeys,
                        .n_touches = counts->n_touches,
                        .n_conversions = counts->n_conversions,
                        .n_unattributed = counts->n_unattributed,
                        .value = has_value(&run->impressions) ? counts->value + counts->unattributed_value : NAN};
  for (int set = 0; set < DA_N_SETS; set++) facts.n_journeys_of[set] = report->sets[set].n_journeys;
  return facts;
}

/* No conversion may get lost on the way: what transforms or dropped duplicates took is the only excuse. */
static da_status check_kept(const da_data_facts *data, const da_set_facts *set, const da_journeys_report *report, da_error *err) {
  uint64_t kept = set->n_conversions + set->n_unattributed;
  bool excused = data->n_transformed_away > 0 || report->counts.n_dropped > 0;
  if (kept == data->n_input_conversions || (excused && kept < data->n_input_conversions)) return DA_OK;
  return da_fail(
      err, DA_ERR_NUM,
      "expected the %llu conversions of the input in the journeys but found %llu; this is a fault of the program, please report it",
      (unsigned long long)data->n_input_conversions, (unsigned long long)kept);
}

static void tell(const da_run *run, const da_data_facts *data, const da_set_facts *set) {
  const da_monitor *monitor = &run->monitor;
  uint64_t n_missing = data->n_missing_uid + data->n_missing_timestamp + data->n_missing_campaign;
  if (n_missing) {
    da_monitor_note(monitor, DA_NOTE_WARNING, "rows without uid (%llu), timestamp (%llu) or campaign (%llu) were left out",
                    (unsigned long long)data->n_missing_uid, (unsigned long long)data->n_missing_timestamp,
                    (unsigned long long)data->n_missing_campaign);
  }
  if (data->n_missing_conversion) {
    da_monitor_note(monitor, DA_NOTE_WARNING, "%llu rows without a value for conversion were taken as not converted",
                    (unsigned long long)data->n_missing_conversion);
  }
  if (data->n_duplicates) {
    da_monitor_note(monitor, DA_NOTE_WARNING, "%llu rows are exact copies of another and were %s", (unsigned long long)data->n_duplicates,
                    data->duplicates_dropped ? "left out (journey.drop_duplicates)"
                                             : "kept; --set journey.drop_duplicates=true leaves them out");
  }
  if (data->n_beyond_max_len) {
    da_monitor_note(monitor, DA_NOTE_INFO, "%llu touches beyond the last %llu of their journey were left out (journey_max_len)",
                    (unsigned long long)data->n_beyond_max_len, (unsigned long long)run->job->config->journey.max_len);
  }
  if (set->n_conversions == 0)
    da_monitor_note(monitor, DA_NOTE_WARNING, "the log has no conversion with a touch before it: there is no credit to give");
  if (set->n_unattributed) {
    da_monitor_note(monitor, DA_NOTE_INFO, "%llu conversions have no touch in their window and stay unattributed",
                    (unsigned long long)set->n_unattributed);
  }
}

static da_status build(da_run *run, cJSON *record, da_error *err) {
  da_journeys_report report = {0};
  da_publication *publication = NULL;
  DA_TRY(da_impressions_audit(run->db, &run->impressions, &run->monitor, err));
  da_status status = da_publication_begin(run->job->bucket, &publication, err);
  if (status == DA_OK) status = da_journeys_build(run->db, publication, run->job->config, &run->impressions, &run->monitor, &report, err);
  da_data_facts data = data_facts(run, &report);
  da_set_facts set = set_facts(run, &report);
  if (status == DA_OK) status = check_kept(&data, &set, &report, err);
  if (status == DA_OK) status = da_spend_publish(run->db, &run->impressions, run->job->bucket, publication, &run->monitor, err);
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  DA_TRY(status);
  tell(run, &data, &set);
  bool recorded = da_record_add_data(record, &data) && da_record_add_set(record, &set);
  return recorded ? DA_OK : da_mem_fail(err, 1, 4096, "the record of the journeys");
}

/* The log's tables are not needed any more when the journeys are there, or when they cannot be had. */
static da_status work(da_run *run, cJSON *record, da_error *err) {
  da_run_forget_set(run);
  da_status status = build(run, record, err);
  da_impressions_free(&run->impressions);
  return status;
}

const da_stage_work da_stage_journeys = {
    .name = "journeys",
    .outputs = {DA_JOURNEYS_KEY, "feature_store/train.parquet", "feature_store/val.parquet", "feature_store/test.parquet",
                DA_CAMPAIGN_INDEX_KEY},
    .fingerprint = fingerprint,
    .work = work,
};
