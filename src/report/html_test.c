/* Oracle: texts worked by hand. */
#include "report/html.h"

#include <string.h>

#include "support/testing.h"

static void assert_escaped(const char *text, size_t length, size_t max_characters, const char *wanted) {
  da_text out = {0};
  da_html_escape(&out, (da_slice){text, length}, max_characters);
  assert_string_equal(da_text_cstr(&out), wanted);
  da_text_free(&out);
}
#define ASSERT_ESCAPED(text, wanted) assert_escaped(text, sizeof(text) - 1, SIZE_MAX, wanted)

static void what_html_would_read_is_escaped(void **state) {
  (void)state;
  ASSERT_ESCAPED("<script>alert('1 & \"2\"')</script>", "&lt;script&gt;alert(&#39;1 &amp; &quot;2&quot;&#39;)&lt;/script&gt;");
  ASSERT_ESCAPED("&lt;", "&amp;lt;");
  ASSERT_ESCAPED("", "");
}

static void letters_of_all_lengths_pass(void **state) {
  (void)state;
  ASSERT_ESCAPED("Sommer é 秋 🎄", "Sommer é 秋 🎄");
}

static void control_characters_do_not(void **state) {
  (void)state;
  ASSERT_ESCAPED("a\nb\tc\rd", "a b c d");
  ASSERT_ESCAPED("a\0b\x1b[0m\x7f", "a\xef\xbf\xbd"
                                    "b\xef\xbf\xbd[0m\xef\xbf\xbd");
  ASSERT_ESCAPED("\xc2\x85", "\xef\xbf\xbd");
  ASSERT_ESCAPED("\xe2\x80\xae"
                 "abc\xe2\x81\xa9",
                 "\xef\xbf\xbd"
                 "abc\xef\xbf\xbd"); /* right-to-left override */
  ASSERT_ESCAPED("\xe2\x80\x93\xe2\x81\xa5", "\xe2\x80\x93\xe2\x81\xa5");
}

static void bytes_that_are_no_text_are_replaced_one_by_one(void **state) {
  (void)state;
  ASSERT_ESCAPED("a\xff\xfe", "a\xef\xbf\xbd\xef\xbf\xbd");
  ASSERT_ESCAPED("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");                 /* overlong / */
  ASSERT_ESCAPED("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* a surrogate */
  ASSERT_ESCAPED("\xe7\xa7", "\xef\xbf\xbd\xef\xbf\xbd");                 /* cut in the middle */
}

static void what_is_long_is_cut_between_characters(void **state) {
  (void)state;
  assert_escaped("äöü", 6, 3, "äöü");
  assert_escaped("äöü", 6, 2, "äö…");
  assert_escaped("&&&", 3, 1, "&amp;…");
}

static void names_of_ten_thousand_characters_are_shortened(void **state) {
  (void)state;
  char text[10000];
  memset(text, '<', sizeof text);
  da_text out = {0};
  da_html_name(&out, (da_slice){text, sizeof text});
  assert_true(out.length < 2000);
  assert_non_null(strstr(out.data, "<bdi title=\"&lt;"));
  assert_non_null(strstr(out.data, "…</bdi>"));
  da_text_clear(&out);
  da_html_name(&out, (da_slice){"email", 5});
  assert_string_equal(out.data, "<bdi>email</bdi>");
  da_text_clear(&out);
  da_html_name(&out, (da_slice){"", 0});
  assert_string_equal(out.data, "<bdi class=\"none\">(empty name)</bdi>");
  da_text_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_html_would_read_is_escaped),
      cmocka_unit_test(letters_of_all_lengths_pass),
      cmocka_unit_test(control_characters_do_not),
      cmocka_unit_test(bytes_that_are_no_text_are_replaced_one_by_one),
      cmocka_unit_test(what_is_long_is_cut_between_characters),
      cmocka_unit_test(names_of_ten_thousand_characters_are_shortened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
