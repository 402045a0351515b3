/* Oracle: score.json written out by hand. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "support/testing.h"
#include "train/train.h"

static void a_report_as_json(void **state) {
  (void)state;
  da_train_report report = {
      .batch_size = 32, .learning_rate = 0.5, .n_epochs = 1, .best_epoch = 1, .uses_time = true, .seconds = 3, .n_touches = 7};
  report.epochs = da_mem_alloc(1, sizeof *report.epochs);
  report.epochs[0] = (da_train_epoch){.learning_rate = 0.25, .train_loss = 0.5, .val_loss = NAN, .val_auc = 0.75};
  report.metrics[DA_SET_TEST] = (da_metrics){.n_journeys = 4, .n_conversions = 1, .loss = 0.5, .auc = NAN};
  da_text json = {0};
  da_train_report_print_json(&report, &json);
  const char *nothing =
      "{\"journeys\":0,\"conversions\":0,\"loss\":0,\"auc\":0,\"accuracy\":0,\"precision\":0,\"recall\":0,\"calibration_error\":0,"
      "\"mean_probability\":0,\"conversion_rate\":0}";
  da_text wanted = {0};
  da_text_printf(&wanted, "{\"train\":%s,\n\"val\":%s,\n", nothing, nothing);
  da_text_append(&wanted,
                 "\"test\":{\"journeys\":4,\"conversions\":1,\"loss\":0.5,\"auc\":null,\"accuracy\":0,\"precision\":0,\"recall\":0,"
                 "\"calibration_error\":0,\"mean_probability\":0,\"conversion_rate\":0},\n"
                 "\"batch_size\":32,\"learning_rate\":0.5,\"retries\":0,\"time\":true,\"best_epoch\":1,\n"
                 "\"epochs\":[{\"learning_rate\":0.25,\"train_loss\":0.5,\"val_loss\":null,\"val_auc\":0.75}]}\n");
  assert_string_equal(da_text_cstr(&json), da_text_cstr(&wanted));
  da_text_free(&json);
  da_text_free(&wanted);
  da_train_report_free(&report);
  da_train_report_free(&report);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_report_as_json)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
