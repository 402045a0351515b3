/* Oracle: the sizes that the documents state: training reads 12 bytes a touch and 9 a journey of a mapped file, and holds less than 16
 * bytes a journey of its own beside what does not grow with the set. */
#include <malloc.h>

#include "support/packed.h"
#include "support/training.h"
#include "train/train.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
size_t __sanitizer_get_current_allocated_bytes(void);
static size_t heap_bytes(void) { return __sanitizer_get_current_allocated_bytes(); }
#else
static size_t heap_bytes(void) {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}
#endif

typedef struct {
  size_t before, most;
} heap_watch;

/* Asked at each batch and while val, train and test are scored. */
static bool look(void *context) {
  heap_watch *watch = context;
  const size_t now = heap_bytes();
  if (now - watch->before > watch->most && now > watch->before) watch->most = now - watch->before;
  return false;
}

static void note_progress(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total) {
  (void)stage, (void)unit, (void)done, (void)total;
  look(context);
}

/* The most bytes of heap that training on so many journeys had at a time, beyond what there was before. */
static size_t train_from_file(const char *path, size_t n_journeys) {
  da_error err = {0};
  test_journeys *made = planted_journeys(41, n_journeys, -1, NULL);
  made->set.value = made->value;
  for (size_t u = 0; u < n_journeys; u++) made->uid[u] = (int64_t)u;
  write_set(path, &made->set, &plain_shape);
  journeys_free(made);
  da_journeys set;
  assert_ok(da_journeys_open(path, &set, &err), err);
  assert_int_equal(sizeof *set.campaign + sizeof *set.time_us, 12);
  assert_int_equal(sizeof *set.first_touch + sizeof *set.flags, 9);
  da_config config = training_config();
  config.training.epochs = 1;
  config.training.batch_size = 1024;
  heap_watch watch = {.before = heap_bytes()};
  const da_monitor monitor = {.progress = note_progress, .interrupted = look, .context = &watch};
  const da_train_job job = {.set = &set, .config = &config, .monitor = &monitor};
  da_model model;
  da_train_report report;
  assert_ok(da_train(&job, &model, &report, &err), err);
  da_model_close(&model);
  da_train_report_free(&report);
  da_journeys_close(&set);
  return watch.most;
}

static void training_holds_no_copy_of_the_set(void **state) {
  (void)state;
  enum { N = 48000 }; /* so that a piece that is scored at a time is full */
  char *folder = folder_make();
  const char *path = folder_path(folder, "journeys.pack");
  const size_t few = train_from_file(path, N), many = train_from_file(path, 3 * N);
  print_message("%zu bytes of heap for %d journeys, %zu for %d\n", few, N, many, 3 * N);
  assert_true(few > 0);
  if (many > few) assert_true(many - few <= 16 * (size_t)(2 * N));
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(training_holds_no_copy_of_the_set)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
