#include "cli/options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/version.h"
#include "pipeline/settings.h"

enum {
  OPTION_CONFIG = 1000,
  OPTION_SET,
  OPTION_THREADS,
  OPTION_SEED,
  OPTION_MEMORY,
  OPTION_JSON,
  OPTION_QUIET,
  OPTION_FROM,
  OPTION_TO,
  OPTION_FORCE,
  OPTION_USERS,
  OPTION_NO_TRUTH,
  OPTION_CUT,
  OPTION_TRUTH,
  OPTION_MODEL,
  OPTION_INPUT,
  OPTION_OUTPUT,
  OPTION_PATHS,
  OPTION_JOURNEY,
  OPTION_UID,
  OPTION_LIFT,
  OPTION_HOST,
  OPTION_PORT,
  OPTION_QUEUE,
  OPTION_MAX_BODY,
  OPTION_VERSION,
};

typedef struct {
  unsigned group;
  struct argp_option option;
} grouped_option;

static const grouped_option all_options[] = {
    {DA_OPTIONS_STAGES, {"from", OPTION_FROM, "STAGE", 0, "begin at this stage: journeys, tune, train, attribute or report", 0}},
    {DA_OPTIONS_STAGES, {"to", OPTION_TO, "STAGE", 0, "end after this stage", 0}},
    {DA_OPTIONS_FORCE, {"force", OPTION_FORCE, NULL, 0, "do finished stages again", 0}},
    {DA_OPTIONS_SIMULATE, {"users", OPTION_USERS, "N", 0, "number of users (80000)", 0}},
    {DA_OPTIONS_SIMULATE, {"truth", OPTION_TRUTH, "FILE", 0, "write the true credit to FILE too, beside OUT/truth.json", 0}},
    {DA_OPTIONS_SIMULATE, {"no-truth", OPTION_NO_TRUTH, NULL, 0, "leave out OUT/truth.json, the true credit: quicker", 0}},
    {DA_OPTIONS_SIMULATE, {"cut", OPTION_CUT, NULL, 0, "a user's log ends at the first conversion", 0}},
    {DA_OPTIONS_SIMULATE, {"replace", OPTION_FORCE, NULL, 0, "replace the log that is in OUT", 0}},
    {DA_OPTIONS_MODEL, {"model", OPTION_MODEL, "FILE", 0, "the trained network (BUCKET/model/model.safetensors)", 0}},
    {DA_OPTIONS_SCORE, {"input", OPTION_INPUT, "PATH", 0, "another log, a file or folder, instead of BUCKET/raw", 0}},
    {DA_OPTIONS_SCORE, {"output", OPTION_OUTPUT, "PATH", 0, "the folder for that log's journeys and credit; made if missing", 0}},
    {DA_OPTIONS_SCORE, {"paths", OPTION_PATHS, "FILE", 0, "aggregated paths instead of a log: path, conversions, value, nulls", 0}},
    {DA_OPTIONS_LIFT,
     {"lift", OPTION_LIFT, "CAMPAIGN=N+-SE", 0, "conversions an experiment found, and their standard error; may be repeated", 0}},
    {DA_OPTIONS_EXPLAIN, {"journey", OPTION_JOURNEY, "ID", 0, "this journey", 0}},
    {DA_OPTIONS_EXPLAIN, {"uid", OPTION_UID, "UID", 0, "all journeys of this user", 0}},
    {DA_OPTIONS_SERVE, {"host", OPTION_HOST, "ADDRESS", 0, "address to listen at; 0.0.0.0 for all of this machine (127.0.0.1)", 0}},
    {DA_OPTIONS_SERVE, {"port", OPTION_PORT, "N", 0, "port to listen at; 0 for one that is free (8080)", 0}},
    {DA_OPTIONS_SERVE, {"queue", OPTION_QUEUE, "N", 0, "requests that may wait; more are refused with 503 (64)", 0}},
    {DA_OPTIONS_SERVE, {"max-body", OPTION_MAX_BODY, "MB", 0, "the largest body of a request; larger ones are refused with 413 (64)", 0}},
    {DA_OPTIONS_COMMON, {"config", OPTION_CONFIG, "FILE", 0, "settings (default: BUCKET/config.yaml)", 1}},
    {DA_OPTIONS_COMMON, {"set", OPTION_SET, "KEY=VALUE", 0, "one setting, as in config.yaml: --set journey.gap_days=7", 1}},
    {DA_OPTIONS_COMMON, {"threads", OPTION_THREADS, "N", 0, "threads (default: one a processor)", 1}},
    {DA_OPTIONS_COMMON, {"seed", OPTION_SEED, "N", 0, "seed of everything random (1)", 1}},
    {DA_OPTIONS_COMMON,
     {"memory", OPTION_MEMORY, "SIZE", 0, "memory while reading and sorting; what is more spills to disk: 300MB, 4GB", 1}},
    {DA_OPTIONS_COMMON, {"json", OPTION_JSON, NULL, 0, "print the result as one JSON object", 1}},
    {DA_OPTIONS_COMMON, {"quiet", OPTION_QUIET, NULL, 0, "print warnings only", 1}},
    {DA_OPTIONS_COMMON, {"version", OPTION_VERSION, NULL, 0, "print the versions of the program and of what it stands on", -1}},
};
enum { N_ALL_OPTIONS = sizeof all_options / sizeof all_options[0] };

