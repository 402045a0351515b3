/* Oracles: texts worked by hand; Unicode's own table of well-formed UTF-8 for every sequence of up to three bytes. */
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
  ASSERT_ESCAPED("\xe2\x80\xae" "abc\xe2\x81\xa9", "\xef\xbf\xbd" "abc\xef\xbf\xbd"); /* right-to-left override */
  ASSERT_ESCAPED("\xe2\x80\x93\xe2\x81\xa5", "\xe2\x80\x93\xe2\x81\xa5");
}

static void bytes_that_are_no_text_are_replaced_one_by_one(void **state) {
  (void)state;
  ASSERT_ESCAPED("a\xff\xfe", "a\xef\xbf\xbd\xef\xbf\xbd");
  ASSERT_ESCAPED("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");                 /* overlong / */
  ASSERT_ESCAPED("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* a surrogate */
  ASSERT_ESCAPED("\xe7\xa7", "\xef\xbf\xbd\xef\xbf\xbd");                 /* cut in the middle */
}

/* Decodes as the definition says: bits together, then the limits of each length. */
static bool is_well_formed(const unsigned char *text, size_t n) {
  uint32_t code;
  if (n == 1) return text[0] < 0x80;
  uint32_t mask = n == 2 ? 0x1f : 0x0f, lead = n == 2 ? 0xc0 : 0xe0, least = n == 2 ? 0x80 : 0x800;
  if ((text[0] & ~mask & 0xff) != lead) return false;
  code = text[0] & mask;
  for (size_t i = 1; i < n; i++) {
    if ((text[i] & 0xc0) != 0x80) return false;
    code = code << 6 | (text[i] & 0x3f);
  }
  return code >= least && !(code >= 0xd800 && code <= 0xdfff);
}

static void assert_judged(const unsigned char *bytes, size_t n) {
  da_text out = {0};
  da_html_escape(&out, (da_slice){(const char *)bytes, n}, 1);
  bool kept = out.length >= n && memcmp(out.data, bytes, n) == 0;
  if (kept != is_well_formed(bytes, n)) fail_msg("expected %02x %02x (%zu bytes) to be judged otherwise", bytes[0], bytes[1], n);
  da_text_free(&out);
}

static void every_short_sequence_is_judged_as_unicode_does(void **state) {
  (void)state;
  const unsigned char thirds[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
  for (unsigned first = 0x80; first <= 0xff; first++) {
    for (unsigned second = 0; second <= 0xff; second++) {
      bool is_control = first == 0xc2 && second < 0xa0; /* well formed, and replaced all the same */
      unsigned char bytes[3] = {(unsigned char)first, (unsigned char)second, 0};
      if (!is_control && first < 0xe0) assert_judged(bytes, 2);
      for (size_t i = 0; first >= 0xe0 && i < sizeof thirds; i++) {
        bytes[2] = thirds[i];
        assert_judged(bytes, 3);
      }
    }
  }
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
      cmocka_unit_test(every_short_sequence_is_judged_as_unicode_does),
      cmocka_unit_test(what_is_long_is_cut_between_characters),
      cmocka_unit_test(names_of_ten_thousand_characters_are_shortened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
