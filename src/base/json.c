#include "base/json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Length of the valid UTF-8 character that data begins with, 0 when there is none (RFC 3629: no surrogates, no longer forms). */
static size_t utf8_length(const unsigned char *data, size_t n) {
  unsigned char lead = data[0];
  if (lead < 0x80) return 1;
  size_t length = lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
  if (length == 0 || length > n) return 0;
  for (size_t i = 1; i < length; i++)
    if ((data[i] & 0xC0) != 0x80) return 0;
  unsigned char second = data[1];
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
    return 0;
  return length;
}

void da_json_string(da_text *json, const char *data, size_t length) {
  da_text_append_n(json, "\"", 1);
  for (size_t i = 0; i < length;) {
    unsigned char c = (unsigned char)data[i];
    size_t n = utf8_length((const unsigned char *)data + i, length - i);
    if (n == 0) {
      da_text_append(json, "\xEF\xBF\xBD");
      n = 1;
    } else if (c == '"' || c == '\\') {
      da_text_append_n(json, "\\", 1);
      da_text_append_n(json, data + i, 1);
    } else if (c < 0x20) {
      da_text_printf(json, "\\u%04x", c);
    } else {
      da_text_append_n(json, data + i, n);
    }
    i += n;
  }
  da_text_append_n(json, "\"", 1);
}

bool da_json_keeps(const char *data, size_t length) {
  for (size_t i = 0, n; i < length; i += n) {
    n = utf8_length((const unsigned char *)data + i, length - i);
    if (n == 0 || data[i] == 0) return false;
  }
  return true;
}

void da_json_number(da_text *json, double value) {
  if (!isfinite(value)) {
    da_text_append(json, "null");
    return;
  }
  char digits[32];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, value);
    if (strtod(digits, NULL) == value) break;
  }
  da_text_append(json, digits);
}
