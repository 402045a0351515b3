#include "tune/tune.h"

#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/parquet.h"
#include "train/plan.h"
#include "tune/tune_search.h"

/* ---- the search ---- */

static da_status check_splits(const da_journeys *set, da_error *err) {
  uint64_t n[DA_N_SETS][2] = {0};
  for (uint64_t j = 0; j < set->n_journeys; j++) n[da_journey_set(set, j)][da_journey_converted(set, j)]++;
  for (int s = DA_SET_TRAIN; s <= DA_SET_VAL; s++) {
    if (n[s][0] > 0 && n[s][1] > 0) continue;
    return da_fail(err, DA_ERR_DATA,
                   "expected journeys with and without a conversion in the %s split but found %llu with and %llu without: a search has "
                   "nothing to go by",
                   s == DA_SET_TRAIN ? "train" : "val", (unsigned long long)n[s][1], (unsigned long long)n[s][0]);
  }
  return DA_OK;
}

/* What all trials share: the plan with the varied settings set to the same point. */
static da_status print_shared_settings(const da_tune_job *job, const da_tune_point *first, da_text *json, da_error *err) {
  da_config config = *job->config;
  da_train_plan plan;
  da_tune_point_apply(job->set, first, &config);
  da_train_plan_make(job->set, &config, &plan);
  da_train_plan_print_json(&plan, json);
  return da_text_check(json, err);
}

static da_status search(const da_tune_job *job, da_tune_report *report, da_error *err) {
  da_tune_point first;
  da_text settings = {0};
  da_journal journal = {0};
  da_tune_point_from_config(job->set, job->config, &first);
  da_status status = print_shared_settings(job, &first, &settings, err);
  if (status == DA_OK) status = da_journal_open(job->bucket, settings.data, job->set->checksum, job->monitor, &journal, err);
  report->n_remembered = (uint32_t)journal.n;
  if (status == DA_OK) {
    da_monitor_note(job->monitor, DA_NOTE_INFO, "searching: %u trials, %u results from before", report->halving.n_trials,
                    report->n_remembered);
    status = da_search_run(job, &report->halving, &journal, err);
  }
  da_journal_close(&journal);
  da_text_free(&settings);
  return status;
}

/* What a trial came to in the end. */
static const da_trial_result *last_result(const da_tune_trial *trial) { return &trial->results[trial->n_rungs - 1]; }

static da_status judge(da_tune_report *report, da_error *err) {
  const da_halving *halving = &report->halving;
  for (uint32_t i = 0; i < halving->n_started; i++) report->n_touches += last_result(&halving->trials[i])->n_touches;
  report->best = da_halving_best(halving);
  if (report->best < halving->n_trials) return DA_OK;
  return da_fail(err, DA_ERR_NUM, "expected a trial that learns but all %u diverged", halving->n_trials);
}

da_status da_tune(const da_tune_job *job, da_tune_report *report, da_error *err) {
  *report = (da_tune_report){0};
  DA_TRY(check_splits(job->set, err));
  da_tune_point first;
  da_tune_point_from_config(job->set, job->config, &first);
  da_status status = da_halving_init(job->config->hp_tuning_nb_iterations, job->config->seed, &first, &report->halving, err);
  if (status == DA_OK) status = search(job, report, err);
  if (status == DA_OK) status = judge(report, err);
  if (status != DA_OK) da_tune_report_free(report);
  return status;
}

void da_tune_report_free(da_tune_report *report) {
  da_halving_free(&report->halving);
  *report = (da_tune_report){0};
}

da_status da_tune_forget(da_bucket *bucket, da_error *err) { return da_journal_forget(bucket, err); }

/* ---- tune/trials.parquet ---- */

enum { COLUMN_TRIAL, COLUMN_STATUS, COLUMN_N_EPOCHS, COLUMN_BEST_EPOCH, COLUMN_VAL_LOSS, COLUMN_VAL_AUC, COLUMN_N_TOUCHES, COLUMN_POINT };
enum { N_COLUMNS = COLUMN_POINT + DA_TUNE_N_DIMENSIONS };

/* Columns of 8 bytes a row, but for the texts. */
typedef struct {
  int64_t *whole[N_COLUMNS];
  double *number[N_COLUMNS];
  da_slice *status;
  da_arena memory;
} trial_table;

static da_slice status_of(const da_tune_trial *trial) {
  if (last_result(trial)->diverged) return (da_slice){"diverged", 8};
  return da_halving_is_complete(trial) ? (da_slice){"complete", 8} : (da_slice){"stopped", 7};
}

