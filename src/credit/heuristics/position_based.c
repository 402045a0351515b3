#include "credit/heuristics/rule.h"

/* first and last: the weights of config; between: the rest, in equal parts. One touch takes all; two share by the ratio of their
 * weights (.4 and .4: half each), halves when both weights are 0. With three or more and no weight for the rest, the middle gets none;
 * weights are refused by da_config_check unless each is in 0 .. 1 and they sum to at most 1. */
static void share_by_position(const da_credit_input *input, const da_path *path, double *share) {
  double first = input->config->credit.position_weights[0], last = input->config->credit.position_weights[1];
  if (path->n == 1) {
    share[0] = 1;
  } else if (path->n == 2) {
    share[0] = first + last > 0 ? first / (first + last) : 0.5;
    share[1] = 1 - share[0];
  } else {
    double between = (1 - first - last) / (double)(path->n - 2);
    for (uint64_t i = 1; i + 1 < path->n; i++) share[i] = between;
    share[0] = first;
    share[path->n - 1] = last;
  }
}
DA_RULE_CREDIT(share_by_position)

const da_method da_method_position_based = {
    .name = "position_based",
    .title = "Position based",
    .explanation = "Gives fixed parts of each conversion to the first and the last touch (credit.position_weights, 40 % each unless set)"
                   " and shares the rest equally among those between: a convention, not a measurement.",
    .default_on = true,
    .on_paths = true,
    .credit = credit,
};
