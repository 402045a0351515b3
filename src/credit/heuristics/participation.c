#include "credit/paths/by_campaign.h"

static da_status equal_parts(const void *context, const uint32_t *campaign, uint32_t n, double *part, da_error *err) {
  (void)context, (void)campaign, (void)err;
  for (uint32_t i = 0; i < n; i++) part[i] = 1 / (double)n;
  return DA_OK;
}

static da_status credit(const void *state, const da_credit_input *input, const da_credit_range *range, double *touch_credit,
                        double *baseline, da_error *err) {
  return da_credit_by_campaign(input, range, DA_PATH_ORDER, equal_parts, state, touch_credit, baseline, err);
}

const da_method da_method_participation = {
    .name = "participation",
    .title = "Participation",
    .explanation = "Shares each conversion equally among the campaigns that took part in its journey, however often each was seen: it"
                   " counts who was there and cannot tell who mattered.",
    .default_on = false,
    .on_paths = true,
    .credit = credit,
};
