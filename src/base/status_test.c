/* Oracle: literal sentences. */
#include "base/status.h"

#include <string.h>

#include "support/testing.h"

static void every_code_has_its_own_name(void **state) {
  (void)state;
  for (int a = DA_OK; a <= DA_ERR_INTERNAL; a++) {
    const char *name = da_status_name((da_status)a);
    assert_string_not_equal(name, "unknown");
    for (int b = DA_OK; b < a; b++) assert_string_not_equal(name, da_status_name((da_status)b));
  }
  assert_string_equal(da_status_name((da_status)12345), "unknown");
}

static void a_fault_writes_its_sentence_and_returns_its_code(void **state) {
  (void)state;
  da_error err = {0};
  assert_int_equal(da_fail(&err, DA_ERR_DATA, "expected %d rows but found %s", 3, "none"), DA_ERR_DATA);
  assert_int_equal(err.code, DA_ERR_DATA);
  assert_string_equal(err.msg, "expected 3 rows but found none");
  assert_int_equal(da_fail(NULL, DA_ERR_IO, "nobody listens"), DA_ERR_IO);
}

static void context_goes_before_the_sentence(void **state) {
  (void)state;
  da_error err = {0};
  assert_int_equal(da_fail(&err, DA_ERR_DATA, "expected a number"), DA_ERR_DATA);
  assert_int_equal(da_fail_context(&err, DA_ERR_IO, "file %s", "a.csv"), DA_ERR_IO);
  assert_string_equal(err.msg, "file a.csv: expected a number");
  assert_int_equal(err.code, DA_ERR_IO);
  assert_int_equal(da_fail_context(NULL, DA_ERR_IO, "nobody listens"), DA_ERR_IO);
}

static void what_is_too_long_is_cut_and_still_ends(void **state) {
  (void)state;
  char text[3000];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = 0;
  da_error err = {0};
  assert_int_equal(da_fail(&err, DA_ERR_DATA, "%s", text), DA_ERR_DATA);
  assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
  assert_int_equal(da_fail_context(&err, DA_ERR_DATA, "row %d", 7), DA_ERR_DATA);
  assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
  assert_memory_equal(err.msg, "row 7: xxx", 10);
}

static da_status tries(da_status inner) {
  DA_TRY(inner);
  return DA_ERR_INTERNAL; /* reached only when inner is DA_OK */
}

static void try_returns_a_fault_and_passes_over_success(void **state) {
  (void)state;
  assert_int_equal(tries(DA_ERR_MEM), DA_ERR_MEM);
  assert_int_equal(tries(DA_OK), DA_ERR_INTERNAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_code_has_its_own_name),
      cmocka_unit_test(a_fault_writes_its_sentence_and_returns_its_code),
      cmocka_unit_test(context_goes_before_the_sentence),
      cmocka_unit_test(what_is_too_long_is_cut_and_still_ends),
      cmocka_unit_test(try_returns_a_fault_and_passes_over_success),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
