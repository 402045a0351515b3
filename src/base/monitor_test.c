/* Oracle: a monitor that writes down what it is told. */
#include "base/monitor.h"

#include <string.h>

#include "support/testing.h"

typedef struct {
  char stage[64], unit[64], sentence[4096];
  uint64_t done, total;
  da_note_level level;
  bool wants_to_stop;
} notebook;

static void take_progress(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total) {
  notebook *book = context;
  strncpy(book->stage, stage, sizeof book->stage - 1);
  strncpy(book->unit, unit, sizeof book->unit - 1);
  book->done = done;
  book->total = total;
}

static void take_note(void *context, da_note_level level, const char *sentence) {
  notebook *book = context;
  book->level = level;
  strncpy(book->sentence, sentence, sizeof book->sentence - 1);
}

static bool wants_to_stop(void *context) { return ((notebook *)context)->wants_to_stop; }

static void callbacks_get_what_was_said(void **state) {
  (void)state;
  notebook book = {0};
  da_monitor monitor = {take_progress, take_note, wants_to_stop, &book};
  da_monitor_progress(&monitor, "journeys", "rows", 3, 10);
  assert_string_equal(book.stage, "journeys");
  assert_string_equal(book.unit, "rows");
  assert_int_equal(book.done, 3);
  assert_int_equal(book.total, 10);
  da_monitor_note(&monitor, DA_NOTE_WARNING, "%d rows lack a %s", 5, "uid");
  assert_int_equal(book.level, DA_NOTE_WARNING);
  assert_string_equal(book.sentence, "5 rows lack a uid");
}

static void a_wish_to_stop_becomes_a_status(void **state) {
  (void)state;
  da_error err = {0};
  notebook book = {0};
  da_monitor monitor = {take_progress, take_note, wants_to_stop, &book};
  assert_false(da_monitor_interrupted(&monitor));
  assert_ok(da_monitor_check(&monitor, "training", &err), err);
  book.wants_to_stop = true;
  assert_true(da_monitor_interrupted(&monitor));
  assert_fails_with(da_monitor_check(&monitor, "training", &err), DA_ERR_INTERRUPTED, err, "training");
}

static void a_missing_monitor_or_callback_is_silent(void **state) {
  (void)state;
  da_error err = {0};
  const da_monitor empty = {0};
  const da_monitor *monitors[] = {NULL, &empty};
  for (int i = 0; i < 2; i++) {
    da_monitor_progress(monitors[i], "stage", "rows", 1, 2);
    da_monitor_note(monitors[i], DA_NOTE_INFO, "nobody listens");
    assert_false(da_monitor_interrupted(monitors[i]));
    assert_ok(da_monitor_check(monitors[i], "stage", &err), err);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(callbacks_get_what_was_said),
      cmocka_unit_test(a_wish_to_stop_becomes_a_status),
      cmocka_unit_test(a_missing_monitor_or_callback_is_silent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
