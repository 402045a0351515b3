#include "journey/build.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/threads.h"
#include "journey/log.h"
#include "journey/set_write.h"

#define DAY_US 86400e6

const char *da_build_step_name(da_build_step step) {
  static const char *const names[DA_N_BUILD_STEPS] = {"sort", "cut", "pack", "tables"};
  return names[step];
}

static da_cut_options cut_options(const da_config *config, const da_impressions *impressions, da_transforms *transforms) {
  return (da_cut_options){
      .uid_is_text = impressions->uid_is_text,
      .has_value = impressions->has_conversions_table ? impressions->conversions_have_value : impressions->has_value,
      .conversions_are_events = impressions->has_conversions_table,
      .drop_duplicates = config->journey.drop_duplicates,
      .gap_us = llround(config->journey.gap_days * DAY_US),
      .lookback_us = llround(config->journey.lookback_days * DAY_US),
      .max_len = config->journey.max_len,
      .transforms = transforms,
      .n_features = impressions->n_features,
      .features = impressions->features,
  };
}

/* Cuts the whole log; *sorted_at is when its first rows were there. */
static da_status cut_log(da_log *log, da_cut *cut, uint64_t n_rows, const da_monitor *monitor, double *sorted_at, da_error *err) {
  da_cut_rows rows;
  bool first = true;
  do {
    DA_TRY(da_log_next(log, monitor, &rows, err));
    if (first) *sorted_at = da_clock_seconds();
    first = false;
    DA_TRY(da_cut_add(cut, &rows, err));
    da_monitor_progress(monitor, "cutting journeys", "rows", da_cut_result(cut)->n_rows, n_rows);
  } while (rows.n);
  return da_cut_finish(cut, err);
}

static void note_conversions(const da_impressions *impressions, const da_monitor *monitor) {
  if (!impressions->has_conversions_table || !impressions->has_conversion) return;
  da_monitor_note(monitor, DA_NOTE_INFO,
                  "conversions are those of raw/conversions.*; the conversion column of the impressions is not used");
}

da_status da_journeys_cut(da_db *db, const da_config *config, const da_impressions *impressions, const da_cut_sink *sink,
                          const da_monitor *monitor, da_cut_counts *counts, uint64_t *n_campaigns, da_error *err) {
  da_log *log = NULL;
  da_transforms transforms = {0};
  da_cut *cut = NULL;
  double sorted_at;
  note_conversions(impressions, monitor);
  da_status status = da_log_open(db, impressions, monitor, &log, err);
  if (status == DA_OK) status = da_transforms_open(&config->journey.transforms, da_log_campaigns(log), monitor, &transforms, err);
  if (status == DA_OK) {
    da_cut_options options = cut_options(config, impressions, &transforms);
    status = da_cut_open(&options, sink, &cut, err);
  }
  if (status == DA_OK) status = cut_log(log, cut, impressions->n_rows, monitor, &sorted_at, err);
  if (status == DA_OK) {
    *counts = *da_cut_result(cut);
    *n_campaigns = da_log_campaigns(log)->n;
  }
  da_cut_close(cut);
  da_transforms_close(&transforms);
  da_log_close(log);
  return status;
}

/* ---- Building ---- */

/* What a build holds until its end. */
typedef struct {
  da_db *db;
  da_publication *publication;
  const da_config *config;
  const da_impressions *impressions;
  const da_monitor *monitor;
  da_journeys_report *report;
  da_log *log;
  da_transforms transforms;
  da_set_writer writer;
  da_cut *cut;
  da_vocabulary renamed; /* by `frequency` */
  uint32_t *rank;
  da_journeys set;
  da_pool *pool;
} builder;

static da_status open_build(builder *build, const char *pack_path, da_error *err) {
  DA_TRY(da_log_open(build->db, build->impressions, build->monitor, &build->log, err));
  DA_TRY(da_transforms_open(&build->config->journey.transforms, da_log_campaigns(build->log), build->monitor, &build->transforms, err));
  da_cut_options options = cut_options(build->config, build->impressions, &build->transforms);
  const da_config_split *split = &build->config->split;
  const da_set_shape shape = {
      .uid_is_text = options.uid_is_text,
      .has_value = options.has_value,
      .has_conversion_us = options.conversions_are_events || da_transforms_move_end(&build->transforms),
      .split = split->by,
      .fractions = {split->fractions[0], split->fractions[1], split->fractions[2]},
      .seed = build->config->seed,
      .n_features = build->impressions->n_features,
      .features = build->impressions->features,
  };
  DA_TRY(da_set_writer_open(pack_path, &shape, &build->writer, err));
  da_cut_sink sink = da_set_writer_sink(&build->writer);
  return da_cut_open(&options, &sink, &build->cut, err);
}

