/* Oracle: texts and numbers as RFC 8259 and Python's json write them; a double must read back as itself. */
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/testing.h"

static void assert_string(const char *data, size_t length, const char *wanted) {
  da_text json = {0};
  da_json_string(&json, data, length);
  assert_string_equal(da_text_cstr(&json), wanted);
  da_text_free(&json);
}

static void strings_are_escaped(void **state) {
  (void)state;
  assert_string("", 0, "\"\"");
  assert_string("plain, 'text'", 13, "\"plain, 'text'\"");
  assert_string("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
  assert_string("a\nb\0c", 5, "\"a\\u000ab\\u0000c\"");
  assert_string("Grüße \xF0\x9F\x98\x80", 12, "\"Grüße \xF0\x9F\x98\x80\"");
}

static void bytes_that_are_no_text_are_replaced(void **state) {
  (void)state;
  const char *const broken[] = {"\xFF", "\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"};
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    size_t length = strlen(broken[i]);
    char wanted[32] = "\"";
    for (size_t k = 0; k < length; k++) strcat(wanted, "\xEF\xBF\xBD");
    strcat(wanted, "\"");
    assert_string(broken[i], length, wanted);
    assert_false(da_json_keeps(broken[i], length));
  }
  assert_true(da_json_keeps("Grüße \"\n", 9));
  assert_true(da_json_keeps("", 0));
  assert_false(da_json_keeps("a\0b", 3));
}

static void assert_number(double value, const char *wanted) {
  da_text json = {0};
  da_json_number(&json, value);
  assert_string_equal(da_text_cstr(&json), wanted);
  da_text_free(&json);
}

static void numbers_are_short_and_exact(void **state) {
  (void)state;
  assert_number(0.1, "0.1");
  assert_number(0.1 + 0.2, "0.30000000000000004");
  assert_number(-1e300, "-1e+300");
  assert_number(42, "42");
  assert_number(NAN, "null");
  assert_number(-INFINITY, "null");
  da_random random;
  da_random_init(&random, 1, 0);
  for (int i = 0; i < 10000; i++) {
    double value = da_random_normal(&random) * exp(50 * da_random_normal(&random));
    da_text json = {0};
    da_json_number(&json, value);
    assert_true(strtod(da_text_cstr(&json), NULL) == value);
    da_text_free(&json);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strings_are_escaped),
      cmocka_unit_test(bytes_that_are_no_text_are_replaced),
      cmocka_unit_test(numbers_are_short_and_exact),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
