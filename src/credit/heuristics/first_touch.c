#include "credit/heuristics/rule.h"

static void share_first(const da_credit_input *input, const da_path *path, double *share) {
  (void)input, (void)path;
  share[0] = 1;
}
DA_RULE_CREDIT(share_first)

const da_method da_method_first_touch = {
    .name = "first_touch",
    .title = "First touch",
    .explanation = "Gives each conversion to the first touch of its journey: who opened the door, whatever happened after.",
    .default_on = true,
    .on_paths = true,
    .credit = credit,
};