typedef struct {
  const da_verb *verb;
  da_options *options;
  da_text lifts; /* those of --lift so far: "\"a=1\", \"b=2\"" */
} parse_context;

static void assign(struct argp_state *state, const char *assignment) {
  da_options *options = ((parse_context *)state->input)->options;
  if (options->n_assignments == DA_MAX_ASSIGNMENTS) argp_error(state, "expected at most %d settings", DA_MAX_ASSIGNMENTS);
  options->assignments[options->n_assignments++] = assignment;
}

/* "--seed 7" is short for "--set seed=7", so that config.c alone judges values. */
static void assign_short(struct argp_state *state, const char *key, const char *value) {
  da_arena *texts = &((parse_context *)state->input)->options->texts;
  da_text text = {0};
  da_text_printf(&text, "%s=%s", key, value);
  const char *kept = da_arena_strndup(texts, da_text_cstr(&text), text.length);
  if (text.failed || !kept) argp_failure(state, 1, 0, "memory ran out");
  da_text_free(&text);
  assign(state, kept);
}

/* The list so far replaces the shorter one before it. */
static void assign_lift(struct argp_state *state, const char *lift) {
  da_text *lifts = &((parse_context *)state->input)->lifts;
  da_text list = {0};
  if (lifts->length) da_text_append(lifts, ", ");
  da_text_append_json(lifts, (da_slice){lift, strlen(lift)});
  da_text_printf(&list, "[%s]", da_text_cstr(lifts));
  assign_short(state, "credit.lift", da_text_cstr(&list));
  da_text_free(&list);
}

static uint64_t whole_number(struct argp_state *state, const char *option, const char *text) {
  char *end = NULL;
  errno = 0;
  unsigned long long n = strtoull(text, &end, 10);
  if (errno || *end || end == text || text[0] == '-') argp_error(state, "expected a whole number after --%s but found '%s'", option, text);
  return n;
}

