/* Oracle: what a person sees on a pseudo-terminal, as text. */
#include "cli/terminal.h"

#include <pty.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/testing.h"

/* Progress of two steps out of four, and a note between them. */
static void work(const da_monitor *monitor) {
  da_monitor_progress(monitor, "choosing", "fits", 1, 4);
  nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  da_monitor_progress(monitor, "choosing", "fits", 2, 4);
  da_monitor_note(monitor, DA_NOTE_INFO, "the first was better");
  da_monitor_note(monitor, DA_NOTE_WARNING, "both are poor");
  da_monitor_progress(monitor, "reading", "%", 100, 100);
}

/* Everything that can be read from the other end after it was closed. */
static void read_all(int file, char *seen, size_t n) {
  size_t used = 0;
  for (ssize_t got; used + 1 < n && (got = read(file, seen + used, n - 1 - used)) > 0;) used += (size_t)got;
  seen[used] = 0;
  close(file);
}

/* stderr of work, on a terminal or in a pipe. */
static void watch(bool on_terminal, bool quiet, char *seen, size_t n) {
  int ends[2];
  int made = on_terminal ? openpty(&ends[0], &ends[1], NULL, NULL, NULL) : pipe(ends);
  assert_int_equal(made, 0);
  int kept = dup(STDERR_FILENO);
  assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
  da_terminal terminal;
  da_terminal_init(&terminal, quiet);
  da_monitor monitor = da_terminal_monitor(&terminal);
  work(&monitor);
  da_terminal_finish(&terminal);
  assert_true(dup2(kept, STDERR_FILENO) >= 0);
  close(kept), close(ends[1]);
  read_all(ends[0], seen, n);
}

static void a_terminal_shows_bar_rate_and_time_left(void **state) {
  (void)state;
  char seen[4096];
  watch(true, false, seen, sizeof seen);
  assert_non_null(strstr(seen, "choosing               [######..................]  25 %"));
  const char *bar = strstr(seen, "choosing               [############............]  50 %");
  assert_non_null(bar);
  assert_non_null(strstr(bar, " left\r\033[K")); /* the note does not tear the bar */
  assert_non_null(strstr(bar, "note: the first was better\r\n"));
  assert_non_null(strstr(bar, "choosing               2 fits in "));
  assert_non_null(strstr(bar, "reading                1 ms\r\n")); /* a part of something is no number of anything */
}

static void a_pipe_gets_notes_and_warnings_alone(void **state) {
  (void)state;
  char seen[4096];
  watch(false, false, seen, sizeof seen);
  assert_string_equal(seen, "note: the first was better\nwarning: both are poor\n");
}

static void quiet_leaves_warnings(void **state) {
  (void)state;
  char seen[4096];
  watch(false, true, seen, sizeof seen);
  assert_string_equal(seen, "warning: both are poor\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_terminal_shows_bar_rate_and_time_left),
      cmocka_unit_test(a_pipe_gets_notes_and_warnings_alone),
      cmocka_unit_test(quiet_leaves_warnings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
