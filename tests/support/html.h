/* A small judge of HTML text, stricter than browsers: every tag closed in order, every attribute quoted, every entity known, every
 * reference inside the page resolved, nothing loaded from outside. */
#ifndef DA_TESTS_HTML_H
#define DA_TESTS_HTML_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "support/testing.h"

typedef struct {
  char fault[200]; /* "" when there is none */
  char open[64][16];
  size_t depth;
} html_judge;

static inline void html_fault(html_judge *judge, const char *what, const char *at) {
  if (!*judge->fault) snprintf(judge->fault, sizeof judge->fault, "%s at: %.60s", what, at);
}

static inline bool html_is_one_of(const char *word, const char *list) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, " %s ", word);
  return strstr(list, quoted) != NULL;
}

/* name="value" until the tag's end; returns what follows it. */
static inline const char *html_attributes(html_judge *judge, const char *at) {
  for (;;) {
    while (isspace((unsigned char)*at)) at++;
    if (*at == '>') return at + 1;
    if (*at == '/' && at[1] == '>') return at + 2;
    size_t name = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    if (name == 0) {
      html_fault(judge, "expected an attribute", at);
      return NULL;
    }
    char word[32] = "";
    snprintf(word, sizeof word, "%.*s", (int)name, at);
    if (html_is_one_of(word, " src srcset action ") || strncmp(word, "on", 2) == 0) html_fault(judge, "found what loads or runs", at);
    if (strcmp(word, "href") == 0 && strncmp(at + name, "=\"#", 3) != 0) html_fault(judge, "found a way out of the page", at);
    at += name;
    if (*at != '=') {
      if (!html_is_one_of(word, " checked html ")) html_fault(judge, "expected a value", at);
      continue;
    }
    if (at[1] != '"') {
      html_fault(judge, "expected a quote", at);
      return NULL;
    }
    const char *end = strchr(at + 2, '"');
    for (const char *c = at + 2; end && c < end; c++) {
      if (*c == '<' || *c == '>') html_fault(judge, "found an angle in an attribute", at);
    }
    if (!end) {
      html_fault(judge, "expected the attribute to end", at);
      return NULL;
    }
    at = end + 1;
  }
}

static inline const char *html_tag(html_judge *judge, const char *at) {
  bool closes = at[1] == '/';
  char name[16] = "";
  const char *word = at + 1 + closes;
  if (strncmp(at, "<!doctype html>", 15) == 0) return at + 15;
  for (size_t i = 0; isalnum((unsigned char)*word) && i + 1 < sizeof name; i++) name[i] = *word++;
  if (!*name) {
    html_fault(judge, "expected a tag", at);
    return NULL;
  }
  const char *after = html_attributes(judge, word);
  if (closes) {
    if (judge->depth == 0 || strcmp(judge->open[judge->depth - 1], name) != 0) html_fault(judge, "expected another closing tag", at);
    if (judge->depth) judge->depth--;
  } else if (!html_is_one_of(name, " meta br input rect ")) {
    if (judge->depth == 64) html_fault(judge, "nested too deep", at);
    if (judge->depth < 64) strcpy(judge->open[judge->depth++], name);
  }
  if (after && !closes && html_is_one_of(name, " style script ")) {
    char end[32];
    snprintf(end, sizeof end, "</%s>", name);
    after = strstr(after, end);
    if (!after) html_fault(judge, "expected its end", at);
  }
  return after;
}

static inline bool html_knows_entity(const char *at) {
  static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strncmp(at, known[i], strlen(known[i])) == 0) return true;
  }
  return false;
}

/* attribute="x" must have, for each x, exactly one id="x". */
static inline void html_references(html_judge *judge, const char *html, const char *attribute) {
  for (const char *at = strstr(html, attribute); at; at = strstr(at + 1, attribute)) {
    const char *target = at + strlen(attribute);
    char id[64];
    snprintf(id, sizeof id, " id=\"%.*s\"", (int)strcspn(target, "\""), target);
    const char *found = strstr(html, id);
    if (!found || strstr(found + 1, id)) html_fault(judge, "expected one target", at);
  }
}

static inline html_judge html_judged(const char *html) {
  html_judge judge = {.fault = ""};
  for (const char *at = html; at && *at;) {
    if (*at == '<') {
      at = html_tag(&judge, at);
      continue;
    }
    if (*at == '&' && !html_knows_entity(at)) html_fault(&judge, "found an unknown entity", at);
    if (*at == '>') html_fault(&judge, "found a lone angle", at);
    at++;
  }
  if (judge.depth) html_fault(&judge, "expected closing tags", "the end");
  html_references(&judge, html, " href=\"#");
  html_references(&judge, html, " for=\"");
  static const char *const loads[] = {"url(", "@import", "http:", "https:", "fetch(", "<img", "<link", "<iframe"};
  for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
    if (strstr(html, loads[i])) html_fault(&judge, "found what loads", strstr(html, loads[i]));
  }
  return judge;
}

#define assert_html(html)                                                            \
  do {                                                                               \
    html_judge html_result = html_judged(html);                                      \
    if (*html_result.fault) fail_msg("expected fit HTML but %s", html_result.fault); \
  } while (0)

#endif
