#include "store/config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "store/config_keys.h"
#include "store/feature.h"
#include "store/warehouse.h"

enum { MAX_FILE_BYTES = 1 << 20, MAX_LIST_ITEMS = 10000, MAX_PATH = 128, MAX_VALUE = 1 << 20 };

/* Where a value stands, for messages: a line of a file, or a --set. */
typedef struct {
  const char *name;
  size_t line; /* from 1; 0: name says it all */
} place;

/* A value as it was written: one text, or several. */
typedef struct {
  const char **items;
  size_t n;
  bool is_list;
} value_text;

static da_status refuse(const da_config_key *key, const value_text *value, const place *where, da_error *err) {
  da_text expected = {0}, found = {0};
  da_config_key_print_expected(key, &expected);
  if (value->is_list) da_text_append(&found, "[");
  for (size_t i = 0; i < value->n && i < 4; i++) da_text_printf(&found, "%s%.60s", i ? ", " : "", value->items[i]);
  if (value->is_list) da_text_append(&found, value->n > 4 ? ", ...]" : "]");
  char line[32] = "";
  if (where->line) snprintf(line, sizeof line, " line %zu", where->line);
  da_status status = da_fail(err, DA_ERR_CONFIG, "%s%s: expected %s for %s but found '%s'", where->name, line, da_text_cstr(&expected),
                             key->path, da_text_cstr(&found));
  da_text_free(&expected);
  da_text_free(&found);
  return status;
}

static bool parse_number(const char *text, const da_config_key *key, double *number) {
  char *end = NULL;
  if (!(text[0] == '-' || text[0] == '+' || text[0] == '.' || (text[0] >= '0' && text[0] <= '9'))) return false; /* no nan, inf, spaces */
  *number = strtod(text, &end);
  bool hexadecimal = strpbrk(text, "xXpP") != NULL;
  return end != text && *end == 0 && !hexadecimal && isfinite(*number) && *number >= key->low && *number <= key->high;
}

static bool parse_whole(const char *text, const da_config_key *key, uint64_t *number) {
  char *end = NULL;
  if (!(text[0] >= '0' && text[0] <= '9')) return false;
  errno = 0;
  *number = strtoull(text, &end, 10);
  return !errno && *end == 0 && (double)*number >= key->low && (double)*number <= key->high;
}

/* "300MB", "1.5GiB", "1000000". */
static bool parse_size(const char *text, const da_config_key *key, uint64_t *bytes) {
  static const struct {
    const char *unit;
    double factor;
  } units[] = {{"", 1},
               {"B", 1},
               {"K", 1e3},
               {"KB", 1e3},
               {"M", 1e6},
               {"MB", 1e6},
               {"G", 1e9},
               {"GB", 1e9},
               {"T", 1e12},
               {"TB", 1e12},
               {"KIB", 1024.0},
               {"MIB", 1024.0 * 1024},
               {"GIB", 1073741824.0},
               {"TIB", 1099511627776.0}};
  if (!(text[0] >= '0' && text[0] <= '9')) return false;
  char *end = NULL;
  double number = strtod(text, &end);
  while (*end == ' ') end++;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    if (strcasecmp(end, units[i].unit) != 0) continue;
    double total = number * units[i].factor;
    if (!isfinite(total) || total > key->high) return false;
    *bytes = (uint64_t)total;
    return true;
  }
  return false;
}

static bool parse_flag(const char *text, bool *flag) {
  static const char *const yes[] = {"true", "yes", "on", "1"}, *const no[] = {"false", "no", "off", "0"};
  for (size_t i = 0; i < 4; i++) {
    if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
      *flag = strcasecmp(text, yes[i]) == 0;
      return true;
    }
  }
  return false;
}

/* The position of text among names, behind the last of which stands NULL, or -1. */
static int find_choice(const char *text, const char *const *names) {
  for (int i = 0; names[i]; i++) {
    if (strcasecmp(text, names[i]) == 0) return i;
  }
  return -1;
}

