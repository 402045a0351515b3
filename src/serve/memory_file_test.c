/* Oracle: the bytes that were put in, and those that another part of the program writes by the file's path. */
#include "serve/memory_file.h"

#include "support/store.h"

static void what_is_put_in_comes_out(void **state) {
  (void)state;
  char bytes[200000]; /* several pieces, zeros among them */
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 7919 % 251);
  da_memory_file file;
  expect_ok(da_memory_file_open((da_slice){bytes, sizeof bytes}, &file, err));
  da_text found = {0};
  expect_ok(da_memory_file_read(&file, &found, err));
  assert_int_equal(found.length, sizeof bytes);
  assert_memory_equal(found.data, bytes, sizeof bytes);
  da_text_free(&found);
  da_memory_file_close(&file);
}

static void its_path_can_be_written(void **state) {
  (void)state;
  da_memory_file file;
  expect_ok(da_memory_file_open((da_slice){0}, &file, err));
  FILE *other = fopen(file.path, "wb");
  assert_non_null(other);
  fputs("credit", other);
  assert_int_equal(fclose(other), 0);
  da_text found = {0};
  expect_ok(da_memory_file_read(&file, &found, err));
  assert_string_equal(da_text_cstr(&found), "credit");
  da_text_free(&found);
  da_memory_file_close(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_put_in_comes_out),
      cmocka_unit_test(its_path_can_be_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
