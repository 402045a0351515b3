#include "report/utf8.h"

const char da_utf8_replacement[] = "\xef\xbf\xbd";

size_t da_utf8_length(const unsigned char *text, size_t n) {
  static const struct {
    unsigned char first_low, first_high, second_low, second_high;
    size_t length;
  } forms[] = {
      {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
      {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
      {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
  };
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    if (text[0] < forms[i].first_low || text[0] > forms[i].first_high) continue;
    if (forms[i].length > n) return 0;
    if (forms[i].length >= 2 && (text[1] < forms[i].second_low || text[1] > forms[i].second_high)) return 0;
    for (size_t k = 2; k < forms[i].length; k++) {
      if (text[k] < 0x80 || text[k] > 0xbf) return 0;
    }
    return forms[i].length;
  }
  return 0;
}

void da_utf8_mend(da_text *out, da_slice text) {
  const unsigned char *at = (const unsigned char *)text.data, *end = at + text.length;
  while (at < end) {
    size_t length = da_utf8_length(at, (size_t)(end - at));
    if (length) {
      da_text_append_n(out, (const char *)at, length);
    } else {
      da_text_append(out, da_utf8_replacement);
    }
    at += length ? length : 1;
  }
}