static da_status make_room(trial_table *table, const da_parquet_column *columns, uint32_t n, da_parquet_cells *cells, da_error *err) {
  for (int c = 0; c < N_COLUMNS; c++) {
    void *values = da_arena_alloc(&table->memory, n, columns[c].type == DA_PARQUET_TEXT ? sizeof(da_slice) : sizeof(double));
    if (!values) return da_mem_fail(err, n, sizeof(double), "the table of trials");
    cells[c].values = values;
    if (columns[c].type == DA_PARQUET_TEXT) table->status = values;
    if (columns[c].type == DA_PARQUET_INT64) table->whole[c] = values;
    if (columns[c].type == DA_PARQUET_DOUBLE) table->number[c] = values;
  }
  return DA_OK;
}

static void fill_row(trial_table *table, uint32_t i, const da_tune_trial *trial) {
  const da_trial_result *result = last_result(trial);
  table->whole[COLUMN_TRIAL][i] = i;
  table->status[i] = status_of(trial);
  table->whole[COLUMN_N_EPOCHS][i] = result->n_epochs;
  table->whole[COLUMN_BEST_EPOCH][i] = result->diverged ? 0 : result->best_epoch;
  table->number[COLUMN_VAL_LOSS][i] = result->diverged ? NAN : result->val_loss;
  table->number[COLUMN_VAL_AUC][i] = result->diverged ? NAN : result->val_auc;
  table->whole[COLUMN_N_TOUCHES][i] = (int64_t)result->n_touches;
  for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) {
    const int c = COLUMN_POINT + d;
    if (table->whole[c])
      table->whole[c][i] = (int64_t)trial->point.value[d];
    else
      table->number[c][i] = trial->point.value[d];
  }
}

static void name_columns(da_parquet_column *columns) {
  const da_parquet_column first[COLUMN_POINT] = {
      [COLUMN_TRIAL] = {.name = "trial", .type = DA_PARQUET_INT64},
      [COLUMN_STATUS] = {.name = "status", .type = DA_PARQUET_TEXT},
      [COLUMN_N_EPOCHS] = {.name = "epochs_trained", .type = DA_PARQUET_INT64},
      [COLUMN_BEST_EPOCH] = {.name = "best_epoch", .type = DA_PARQUET_INT64},
      [COLUMN_VAL_LOSS] = {.name = "val_loss", .type = DA_PARQUET_DOUBLE},
      [COLUMN_VAL_AUC] = {.name = "val_auc", .type = DA_PARQUET_DOUBLE},
      [COLUMN_N_TOUCHES] = {.name = "touches", .type = DA_PARQUET_INT64},
  };
  for (int c = 0; c < N_COLUMNS; c++) {
    const da_tune_dimension *dimension = c < COLUMN_POINT ? NULL : &da_tune_space()[c - COLUMN_POINT];
    columns[c] = c < COLUMN_POINT
                     ? first[c]
                     : (da_parquet_column){.name = dimension->name, .type = dimension->whole ? DA_PARQUET_INT64 : DA_PARQUET_DOUBLE};
  }
}

static da_status write_trials(const char *path, const da_halving *halving, da_error *err) {
  da_parquet_column columns[N_COLUMNS];
  da_parquet_cells cells[N_COLUMNS] = {0};
  trial_table table = {0};
  da_parquet_group group = {0};
  da_parquet *parquet = NULL;
  name_columns(columns);
  da_status status = make_room(&table, columns, halving->n_started, cells, err);
  for (uint32_t i = 0; i < halving->n_started && status == DA_OK; i++) fill_row(&table, i, &halving->trials[i]);
  if (status == DA_OK) status = da_parquet_encode(columns, N_COLUMNS, cells, halving->n_started, &group, err);
  if (status == DA_OK) status = da_parquet_create(path, columns, N_COLUMNS, &parquet, err);
  if (status == DA_OK) status = da_parquet_append(parquet, &group, err);
  if (status == DA_OK) status = da_parquet_finish(parquet, err);
  da_parquet_close(parquet);
  da_parquet_group_free(&group);
  da_arena_free(&table.memory);
  return status;
}

/* ---- tune/best.json ---- */

