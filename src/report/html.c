#include "report/html.h"

#include <stdint.h>
#include <string.h>

#include "report/utf8.h"

enum { NAME_CHARACTERS = 48, TITLE_CHARACTERS = 300 };

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
    return c < 0x20 || c == 0x7f ? da_utf8_replacement : NULL;
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
    size_t length = da_utf8_length(at, (size_t)(end - at));
    const char *escape = length == 0 || is_control(at, length) ? da_utf8_replacement : escape_of(*at);
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
