/* Oracle: the processor's own flags in /proc/cpuinfo. */
#include "model/hardware.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support/testing.h"

static bool has(const char *flags, const char *flag) {
  char word[32];
  (void)snprintf(word, sizeof word, " %s ", flag);
  return strstr(flags, word) != NULL;
}

static const char *kernels_for(const char *flags) {
  if (has(flags, "avx512f") && has(flags, "avx512bw") && has(flags, "avx512dq") && has(flags, "avx512vl")) return "avx512";
  return has(flags, "avx2") && has(flags, "fma") ? "avx2" : "plain";
}

static void kernels_are_those_of_the_processor(void **state) {
  (void)state;
  FILE *file = fopen("/proc/cpuinfo", "r");
  if (!file) skip();
  static char line[1 << 16];
  bool is_x86 = false;
  while (!is_x86 && fgets(line, sizeof line, file)) is_x86 = strncmp(line, "flags", 5) == 0;
  fclose(file);
  assert_string_equal(da_hardware_kernels(), is_x86 ? kernels_for(line) : "plain");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(kernels_are_those_of_the_processor)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