static void print_best(const da_tune_job *job, const da_tune_report *report, da_text *json) {
  const da_tune_trial *best = &report->halving.trials[report->best];
  da_config config = *job->config;
  da_tune_point_apply(job->set, &best->point, &config);
  const double values[DA_TUNE_N_DIMENSIONS] = {
      [DA_TUNE_LEARNING_RATE] = config.training.learning_rate,
      [DA_TUNE_EPOCHS] = config.training.epochs,
      [DA_TUNE_EMBEDDING] = config.model.n_embedding,
      [DA_TUNE_LSTM] = config.model.n_hidden,
      [DA_TUNE_DROPOUT] = config.model.dropout,
      [DA_TUNE_RECURRENT_DROPOUT] = config.model.recurrent_dropout,
  };
  da_text_printf(json, "{\"set_checksum\":\"%016llx\",\"trial\":%u,\"trials\":%u,\"val_loss\":", (unsigned long long)job->set->checksum,
                 report->best, report->halving.n_started);
  da_text_append_json_number(json, last_result(best)->val_loss);
  da_text_append(json, ",\n\"settings\":{");
  for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) {
    da_text_printf(json, d ? ",\"%s\":" : "\"%s\":", da_tune_space()[d].key);
    da_text_append_json_number(json, values[d]);
  }
  da_text_append(json, "}}\n");
}

da_status da_tune_publish(const da_tune_job *job, const da_tune_report *report, da_publication *publication, da_error *err) {
  const char *path;
  DA_TRY(da_publication_path(publication, DA_TUNE_KEY_TRIALS, &path, err));
  DA_TRY(write_trials(path, &report->halving, err));
  da_text json = {0};
  print_best(job, report, &json);
  da_status status = da_text_check(&json, err);
  if (status == DA_OK) status = da_publication_put(publication, DA_TUNE_KEY_BEST, json.data, json.length, err);
  da_text_free(&json);
  return status;
}

/* ---- tune/best.json in ---- */

/* One setting as the file gives it, judged by the table of settings like one that a user gives. */
static da_status read_setting(const cJSON *settings, const char *key, da_config *config, da_error *err) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(settings, key);
  if (!cJSON_IsNumber(item)) return da_fail(err, DA_ERR_DATA, "expected a number for %s in " DA_TUNE_KEY_BEST " but found none", key);
  char assignment[128];
  snprintf(assignment, sizeof assignment, "%s=%.17g", key, item->valuedouble);
  return da_config_set(config, assignment, err);
}

static void use_number(double *setting, double untouched, double found) {
  if (*setting == untouched) *setting = found;
}

static void use_count(uint32_t *setting, uint32_t untouched, uint32_t found) {
  if (*setting == untouched) *setting = found;
}

static da_status use_settings(const cJSON *settings, da_config *config, da_error *err) {
  da_config defaults, found;
  da_config_init(&defaults);
  da_config_init(&found);
  da_status status = DA_OK;
  for (int d = 0; d < DA_TUNE_N_DIMENSIONS && status == DA_OK; d++) status = read_setting(settings, da_tune_space()[d].key, &found, err);
  if (status == DA_OK) {
    use_number(&config->training.learning_rate, defaults.training.learning_rate, found.training.learning_rate);
    use_count(&config->training.epochs, defaults.training.epochs, found.training.epochs);
    use_count(&config->model.n_embedding, defaults.model.n_embedding, found.model.n_embedding);
    use_count(&config->model.n_hidden, defaults.model.n_hidden, found.model.n_hidden);
    use_number(&config->model.dropout, defaults.model.dropout, found.model.dropout);
    use_number(&config->model.recurrent_dropout, defaults.model.recurrent_dropout, found.model.recurrent_dropout);
  }
  da_config_free(&defaults);
  da_config_free(&found);
  return status;
}

da_status da_tune_use_best(const da_bucket *bucket, const da_journeys *set, da_config *config, bool *found, da_error *err) {
  DA_TRY(da_bucket_exists(bucket, DA_TUNE_KEY_BEST, found, err));
  if (!*found) return DA_OK;
  da_text json = {0};
  char checksum[17];
  snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)set->checksum);
  da_status status = da_bucket_get(bucket, DA_TUNE_KEY_BEST, &json, err);
  if (status == DA_OK) {
    cJSON *root = cJSON_ParseWithLength(da_text_cstr(&json), json.length);
    const cJSON *of = cJSON_GetObjectItemCaseSensitive(root, "set_checksum");
    *found = cJSON_IsString(of) && strcmp(of->valuestring, checksum) == 0;
    if (*found) status = use_settings(cJSON_GetObjectItemCaseSensitive(root, "settings"), config, err);
    cJSON_Delete(root);
  }
  da_text_free(&json);
  return status;
}
