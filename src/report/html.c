#include "report/html.h"

#include <stdint.h>
#include <string.h>

enum { NAME_CHARACTERS = 48, TITLE_CHARACTERS = 300 };

/* Length of the well-formed UTF-8 character at text (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF), 0 if it is none. */
static size_t utf8_length(const unsigned char *text, size_t n) {
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

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

static const char *escape_of(unsigned char c) {
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  case '\t':
  case '\n':
  case '\r':
    return " ";
  default:
    return c < 0x20 || c == 0x7f ? replacement : NULL;
  }
}

/* Characters of more than one byte that are not to be seen: U+0080 to U+009F, and those that turn the direction of the text around them,
 * U+202A to U+202E and U+2066 to U+2069. */
static bool is_control(const unsigned char *text, size_t length) {
  if (length == 2) return text[0] == 0xc2 && text[1] < 0xa0;
  if (length != 3 || text[0] != 0xe2) return false;
  return (text[1] == 0x80 && text[2] >= 0xaa && text[2] <= 0xae) || (text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9);
}

void da_html_escape(da_text *out, da_slice text, size_t max_characters) {
  const unsigned char *at = (const unsigned char *)text.data, *end = at + text.length;
  for (size_t n = 0; at < end; n++) {
    if (n == max_characters) {
      da_text_append(out, "…");
      return;
    }
    size_t length = utf8_length(at, (size_t)(end - at));
    const char *escape = length == 0 || is_control(at, length) ? replacement : escape_of(*at);
    if (escape) {
      da_text_append(out, escape);
    } else {
      da_text_append_n(out, (const char *)at, length);
    }
    at += length ? length : 1;
  }
}

void da_html_escape_cstr(da_text *out, const char *text) {
  if (text) da_html_escape(out, (da_slice){text, strlen(text)}, SIZE_MAX);
}

void da_html_name(da_text *out, da_slice name) {
  if (name.length == 0) {
    da_text_append(out, "<bdi class=\"none\">(empty name)</bdi>");
    return;
  }
  if (name.length <= NAME_CHARACTERS) {
    da_text_append(out, "<bdi>");
  } else {
    da_text_append(out, "<bdi title=\"");
    da_html_escape(out, name, TITLE_CHARACTERS);
    da_text_append(out, "\">");
  }
  da_html_escape(out, name, NAME_CHARACTERS);
  da_text_append(out, "</bdi>");
}
