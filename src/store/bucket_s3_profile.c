#include "store/bucket_s3_profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static da_slice trim(const char *from, const char *end) {
  while (from < end && strchr(" \t\r", *from)) from++;
  while (end > from && strchr(" \t\r", end[-1])) end--;
  return (da_slice){from, (size_t)(end - from)};
}

static bool equals(da_slice slice, const char *text) { return slice.length == strlen(text) && memcmp(slice.data, text, slice.length) == 0; }

/* "[profile  x]" -> "x" with is_profile, "[x]" -> "x". */
static da_slice section_name(da_slice line, bool *is_profile) {
  const char *end = memchr(line.data, ']', line.length);
  da_slice name = trim(line.data + 1, end ? end : line.data + line.length);
  static const char word[] = "profile";
  size_t n = sizeof word - 1;
  *is_profile = name.length > n && memcmp(name.data, word, n) == 0 && strchr(" \t", name.data[n]);
  return *is_profile ? trim(name.data + n, name.data + name.length) : name;
}

bool da_profile_find(const char *text, const char *section, const char *key, da_text *value) {
  da_text_clear(value);
  bool inside = false, found = false;
  for (const char *line = text; *line;) {
    const char *end = line + strcspn(line, "\n");
    bool is_indented = strchr(" \t", *line) != NULL;
    da_slice content = trim(line, end);
    line = end + (*end == '\n');
    if (content.length == 0 || strchr("#;", content.data[0])) continue;
    if (content.data[0] == '[') {
      bool is_profile;
      inside = equals(section_name(content, &is_profile), section);
      found = found || inside;
      continue;
    }
    const char *sign = memchr(content.data, '=', content.length);
    if (!inside || is_indented || !sign || !equals(trim(content.data, sign), key)) continue;
    da_slice data = trim(sign + 1, content.data + content.length);
    da_text_clear(value);
    da_text_append_n(value, data.data, data.length);
  }
  return found;
}

/* The file that a variable names, else ~/.aws/NAME; "" when there is no HOME. */
static void find_file(const char *variable, const char *name, da_text *path) {
  const char *chosen = getenv(variable), *home = getenv("HOME");
  if (chosen && *chosen)
    da_text_append(path, chosen);
  else if (home && *home)
    da_text_printf(path, "%s/.aws/%s", home, name);
}

static da_status read_from(const char *variable, const char *name, const char *profile, const char *key, da_text *value, bool *exists,
                           da_error *err) {
  da_text path = {0}, text = {0};
  find_file(variable, name, &path);
  da_status status = da_text_check(&path, err);
  if (status == DA_OK && path.length > 0) {
    status = da_file_read(da_text_cstr(&path), &text, err);
    if (status == DA_ERR_IO) status = DA_OK; /* not there, or not for us: nothing is said in it */
  }
  *exists = da_profile_find(da_text_cstr(&text), profile, key, value);
  if (status == DA_OK) status = da_text_check(value, err);
  da_text_free(&text);
  da_text_free(&path);
  return status;
}

da_status da_profile_read(const char *profile, const char *key, da_text *value, bool *exists, da_error *err) {
  bool in_credentials, in_config = false;
  DA_TRY(read_from("AWS_SHARED_CREDENTIALS_FILE", "credentials", profile, key, value, &in_credentials, err));
  if (value->length == 0) DA_TRY(read_from("AWS_CONFIG_FILE", "config", profile, key, value, &in_config, err));
  if (exists) *exists = in_credentials || in_config;
  return DA_OK;
}
