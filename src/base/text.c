#define _POSIX_C_SOURCE 200809L
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Room for `more` bytes and the closing zero. */
static bool make_room(da_text *text, size_t more) {
  if (text->failed) return false;
  void *data = text->data;
  if (da_mem_reserve(&data, &text->capacity, text->length + more + 1, 1, "text", NULL) != DA_OK) text->failed = true;
  text->data = data;
  return !text->failed;
}

void da_text_append_n(da_text *text, const char *piece, size_t length) {
  if (!make_room(text, length)) return;
  if (length) memcpy(text->data + text->length, piece, length);
  text->length += length;
  text->data[text->length] = 0;
}

void da_text_append(da_text *text, const char *piece) { da_text_append_n(text, piece, strlen(piece)); }

void da_text_vprintf(da_text *text, const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, args);
  if (length < 0) text->failed = true;
  if (length >= 0 && make_room(text, (size_t)length)) {
    vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
    text->length += (size_t)length;
  }
  va_end(again);
}

void da_text_printf(da_text *text, const char *format, ...) {
  va_list args;
  va_start(args, format);
  da_text_vprintf(text, format, args);
  va_end(args);
}

const char *da_text_cstr(const da_text *text) { return text->data ? text->data : ""; }

da_status da_text_check(const da_text *text, da_error *err) { return text->failed ? da_mem_fail(err, text->length, 1, "text") : DA_OK; }

void da_text_clear(da_text *text) {
  text->length = 0;
  if (text->data) text->data[0] = 0;
}

void da_text_free(da_text *text) {
  da_mem_free(text->data);
  *text = (da_text){0};
}

int da_slice_compare(da_slice a, da_slice b) {
  size_t shared = a.length < b.length ? a.length : b.length;
  int order = shared ? memcmp(a.data, b.data, shared) : 0;
  if (order) return order < 0 ? -1 : 1;
  return (a.length > b.length) - (a.length < b.length);
}

/* RFC 3629, section 4: the bytes that may begin a character, how many follow, and the range of the first that follows. */
static const struct {
  unsigned char first, last, n_following, low, high;
} utf8_forms[] = {
    {0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};
enum { N_UTF8_FORMS = sizeof utf8_forms / sizeof utf8_forms[0] };

/* Bytes of the character at the start of n > 0 bytes; 0 when it is none. */
static size_t utf8_character(const unsigned char *bytes, size_t n) {
  size_t form = 0;
  while (form < N_UTF8_FORMS && !(bytes[0] >= utf8_forms[form].first && bytes[0] <= utf8_forms[form].last)) form++;
  if (form == N_UTF8_FORMS || utf8_forms[form].n_following >= n) return 0;
  for (size_t i = 1; i <= utf8_forms[form].n_following; i++) {
    unsigned char low = i == 1 ? utf8_forms[form].low : 0x80, high = i == 1 ? utf8_forms[form].high : 0xbf;
    if (bytes[i] < low || bytes[i] > high) return 0;
  }
  return utf8_forms[form].n_following + (size_t)1;
}

bool da_slice_is_utf8(da_slice slice) {
  for (size_t i = 0; i < slice.length;) {
    size_t n = utf8_character((const unsigned char *)slice.data + i, slice.length - i);
    if (n == 0) return false;
    i += n;
  }
  return true;
}

void da_text_append_json(da_text *text, da_slice slice) {
  static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  da_text_append(text, "\"");
  size_t plain = 0; /* where what needs no escape begins */
  for (size_t i = 0; i < slice.length; i++) {
    unsigned char c = (unsigned char)slice.data[i];
    const char *name = c ? strchr(named, c) : NULL;
    if (!name && c >= 0x20) continue;
    da_text_append_n(text, slice.data + plain, i - plain);
    plain = i + 1;
    if (name)
      da_text_printf(text, "\\%c", letters[name - named]);
    else
      da_text_printf(text, "\\u%04x", c);
  }
  da_text_append_n(text, slice.data + plain, slice.length - plain);
  da_text_append(text, "\"");
}

void da_text_append_json_number(da_text *text, double value) {
  if (!isfinite(value)) {
    da_text_append(text, "null");
    return;
  }
  char digits[32];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, value);
    if (strtod(digits, NULL) == value) break;
  }
  da_text_append(text, digits);
}

size_t da_text_distance(const char *a, const char *b) {
  enum { MAX_LENGTH = 64 };
  size_t n_a = strnlen(a, MAX_LENGTH), n_b = strnlen(b, MAX_LENGTH);
  size_t row[MAX_LENGTH + 1]; /* edits from the first i letters of a to the first j of b */
  for (size_t j = 0; j <= n_b; j++) row[j] = j;
  for (size_t i = 1; i <= n_a; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n_b; j++) {
      bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
      size_t replace = diagonal + (same ? 0 : 1);
      size_t insert = row[j - 1] + 1, delete = row[j] + 1;
      diagonal = row[j];
      row[j] = replace < insert ? replace : insert;
      if (delete < row[j]) row[j] = delete;
    }
  }
  return row[n_b];
}