static bool parse_numbers(const value_text *value, const da_config_key *key, double *numbers, size_t n) {
  if (value->n != n) return false;
  for (size_t i = 0; i < n; i++) {
    if (!parse_number(value->items[i], key, &numbers[i])) return false;
  }
  return true;
}

/* Stores one text in the config's field; false when it is none of the key's values. */
static bool store_scalar(da_config *config, const da_config_key *key, const char *text) {
  char *field = (char *)config + key->offset;
  const char *const *choices = da_config_key_choices(key->type);
  switch (key->type) {
  case DA_KEY_NUMBER:
    return parse_number(text, key, (double *)(void *)field);
  case DA_KEY_LONG:
    return parse_whole(text, key, (uint64_t *)(void *)field);
  case DA_KEY_SIZE:
    return parse_size(text, key, (uint64_t *)(void *)field);
  case DA_KEY_FLAG:
    return parse_flag(text, (bool *)(void *)field);
  case DA_KEY_COUNT: {
    uint64_t number;
    if (!parse_whole(text, key, &number)) return false;
    *(uint32_t *)(void *)field = (uint32_t)number;
    return true;
  }
  case DA_KEY_SWITCH: {
    bool flag;
    int choice = find_choice(text, choices);
    if (choice < 0 && parse_flag(text, &flag)) choice = flag ? DA_SWITCH_ON : DA_SWITCH_OFF;
    if (choice >= 0) *(da_switch *)(void *)field = (da_switch)choice;
    return choice >= 0;
  }
  case DA_KEY_SPLIT_BY: {
    int choice = find_choice(text, choices);
    if (choice >= 0) *(da_split_by *)(void *)field = (da_split_by)choice;
    return choice >= 0;
  }
  case DA_KEY_DROPOUT_PER: {
    int choice = find_choice(text, choices);
    if (choice >= 0) *(da_dropout_per *)(void *)field = (da_dropout_per)choice;
    return choice >= 0;
  }
  case DA_KEY_TEXT:
  case DA_KEY_LIST:
  case DA_KEY_PAIR:
  case DA_KEY_FRACTIONS:
    return false;
  }
  return false;
}

static da_status store_texts(da_config *config, const da_config_key *key, const value_text *value, da_error *err) {
  void *field = (char *)config + key->offset;
  const char **items = da_arena_alloc(&config->texts, value->n + 1, sizeof *items);
  if (!items) return da_mem_fail(err, value->n, sizeof *items, "settings");
  for (size_t i = 0; i < value->n; i++) {
    items[i] = da_arena_strndup(&config->texts, value->items[i], strlen(value->items[i]));
    if (!items[i]) return da_mem_fail(err, strlen(value->items[i]), 1, "settings");
  }
  if (key->type == DA_KEY_TEXT) {
    *(const char **)field = items[0];
  } else {
    *(da_text_list *)field = (da_text_list){.items = items, .n = value->n};
  }
  return DA_OK;
}

static da_status store(da_config *config, const da_config_key *key, const value_text *value, const place *where, da_error *err) {
  bool understood = false;
  double numbers[3];
  switch (key->type) {
  case DA_KEY_TEXT:
    if (value->is_list || !value->items[0][0]) break;
    return store_texts(config, key, value, err);
  case DA_KEY_LIST:
    return store_texts(config, key, value, err);
  case DA_KEY_PAIR:
  case DA_KEY_FRACTIONS: {
    size_t n = key->type == DA_KEY_PAIR ? 2 : 3;
    understood = parse_numbers(value, key, numbers, n);
    if (understood) memcpy((char *)config + key->offset, numbers, n * sizeof numbers[0]);
    break;
  }
  default:
    understood = !value->is_list && store_scalar(config, key, value->items[0]);
    break;
  }
  return understood ? DA_OK : refuse(key, value, where, err);
}

static da_status refuse_unknown(const char *path, const place *where, da_error *err) {
  char line[32] = "";
  if (where->line) snprintf(line, sizeof line, " line %zu", where->line);
  return da_fail(err, DA_ERR_CONFIG,
                 "%s%s: expected a known key but found '%.80s'; did you mean '%s'? 'deepattribution help config' lists all", where->name,
                 line, path, da_config_key_nearest(path)->path);
}

