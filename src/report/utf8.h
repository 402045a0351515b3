/* Text of the user that may be no text: campaigns and paths are bytes until these have looked at them. */
#ifndef DA_REPORT_UTF8_H
#define DA_REPORT_UTF8_H

#include "base/text.h"

/* Length in bytes of the well-formed UTF-8 character at text (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF); 0 when there
 * is none. n >= 1: the bytes that are left. */
size_t da_utf8_length(const unsigned char *text, size_t n);

extern const char da_utf8_replacement[]; /* U+FFFD */

/* Appends text with each byte that belongs to no character replaced by U+FFFD. */
void da_utf8_mend(da_text *out, da_slice text);

#endif
