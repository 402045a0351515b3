#include "credit/heuristics/rule.h"

static void share_last(const da_credit_input *input, const da_path *path, double *share) {
  (void)input;
  share[path->n - 1] = 1;
}
DA_RULE_CREDIT(share_last)

const da_method da_method_last_touch = {
    .name = "last_touch",
    .title = "Last touch",
    .explanation = "Gives each conversion to the last touch before it: it favours campaigns that meet people who had already decided.",
    .default_on = true,
    .on_paths = true,
    .credit = credit,
};
