/* The verbs: verb_run.c (run and its stages), verb_simulate.c, ...; what they share is in session.h. */
#ifndef DA_CLI_VERBS_H
#define DA_CLI_VERBS_H

#include "cli/options.h"

extern const da_verb da_verb_run, da_verb_describe, da_verb_journeys, da_verb_tune, da_verb_train, da_verb_attribute, da_verb_report,
    da_verb_explain, da_verb_evaluate, da_verb_simulate, da_verb_serve;

/* Every verb, in the order of the overview. */
const da_verb *const *da_verbs(size_t *n);

#endif
