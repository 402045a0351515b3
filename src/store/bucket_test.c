/* Oracle: the tree on disk as the system's own calls show it, and a second process that is refused or killed. */
#include "store/bucket.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "base/random.h"
#include "store/table.h"
#include "support/disk.h"
#include "support/store.h"

static da_bucket *open_bucket(const char *folder) {
  da_bucket *bucket;
  expect_ok(da_bucket_open(folder, &bucket, err));
  return bucket;
}

static void publish(da_bucket *bucket, const char *key, const char *text) {
  da_publication *publication;
  expect_ok(da_publication_begin(bucket, &publication, err));
  expect_ok(da_publication_put(publication, key, text, strlen(text), err));
  expect_ok(da_publication_commit(publication, err));
  da_publication_close(publication);
}

static void expect_content(da_bucket *bucket, const char *key, const char *expected) {
  da_text data;
  expect_ok(da_bucket_get(bucket, key, &data, err));
  assert_string_equal(da_text_cstr(&data), expected);
  da_text_free(&data);
}

static bool is_there(const char *folder, const char *name) { return access(folder_path(folder, name), F_OK) == 0; }

static void a_bucket_must_be_a_folder(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *bucket;
  store_write_text(folder, "file", "x");
  expect_fail(da_bucket_open(folder_path(folder, "none"), &bucket, err), DA_ERR_IO, "found nothing there");
  assert_null(bucket);
  expect_fail(da_bucket_open(folder_path(folder, "file"), &bucket, err), DA_ERR_IO, "found a file");
  expect_fail(da_bucket_open(folder_path(folder, "file/x"), &bucket, err), DA_ERR_IO, "Not a directory");
  expect_fail(da_bucket_open("", &bucket, err), DA_ERR_IO, "empty name");
  expect_fail(da_bucket_create(folder_path(folder, "file"), &bucket, err), DA_ERR_IO, "expected to make the folder");
  expect_ok(da_bucket_create(folder_path(folder, "new/deep//"), &bucket, err));
  assert_string_equal(da_bucket_location(bucket), folder_path(folder, "new/deep"));
  da_bucket_close(bucket);
  assert_true(is_there(folder, "new/deep"));
  da_bucket_close(NULL);
  folder_remove(folder);
}

static void outputs_appear_together(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *bucket = open_bucket(folder);
  bool exists;
  const char *path;
  da_publication *publication;
  publish(bucket, "model/score.json", "old");

  expect_ok(da_publication_begin(bucket, &publication, err));
  expect_ok(da_publication_put(publication, "model/score.json", "new", 3, err));
  expect_ok(da_publication_path(publication, "attention_report/a b'c.parquet", &path, err));
  folder_write(path, "rows", 4);
  expect_content(bucket, "model/score.json", "old");
  expect_ok(da_bucket_exists(bucket, "attention_report/a b'c.parquet", &exists, err));
  assert_false(exists);
  expect_ok(da_publication_commit(publication, err));
  da_publication_close(publication);
  expect_content(bucket, "model/score.json", "new");
  expect_content(bucket, "attention_report/a b'c.parquet", "rows");

  expect_ok(da_publication_begin(bucket, &publication, err)); /* given up */
  expect_ok(da_publication_put(publication, "model/score.json", "never", 5, err));
  da_publication_close(publication);
  expect_content(bucket, "model/score.json", "new");
  da_publication_close(NULL);
  da_bucket_close(bucket);
  assert_false(is_there(folder, ".deepattribution/aside"));
  folder_remove(folder);
}

static void nothing_moves_unless_all_can(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *bucket = open_bucket(folder);
  da_publication *publication;
  const char *path;
  publish(bucket, "a", "old");
  assert_int_equal(mkdir(folder_path(folder, "b"), 0777), 0);
  expect_ok(da_publication_begin(bucket, &publication, err));
  expect_ok(da_publication_put(publication, "a", "new", 3, err));
  expect_ok(da_publication_put(publication, "b", "new", 3, err));
  expect_fail(da_publication_commit(publication, err), DA_ERR_IO, "found a folder");
  da_publication_close(publication);
  expect_content(bucket, "a", "old");

  expect_ok(da_publication_begin(bucket, &publication, err)); /* a key that was asked for and not written */
  expect_ok(da_publication_put(publication, "a", "new", 3, err));
  expect_ok(da_publication_path(publication, "c", &path, err));
  expect_fail(da_publication_commit(publication, err), DA_ERR_IO, "aside");
  da_publication_close(publication);
  expect_content(bucket, "a", "old");
  da_bucket_close(bucket);
  folder_remove(folder);
}

