/* Oracle: the document read back by its keys and held against the facts it was made of. */
#include "report/manifest.h"

#include <cjson/cJSON.h>

#include "base/mem.h"
#include "support/report.h"

/* The number at a path of keys such as "model/test/auc"; NaN for null. */
static double number_at(const cJSON *root, const char *path) {
  char key[64];
  const cJSON *item = root;
  for (const char *at = path; *at && item; at += strcspn(at, "/"), at += *at == '/') {
    snprintf(key, sizeof key, "%.*s", (int)strcspn(at, "/"), at);
    item = cJSON_GetObjectItemCaseSensitive(item, key);
  }
  if (!item) fail_msg("expected %s in the manifest", path);
  return cJSON_IsNull(item) ? NAN : cJSON_IsBool(item) ? cJSON_IsTrue(item) : item->valuedouble;
}

static cJSON *print_manifest(const report_run *run, char **text) {
  da_error err = {0};
  da_text json = {0};
  assert_ok(da_manifest_print(&run->report, &json, &err), err);
  cJSON *root = cJSON_Parse(json.data);
  assert_non_null(root);
  *text = json.data;
  return root;
}

static void a_run_is_written_down(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@1!10 ; a@3 | b@2!2.5 | a@1 c@1 c@2"), true, 1);
  run.made->set.n_unattributed = 1;
  run.made->set.unattributed_value = 3;
  run.made->set.checksum = UINT64_C(0xfedcba9876543210);
  report_finish(&run);
  const da_stage_facts stages[] = {{"journeys", .5, true}, {"train", 12.25, false}};
  const da_note_facts notes[] = {{DA_NOTE_WARNING, "look \"here\"\n\xff"}};
  const da_object inputs[] = {{"raw/a.csv", 12345, INT64_C(1700000000000001)}};
  run.facts = (da_run_facts){.bucket = "/b",
                             .seed = UINT64_MAX,
                             .n_threads = 2,
                             .settings_json = "{\"journey\":{\"max_len\":10}}",
                             .inputs = inputs,
                             .n_inputs = 1,
                             .stages = stages,
                             .n_stages = 2,
                             .notes = notes,
                             .n_notes = 1};
  run.facts.data =
      (da_data_facts){.n_rows = 9, .n_missing_uid = 2, .has_input_totals = true, .n_input_conversions = 3, .input_value = 15.5};
  run.facts.model =
      (da_model_facts){.present = true, .n_parameters = 7, .metrics = {[DA_SET_TEST] = {.n_journeys = 1, .auc = .75, .precision = NAN}}};
  char *text;
  cJSON *root = print_manifest(&run, &text);
  assert_string_equal(cJSON_GetObjectItem(root, "seed")->valuestring, "18446744073709551615");
  assert_string_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "journeys"), "checksum")->valuestring, "fedcba9876543210");
  assert_true(number_at(root, "settings/journey/max_len") == 10);
  assert_true(number_at(root, "data/rows") == 9 && number_at(root, "data/missing_uid") == 2 && number_at(root, "data/value") == 15.5);
  assert_true(number_at(root, "journeys/all/touches") == 7 && number_at(root, "journeys/train/journeys") == 2 &&
              number_at(root, "journeys/test/users") == 1);
  assert_true(number_at(root, "model/test/auc") == .75 && isnan(number_at(root, "model/test/precision")));
  assert_true(number_at(root, "conservation/linear/conversions/credited") == 2 &&
              number_at(root, "conservation/linear/conversions/input") == 3);
  assert_true(number_at(root, "conservation/attention/value/credited") == 12.5 &&
              number_at(root, "conservation/attention/value/unattributed") == 3);
  const cJSON *stage = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "stages"), 1), *file;
  assert_true(number_at(stage, "seconds") == 12.25 && number_at(stage, "resumed") == 0);
  file = cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "input"), "files"), 0);
  assert_true(number_at(file, "bytes") == 12345 && number_at(file, "modified_us") == 1700000000000001);
  const cJSON *note = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "notes"), 0);
  assert_string_equal(cJSON_GetObjectItem(note, "sentence")->valuestring, "look \"here\"\n\xef\xbf\xbd");
  cJSON_Delete(root);
  da_mem_free(text);
  report_close(&run);
}

static void an_empty_run_is_a_document_too(void **state) {
  (void)state;
  report_run run;
  report_open(&run, journeys_from_text("a@0"), false, 1);
  report_finish(&run);
  char *text;
  cJSON *root = print_manifest(&run, &text);
  assert_true(isnan(number_at(root, "model")) && isnan(number_at(root, "data/conversions")) && isnan(number_at(root, "settings")));
  assert_true(number_at(root, "conservation/linear/conversions/input") == 0);
  cJSON_Delete(root);
  da_mem_free(text);
  report_close(&run);
}

static void settings_that_are_no_json_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  report_run run;
  report_open(&run, journeys_from_text("a@0"), false, 1);
  report_finish(&run);
  run.facts.settings_json = "{\"a\":";
  da_text json = {0};
  assert_fails_with(da_manifest_print(&run.report, &json, &err), DA_ERR_INTERNAL, err, "expected the settings to be JSON");
  da_text_free(&json);
  report_close(&run);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_run_is_written_down),
      cmocka_unit_test(an_empty_run_is_a_document_too),
      cmocka_unit_test(settings_that_are_no_json_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
