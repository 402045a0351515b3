/* Oracles: literal texts, a plain buffer filled beside the builder, a decoder of UTF-8 that goes by code points, and the textbook
 * recursion of Levenshtein distance. */
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

static void pieces_join_up(void **state) {
  (void)state;
  da_error err = {0};
  da_text text = {0};
  assert_string_equal(da_text_cstr(&text), "");
  da_text_append(&text, "SELECT ");
  da_text_printf(&text, "%d, '%s'", 42, "x");
  da_text_append_n(&text, " FROM t;;;", 8);
  assert_string_equal(da_text_cstr(&text), "SELECT 42, 'x' FROM t;");
  assert_int_equal(text.length, strlen("SELECT 42, 'x' FROM t;"));
  assert_ok(da_text_check(&text, &err), err);
  da_text_clear(&text);
  assert_string_equal(da_text_cstr(&text), "");
  da_text_append_n(&text, "a\0b", 3); /* any byte may be in it */
  assert_int_equal(text.length, 3);
  assert_memory_equal(text.data, "a\0b", 4);
  da_text_free(&text);
  da_text_free(&text);
}

static void a_long_text_equals_a_plain_buffer(void **state) {
  (void)state;
  static char plain[200000];
  size_t length = 0;
  da_text text = {0};
  da_random random;
  da_random_init(&random, 1, 0);
  for (int i = 0; i < 3000; i++) {
    char piece[64];
    size_t n = da_random_below(&random, sizeof piece);
    for (size_t j = 0; j < n; j++) piece[j] = (char)('a' + da_random_below(&random, 26));
    da_text_append_n(&text, piece, n);
    memcpy(plain + length, piece, n);
    length += n;
  }
  assert_int_equal(text.length, length);
  assert_memory_equal(text.data, plain, length);
  da_text_free(&text);
}

static void a_builder_without_memory_says_so_at_its_end(void **state) {
  (void)state;
  da_error err = {0};
  da_text text = {0};
  da_text_append(&text, "kept");
  da_mem_fail_at(1);
  da_text_printf(&text, "%01000d", 1);
  da_mem_fail_at(0);
  assert_true(text.failed);
  da_text_append(&text, "dropped");
  assert_string_equal(da_text_cstr(&text), "kept");
  assert_fails_with(da_text_check(&text, &err), DA_ERR_MEM, err, "memory ran out");
  da_text_free(&text);
}

static size_t smallest(size_t a, size_t b, size_t c) {
  size_t least = a < b ? a : b;
  return least < c ? least : c;
}

/* The definition: drop a letter of a, drop one of b, or take both. */
static size_t distance_naive(const char *a, const char *b) {
  if (!*a) return strlen(b);
  if (!*b) return strlen(a);
  size_t both = distance_naive(a + 1, b + 1) + (tolower(*a) != tolower(*b));
  return smallest(distance_naive(a + 1, b) + 1, distance_naive(a, b + 1) + 1, both);
}

static void distance_counts_edits(void **state) {
  (void)state;
  assert_int_equal(da_text_distance("kitten", "sitting"), 3);
  assert_int_equal(da_text_distance("Epochs", "epochs"), 0);
  assert_int_equal(da_text_distance("", "abc"), 3);
  da_random random;
  da_random_init(&random, 2, 0);
  for (int i = 0; i < 500; i++) {
    char words[2][7] = {{0}};
    for (int w = 0; w < 2; w++) {
      size_t n = da_random_below(&random, sizeof words[w]);
      for (size_t j = 0; j < n; j++) words[w][j] = "aAbc"[da_random_below(&random, 4)];
    }
    assert_int_equal(da_text_distance(words[0], words[1]), distance_naive(words[0], words[1]));
  }
}

static void distance_of_very_long_words_looks_at_their_beginning(void **state) {
  (void)state;
  char a[500], b[500];
  memset(a, 'a', sizeof a - 1);
  memset(b, 'b', sizeof b - 1);
  a[sizeof a - 1] = b[sizeof b - 1] = 0;
  assert_int_equal(da_text_distance(a, a), 0);
  assert_true(da_text_distance(a, b) > 0);
}

static da_slice slice_of(const char *text) { return (da_slice){text, strlen(text)}; }

