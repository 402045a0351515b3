/* Settings as JSON for the manifest and for fingerprints, and the table of keys as help. */
#include <string.h>

#include "store/config_keys.h"

/* Is the key wanted by "journey split seed": its section, or its whole path, is one of these words? */
static bool is_wanted(const da_config_key *key, const char *sections) {
  if (!sections) return true;
  if (da_config_key_is_of_job(key)) return false;
  /* journey_max_len belongs to the section of its field. */
  const char *path = strcmp(key->path, "journey_max_len") == 0 ? "journey." : key->path;
  const char *dot = strchr(path, '.');
  size_t length = dot ? (size_t)(dot - path) : strlen(path);
  for (const char *word = sections; *word;) {
    size_t n = strcspn(word, " ");
    if (n == length && memcmp(word, path, n) == 0) return true;
    word += n;
    while (*word == ' ') word++;
  }
  return false;
}

static void print_text(da_text *json, const char *text) {
  if (text) {
    da_text_append_json(json, (da_slice){text, strlen(text)});
  } else {
    da_text_append(json, "null");
  }
}

static void print_numbers(da_text *json, const double *numbers, int n) {
  da_text_append(json, "[");
  for (int i = 0; i < n; i++) da_text_printf(json, "%s%.17g", i ? ", " : "", numbers[i]);
  da_text_append(json, "]");
}

static void print_value(da_text *json, const da_config *config, const da_config_key *key) {
  const void *field = (const char *)config + key->offset;
  const char *const *choices = da_config_key_choices(key->type);
  switch (key->type) {
  case DA_KEY_TEXT:
    print_text(json, *(const char *const *)field);
    return;
  case DA_KEY_LIST: {
    const da_text_list *list = field;
    da_text_append(json, "[");
    for (size_t i = 0; i < list->n; i++) {
      if (i) da_text_append(json, ", ");
      print_text(json, list->items[i]);
    }
    da_text_append(json, "]");
    return;
  }
  case DA_KEY_NUMBER:
    da_text_printf(json, "%.17g", *(const double *)field);
    return;
  case DA_KEY_PAIR:
    print_numbers(json, field, 2);
    return;
  case DA_KEY_FRACTIONS:
    print_numbers(json, field, 3);
    return;
  case DA_KEY_COUNT:
    da_text_printf(json, "%u", *(const uint32_t *)field);
    return;
  case DA_KEY_LONG:
  case DA_KEY_SIZE:
    da_text_printf(json, "%llu", (unsigned long long)*(const uint64_t *)field);
    return;
  case DA_KEY_FLAG:
    da_text_append(json, *(const bool *)field ? "true" : "false");
    return;
  case DA_KEY_SWITCH:
    print_text(json, choices[*(const da_switch *)field]);
    return;
  case DA_KEY_SPLIT_BY:
    print_text(json, choices[*(const da_split_by *)field]);
    return;
  case DA_KEY_DROPOUT_PER:
    print_text(json, choices[*(const da_dropout_per *)field]);
    return;
  }
}

/* Keys with their whole path: one flat object, in the order of the table. */
void da_config_print_json(const da_config *config, const char *sections, da_text *json) {
  size_t n;
  const da_config_key *keys = da_config_keys(&n);
  const char *separator = "";
  da_text_append(json, "{");
  for (size_t i = 0; i < n; i++) {
    if (!is_wanted(&keys[i], sections)) continue;
    da_text_printf(json, "%s\"%s\": ", separator, keys[i].path);
    print_value(json, config, &keys[i]);
    separator = ", ";
  }
  da_text_append(json, "}");
}

void da_config_print_help(da_text *out) {
  size_t n;
  const da_config_key *keys = da_config_keys(&n);
  for (size_t i = 0; i < n; i++) {
    da_text_printf(out, "%-42s %-16s %s\n", keys[i].path, keys[i].default_text ? keys[i].default_text : "-", keys[i].help);
  }
}
