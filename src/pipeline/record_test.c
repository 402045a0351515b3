/* Oracle: what was written must be read back, field by field, through JSON text; the names are literal, for those who read --json. */
#include "pipeline/record.h"

#include <math.h>
#include <string.h>

#include "support/testing.h"

/* As a later run sees it: printed and parsed again. */
static cJSON *through_text(cJSON *record) {
  char *text = cJSON_Print(record);
  cJSON *again = cJSON_Parse(text);
  cJSON_free(text);
  cJSON_Delete(record);
  assert_non_null(again);
  return again;
}

static void data_facts_survive(void **state) {
  (void)state;
  const da_data_facts written = {.n_rows = 16468027,
                                 .n_missing_uid = 1,
                                 .n_duplicates = 7,
                                 .duplicates_dropped = true,
                                 .n_beyond_max_len = (uint64_t)1 << 52,
                                 .has_input_totals = true,
                                 .n_input_conversions = 12,
                                 .input_value = 11423.5};
  cJSON *record = cJSON_CreateObject();
  assert_true(da_record_add_data(record, &written));
  record = through_text(record);
  da_data_facts read = {0};
  da_record_get_data(record, &read);
  assert_memory_equal(&read, &written, sizeof read);
  assert_true(cJSON_GetObjectItemCaseSensitive(record, "rows")->valuedouble == 16468027);
  cJSON_Delete(record);
}

static void model_facts_survive_with_undefined_metrics(void **state) {
  (void)state;
  da_model_facts written = {.present = true,
                            .n_parameters = 42000,
                            .n_embedding = 20,
                            .n_hidden = 64,
                            .n_epochs = 10,
                            .best_epoch = 8,
                            .uses_time = true,
                            .touches_per_second = 1.5e6};
  written.metrics[DA_SET_TRAIN] = (da_metric_facts){.n_journeys = 800, .n_conversions = 40, .loss = 0.19, .auc = 0.81};
  written.metrics[DA_SET_TEST].auc = NAN;
  cJSON *record = cJSON_CreateObject();
  assert_true(da_record_add_model(record, &written));
  record = through_text(record);
  da_model_facts read = {0};
  da_record_get_model(record, &read);
  assert_true(read.present && read.uses_time);
  assert_int_equal(read.best_epoch, 8);
  assert_true(read.metrics[DA_SET_TRAIN].auc == 0.81 && read.metrics[DA_SET_TRAIN].n_conversions == 40);
  assert_true(isnan(read.metrics[DA_SET_TEST].auc));
  cJSON_Delete(record);
}

static void trials_survive(void **state) {
  (void)state;
  const da_trial_facts written[2] = {{.complete = true,
                                      .n_epochs = 9,
                                      .best_epoch = 8,
                                      .val_loss = 0.125,
                                      .val_auc = 0.75,
                                      .n_touches = 123456789012,
                                      .learning_rate = 0.00123456789,
                                      .epochs = 40,
                                      .n_embedding = 20,
                                      .n_hidden = 64,
                                      .dropout = 0.25,
                                      .recurrent_dropout = 0.001},
                                     {.diverged = true, .val_loss = NAN}};
  cJSON *record = cJSON_CreateObject();
  assert_int_equal(da_record_count_trials(record), 0);
  assert_true(da_record_add_trials(record, written, 2));
  record = through_text(record);
  assert_int_equal(da_record_count_trials(record), 2);
  da_trial_facts read[2] = {{0}};
  assert_int_equal(da_record_get_trials(record, read, 1), 1);
  assert_int_equal(read[1].diverged, 0); /* full: nothing is written behind the end */
  assert_int_equal(da_record_get_trials(record, read, 2), 2);
  assert_memory_equal(&read[0], &written[0], sizeof read[0]);
  assert_true(read[1].diverged && isnan(read[1].val_loss));
  cJSON_Delete(record);
}

static void hostile_fields_become_zero(void **state) {
  (void)state;
  cJSON *record =
      cJSON_Parse("{\"rows\": -5, \"missing_uid\": \"many\", \"duplicates\": 1e300, \"duplicates_dropped\": 1, \"input_value\": []}");
  da_data_facts read = {.n_rows = 1};
  da_record_get_data(record, &read);
  assert_int_equal(read.n_rows, 0);
  assert_int_equal(read.n_missing_uid, 0);
  assert_int_equal(read.n_duplicates, 0);
  assert_false(read.duplicates_dropped);
  assert_true(isnan(read.input_value));
  cJSON_Delete(record);
}

static void notes_keep_their_order_and_level(void **state) {
  (void)state;
  cJSON *record = cJSON_CreateObject();
  assert_true(da_record_add_note(record, DA_NOTE_INFO, "first"));
  assert_true(da_record_add_note(record, DA_NOTE_WARNING, "'; -- \"second\"\n"));
  record = through_text(record);
  da_note_facts notes[2];
  size_t n = 0;
  da_record_get_notes(record, notes, 2, &n);
  assert_int_equal(n, 2);
  assert_string_equal(notes[1].sentence, "'; -- \"second\"\n");
  assert_int_equal(notes[0].level, DA_NOTE_INFO);
  assert_int_equal(notes[1].level, DA_NOTE_WARNING);
  da_record_get_notes(record, notes, 2, &n); /* full: nothing is written behind the end */
  assert_int_equal(n, 2);
  cJSON_Delete(record);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(data_facts_survive),
      cmocka_unit_test(model_facts_survive_with_undefined_metrics),
      cmocka_unit_test(trials_survive),
      cmocka_unit_test(hostile_fields_become_zero),
      cmocka_unit_test(notes_keep_their_order_and_level),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
