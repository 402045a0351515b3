/* Oracles: texts written out by hand; gmtime for the days. */
#include "report/format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "support/testing.h"

#define ASSERT_TEXT(call, wanted)                    \
  do {                                               \
    da_text out = {0};                               \
    call;                                            \
    assert_string_equal(da_text_cstr(&out), wanted); \
    da_text_free(&out);                              \
  } while (0)

static void counts_have_their_thousands_apart(void **state) {
  (void)state;
  ASSERT_TEXT(da_format_count(&out, 0), "0");
  ASSERT_TEXT(da_format_count(&out, 999), "999");
  ASSERT_TEXT(da_format_count(&out, 1000), "1,000");
  ASSERT_TEXT(da_format_count(&out, 16468027), "16,468,027");
  ASSERT_TEXT(da_format_count(&out, UINT64_MAX), "18,446,744,073,709,551,615");
}

static void numbers_are_rounded_and_signed(void **state) {
  (void)state;
  ASSERT_TEXT(da_format_number(&out, 1234567.891, 2), "1,234,567.89");
  ASSERT_TEXT(da_format_number(&out, -1234.5, 1), "−1,234.5");
  ASSERT_TEXT(da_format_number(&out, -0.001, 1), "0.0");
  ASSERT_TEXT(da_format_number(&out, 999.96, 1), "1,000.0");
  ASSERT_TEXT(da_format_number(&out, NAN, 1), "–");
  ASSERT_TEXT(da_format_number(&out, INFINITY, 1), "–");
  da_text huge = {0};
  da_format_number(&huge, -1.7e308, 2);
  assert_int_equal(huge.length, strlen("−") + 309 + 102 + 3);
  da_text_free(&huge);
}

static void conversions_show_as_many_decimals_as_they_need(void **state) {
  (void)state;
  ASSERT_TEXT(da_format_conversions(&out, 12), "12");
  ASSERT_TEXT(da_format_conversions(&out, 12.34), "12.3");
  ASSERT_TEXT(da_format_conversions(&out, 0.042), "0.04");
  ASSERT_TEXT(da_format_conversions(&out, 0), "0");
  ASSERT_TEXT(da_format_conversions(&out, -3.25), "−3.2");
  ASSERT_TEXT(da_format_conversions(&out, 1837.9999999), "1,838");
}

static void amounts_and_percent(void **state) {
  (void)state;
  ASSERT_TEXT(da_format_cents(&out, 11423.5), "11,423.50");
  ASSERT_TEXT(da_format_whole(&out, 1234567.8), "1,234,568");
  ASSERT_TEXT(da_format_percent(&out, 0.0493), "4.9 %");
  ASSERT_TEXT(da_format_percent(&out, 1), "100.0 %");
  ASSERT_TEXT(da_format_percent(&out, 0.0001), "<0.1 %");
  ASSERT_TEXT(da_format_percent(&out, -0.0001), ">−0.1 %");
  ASSERT_TEXT(da_format_percent(&out, 0), "0.0 %");
  ASSERT_TEXT(da_format_percent(&out, NAN), "– %");
}

static void days_agree_with_gmtime(void **state) {
  (void)state;
  ASSERT_TEXT(da_format_day(&out, 0), "1970-01-01");
  ASSERT_TEXT(da_format_day(&out, -1), "1969-12-31");
  ASSERT_TEXT(da_format_day(&out, INT64_C(951782400000000)), "2000-02-29");
  da_random random;
  da_random_init(&random, 1, 0);
  for (int i = 0; i < 10000; i++) {
    time_t seconds = (time_t)(da_random_below(&random, UINT64_C(400000000000)) - UINT64_C(50000000000)); /* years 385 to 13,000 */
    struct tm parts;
    assert_non_null(gmtime_r(&seconds, &parts));
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
    ASSERT_TEXT(da_format_day(&out, (int64_t)seconds * 1000000), wanted);
  }
}

static void the_ends_of_time_are_days_too(void **state) {
  (void)state;
  ASSERT_TEXT(da_format_day(&out, INT64_MAX), "294247-01-10");
  ASSERT_TEXT(da_format_day(&out, INT64_MIN), "-290308-12-21");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts_have_their_thousands_apart),
      cmocka_unit_test(numbers_are_rounded_and_signed),
      cmocka_unit_test(conversions_show_as_many_decimals_as_they_need),
      cmocka_unit_test(amounts_and_percent),
      cmocka_unit_test(days_agree_with_gmtime),
      cmocka_unit_test(the_ends_of_time_are_days_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
