/* The verbs, one file each (verb_run.c, verb_simulate.c, ...), and what they share. */
#ifndef DA_CLI_VERBS_H
#define DA_CLI_VERBS_H

#include "base/status.h"
#include "cli/options.h"
#include "cli/terminal.h"

extern const da_verb da_verb_run, da_verb_describe, da_verb_journeys, da_verb_train, da_verb_attribute, da_verb_report, da_verb_simulate;

/* Every verb, in the order of the overview. */
const da_verb *const *da_verbs(size_t *n);

/* Ends a verb: closes the progress line and, unless all went well, prints the sentence. Returns the exit code. */
int da_verb_end(da_terminal *terminal, da_status status, const da_error *err);

#endif
