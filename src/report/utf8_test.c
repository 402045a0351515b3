/* Oracles: the definition, bits put together and held against the limits of each length, for every sequence of two bytes and the edges
 * of three; literal cases beyond. */
#include "report/utf8.h"

#include <string.h>

#include "support/testing.h"

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
  bool taken = da_utf8_length(bytes, n) == n;
  if (taken != is_well_formed(bytes, n)) fail_msg("expected %02x %02x (%zu bytes) to be judged otherwise", bytes[0], bytes[1], n);
}

static void every_short_sequence_is_judged_as_unicode_does(void **state) {
  (void)state;
  const unsigned char thirds[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
  for (unsigned first = 0x80; first <= 0xff; first++) {
    for (unsigned second = 0; second <= 0xff; second++) {
      unsigned char bytes[3] = {(unsigned char)first, (unsigned char)second, 0};
      if (first < 0xe0) assert_judged(bytes, 2);
      for (size_t i = 0; first >= 0xe0 && i < sizeof thirds; i++) {
        bytes[2] = thirds[i];
        assert_judged(bytes, 3);
      }
    }
  }
}

static void four_bytes_reach_the_last_plane_and_no_further(void **state) {
  (void)state;
  assert_int_equal(da_utf8_length((const unsigned char *)"\xf0\x9f\x8e\x84", 4), 4);
  assert_int_equal(da_utf8_length((const unsigned char *)"\xf0\x8f\xbf\xbf", 4), 0); /* overlong */
  assert_int_equal(da_utf8_length((const unsigned char *)"\xf4\x8f\xbf\xbf", 4), 4); /* U+10FFFF */
  assert_int_equal(da_utf8_length((const unsigned char *)"\xf4\x90\x80\x80", 4), 0);
  assert_int_equal(da_utf8_length((const unsigned char *)"\xf0\x9f\x8e\x84", 3), 0); /* cut in the middle */
  assert_int_equal(da_utf8_length((const unsigned char *)"a", 1), 1);
}

static void what_is_no_text_is_mended_byte_by_byte(void **state) {
  (void)state;
  da_text out = {0};
  da_utf8_mend(&out, (da_slice){"caf\xc3\xa9 \xff\xe7\xa7", 9});
  assert_string_equal(da_text_cstr(&out), "caf\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  da_text_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_short_sequence_is_judged_as_unicode_does),
      cmocka_unit_test(four_bytes_reach_the_last_plane_and_no_further),
      cmocka_unit_test(what_is_no_text_is_mended_byte_by_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
