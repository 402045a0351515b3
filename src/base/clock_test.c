/* Oracle: the system's own sleep. */
#include "base/clock.h"

#include <time.h>

#include "support/testing.h"

static void a_nap_lasts_as_long_as_was_asked(void **state) {
  (void)state;
  const struct timespec nap = {.tv_nsec = 20 * 1000 * 1000};
  double before = da_clock_seconds();
  while (nanosleep(&nap, NULL) != 0) {
  }
  double elapsed = da_clock_seconds() - before;
  assert_true(elapsed >= 0.0199 && elapsed < 60);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_nap_lasts_as_long_as_was_asked)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
