/* DuckDB's messages, made for somebody who writes SQL, as one sentence for somebody who does not.
 *
 *   Conversion Error: CSV Error on Line: 30002            kind, place
 *   Original Line: 5,six,x,0                              quoted
 *   Error when converting column "time". Could not ...    what is wrong
 *   (empty line, advice, settings)                        left out, except
 *     file = raw/a.csv                                    the file
 */
#include <string.h>

#include "base/text.h"
#include "store/duck.h"

/* What DuckDB puts first, and whose fault it is. */
static const struct {
  const char *prefix;
  da_status code;
} kinds[] = {
    {"Conversion Error: ", DA_ERR_DATA},
    {"Invalid Input Error: ", DA_ERR_DATA},
    {"Invalid Error: ", DA_ERR_DATA},
    {"Invalid type Error: ", DA_ERR_DATA},
    {"Out of Range Error: ", DA_ERR_DATA},
    {"Mismatch Type Error: ", DA_ERR_DATA},
    {"Serialization Error: ", DA_ERR_DATA},
    {"Constraint Error: ", DA_ERR_DATA},
    {"Not implemented Error: ", DA_ERR_DATA}, /* a compression or a type that DuckDB does not read */
    {"IO Error: ", DA_ERR_IO},
    {"HTTP Error: ", DA_ERR_IO},
    {"Permission Error: ", DA_ERR_IO},
    {"Out of Memory Error: ", DA_ERR_MEM},
    {"INTERRUPT Error: ", DA_ERR_INTERRUPTED},
    {"Parser Error: ", DA_ERR_INTERNAL},
    {"Binder Error: ", DA_ERR_INTERNAL},
    {"Catalog Error: ", DA_ERR_INTERNAL},
    {"INTERNAL Error: ", DA_ERR_INTERNAL},
    {"FATAL Error: ", DA_ERR_INTERNAL},
};

/* Says what DuckDB was doing, not what went wrong; the message proper follows on the next line. */
static const char wrapper[] = "Invalid Input Error: Attempting to execute an unsuccessful or closed pending query result\nError: ";

static const char *skip_prefix(const char *text, const char *prefix) {
  size_t length = strlen(prefix);
  return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static da_status take_kind(const char **message) {
  const char *rest = skip_prefix(*message, wrapper);
  if (rest) *message = rest;
  da_status code = DA_ERR_INTERNAL;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0];) {
    rest = skip_prefix(*message, kinds[i].prefix);
    if (!rest) {
      i++;
      continue;
    }
    *message = rest; /* an error inside an error has two prefixes; the inner one tells */
    code = kinds[i].code;
    i = 0;
  }
  return code;
}

/* The value of a line "  name = value" further down; empty when there is none. */
static da_slice find_setting(const char *message, const char *name) {
  for (const char *line = strchr(message, '\n'); line; line = strchr(line, '\n')) {
    line += 1 + strspn(line + 1, " ");
    const char *value = skip_prefix(line, name);
    if (value && (value = skip_prefix(value, " = "))) return (da_slice){value, strcspn(value, "\n")};
  }
  return (da_slice){"", 0};
}

/* Appends the lines of one paragraph, joined by spaces: up to an empty line or the start of advice. */
static void append_paragraph(da_text *sentence, const char *text) {
  static const char *const advice[] = {"Possible ", "Candidate ", "LINE ", "Did you mean", "This type was", "  file = ", "*"};
  for (bool first = true; *text; first = false) {
    size_t length = strcspn(text, "\n");
    if (length == 0) break;
    for (size_t i = 0; !first && i < sizeof advice / sizeof advice[0]; i++)
      if (skip_prefix(text, advice[i])) return;
    if (!first) da_text_append(sentence, " ");
    da_text_append_n(sentence, text, length);
    text += length + (text[length] == '\n');
  }
}

/* " (the line is `...`)", not more than a glance of it, and no half letter. */
static void append_quoted(da_text *sentence, const char *line, size_t length) {
  enum { MAX_QUOTED = 80 };
  size_t shown = length < MAX_QUOTED ? length : MAX_QUOTED;
  while (shown < length && shown > 0 && ((unsigned char)line[shown] & 0xC0) == 0x80) shown--;
  da_text_append(sentence, " (the line is `");
  da_text_append_n(sentence, line, shown);
  da_text_append(sentence, shown < length ? "...`)" : "`)");
}

static void drop_closing_marks(da_text *sentence) {
  while (sentence->length > 0 && strchr(" .;:", sentence->data[sentence->length - 1])) sentence->data[--sentence->length] = 0;
}

/* The line that says what is wrong. A quoted line may itself go over several, so it is looked for by how it begins. */
static const char *find_csv_reason(const char *text) {
  static const char *const reasons[] = {"Value with unterminated quote", "Expected Number of Columns", "Error when converting",
                                        "Invalid unicode", "Maximum line size"};
  for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
      if (skip_prefix(line, reasons[i])) return line;
  return text;
}

/* "FILE, line N: what is wrong (the line is `...`)" */
static void append_csv_fault(da_text *sentence, const char *message, const char *line_number) {
  da_slice file = find_setting(message, "file");
  size_t digits = strspn(line_number, "0123456789");
  if (file.length) da_text_append_n(sentence, file.data, file.length);
  da_text_printf(sentence, "%sline %.*s: ", file.length ? ", " : "", (int)digits, line_number);

  const char *rest = strchr(line_number, '\n');
  rest = rest ? rest + 1 : "";
  const char *original = skip_prefix(rest, "Original Line: ");
  size_t length = original ? strcspn(original, "\n") : 0;
  append_paragraph(sentence, find_csv_reason(original ? original + length + (original[length] == '\n') : rest));
  drop_closing_marks(sentence);
  if (original) append_quoted(sentence, original, length);
}

static bool is_disk_full(const char *message) {
  return strstr(message, "No space left on device") || strstr(message, "Disk quota exceeded") || strstr(message, "File too large") ||
         strstr(message, "max_temp_directory_size");
}

static da_status write_sentence(da_status code, bool disk_full, const char *what, da_error *err) {
  if (disk_full) return da_fail(err, DA_ERR_IO, "expected room on the disk but it is full: %s; free some and run again", what);
  if (code == DA_ERR_MEM) return da_fail(err, code, "memory ran out: %s; give more with --memory, or let it spill to a disk", what);
  if (code == DA_ERR_INTERNAL) return da_fail(err, code, "DuckDB failed: %s", what);
  return da_fail(err, code, "%s", what);
}

da_status da_duck_fail(const char *message, da_error *err) {
  if (!message || !*message) return da_fail(err, DA_ERR_INTERNAL, "DuckDB failed without saying why");
  da_status code = take_kind(&message);
  da_text sentence = {0};
  const char *csv = strstr(message, "CSV Error on Line: ");
  if (csv)
    append_csv_fault(&sentence, message, csv + strlen("CSV Error on Line: "));
  else if (code != DA_ERR_IO || !da_duck_explain_http(message, &sentence))
    append_paragraph(&sentence, message);
  drop_closing_marks(&sentence);

  da_status status = write_sentence(code, is_disk_full(message), da_text_cstr(&sentence), err);
  da_text_free(&sentence);
  return status;
}
