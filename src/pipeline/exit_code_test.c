/* Oracle: the codes of design 4, literally. */
#include "pipeline/exit_code.h"

#include "support/testing.h"

static void codes_are_those_that_scripts_rely_on(void **state) {
  (void)state;
  assert_int_equal(da_exit_code(DA_OK), 0);
  assert_int_equal(da_exit_code(DA_ERR_INTERNAL), 1);
  assert_int_equal(da_exit_code(DA_ERR_NUM), 1);
  assert_int_equal(da_exit_code(DA_ERR_MEM), 1);
  assert_int_equal(da_exit_code(DA_ERR_ARG), 2);
  assert_int_equal(da_exit_code(DA_ERR_CONFIG), 2);
  assert_int_equal(da_exit_code(DA_ERR_DATA), 3);
  assert_int_equal(da_exit_code(DA_ERR_IO), 4);
  assert_int_equal(da_exit_code(DA_ERR_INTERRUPTED), 130);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(codes_are_those_that_scripts_rely_on)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
