#include "cli/verbs.h"

#include <stdio.h>

#include "pipeline/exit_code.h"

const da_verb *const *da_verbs(size_t *n) {
  static const da_verb *const verbs[] = {
      &da_verb_run, &da_verb_describe, &da_verb_journeys, &da_verb_train, &da_verb_attribute, &da_verb_report, &da_verb_simulate,
  };
  *n = sizeof verbs / sizeof verbs[0];
  return verbs;
}

int da_verb_end(da_terminal *terminal, da_status status, const da_error *err) {
  da_terminal_finish(terminal);
  if (status != DA_OK) fprintf(stderr, "deepattribution: %s\n", err->msg);
  return da_exit_code(status);
}
