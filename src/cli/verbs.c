#include "cli/verbs.h"

const da_verb *const *da_verbs(size_t *n) {
  static const da_verb *const verbs[] = {
      &da_verb_run,    &da_verb_describe, &da_verb_journeys, &da_verb_tune,  &da_verb_train,    &da_verb_attribute,
      &da_verb_report, &da_verb_explain,  &da_verb_evaluate, &da_verb_serve, &da_verb_simulate,
  };
  *n = sizeof verbs / sizeof verbs[0];
  return verbs;
}
