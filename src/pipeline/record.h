/* A finished stage as JSON: kept in the state of the bucket, printed by --json, and turned back into facts for page and manifest.
 *
 *   {"seconds": 5.1, "resumed": false, "rows": 16468027, ..., "notes": [{"level": "warning", "sentence": "..."}]}
 *
 * One table a struct names its fields, so that writing and reading cannot disagree. */
#ifndef DA_PIPELINE_RECORD_H
#define DA_PIPELINE_RECORD_H

#include <cjson/cJSON.h>

#include "report/facts.h"

/* Counts of the packed set, beside what happened to the rows. */
typedef struct {
  uint64_t n_users, n_journeys, n_touches, n_conversions, n_unattributed;
  double value; /* of all conversions, unattributed ones too; NaN: no value column */
  uint64_t n_journeys_of[DA_N_SETS];
} da_set_facts;

/* Each adds its fields to the object; false when memory ran out. NaN is written as null. */
bool da_record_add_data(cJSON *record, const da_data_facts *facts);
bool da_record_add_set(cJSON *record, const da_set_facts *facts);
bool da_record_add_model(cJSON *record, const da_model_facts *facts);
/* Into "table", an array. */
bool da_record_add_trials(cJSON *record, const da_trial_facts *trials, size_t n);
bool da_record_add_note(cJSON *record, da_note_level level, const char *sentence);

/* Reads back; a field that is missing or of another type stays zero (NaN for a number that may be). */
void da_record_get_data(const cJSON *record, da_data_facts *facts);
void da_record_get_model(const cJSON *record, da_model_facts *facts);
/* The first `capacity` trials of the record's table; returns how many they are. */
size_t da_record_get_trials(const cJSON *record, da_trial_facts *trials, size_t capacity);
size_t da_record_count_trials(const cJSON *record);
/* Appends the record's notes to notes[*n] (room for capacity); the sentences stay the record's. */
void da_record_get_notes(const cJSON *record, da_note_facts *notes, size_t capacity, size_t *n);

#endif
