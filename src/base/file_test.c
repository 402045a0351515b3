/* Oracle: the bytes that were written, kept in memory, and what must be in the folder afterwards. */
#include "base/file.h"

#include <string.h>
#include <sys/stat.h>

#include "support/folder.h"

static void bytes_come_back(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  const char *path = folder_path(folder, "bytes");
  da_text written = {0}, read = {0};
  for (int i = 0; i < 100000; i++) da_text_printf(&written, "%c", i % 251);
  assert_ok(da_file_write(path, &written, &err), err);
  assert_ok(da_file_read(path, &read, &err), err);
  assert_int_equal(read.length, 100000);
  assert_memory_equal(read.data, written.data, read.length);
  assert_int_equal(access(folder_path(folder, "bytes.part"), F_OK), -1);
  da_text_free(&written);
  da_text_free(&read);
  folder_remove(folder);
}

static void a_fault_leaves_what_was_there(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  da_text old = {0}, new = {0}, found = {0};
  da_text_append(&old, "old");
  da_text_append(&new, "new");
  assert_ok(da_file_write(folder_path(folder, "f"), &old, &err), err);
  assert_int_equal(mkdir(folder_path(folder, "f.part"), 0700), 0); /* where it would be written aside */
  assert_int_equal(da_file_write(folder_path(folder, "f"), &new, &err), DA_ERR_IO);
  assert_non_null(strstr(err.msg, "Is a directory"));
  assert_ok(da_file_read(folder_path(folder, "f"), &found, &err), err);
  assert_string_equal(da_text_cstr(&found), "old");
  da_text_free(&old);
  da_text_free(&new);
  da_text_free(&found);
  folder_remove(folder);
}

static void reading_says_why_not(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  da_text bytes = {0};
  assert_int_equal(da_file_read(folder_path(folder, "nowhere"), &bytes, &err), DA_ERR_IO);
  assert_non_null(strstr(err.msg, "No such file"));
  assert_int_equal(da_file_read(folder, &bytes, &err), DA_ERR_IO);
  assert_non_null(strstr(err.msg, "Is a directory"));
  da_text_free(&bytes);
  folder_remove(folder);
}

static void a_shared_file_stays_when_the_other_is_replaced(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make(), from[256], to[256];
  da_text old = {0}, new = {0}, found = {0};
  snprintf(from, sizeof from, "%s", folder_path(folder, "from"));
  snprintf(to, sizeof to, "%s", folder_path(folder, "to"));
  da_text_append(&old, "old");
  da_text_append(&new, "new");
  assert_ok(da_file_write(from, &old, &err), err);
  assert_ok(da_file_share(from, to, &err), err);
  assert_ok(da_file_write(from, &new, &err), err);
  assert_ok(da_file_read(to, &found, &err), err);
  assert_string_equal(da_text_cstr(&found), "old");
  assert_int_equal(da_file_share(from, to, &err), DA_ERR_IO); /* there already */
  assert_non_null(strstr(err.msg, "File exists"));
  da_text_clear(&found);
  snprintf(from, sizeof from, "/dev/shm/file_test.%d", (int)getpid()); /* another file system: it is copied */
  assert_ok(da_file_write(from, &old, &err), err);
  snprintf(to, sizeof to, "%s", folder_path(folder, "copy"));
  da_status status = da_file_share(from, to, &err);
  unlink(from);
  assert_ok(status, err);
  assert_ok(da_file_read(to, &found, &err), err);
  assert_string_equal(da_text_cstr(&found), "old");
  da_text_free(&old);
  da_text_free(&new);
  da_text_free(&found);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_come_back),
      cmocka_unit_test(a_fault_leaves_what_was_there),
      cmocka_unit_test(reading_says_why_not),
      cmocka_unit_test(a_shared_file_stays_when_the_other_is_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