static void listing_is_sorted_and_leaves_hidden_names_out(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *bucket = open_bucket(folder);
  const char *keys[] = {"raw/b.csv", "raw/day=2/x.parquet", "raw/day=1/deep/x.parquet", "raw/a.csv", "other/z.csv", "raw/B.csv"};
  for (size_t i = 0; i < 6; i++) publish(bucket, keys[i], "123");
  publish(bucket, "raw/.hidden", "x");
  publish(bucket, "raw/_SUCCESS", "x");
  publish(bucket, "raw/_temporary/part", "x");
  assert_int_equal(symlink("../other", folder_path(folder, "raw/link")), 0);
  assert_int_equal(mkfifo(folder_path(folder, "raw/pipe"), 0600), 0);
  da_object_list list;
  expect_ok(da_bucket_list(bucket, "raw/", &list, err));
  const char *expected[] = {"raw/B.csv", "raw/a.csv", "raw/b.csv", "raw/day=1/deep/x.parquet", "raw/day=2/x.parquet", "raw/link/z.csv"};
  assert_int_equal(list.n, 6);
  for (size_t i = 0; i < list.n; i++) {
    struct stat info;
    assert_string_equal(list.items[i].key, expected[i]);
    assert_int_equal(list.items[i].n_bytes, 3);
    assert_int_equal(stat(folder_path(folder, expected[i]), &info), 0);
    assert_int_equal(list.items[i].modified_us / 1000000, info.st_mtim.tv_sec);
  }
  da_object_list_free(&list);
  expect_ok(da_bucket_list(bucket, "nowhere/", &list, err));
  assert_int_equal(list.n, 0);
  da_object_list_free(&list);

  assert_int_equal(unlink(folder_path(folder, "raw/link")), 0);
  assert_int_equal(symlink("../raw", folder_path(folder, "raw/loop")), 0);
  expect_fail(da_bucket_list(bucket, "raw/", &list, err), DA_ERR_IO, "loop");
  da_bucket_close(bucket);
  folder_remove(folder);
}

static void reading_and_removing(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *bucket = open_bucket(folder);
  da_text data;
  char *path;
  expect_fail(da_bucket_get(bucket, "config.yaml", &data, err), DA_ERR_IO, "config.yaml");
  expect_fail(da_bucket_local(bucket, "model/x", &path, err), DA_ERR_IO, "expected model/x in");
  publish(bucket, "zeros", "");
  expect_content(bucket, "zeros", "");
  publish(bucket, "config.yaml", "seed: 1\n");
  expect_ok(da_bucket_local(bucket, "config.yaml", &path, err));
  assert_string_equal(path, folder_path(folder, "config.yaml"));
  da_mem_free(path);
  path = da_bucket_url(bucket, "raw/x");
  assert_string_equal(path, folder_path(folder, "raw/x"));
  da_mem_free(path);
  expect_ok(da_bucket_remove(bucket, "config.yaml", err));
  expect_ok(da_bucket_remove(bucket, "config.yaml", err));
  assert_false(is_there(folder, "config.yaml"));
  da_bucket_close(bucket);
  folder_remove(folder);
}