/* ---- YAML ---- */

typedef struct {
  da_config *config;
  yaml_document_t *document;
  const char *name;
  da_arena scratch;
} reader;

static place place_of(const reader *r, const yaml_node_t *node) { return (place){r->name, node->start_mark.line + 1}; }

static const char *scalar_of(const yaml_node_t *node) {
  return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

/* "key:" and "key: ~" leave the default. */
static bool is_null(const yaml_node_t *node) {
  const char *text = scalar_of(node);
  if (!text || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return false;
  return !text[0] || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0;
}

static da_status read_sequence(reader *r, const yaml_node_t *node, value_text *value, const char *path, da_error *err) {
  const yaml_node_item_t *begin = node->data.sequence.items.start, *end = node->data.sequence.items.top;
  place where = place_of(r, node);
  if (end - begin > MAX_LIST_ITEMS) {
    return da_fail(err, DA_ERR_CONFIG, "%s line %zu: expected at most %d items for %s but found %td", where.name, where.line,
                   MAX_LIST_ITEMS, path, end - begin);
  }
  value->is_list = true;
  value->items = da_arena_alloc(&r->scratch, (size_t)(end - begin) + 1, sizeof *value->items);
  if (!value->items) return da_mem_fail(err, (size_t)(end - begin), sizeof *value->items, "settings");
  for (const yaml_node_item_t *item = begin; item < end; item++) {
    const char *text = scalar_of(yaml_document_get_node(r->document, *item));
    if (!text)
      return da_fail(err, DA_ERR_CONFIG, "%s line %zu: expected single values in the list %s but found a list or mapping in it", where.name,
                     where.line, path);
    value->items[value->n++] = text;
  }
  return DA_OK;
}

/* {train: .8, val: .1, test: .1} in any order. */
static da_status read_fractions(reader *r, const yaml_node_t *node, value_text *value, const char *path, da_error *err) {
  static const char *const names[] = {"train", "val", "test", NULL};
  place where = place_of(r, node);
  value->is_list = true;
  value->n = 3;
  value->items = da_arena_alloc(&r->scratch, 3, sizeof *value->items);
  if (!value->items) return da_mem_fail(err, 3, sizeof *value->items, "settings");
  value->items[0] = value->items[1] = value->items[2] = "none";
  for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    const char *key = scalar_of(yaml_document_get_node(r->document, pair->key));
    const char *text = scalar_of(yaml_document_get_node(r->document, pair->value));
    int choice = key ? find_choice(key, names) : -1;
    if (choice < 0 || !text)
      return da_fail(err, DA_ERR_CONFIG, "%s line %zu: expected train, val and test with a number each in %s", where.name, where.line,
                     path);
    value->items[choice] = text;
  }
  return DA_OK;
}

static da_status read_leaf(reader *r, const yaml_node_t *node, const da_config_key *key, da_error *err) {
  if (is_null(node)) return DA_OK;
  place where = place_of(r, node);
  const char *text = scalar_of(node);
  value_text value = {.items = &text, .n = 1};
  if (node->type == YAML_SEQUENCE_NODE) {
    value = (value_text){0};
    DA_TRY(read_sequence(r, node, &value, key->path, err));
  } else if (node->type == YAML_MAPPING_NODE) {
    if (key->type != DA_KEY_FRACTIONS) {
      text = "a mapping";
      return refuse(key, &value, &where, err);
    }
    value = (value_text){0};
    DA_TRY(read_fractions(r, node, &value, key->path, err));
  } else if (strlen(text) != node->data.scalar.length) {
    return da_fail(err, DA_ERR_CONFIG, "%s line %zu: expected text for %s but found a zero byte in it", where.name, where.line, key->path);
  }
  return store(r->config, key, &value, &where, err);
}

static bool came_before(reader *r, const yaml_node_t *mapping, const yaml_node_pair_t *pair, const char *key) {
  for (const yaml_node_pair_t *other = mapping->data.mapping.pairs.start; other < pair; other++) {
    const char *text = scalar_of(yaml_document_get_node(r->document, other->key));
    if (text && strcmp(text, key) == 0) return true;
  }
  return false;
}

static da_status read_mapping(reader *r, const yaml_node_t *mapping, const char *section, da_error *err) {
  for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key_node = yaml_document_get_node(r->document, pair->key), *node = yaml_document_get_node(r->document, pair->value);
    const char *name = scalar_of(key_node);
    place where = place_of(r, key_node);
    if (!name) return da_fail(err, DA_ERR_CONFIG, "%s line %zu: expected a key but found a list or mapping", where.name, where.line);
    char path[MAX_PATH];
    snprintf(path, sizeof path, "%s%s%s", section, section[0] ? "." : "", name);
    if (came_before(r, mapping, pair, name)) {
      return da_fail(err, DA_ERR_CONFIG, "%s line %zu: expected each key once but found '%.80s' again", where.name, where.line, path);
    }
    const da_config_key *key = da_config_key_find(path);
    if (key) {
      DA_TRY(read_leaf(r, node, key, err));
    } else if (!section[0] && da_config_is_section(path)) {
      if (is_null(node)) continue;
      if (node->type != YAML_MAPPING_NODE) {
        return da_fail(err, DA_ERR_CONFIG, "%s line %zu: expected keys of the section '%s' below it but found a single value or a list",
                       where.name, where.line, path);
      }
      DA_TRY(read_mapping(r, node, path, err));
    } else {
      return refuse_unknown(path, &where, err);
    }
  }
  return DA_OK;
}

