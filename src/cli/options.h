/* The command line of every verb: one table of options, parsed by argp, and the config it amounts to. */
#ifndef DA_CLI_OPTIONS_H
#define DA_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/bucket.h"
#include "store/config.h"

enum { DA_MAX_ASSIGNMENTS = 256 };

typedef struct {
  const char *positional[2]; /* BUCKET; WORLD OUT; INPUT */
  int n_positional;
  const char *config_path;                     /* NULL: the bucket's config.yaml */
  const char *assignments[DA_MAX_ASSIGNMENTS]; /* --set, and the options that are short for one: "seed=7" */
  int n_assignments;
  bool json, quiet, force;
  const char *from, *to; /* stages of run */
  uint64_t users;        /* simulate */
  bool no_truth, cut_at_conversion;
  const char *truth_path;     /* simulate: where the truth goes as well */
  const char *model_path;     /* attribute, explain: NULL is the bucket's */
  const char *input, *output; /* attribute: another log, and the folder for its credit */
  const char *paths;          /* attribute: aggregated paths instead of a log */
  const char *journey, *uid;  /* explain */
  const char *host;           /* serve */
  uint64_t port, queue, max_body_mb;
  da_arena texts; /* owns what is not part of argv */
} da_options;

/* Groups of options; a verb takes DA_OPTIONS_COMMON and what it names. */
typedef enum {
  DA_OPTIONS_COMMON = 1,
  DA_OPTIONS_FORCE = 2,    /* --force */
  DA_OPTIONS_STAGES = 4,   /* --from --to */
  DA_OPTIONS_SIMULATE = 8, /* --users --truth --no-truth --cut --replace */
  DA_OPTIONS_MODEL = 16,   /* --model */
  DA_OPTIONS_SCORE = 32,   /* --input --output */
  DA_OPTIONS_EXPLAIN = 64, /* --journey --uid */
  DA_OPTIONS_LIFT = 128,   /* --lift */
  DA_OPTIONS_SERVE = 256,  /* --host --port --queue --max-body */
} da_option_groups;

typedef struct da_verb {
  const char *name;
  const char *arguments; /* "BUCKET", as help shows it */
  const char *summary;   /* one line of the overview */
  const char *help;      /* the rest of its --help, with an example */
  unsigned groups;
  int n_positional_min, n_positional_max;
  int (*run)(const da_options *options); /* the exit code */
} da_verb;

/* Parses argv (argv[0] is the program, argv[1] the verb). Prints help or a usage error and exits (2) as argp does. */
void da_options_parse(const da_verb *verb, int argc, char **argv, da_options *options);
void da_options_free(da_options *options);

/* The settings that the call amounts to, see da_settings_read; bucket may be NULL. */
da_status da_options_config(const da_options *options, const da_bucket *bucket, da_config *config, da_error *err) DA_MUST_CHECK;

#endif
