/* JSON out, piece by piece, into a da_text: strings and numbers that any reader takes. */
#ifndef DA_BASE_JSON_H
#define DA_BASE_JSON_H

#include "base/text.h"

/* "quoted": quotes, backslashes and control characters escaped; bytes that are no UTF-8 become U+FFFD. */
void da_json_string(da_text *json, const char *data, size_t length);
/* Whether it is UTF-8 without zero bytes, so that da_json_string keeps it and a C string holds it. */
bool da_json_keeps(const char *data, size_t length);
/* The shortest of 15 to 17 digits that reads back as the same double; null for NaN and infinities, which JSON lacks. */
void da_json_number(da_text *json, double value);

#endif
