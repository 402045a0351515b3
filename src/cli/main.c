/* deepattribution VERB ...: finds the verb, parses its options, runs it. */
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "cli/version.h"

static void print_overview(FILE *out) {
  size_t n_verbs;
  const da_verb *const *verbs = da_verbs(&n_verbs);
  fputs("deepattribution: what each campaign earned, from a raw impression log\n\nUsage: deepattribution VERB ...\n\n", out);
  for (size_t i = 0; i < n_verbs; i++) {
    char call[64];
    snprintf(call, sizeof call, "%s %s", verbs[i]->name, verbs[i]->arguments);
    fprintf(out, "  %-24s %s\n", call, verbs[i]->summary);
  }
  fputs("  help config              every key of config.yaml, with its default\n"
        "  help methods             the attribution methods\n"
        "\n'deepattribution VERB --help' says more, with an example. First steps:\n\n"
        "  deepattribution simulate W1 /tmp/demo      # a log with known truth\n"
        "  deepattribution run /tmp/demo              # its report: /tmp/demo/attention_report/report.html\n",
        out);
}

static const da_verb *find_verb(const char *name) {
  size_t n_verbs;
  const da_verb *const *verbs = da_verbs(&n_verbs);
  for (size_t i = 0; i < n_verbs; i++) {
    if (strcmp(verbs[i]->name, name) == 0) return verbs[i];
  }
  return NULL;
}

static int unknown_verb(const char *name) {
  size_t n_verbs, best = 0;
  const da_verb *const *verbs = da_verbs(&n_verbs);
  for (size_t i = 1; i < n_verbs; i++) {
    if (da_text_distance(verbs[i]->name, name) < da_text_distance(verbs[best]->name, name)) best = i;
  }
  fprintf(stderr, "deepattribution: expected a verb but found '%.80s'; did you mean '%s'? 'deepattribution --help' lists them\n", name,
          verbs[best]->name);
  return 2;
}

static int print_help(int argc, char **argv) {
  const char *topic = argc > 2 ? argv[2] : NULL;
  if (!topic) {
    print_overview(stdout);
    return 0;
  }
  if (strcmp(topic, "config") == 0) return da_help_config();
  if (strcmp(topic, "methods") == 0) return da_help_methods();
  const da_verb *verb = find_verb(topic);
  if (!verb) return unknown_verb(topic);
  char *again[] = {argv[0], argv[2], "--help", NULL};
  da_options options;
  da_options_parse(verb, 3, again, &options); /* prints and exits */
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    print_overview(stderr);
    return 2;
  }
  const char *name = argv[1];
  if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) return da_print_version();
  if (strcmp(name, "help") == 0) return print_help(argc, argv);
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
    print_overview(stdout);
    return 0;
  }
  const da_verb *verb = find_verb(name);
  if (!verb) return unknown_verb(name);
  da_options options;
  da_options_parse(verb, argc, argv, &options);
  int exit_code = verb->run(&options);
  da_options_free(&options);
  return exit_code;
}
