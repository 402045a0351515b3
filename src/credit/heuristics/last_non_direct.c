#include <string.h>
#include <strings.h>

#include "credit/heuristics/rule.h"

/* What analytics programs call a visit without a campaign, in any mix of capitals: unless credit.direct names others. */
static const char *const direct_names[] = {"direct", "(direct)", "(none)", "(direct) / (none)", "direct / none", "direct/none"};

static bool is_direct(const da_text_list *chosen, da_slice name) {
  for (size_t i = 0; i < chosen->n; i++) {
    if (name.length == strlen(chosen->items[i]) && memcmp(name.data, chosen->items[i], name.length) == 0) return true;
  }
  if (chosen->n) return false;
  for (size_t i = 0; i < sizeof direct_names / sizeof direct_names[0]; i++) {
    if (name.length == strlen(direct_names[i]) && strncasecmp(name.data, direct_names[i], name.length) == 0) return true;
  }
  return false;
}

static void share_last_campaign(const da_credit_input *input, const da_path *path, double *share) {
  const da_slice *names = input->set->campaigns.items;
  uint64_t i = path->n;
  while (i > 0 && is_direct(&input->config->credit.direct, names[path->campaign[i - 1]])) i--;
  share[i > 0 ? i - 1 : path->n - 1] = 1;
}
DA_RULE_CREDIT(share_last_campaign)

const da_method da_method_last_non_direct = {
    .name = "last_non_direct",
    .title = "Last non-direct touch",
    .explanation = "Gives each conversion to the last touch that was not a direct visit, or to the direct visit where there was nothing"
                   " else: last touch, made blind to people who come back by themselves.",
    .default_on = false,
    .on_paths = true,
    .credit = credit,
};