static da_status refuse_yaml(const char *name, const yaml_parser_t *parser, da_error *err) {
  size_t line = parser->problem_mark.line + 1;
  return da_fail(err, DA_ERR_CONFIG, "%s line %zu: expected YAML but found a fault: %s", name, line,
                 parser->problem ? parser->problem : "unknown");
}

static da_status read_document(da_config *config, const char *name, yaml_parser_t *parser, da_error *err) {
  yaml_document_t document, next;
  if (!yaml_parser_load(parser, &document)) return refuse_yaml(name, parser, err);
  const yaml_node_t *root = yaml_document_get_root_node(&document);
  reader r = {.config = config, .document = &document, .name = name};
  da_status status = DA_OK;
  if (root && root->type == YAML_MAPPING_NODE) {
    status = read_mapping(&r, root, "", err);
  } else if (root && !is_null(root)) {
    status = da_fail(err, DA_ERR_CONFIG, "%s line %zu: expected keys with values but found a single value or a list", name,
                     root->start_mark.line + 1);
  }
  if (status == DA_OK && root) {
    if (!yaml_parser_load(parser, &next)) {
      status = refuse_yaml(name, parser, err);
    } else {
      const yaml_node_t *more = yaml_document_get_root_node(&next);
      if (more)
        status = da_fail(err, DA_ERR_CONFIG, "%s line %zu: expected one YAML document but found a second", name, more->start_mark.line + 1);
      yaml_document_delete(&next);
    }
  }
  da_arena_free(&r.scratch);
  yaml_document_delete(&document);
  return status;
}

da_status da_config_read(da_config *config, const char *name, const char *yaml, size_t length, da_error *err) {
  if (length > MAX_FILE_BYTES)
    return da_fail(err, DA_ERR_CONFIG, "%s: expected at most %d bytes of settings but found %zu", name, MAX_FILE_BYTES, length);
  yaml_parser_t parser;
  if (!yaml_parser_initialize(&parser)) return da_mem_fail(err, 1, sizeof parser, "reading YAML");
  yaml_parser_set_input_string(&parser, (const unsigned char *)yaml, length);
  da_status status = read_document(config, name, &parser, err);
  yaml_parser_delete(&parser);
  return status;
}

/* ---- --set ---- */

