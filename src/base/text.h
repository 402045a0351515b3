/* Text that grows: for SQL, JSON and HTML built up piece by piece. Valid as {0}.
 * An allocation failure sets `failed` and later calls do nothing, so that a builder checks once, at its end. */
#ifndef DA_BASE_TEXT_H
#define DA_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct {
  char *data; /* ends in zero once something was added; NULL before */
  size_t length, capacity;
  bool failed;
} da_text;

void da_text_append(da_text *text, const char *piece);
void da_text_append_n(da_text *text, const char *piece, size_t length);
void da_text_printf(da_text *text, const char *format, ...) DA_PRINTF(2, 3);
void da_text_vprintf(da_text *text, const char *format, va_list args) DA_PRINTF(2, 0);
/* The text so far, "" when empty. */
const char *da_text_cstr(const da_text *text);
/* DA_ERR_MEM when any append failed. */
da_status da_text_check(const da_text *text, da_error *err) DA_MUST_CHECK;
void da_text_clear(da_text *text); /* empties, keeps the block */
void da_text_free(da_text *text);

/* A slice of somebody else's text: not zero-terminated, may hold any byte. */
typedef struct {
  const char *data;
  size_t length;
} da_slice;

/* -1, 0 or 1: byte order, a beginning before what it begins. */
int da_slice_compare(da_slice a, da_slice b);
/* Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
bool da_slice_is_utf8(da_slice slice);
/* The slice as a JSON string in quotes; its UTF-8 stays as it is, control characters are escaped. */
void da_text_append_json(da_text *text, da_slice slice);
/* A JSON number: the shortest of 15 to 17 digits that reads back as the same double; null for NaN and infinities, which JSON lacks. */
void da_text_append_json_number(da_text *text, double value);

/* Number of single-character edits between a and b (Levenshtein), letters compared without case: for "did you mean". */
size_t da_text_distance(const char *a, const char *b);

#endif
