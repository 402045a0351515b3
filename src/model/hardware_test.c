/* Oracle: the processor's own flags in /proc/cpuinfo. */
#include "model/hardware.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support/testing.h"

static void kernels_are_those_of_the_processor(void **state) {
  (void)state;
  FILE *file = fopen("/proc/cpuinfo", "r");
  if (!file) skip();
  static char line[1 << 16];
  bool avx2 = false;
  while (fgets(line, sizeof line, file)) avx2 = avx2 || (strncmp(line, "flags", 5) == 0 && strstr(line, " avx2 ") && strstr(line, " fma "));
  fclose(file);
  assert_int_equal(strcmp(da_hardware_kernels(), "plain") != 0, avx2);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(kernels_are_those_of_the_processor)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
