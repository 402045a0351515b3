/* Oracle: zlib's own writer makes the files; every cut and every flipped bit must be found. */
#include "store/gzip.h"

#include <zlib.h>

#include "support/store.h"

/* Bytes of a gzip file of n_members, each with text of its own. */
static unsigned char *make(const char *path, int n_members, size_t *n_bytes) {
  for (int member = 0; member < n_members; member++) {
    gzFile file = gzopen(path, member ? "ab" : "wb");
    assert_non_null(file);
    for (int i = 0; i < 200; i++) assert_true(gzprintf(file, "%d,line %d\n", member, i * i) > 0);
    assert_int_equal(gzclose(file), Z_OK);
  }
  return folder_read(path, n_bytes);
}

static void whole_files_pass(void **state) {
  (void)state;
  char *folder = folder_make();
  const char *path = folder_path(folder, "log.csv.gz");
  size_t n_bytes;
  for (int n_members = 1; n_members <= 3; n_members++) {
    unsigned char *bytes = make(path, n_members, &n_bytes);
    expect_ok(da_gzip_check(path, path, NULL, err));
    unsigned char *padded = calloc(n_bytes + 512, 1);
    memcpy(padded, bytes, n_bytes);
    folder_write(path, padded, n_bytes + 512);
    expect_ok(da_gzip_check(path, path, NULL, err));
    free(padded);
    free(bytes);
  }
  folder_remove(folder);
}

static void every_cut_is_found(void **state) {
  (void)state;
  char *folder = folder_make();
  const char *path = folder_path(folder, "log.csv.gz");
  size_t n_bytes;
  unsigned char *bytes = make(path, 1, &n_bytes);
  for (size_t n = 0; n < n_bytes; n++) {
    folder_write(path, bytes, n);
    expect_fail(da_gzip_check(path, path, NULL, err), DA_ERR_DATA, "log.csv.gz ends after");
  }
  free(bytes);
  folder_remove(folder);
}

/* What zlib's reader makes of a file that may be damaged. */
static void unpack(const char *path, char text[8192]) {
  memset(text, 0, 8192);
  gzFile file = gzopen(path, "rb");
  assert_non_null(file);
  assert_true(gzread(file, text, 8191) >= 0);
  gzclose(file);
}

static void damage_is_found(void **state) {
  (void)state;
  char *folder = folder_make();
  const char *path = folder_path(folder, "log.csv.gz");
  char whole[8192], found[8192];
  size_t n_bytes;
  unsigned char *bytes = make(path, 1, &n_bytes);
  unpack(path, whole);
  for (size_t i = 10; i < n_bytes; i++) { /* the 10 bytes of the header hold a time and such, which nothing guards */
    bytes[i] ^= 0x10;
    folder_write(path, bytes, n_bytes);
    da_error fault = {0};
    if (da_gzip_check(path, path, NULL, &fault) == DA_OK) { /* a bit that fills up a byte, or another way to write the same */
      unpack(path, found);
      assert_string_equal(found, whole);
    } else {
      assert_non_null(strstr(fault.msg, "log.csv.gz"));
    }
    bytes[i] ^= 0x10;
  }
  free(bytes);
  store_write_text(folder, "log.csv.gz", "uid,timestamp\n");
  expect_fail(da_gzip_check(path, path, NULL, err), DA_ERR_DATA, "is damaged");
  expect_fail(da_gzip_check(folder_path(folder, "none.gz"), "none.gz", NULL, err), DA_ERR_IO, "none.gz");
  folder_remove(folder);
}

static bool always(void *context) {
  (void)context;
  return true;
}

static void it_can_be_interrupted(void **state) {
  (void)state;
  char *folder = folder_make();
  const char *path = folder_path(folder, "log.csv.gz");
  size_t n_bytes;
  free(make(path, 1, &n_bytes));
  da_monitor monitor = {.interrupted = always};
  expect_fail(da_gzip_check(path, path, &monitor, err), DA_ERR_INTERRUPTED, "interrupted");
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_files_pass),
      cmocka_unit_test(every_cut_is_found),
      cmocka_unit_test(damage_is_found),
      cmocka_unit_test(it_can_be_interrupted),
  };
  return cmocka_run_group_tests_name("store.gzip", tests, NULL, NULL) == 0 ? 0 : 1;
}