/* A list, or a text in quotes, is YAML; anything else is taken as it stands, so that SQL and names need no second quoting. */
static da_status set_yaml(da_config *config, const da_config_key *key, const char *text, const char *name, da_error *err) {
  yaml_parser_t parser;
  yaml_document_t document;
  if (!yaml_parser_initialize(&parser)) return da_mem_fail(err, 1, sizeof parser, "reading YAML");
  yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
  da_status status;
  if (!yaml_parser_load(&parser, &document)) {
    status = refuse_yaml(name, &parser, err);
  } else {
    reader r = {.config = config, .document = &document, .name = name};
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    status = root ? read_leaf(&r, root, key, err) : DA_OK;
    da_arena_free(&r.scratch);
    yaml_document_delete(&document);
  }
  yaml_parser_delete(&parser);
  return status;
}

da_status da_config_set(da_config *config, const char *assignment, da_error *err) {
  const char *equals = strchr(assignment, '=');
  char name[MAX_PATH], path[MAX_PATH];
  snprintf(name, sizeof name, "--set %.100s", assignment);
  if (!equals) return da_fail(err, DA_ERR_CONFIG, "%s: expected key=value but found no '='", name);
  snprintf(path, sizeof path, "%.*s", (int)(equals - assignment < MAX_PATH ? equals - assignment : MAX_PATH - 1), assignment);
  place where = {name, 0};
  const da_config_key *key = da_config_key_find(path);
  if (!key) return refuse_unknown(path, &where, err);
  const char *text = equals + 1;
  bool is_list_type = key->type == DA_KEY_LIST || key->type == DA_KEY_PAIR || key->type == DA_KEY_FRACTIONS;
  if (text[0] == '[' || text[0] == '{' || text[0] == '"' || text[0] == '\'') {
    if (is_list_type || text[0] == '"' || text[0] == '\'') return set_yaml(config, key, text, name, err);
  }
  value_text value = {.items = &text, .n = text[0] || !is_list_type ? 1 : 0};
  return store(config, key, &value, &where, err);
}

/* ---- defaults and checks ---- */

void da_config_init(da_config *config) {
  *config = (da_config){.split.fractions = {0.8, 0.1, 0.1}, .credit.position_weights = {0.4, 0.4}};
  size_t n;
  const da_config_key *keys = da_config_keys(&n);
  for (size_t i = 0; i < n; i++) {
    /* The two lists of numbers stand above: storing them from text would need memory. */
    if (keys[i].default_text) (void)store_scalar(config, &keys[i], keys[i].default_text);
  }
}

void da_config_free(da_config *config) {
  da_arena_free(&config->texts);
  *config = (da_config){0};
}

da_status da_config_check(const da_config *config, da_error *err) {
  const da_config_split *split = &config->split;
  double sum = split->fractions[0] + split->fractions[1] + split->fractions[2];
  if (fabs(sum - 1) > 1e-9) return da_fail(err, DA_ERR_CONFIG, "expected split.fractions to sum to 1 but found %.10g", sum);
  if (split->fractions[0] <= 0)
    return da_fail(err, DA_ERR_CONFIG, "expected a train fraction above 0 in split.fractions but found %.10g", split->fractions[0]);
  if (split->by == DA_SPLIT_COLUMN && !split->column) {
    return da_fail(err, DA_ERR_CONFIG,
                   "expected split.column, the column that holds train, val or test, with split.by: column but found none");
  }
  if (split->by != DA_SPLIT_COLUMN && split->column) {
    return da_fail(err, DA_ERR_CONFIG, "expected split.by: column with split.column '%.80s' but found another; set split.by: column",
                   split->column);
  }
  da_feature_wish features[DA_MAX_FEATURES];
  uint32_t n_features;
  DA_TRY(da_warehouse_check(&config->destination, err));
  DA_TRY(da_feature_wishes(&config->columns, features, &n_features, err));
  double ends = config->credit.position_weights[0] + config->credit.position_weights[1];
  if (ends > 1 + 1e-9) return da_fail(err, DA_ERR_CONFIG, "expected credit.position_weights to sum to at most 1 but found %.10g", ends);
  return DA_OK;
}