static error_t parse_common(int key, char *value, struct argp_state *state) {
  da_options *options = ((parse_context *)state->input)->options;
  switch (key) {
  case OPTION_CONFIG:
    options->config_path = value;
    return 0;
  case OPTION_SET:
    assign(state, value);
    return 0;
  case OPTION_THREADS:
    assign_short(state, "threads", value);
    return 0;
  case OPTION_SEED:
    assign_short(state, "seed", value);
    return 0;
  case OPTION_MEMORY:
    assign_short(state, "memory", value);
    return 0;
  case OPTION_JSON:
    options->json = true;
    return 0;
  case OPTION_QUIET:
    options->quiet = true;
    return 0;
  case OPTION_VERSION:
    exit(da_print_version());
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_special(int key, char *value, struct argp_state *state) {
  da_options *options = ((parse_context *)state->input)->options;
  switch (key) {
  case OPTION_FROM:
    options->from = value;
    return 0;
  case OPTION_TO:
    options->to = value;
    return 0;
  case OPTION_FORCE:
    options->force = true;
    return 0;
  case OPTION_USERS:
    options->users = whole_number(state, "users", value);
    return 0;
  case OPTION_NO_TRUTH:
    options->no_truth = true;
    return 0;
  case OPTION_CUT:
    options->cut_at_conversion = true;
    return 0;
  case OPTION_TRUTH:
    options->truth_path = value;
    return 0;
  case OPTION_MODEL:
    options->model_path = value;
    return 0;
  case OPTION_INPUT:
    options->input = value;
    return 0;
  case OPTION_OUTPUT:
    options->output = value;
    return 0;
  case OPTION_PATHS:
    options->paths = value;
    return 0;
  case OPTION_JOURNEY:
    options->journey = value;
    return 0;
  case OPTION_UID:
    options->uid = value;
    return 0;
  case OPTION_LIFT:
    assign_lift(state, value);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* A whole number after --option, at most `most`. */
static uint64_t number_up_to(struct argp_state *state, const char *option, const char *text, uint64_t least, uint64_t most) {
  const uint64_t n = whole_number(state, option, text);
  if (n < least || n > most) {
    argp_error(state, "expected a number from %llu to %llu after --%s but found '%s'", (unsigned long long)least, (unsigned long long)most,
               option, text);
  }
  return n;
}

static error_t parse_serve(int key, char *value, struct argp_state *state) {
  da_options *options = ((parse_context *)state->input)->options;
  switch (key) {
  case OPTION_HOST:
    options->host = value;
    return 0;
  case OPTION_PORT:
    options->port = number_up_to(state, "port", value, 0, UINT16_MAX);
    return 0;
  case OPTION_QUEUE:
    options->queue = number_up_to(state, "queue", value, 1, 100000);
    return 0;
  case OPTION_MAX_BODY:
    options->max_body_mb = number_up_to(state, "max-body", value, 1, 1024);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_one(int key, char *value, struct argp_state *state) {
  const parse_context *context = state->input;
  da_options *options = context->options;
  if (key == ARGP_KEY_ARG) {
    if (options->n_positional >= context->verb->n_positional_max) {
      argp_error(state, "expected %s but also found '%s'", context->verb->arguments, value);
    }
    options->positional[options->n_positional++] = value;
    return 0;
  }
  if (key == ARGP_KEY_END) {
    if (options->n_positional < context->verb->n_positional_min) argp_error(state, "expected %s", context->verb->arguments);
    return 0;
  }
  error_t fault = parse_common(key, value, state);
  if (fault == ARGP_ERR_UNKNOWN) fault = parse_special(key, value, state);
  return fault == ARGP_ERR_UNKNOWN ? parse_serve(key, value, state) : fault;
}

void da_options_parse(const da_verb *verb, int argc, char **argv, da_options *options) {
  *options = (da_options){.users = 80000, .host = "127.0.0.1", .port = 8080, .queue = 64, .max_body_mb = 64};
  argp_err_exit_status = 2;
  struct argp_option table[N_ALL_OPTIONS + 1] = {{0}};
  int n = 0;
  for (int i = 0; i < N_ALL_OPTIONS; i++) {
    if (all_options[i].group & verb->groups) table[n++] = all_options[i].option;
  }
  da_text doc = {0}, name = {0};
  da_text_printf(&doc, "%s\v%s", verb->summary, verb->help);
  da_text_printf(&name, "deepattribution %s", verb->name);
  struct argp parser = {.options = table, .parser = parse_one, .args_doc = verb->arguments, .doc = da_text_cstr(&doc)};
  parse_context context = {.verb = verb, .options = options};
  char *verb_name = argv[1];
  argv[1] = name.data ? name.data : argv[1]; /* what argp calls the program */
  argp_parse(&parser, argc - 1, argv + 1, 0, NULL, &context);
  da_text_free(&context.lifts);
  argv[1] = verb_name;
  da_text_free(&name);
  da_text_free(&doc);
}

void da_options_free(da_options *options) { da_arena_free(&options->texts); }

da_status da_options_config(const da_options *options, const da_bucket *bucket, da_config *config, da_error *err) {
  return da_settings_read(bucket, options->config_path, options->assignments, (size_t)options->n_assignments, config, err);
}
