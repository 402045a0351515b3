#define _POSIX_C_SOURCE 200809L
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
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

da_status da_text_check(const da_text *text, da_error *err) {
  return text->failed ? da_mem_fail(err, text->length, 1, "text") : DA_OK;
}

void da_text_clear(da_text *text) {
  text->length = 0;
  if (text->data) text->data[0] = 0;
}

void da_text_free(da_text *text) {
  da_mem_free(text->data);
  *text = (da_text){0};
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
