/* Oracle: one block of memory that takes the same bytes. */
#include "journey/spool.h"

#include <fcntl.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/folder.h"

/* Appends random pieces of up to most bytes until n_bytes are there, and keeps a copy. */
static unsigned char *fill(da_spool *spool, uint64_t seed, size_t n_bytes, size_t most) {
  da_error err = {0};
  da_random random;
  da_random_init(&random, seed, 0);
  unsigned char *plain = malloc(n_bytes + 1);
  for (size_t i = 0; i < n_bytes; i++) plain[i] = (unsigned char)da_random_next(&random);
  for (size_t done = 0; done < n_bytes;) {
    size_t n = da_random_below(&random, most + 1);
    if (n > n_bytes - done) n = n_bytes - done;
    assert_ok(da_spool_append(spool, plain + done, n, &err), err);
    done += n;
  }
  return plain;
}

static void read_back(da_spool *spool, const unsigned char *plain, size_t n_bytes) {
  da_error err = {0};
  assert_ok(da_spool_rewind(spool, &err), err);
  size_t done = 0;
  for (;;) {
    void *block;
    size_t n;
    assert_ok(da_spool_next(spool, &block, &n, &err), err);
    if (!n) break;
    assert_true(n == DA_SPOOL_BLOCK_BYTES || done + n == n_bytes);
    assert_memory_equal(block, plain + done, n);
    done += n;
  }
  assert_int_equal(done, n_bytes);
}

static void what_goes_in_comes_out(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  const size_t sizes[] = {0,      1, DA_SPOOL_BLOCK_BYTES - 1, DA_SPOOL_BLOCK_BYTES, DA_SPOOL_BLOCK_BYTES + 1, 3 * DA_SPOOL_BLOCK_BYTES,
                          5000001};
  const size_t pieces[] = {8, 100000, 2 * DA_SPOOL_BLOCK_BYTES};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] * 3; i++) {
    size_t n_bytes = sizes[i / 3];
    da_spool spool;
    assert_ok(da_spool_open(&spool, folder, &err), err);
    unsigned char *plain = fill(&spool, i, n_bytes, pieces[i % 3]);
    assert_int_equal(spool.n_bytes, n_bytes);
    read_back(&spool, plain, n_bytes);
    read_back(&spool, plain, n_bytes); /* as often as one likes */
    da_spool_close(&spool);
    da_spool_close(&spool);
    free(plain);
  }
  assert_int_equal(rmdir(folder), 0); /* nothing is left behind */
  free(folder);
}

static void a_folder_that_is_not_there_is_a_sentence(void **state) {
  (void)state;
  da_error err = {0};
  da_spool spool;
  assert_ok(da_spool_open(&spool, "/nowhere/at/all", &err), err);
  static unsigned char much[DA_SPOOL_BLOCK_BYTES + 1];
  assert_fails_with(da_spool_append(&spool, much, sizeof much, &err), DA_ERR_IO, err, "/nowhere/at/all");
  da_spool_close(&spool);
}

static void a_full_disk_is_a_sentence(void **state) {
  (void)state;
  da_error err = {0};
  da_spool spool;
  char *folder = folder_make();
  assert_ok(da_spool_open(&spool, folder, &err), err);
  static unsigned char much[DA_SPOOL_BLOCK_BYTES];
  assert_ok(da_spool_append(&spool, much, sizeof much, &err), err);
  spool.file = open("/dev/full", O_RDWR | O_CLOEXEC);
  assert_fails_with(da_spool_append(&spool, much, 1, &err), DA_ERR_IO, err, "No space left");
  da_spool_close(&spool);
  folder_remove(folder);
}

static void without_memory_there_is_a_sentence(void **state) {
  (void)state;
  da_error err = {0};
  da_spool spool;
  da_mem_fail_at(1);
  assert_fails_with(da_spool_open(&spool, ".", &err), DA_ERR_MEM, err, "memory ran out");
  da_mem_fail_at(0);
  da_spool_close(&spool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_goes_in_comes_out),
      cmocka_unit_test(a_folder_that_is_not_there_is_a_sentence),
      cmocka_unit_test(a_full_disk_is_a_sentence),
      cmocka_unit_test(without_memory_there_is_a_sentence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
