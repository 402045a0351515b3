#include "tune/journal.h"

#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define FORMAT "deepattribution search 2"
#define KEY "tune/journal.json"

/* The numbers of an entry, in the order in which they stand in the file. */
enum { TRIAL, RUNG, DIVERGED, N_EPOCHS, BEST_EPOCH, VAL_LOSS, VAL_AUC, N_TOUCHES, POINT, N_NUMBERS = POINT + DA_TUNE_N_DIMENSIONS };

static void to_numbers(const da_journal_entry *entry, double *numbers) {
  const da_trial_result *result = &entry->result;
  const double first[POINT] = {entry->trial,       entry->rung,      result->diverged, result->n_epochs,
                               result->best_epoch, result->val_loss, result->val_auc,  (double)result->n_touches};
  memcpy(numbers, first, sizeof first);
  memcpy(numbers + POINT, entry->point.value, sizeof entry->point.value);
}

static bool is_count(double x) { return x >= 0 && x <= UINT32_MAX && x == floor(x); }

static bool from_numbers(const double *numbers, da_journal_entry *entry) {
  for (int i = 0; i <= BEST_EPOCH; i++)
    if (!is_count(numbers[i])) return false;
  if (!(numbers[N_TOUCHES] >= 0 && numbers[N_TOUCHES] <= 0x1p53) || numbers[RUNG] >= DA_TUNE_N_RUNGS) return false;
  *entry = (da_journal_entry){.trial = (uint32_t)numbers[TRIAL],
                              .rung = (uint32_t)numbers[RUNG],
                              .result = {.diverged = numbers[DIVERGED] != 0,
                                         .n_epochs = (uint32_t)numbers[N_EPOCHS],
                                         .best_epoch = (uint32_t)numbers[BEST_EPOCH],
                                         .val_loss = numbers[VAL_LOSS],
                                         .val_auc = numbers[VAL_AUC],
                                         .n_touches = (uint64_t)numbers[N_TOUCHES]}};
  memcpy(entry->point.value, numbers + POINT, sizeof entry->point.value);
  return true;
}

static da_status append(da_journal *journal, const da_journal_entry *entry, da_error *err) {
  void *entries = journal->entries;
  da_status status = da_mem_reserve(&entries, &journal->capacity, journal->n + 1, sizeof *entry, "the journal of a search", err);
  journal->entries = entries;
  if (status == DA_OK) journal->entries[journal->n++] = *entry;
  return status;
}

/* ---- out ---- */

static void print(const da_journal *journal, da_text *json) {
  da_text_printf(json, "{\"format\":\"" FORMAT "\",\"set_checksum\":\"%016llx\",\"settings\":%s,\n\"results\":[",
                 (unsigned long long)journal->set_checksum, journal->settings);
  for (size_t i = 0; i < journal->n; i++) {
    double numbers[N_NUMBERS];
    to_numbers(&journal->entries[i], numbers);
    da_text_append(json, i ? ",\n" : "\n");
    for (int k = 0; k < N_NUMBERS; k++) {
      da_text_append(json, k ? "," : "[");
      da_text_append_json_number(json, numbers[k]);
    }
    da_text_append(json, "]");
  }
  da_text_append(json, "]}\n");
}

static da_status save(const da_journal *journal, da_error *err) {
  if (!journal->bucket) return DA_OK;
  da_text json = {0};
  da_publication *publication = NULL;
  print(journal, &json);
  da_status status = da_text_check(&json, err);
  if (status == DA_OK) status = da_publication_begin(journal->bucket, &publication, err);
  if (status == DA_OK) status = da_publication_put(publication, KEY, json.data, json.length, err);
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  da_text_free(&json);
  return status;
}

da_status da_journal_add(da_journal *journal, const da_journal_entry *entry, da_error *err) {
  DA_TRY(append(journal, entry, err));
  return save(journal, err);
}

/* ---- in ---- */

static bool read_numbers(const cJSON *row, double *numbers) {
  if (cJSON_GetArraySize(row) != N_NUMBERS) return false;
  int k = 0;
  const cJSON *item;
  cJSON_ArrayForEach(item, row) {
    if (!cJSON_IsNumber(item) && !cJSON_IsNull(item)) return false;
    numbers[k++] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
  }
  return true;
}

static bool same_text(const cJSON *root, const char *key, const char *wanted) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);
  return cJSON_IsString(item) && !strcmp(item->valuestring, wanted);
}

static bool same_settings(const cJSON *root, const char *settings) {
  cJSON *wanted = cJSON_Parse(settings);
  const bool same = wanted && cJSON_Compare(cJSON_GetObjectItemCaseSensitive(root, "settings"), wanted, true);
  cJSON_Delete(wanted);
  return same;
}

/* Fills journal; NULL, or what does not fit. */
static const char *parse(da_journal *journal, const cJSON *root) {
  char checksum[17];
  snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)journal->set_checksum);
  if (!same_text(root, "format", FORMAT)) return "it is of another version, or damaged";
  if (!same_text(root, "set_checksum", checksum)) return "it is of other journeys";
  if (!same_settings(root, journal->settings)) return "its settings were others";
  const cJSON *row;
  cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(root, "results")) {
    double numbers[N_NUMBERS];
    da_journal_entry entry;
    if (!read_numbers(row, numbers) || !from_numbers(numbers, &entry)) return "it is damaged";
    if (append(journal, &entry, NULL) != DA_OK) return "memory ran out";
  }
  return NULL;
}

da_status da_journal_open(da_bucket *bucket, const char *settings, uint64_t set_checksum, const da_monitor *monitor, da_journal *journal,
                          da_error *err) {
  *journal = (da_journal){.bucket = bucket, .settings = da_mem_strdup(settings), .set_checksum = set_checksum};
  if (!journal->settings) return da_mem_fail(err, strlen(settings), 1, "the journal of a search");
  bool exists = false;
  da_text json = {0};
  da_status status = bucket ? da_bucket_exists(bucket, KEY, &exists, err) : DA_OK;
  if (status == DA_OK && exists) status = da_bucket_get(bucket, KEY, &json, err);
  if (status == DA_OK && exists) {
    cJSON *root = cJSON_ParseWithLength(da_text_cstr(&json), json.length);
    const char *fault = parse(journal, root);
    cJSON_Delete(root);
    if (fault) {
      da_monitor_note(monitor, DA_NOTE_INFO, "the search begins anew: the journal of an earlier one does not fit (%s)", fault);
      journal->n = 0;
    }
  }
  da_text_free(&json);
  if (status != DA_OK) da_journal_close(journal);
  return status;
}

void da_journal_close(da_journal *journal) {
  da_mem_free(journal->settings);
  da_mem_free(journal->entries);
  *journal = (da_journal){0};
}

const da_trial_result *da_journal_find(const da_journal *journal, uint32_t trial, uint32_t rung, const da_tune_point *point) {
  for (size_t i = 0; i < journal->n; i++) {
    const da_journal_entry *entry = &journal->entries[i];
    if (entry->trial == trial && entry->rung == rung && !memcmp(&entry->point, point, sizeof *point)) return &entry->result;
  }
  return NULL;
}

da_status da_journal_forget(da_bucket *bucket, da_error *err) { return da_bucket_remove(bucket, KEY, err); }