static void slices_compare_by_bytes(void **state) {
  (void)state;
  assert_int_equal(da_slice_compare(slice_of("ab"), slice_of("ab")), 0);
  assert_int_equal(da_slice_compare(slice_of("ab"), slice_of("abc")), -1);
  assert_int_equal(da_slice_compare(slice_of("b"), slice_of("abc")), 1);
  assert_int_equal(da_slice_compare(slice_of("z"), slice_of("\xc3\xa9")), -1); /* bytes are unsigned */
  assert_int_equal(da_slice_compare((da_slice){NULL, 0}, slice_of("")), 0);
  assert_int_equal(da_slice_compare((da_slice){"a\0b", 3}, (da_slice){"a\0c", 3}), -1);
}

/* Decodes a character bit by bit, then asks whether its code point is allowed and its form the shortest. */
static bool is_utf8_naive(const unsigned char *bytes, size_t n) {
  for (size_t i = 0; i < n;) {
    size_t length = bytes[i] < 0x80 ? 1 : bytes[i] >> 5 == 6 ? 2 : bytes[i] >> 4 == 14 ? 3 : bytes[i] >> 3 == 30 ? 4 : 0;
    if (length == 0 || i + length > n) return false;
    uint32_t point = length == 1 ? bytes[i] : bytes[i] & (0x7fu >> length);
    for (size_t k = 1; k < length; k++) {
      if (bytes[i + k] >> 6 != 2) return false;
      point = point << 6 | (bytes[i + k] & 0x3f);
    }
    static const uint32_t smallest_point[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest_point[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    i += length;
  }
  return true;
}

static void utf8_is_what_a_decoder_takes(void **state) {
  (void)state;
  assert_true(da_slice_is_utf8(slice_of("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80")));
  assert_true(da_slice_is_utf8((da_slice){NULL, 0}));
  assert_false(da_slice_is_utf8(slice_of("caf\xc3")));
  da_random random;
  da_random_init(&random, 3, 0);
  size_t n_good = 0;
  for (int i = 0; i < 200000; i++) {
    /* Bytes near the edges of the forms, so that good and bad ones both come often. */
    static const unsigned char edges[] = {'a',  0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1,
                                          0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff};
    unsigned char bytes[5];
    size_t n = da_random_below(&random, sizeof bytes + 1);
    for (size_t k = 0; k < n; k++) bytes[k] = edges[da_random_below(&random, sizeof edges)];
    bool good = is_utf8_naive(bytes, n);
    n_good += good;
    assert_int_equal(da_slice_is_utf8((da_slice){(const char *)bytes, n}), good);
  }
  assert_true(n_good > 10000 && n_good < 190000);
}

static void json_strings_are_escaped(void **state) {
  (void)state;
  da_text text = {0};
  da_text_append_json(&text, slice_of("say \"hi\" \\ now\n\t\x01 caf\xc3\xa9 \x7f"));
  assert_string_equal(da_text_cstr(&text), "\"say \\\"hi\\\" \\\\ now\\n\\t\\u0001 caf\xc3\xa9 \x7f\"");
  da_text_clear(&text);
  da_text_append_json(&text, (da_slice){"a\0b", 3});
  assert_string_equal(da_text_cstr(&text), "\"a\\u0000b\"");
  da_text_clear(&text);
  da_text_append_json(&text, (da_slice){NULL, 0});
  assert_string_equal(da_text_cstr(&text), "\"\"");
  da_text_free(&text);
}

static void assert_number(double value, const char *wanted) {
  da_text json = {0};
  da_text_append_json_number(&json, value);
  assert_string_equal(da_text_cstr(&json), wanted);
  da_text_free(&json);
}

static void json_numbers_are_short_and_exact(void **state) {
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
    da_text_append_json_number(&json, value);
    assert_true(strtod(da_text_cstr(&json), NULL) == value);
    da_text_free(&json);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_join_up),
      cmocka_unit_test(a_long_text_equals_a_plain_buffer),
      cmocka_unit_test(a_builder_without_memory_says_so_at_its_end),
      cmocka_unit_test(slices_compare_by_bytes),
      cmocka_unit_test(utf8_is_what_a_decoder_takes),
      cmocka_unit_test(json_strings_are_escaped),
      cmocka_unit_test(json_numbers_are_short_and_exact),
      cmocka_unit_test(distance_counts_edits),
      cmocka_unit_test(distance_of_very_long_words_looks_at_their_beginning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