/* From the rows to the journeys that are put aside. */
static da_status cut_into_writer(builder *build, da_error *err) {
  da_journeys_report *report = build->report;
  double start = da_clock_seconds(), sorted_at = start;
  DA_TRY(cut_log(build->log, build->cut, build->impressions->n_rows, build->monitor, &sorted_at, err));
  report->seconds[DA_BUILD_SORT] += sorted_at - start;
  report->seconds[DA_BUILD_CUT] = da_clock_seconds() - sorted_at;
  report->counts = *da_cut_result(build->cut);
  return DA_OK;
}

static da_status write_pack(builder *build, da_error *err) {
  const da_cut_counts *counts = &build->report->counts;
  da_names feature_values[DA_MAX_FEATURES];
  for (uint32_t f = 0; f < build->impressions->n_features; f++) feature_values[f] = da_log_feature_values(build->log, f);
  da_set_ending ending = {
      .campaigns = *da_log_campaigns(build->log),
      .log_start_us = counts->log_start_us,
      .log_end_us = counts->log_end_us,
      .n_unattributed = counts->n_unattributed,
      .unattributed_value = counts->unattributed_value,
      .feature_values = feature_values,
  };
  if (build->transforms.frequency) {
    DA_TRY(da_frequency_names(build->transforms.frequency, da_log_campaigns(build->log), &build->renamed, &build->rank, err));
    ending.campaigns = da_vocabulary_names(&build->renamed);
    ending.campaign_rank = build->rank;
  }
  build->report->n_campaigns = ending.campaigns.n;
  DA_TRY(da_set_writer_finish(&build->writer, &ending, err));
  da_text json = {0};
  da_status status = da_names_json(&ending.campaigns, &json, err);
  if (status == DA_OK) status = da_publication_put(build->publication, DA_CAMPAIGN_INDEX_KEY, json.data, json.length, err);
  da_text_free(&json);
  return status;
}

static da_status write_tables(builder *build, const char *pack_path, da_error *err) {
  DA_TRY(da_journeys_open_own(pack_path, &build->set, err));
  DA_TRY(da_pool_open((int)build->config->threads, &build->pool, err));
  build->report->checksum = build->set.checksum;
  for (int which = 0; which < DA_N_SETS; which++) {
    const char *path;
    DA_TRY(da_publication_path(build->publication, da_feature_store_keys[which], &path, err));
    DA_TRY(da_feature_store_write(&build->set, which, path, build->pool, build->monitor, &build->report->sets[which], err));
  }
  return DA_OK;
}

/* Outputs appear in the order in which their paths are first asked for: the pack, which later stages read, when all else is there. */
static da_status order_outputs(builder *build, const char **pack_path, da_error *err) {
  const char *path;
  DA_TRY(da_publication_path(build->publication, DA_CAMPAIGN_INDEX_KEY, &path, err));
  for (int which = 0; which < DA_N_SETS; which++) DA_TRY(da_publication_path(build->publication, da_feature_store_keys[which], &path, err));
  return da_publication_path(build->publication, DA_JOURNEYS_KEY, pack_path, err);
}

static da_status run_build(builder *build, da_error *err) {
  double *seconds = build->report->seconds, start = da_clock_seconds();
  const char *pack_path;
  note_conversions(build->impressions, build->monitor);
  DA_TRY(order_outputs(build, &pack_path, err));
  DA_TRY(open_build(build, pack_path, err));
  seconds[DA_BUILD_SORT] = da_clock_seconds() - start;
  DA_TRY(cut_into_writer(build, err));
  start = da_clock_seconds();
  DA_TRY(write_pack(build, err));
  seconds[DA_BUILD_PACK] = da_clock_seconds() - start;
  start = da_clock_seconds();
  DA_TRY(write_tables(build, pack_path, err));
  seconds[DA_BUILD_TABLES] = da_clock_seconds() - start;
  return DA_OK;
}

da_status da_journeys_build(da_db *db, da_publication *publication, const da_config *config, const da_impressions *impressions,
                            const da_monitor *monitor, da_journeys_report *report, da_error *err) {
  *report = (da_journeys_report){0};
  builder build = {
      .db = db, .publication = publication, .config = config, .impressions = impressions, .monitor = monitor, .report = report};
  da_status status = run_build(&build, err);
  da_pool_close(build.pool);
  da_journeys_close(&build.set);
  da_mem_free(build.rank);
  da_vocabulary_free(&build.renamed);
  da_cut_close(build.cut);
  da_set_writer_close(&build.writer);
  da_transforms_close(&build.transforms);
  da_log_close(build.log);
  return status;
}
