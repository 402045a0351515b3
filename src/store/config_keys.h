/* The one table of config.yaml's keys: reading, --set, help and the manifest all go by it. */
#ifndef DA_STORE_CONFIG_KEYS_H
#define DA_STORE_CONFIG_KEYS_H

#include "store/config.h"

typedef enum {
  DA_KEY_TEXT,      /* const char * */
  DA_KEY_LIST,      /* da_text_list */
  DA_KEY_NUMBER,    /* double */
  DA_KEY_PAIR,      /* double[2] */
  DA_KEY_FRACTIONS, /* double[3]: a list, or a mapping of train, val, test */
  DA_KEY_COUNT,     /* uint32_t */
  DA_KEY_LONG,      /* uint64_t */
  DA_KEY_SIZE,      /* uint64_t bytes: "300MB" */
  DA_KEY_FLAG,      /* bool */
  DA_KEY_SWITCH,    /* da_switch */
  /* Enumerations: */
  DA_KEY_SPLIT_BY,    /* da_split_by */
  DA_KEY_DROPOUT_PER, /* da_dropout_per */
} da_config_key_type;

typedef struct {
  const char *path; /* "journey.gap_days" */
  da_config_key_type type;
  size_t offset;            /* in da_config */
  double low, high;         /* of numbers and counts, both allowed */
  const char *default_text; /* as in YAML; NULL: none */
  const char *help;         /* what it does, in a few words */
} da_config_key;

const da_config_key *da_config_keys(size_t *n);
/* NULL when there is none. */
const da_config_key *da_config_key_find(const char *path);
/* The key whose path is most like this one. */
const da_config_key *da_config_key_nearest(const char *path);
/* Is path the start of a key ("journey" of "journey.gap_days")? */
bool da_config_is_section(const char *path);
/* The names of an enumeration's values in their order, NULL behind the last; NULL for other types. */
const char *const *da_config_key_choices(da_config_key_type type);
/* What a value must be: "a whole number from 1 to 65536". */
void da_config_key_print_expected(const da_config_key *key, da_text *out);
/* A job's instance_type or instance_count: says where the work is done, not what comes out. */
bool da_config_key_is_of_job(const da_config_key *key);

#endif
