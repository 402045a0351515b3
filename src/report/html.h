/* Text of the user made safe for HTML: whatever a campaign is called, it is text on the page and nothing else. */
#ifndef DA_REPORT_HTML_H
#define DA_REPORT_HTML_H

#include "base/text.h"

/* At most max_characters of text, then "…", with & < > " ' escaped: fit for content and for quoted attributes. Bytes that are not UTF-8
 * become U+FFFD, line ends and tabs a space, other control characters (also those that turn the direction of text) U+FFFD. */
void da_html_escape(da_text *out, da_slice text, size_t max_characters);
void da_html_escape_cstr(da_text *out, const char *text); /* whole; NULL: nothing */

/* A name shortened for a table, with more of it in a title; isolated, so that right-to-left text moves nothing around it. */
void da_html_name(da_text *out, da_slice name);

#endif
