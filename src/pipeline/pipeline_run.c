#include "pipeline/pipeline_run.h"

#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "journey/build.h"
#include "journey/store_pack.h"
#include "pipeline/record.h"
#include "simulate/publish.h"
#include "store/extensions.h"

static void forward_progress(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total) {
  const da_run *run = context;
  da_monitor_progress(run->job->monitor, stage, unit, done, total);
}

static void record_note(void *context, da_note_level level, const char *sentence) {
  da_run *run = context;
  /* Without memory for the copy the note still reaches the user now. */
  if (run->recording) (void)da_record_add_note(run->recording, level, sentence);
  da_monitor_note(run->job->monitor, level, "%s", sentence);
}

static bool forward_interrupted(void *context) {
  const da_run *run = context;
  return da_monitor_interrupted(run->job->monitor);
}

da_status da_run_open(const da_run_job *job, da_run *run, da_error *err) {
  *run = (da_run){.job = job};
  run->monitor = (da_monitor){.progress = forward_progress, .note = record_note, .interrupted = forward_interrupted, .context = run};
  DA_TRY(da_run_state_read(job->bucket, &run->state, err));
  return da_pool_open((int)job->config->threads, &run->pool, err);
}

void da_run_close(da_run *run) {
  for (int stage = 0; stage < DA_N_STAGES; stage++) cJSON_Delete(run->records[stage]);
  da_run_forget_model(run);
  da_run_forget_set(run);
  da_impressions_free(&run->impressions);
  da_pool_close(run->pool);
  da_db_close(run->db);
  da_run_state_free(&run->state);
}

da_status da_run_need_db(da_run *run, da_error *err) {
  if (run->db) return DA_OK;
  char *spill_folder = da_bucket_spill_folder(run->job->bucket);
  if (!spill_folder) return da_mem_fail(err, 1, 256, "the path to spill to");
  const da_config *config = run->job->config;
  da_db_options options = {.memory_bytes = config->memory_bytes, .threads = config->threads, .spill_folder = spill_folder};
  da_status status = da_db_open(&options, &run->db, err);
  da_mem_free(spill_folder);
  if (status == DA_OK) status = da_bucket_connect(run->job->bucket, run->db, config->source != NULL, err);
  if (status == DA_OK && config->source) status = da_extensions_load_for(run->db, config->source, err);
  return status;
}

/* Journeys that another engine cut become the pack when it is first needed. */
static da_status pack_store(da_run *run, bool *packed, da_error *err) {
  DA_TRY(da_store_pack_exists(run->job->bucket, packed, err));
  if (!*packed) return DA_OK;
  da_publication *publication = NULL;
  da_monitor_note(&run->monitor, DA_NOTE_INFO, "packing the journeys of feature_store/, which another engine cut");
  DA_TRY(da_run_need_db(run, err));
  DA_TRY(da_publication_begin(run->job->bucket, &publication, err));
  da_status status = da_store_pack(run->db, run->job->bucket, publication, &run->monitor, err);
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  return status;
}

static da_status open_whole_set(da_run *run, da_error *err) {
  char *path = NULL;
  DA_TRY(da_bucket_local(run->job->bucket, DA_JOURNEYS_KEY, &path, err));
  da_status status = da_journeys_open(path, &run->set, err);
  da_mem_free(path);
  return status;
}

da_status da_run_need_set(da_run *run, da_error *err) {
  if (run->set_is_open) return DA_OK;
  bool exists = false;
  DA_TRY(da_bucket_exists(run->job->bucket, DA_JOURNEYS_KEY, &exists, err));
  if (!exists) DA_TRY(pack_store(run, &exists, err));
  if (!exists) {
    return da_fail(err, DA_ERR_DATA, "expected journeys in %s of %s but found none; run 'deepattribution journeys %s' first",
                   DA_JOURNEYS_KEY, da_bucket_location(run->job->bucket), da_bucket_location(run->job->bucket));
  }
  const bool alone = da_team_size(run->job->team) == 1;
  da_status status = alone ? open_whole_set(run, err) : da_run_open_part(run, err);
  run->set_is_open = status == DA_OK;
  return status;
}

void da_run_forget_set(da_run *run) {
  if (run->set_is_open) da_journeys_close(&run->set);
  run->set_is_open = false;
}

da_status da_run_need_model(da_run *run, bool *exists, da_error *err) {
  const char *path = run->job->model_path;
  *exists = run->model_is_open || path;
  if (run->model_is_open) return DA_OK;
  if (!path) DA_TRY(da_bucket_exists(run->job->bucket, DA_KEY_MODEL, exists, err));
  if (!*exists) return DA_OK;
  da_text bytes = {0};
  da_status status = path ? da_file_read(path, &bytes, err) : da_bucket_get(run->job->bucket, DA_KEY_MODEL, &bytes, err);
  if (status == DA_OK) status = da_model_parse(path ? path : DA_KEY_MODEL, bytes.data, bytes.length, &run->model, err);
  if (status == DA_OK) {
    run->model_is_open = true;
    run->model_hash = XXH64(bytes.data, bytes.length, 0);
  }
  da_text_free(&bytes);
  return status;
}

da_status da_run_read_truth(const da_run *run, da_truth *truth, bool *known, da_error *err) {
  DA_TRY(da_bucket_exists(run->job->bucket, DA_TRUTH_KEY, known, err));
  if (!*known) return DA_OK;
  da_text json = {0};
  da_status status = da_bucket_get(run->job->bucket, DA_TRUTH_KEY, &json, err);
  if (status == DA_OK) status = da_truth_read(DA_TRUTH_KEY, da_text_cstr(&json), json.length, truth, err);
  da_text_free(&json);
  return status;
}

void da_run_forget_model(da_run *run) {
  if (run->model_is_open) da_model_close(&run->model);
  run->model_is_open = false;
  run->model_hash = 0;
}

da_status da_run_fingerprint(const da_run *run, const char *sections, const char *input, size_t input_bytes, uint64_t *fingerprint,
                             da_error *err) {
  da_text text = {0};
  da_text_append(&text, "deepattribution " DA_VERSION "\n");
  da_config_print_json(run->job->config, sections, &text);
  da_text_append(&text, "\n");
  da_text_append_n(&text, input, input_bytes);
  da_status status = da_text_check(&text, err);
  if (status == DA_OK) *fingerprint = XXH64(text.data, text.length, 0);
  da_text_free(&text);
  return status;
}
