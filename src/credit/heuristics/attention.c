#include "credit/heuristics/rule.h"

/* The softmax sums to 1 within the rounding of single precision; dividing by its sum makes that exact. */
static void share_by_attention(const da_credit_input *input, const da_path *path, double *share) {
  (void)input;
  double sum = 0;
  for (uint64_t i = 0; i < path->n; i++) sum += (double)path->attention[i];
  for (uint64_t i = 0; i < path->n; i++) share[i] = (double)path->attention[i] / sum;
}
DA_RULE_CREDIT(share_by_attention)

const da_method da_method_attention = {
    .name = "attention",
    .title = "Attention",
    .explanation = "Shares each conversion by the attention that the network paid to each touch when it predicted the journey: what the"
                   " network looked at, not what caused the conversion.",
    .needs_network = true,
    .default_on = true,
    .credit = credit,
};
