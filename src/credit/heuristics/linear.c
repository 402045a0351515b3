#include "credit/heuristics/rule.h"

static void share_equally(const da_credit_input *input, const da_path *path, double *share) {
  (void)input;
  for (uint64_t i = 0; i < path->n; i++) share[i] = 1 / (double)path->n;
}
DA_RULE_CREDIT(share_equally)

const da_method da_method_linear = {
    .name = "linear",
    .title = "Linear",
    .explanation =
        "Shares each conversion equally among all touches of its journey: it counts touches and cannot tell which of them mattered.",
    .default_on = true,
    .on_paths = true,
    .credit = credit,
};
