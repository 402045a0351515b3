/* Oracle: files written here. */
#include "pipeline/known_fit.h"

#include "support/folder.h"

static void assert_reads(const char *model_path, const char *wanted) {
  da_error err = {0};
  da_text json = {0};
  assert_ok(da_known_fit_read(model_path, &json, &err), err);
  assert_string_equal(da_text_cstr(&json), wanted);
  da_text_free(&json);
}

static void the_fit_lies_beside_the_model(void **state) {
  (void)state;
  char *folder = folder_make();
  assert_reads(folder_path(folder, "model.safetensors"), "");
  folder_write(folder_path(folder, "incremental.json"), "{}", 2);
  assert_reads(folder_path(folder, "model.safetensors"), "{}");
  assert_int_equal(chdir(folder), 0);
  assert_reads("model.safetensors", "{}");
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_fit_lies_beside_the_model)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