static void no_key_leads_outside(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *bucket = open_bucket(folder);
  const char *bad[] = {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a/."};
  bool exists;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    expect_fail(da_bucket_exists(bucket, bad[i], &exists, err), DA_ERR_INTERNAL, "expected a key");
  da_bucket_close(bucket);
  folder_remove(folder);
}

/* Runs step in a process of its own, which tells by one byte that it stands, and is then killed. */
static pid_t start_process(const char *folder, void (*step)(const char *folder)) {
  int pipes[2];
  char byte;
  assert_int_equal(pipe(pipes), 0);
  pid_t child = fork();
  if (child == 0) {
    step(folder);
    if (write(pipes[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  close(pipes[1]);
  assert_int_equal(read(pipes[0], &byte, 1), 1);
  close(pipes[0]);
  return child;
}

static void end_process(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

static void lock_and_write_half(const char *folder) {
  da_bucket *bucket;
  da_publication *publication;
  if (da_bucket_open(folder, &bucket, NULL) != DA_OK || da_publication_begin(bucket, &publication, NULL) != DA_OK ||
      da_publication_put(publication, "model/score.json", "half", 4, NULL) != DA_OK)
    _exit(1);
}

static void a_second_run_is_refused(void **state) {
  (void)state;
  char *folder = folder_make();
  pid_t child = start_process(folder, lock_and_write_half);
  da_bucket *bucket = open_bucket(folder);
  char sentence[64];
  snprintf(sentence, sizeof sentence, "process %ld works on it", (long)child);
  expect_fail(da_bucket_lock(bucket, err), DA_ERR_IO, sentence);
  da_publication *publication;
  expect_fail(da_publication_begin(bucket, &publication, err), DA_ERR_IO, sentence);
  assert_true(is_there(folder, ".deepattribution/aside/1/model/score.json")); /* the first run is unharmed */
  end_process(child);

  expect_ok(da_bucket_lock(bucket, err)); /* its lock went with it, and what it left is cleared away */
  expect_ok(da_bucket_lock(bucket, err));
  assert_false(is_there(folder, ".deepattribution/aside"));
  assert_false(is_there(folder, "model/score.json"));

  da_bucket *second = open_bucket(folder); /* the same holds inside one process */
  expect_fail(da_bucket_lock(second, err), DA_ERR_IO, "expected to be the only run");
  da_bucket_close(bucket);
  expect_ok(da_bucket_lock(second, err));
  da_bucket_close(second);
  folder_remove(folder);
}

/* A process that dies when it has decided: one output is in its place, the others are not. */
static void a_commit_that_was_cut_off_is_ended(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *bucket = open_bucket(folder);
  publish(bucket, "out/a", "old");
  publish(bucket, "out/b", "old");
  da_bucket_close(bucket);
  store_write_text(folder, "out/a", "new");
  assert_int_equal(mkdir(folder_path(folder, ".deepattribution/decided"), 0777), 0);
  assert_int_equal(mkdir(folder_path(folder, ".deepattribution/decided/out"), 0777), 0);
  assert_int_equal(mkdir(folder_path(folder, ".deepattribution/decided/model"), 0777), 0);
  store_write_text(folder, ".deepattribution/decided/out/b", "new");
  store_write_text(folder, ".deepattribution/decided/model/c", "new");

  bucket = open_bucket(folder);
  expect_ok(da_bucket_lock(bucket, err));
  expect_content(bucket, "out/a", "new");
  expect_content(bucket, "out/b", "new");
  expect_content(bucket, "model/c", "new");
  assert_false(is_there(folder, ".deepattribution/decided"));
  da_bucket_close(bucket);
  folder_remove(folder);
}

static void spilled_files_of_a_killed_run_go(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *bucket = open_bucket(folder);
  char *spill = da_bucket_spill_folder(bucket);
  assert_string_equal(spill, folder_path(folder, ".deepattribution/spill"));
  publish(bucket, ".deepattribution/stages.json", "{}");
  publish(bucket, ".deepattribution/spill/left-over.tmp", "x");
  da_bucket_close(bucket);
  bucket = open_bucket(folder);
  expect_ok(da_bucket_lock(bucket, err));
  assert_false(is_there(folder, ".deepattribution/spill"));
  expect_content(bucket, ".deepattribution/stages.json", "{}");
  da_mem_free(spill);
  da_bucket_close(bucket);
  folder_remove(folder);
}

static void a_folder_that_may_not_be_written(void **state) {
  (void)state;
  char *folder = folder_make();
  assert_int_equal(chmod(folder, 0755), 0);
  da_bucket *bucket = open_bucket(folder);
  disk_forbid(folder);
  expect_fail(da_bucket_lock(bucket, err), DA_ERR_IO, "Permission denied");
  disk_allow(folder);
  publish(bucket, "model/score.json", "old");

  da_publication *publication; /* one folder of the tree only */
  expect_ok(da_publication_begin(bucket, &publication, err));
  expect_ok(da_publication_put(publication, "a", "new", 3, err));
  expect_ok(da_publication_put(publication, "model/score.json", "new", 3, err));
  disk_forbid(folder_path(folder, "model"));
  expect_fail(da_publication_commit(publication, err), DA_ERR_IO, "expected to be allowed to");
  disk_allow(folder_path(folder, "model"));
  da_publication_close(publication);
  expect_content(bucket, "model/score.json", "old");
  assert_false(is_there(folder, "a"));
  da_bucket_close(bucket);
  folder_remove(folder);
}

static da_status fill_noise(void *context, da_table_chunk *chunk, da_error *err) {
  uint64_t *next = context;
  (void)err;
  for (; chunk->n_rows < chunk->capacity && *next < 1000000; chunk->n_rows++, ++*next)
    ((int64_t *)chunk->columns[0].values)[chunk->n_rows] = (int64_t)da_random_hash(1, *next);
  return DA_OK;
}

static void a_full_disk_leaves_the_old_output(void **state) {
  (void)state;
  char *folder = folder_make();
  disk_small disk = disk_make_small(folder, 1 << 20);
  da_bucket *bucket = open_bucket(folder);
  publish(bucket, "t.parquet", "old");
  da_publication *publication;
  const char *path;
  char *large = calloc(1, 4 << 20);
  expect_ok(da_publication_begin(bucket, &publication, err));
  expect_fail(da_publication_put(publication, "model/score.json", large, 4 << 20, err), DA_ERR_IO, "disk but it is full");
  da_publication_close(publication);

  da_db *db = store_db(); /* DuckDB's writer meets the same */
  uint64_t next = 0;
  const da_table_column column = {"noise", DA_CELL_INT64, NULL};
  expect_ok(da_publication_begin(bucket, &publication, err));
  expect_ok(da_publication_path(publication, "t.parquet", &path, err));
  expect_fail(da_table_write(db, path, &column, 1, fill_noise, &next, NULL, err), DA_ERR_IO, "disk but it is full");
  da_publication_close(publication);
  da_db_close(db);
  expect_content(bucket, "t.parquet", "old");
  free(large);
  da_bucket_close(bucket);
  disk_restore(&disk);
  folder_remove(folder);
}

/* Every allocation fails once: no crash, no leak, and the output is the old one or the new one. */
static void memory_that_runs_out_is_reported(void **state) {
  (void)state;
  char *folder = folder_make();
  da_bucket *keeper = open_bucket(folder);
  publish(keeper, "raw/x", "old");
  da_bucket_close(keeper);
  for (uint64_t nth = 1;; nth++) {
    da_bucket *bucket = NULL;
    da_publication *publication = NULL;
    da_object_list list = {0};
    da_mem_fail_at(nth);
    da_status status = da_bucket_open(folder, &bucket, NULL);
    if (status == DA_OK) status = da_bucket_list(bucket, "raw/", &list, NULL);
    if (status == DA_OK) status = da_publication_begin(bucket, &publication, NULL);
    if (status == DA_OK) status = da_publication_put(publication, "raw/x", "new", 3, NULL);
    if (status == DA_OK) status = da_publication_commit(publication, NULL);
    uint64_t n_allocations = da_mem_count();
    da_mem_fail_at(0);
    da_publication_close(publication);
    da_object_list_free(&list);
    da_bucket_close(bucket);
    if (n_allocations < nth) {
      assert_int_equal(status, DA_OK);
      break;
    }
    assert_true(status == DA_OK || status == DA_ERR_MEM);
  }
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bucket_must_be_a_folder),
      cmocka_unit_test(outputs_appear_together),
      cmocka_unit_test(nothing_moves_unless_all_can),
      cmocka_unit_test(listing_is_sorted_and_leaves_hidden_names_out),
      cmocka_unit_test(reading_and_removing),
      cmocka_unit_test(no_key_leads_outside),
      cmocka_unit_test(a_second_run_is_refused),
      cmocka_unit_test(spilled_files_of_a_killed_run_go),
      cmocka_unit_test(a_commit_that_was_cut_off_is_ended),
      cmocka_unit_test(a_folder_that_may_not_be_written),
      cmocka_unit_test(a_full_disk_leaves_the_old_output),
      cmocka_unit_test(memory_that_runs_out_is_reported),
  };
  return cmocka_run_group_tests_name("store.bucket", tests, NULL, NULL) == 0 ? 0 : 1;
}
